// A fabric whose parts can be killed, stopped and cut off, and what its books say in the end.
import BSON
import Books
import Eventstorm
import Foundation
@testable import Service
import Synchronization
import Testing
import ZeroMQ

/// A source that emits, a router of its own process, and a sink.
final class RoutedWorld {
    private(set) var router: RunningProgram
    private let ports: (Int, Int)
    /// The configuration that the router reads; nil if it forwards everything.
    private let configuration: ConfigurationFile?
    private let relays: [Relay]
    private let source: Source
    private let emitter: Emitter
    private var sink: Subscriber
    private let identity = ProcessIdentity(role: "sink", name: "sink", host: "here", pid: 1, version: "1")
    private let origin = UInt64.random(in: 1 ... .max)
    private var books = Books()
    private var nextStatus = ContinuousClock.now
    private(set) var received: UInt64 = 0

    var payload: String {
        get { emitter.payload.withLock { $0 } }
        set { emitter.payload.withLock { $0 = newValue } }
    }

    /// - Parameters:
    ///   - isRelayed: Whether both links go through relays, which can break them.
    ///   - routes: The router's routes, as in a configuration; what they do not take is dropped.
    init(isRelayed: Bool = false, routes: String? = nil) throws {
        ports = (try freePort(), try freePort())
        configuration = try routes.map { try ConfigurationFile("{router: {routes: [\($0)], unmatched: 'drop'}}") }
        router = try RoutedWorld.start(ports, configuration)
        relays = isRelayed ? [try Relay(to: ports.0), try Relay(to: ports.1)] : []
        let reachable = isRelayed ? (relays[0].port, relays[1].port) : ports
        source = try Source("source", to: Endpoint.list("tcp://127.0.0.1:\(reachable.0)", usual: .connect))
        let topic = try source.topic("load")
        sink = try Subscriber(
            "sink", from: Endpoint.list("tcp://127.0.0.1:\(reachable.1)", usual: .connect),
            patterns: [Pattern("load"), Pattern(.status)])
        // A link that broke, as those do whose relay finds no router yet, subscribes again when the sink receives.
        let end = ContinuousClock.now + .seconds(10)
        while !topic.wanted && ContinuousClock.now < end { _ = sink.receive(within: .milliseconds(5)) { _ in } }
        #expect(topic.wanted)
        emitter = try Emitter(topic)
    }

    deinit { for relay in relays { relay.stop() } }

    private static func start(_ ports: (Int, Int), _ configuration: ConfigurationFile?) throws -> RunningProgram {
        let file = configuration.map { ["--config", $0.path] } ?? []
        return try RunningProgram(
            "eventstorm-router",
            arguments: [
                "--in", "tcp://127.0.0.1:\(ports.0)", "--out", "tcp://127.0.0.1:\(ports.1)", "--log-level", "error",
            ] + file)
    }

    func startRouter() throws { router = try RoutedWorld.start(ports, configuration) }

    func breakLinks(_ fault: Relay.Fault) { for relay in relays { relay.fault = fault } }

    func mendLinks() { for relay in relays { relay.fault = nil } }

    /// Lets the fabric live for a time, or until it is enough.
    func run(for time: Duration, until isEnough: (RoutedWorld) -> Bool = { _ in false }) throws {
        let end = ContinuousClock.now + time
        while ContinuousClock.now < end && !isEnough(self) {
            receive()
            if ContinuousClock.now >= nextStatus {
                nextStatus = .now + .seconds(1)
                report(isFinal: false)
            }
        }
    }

    private func receive() {
        var count: UInt64 = 0
        var faults = 0
        var books = books
        _ = sink.receive(within: .milliseconds(20)) { delivery in
            guard delivery.topic == .status else {
                count += UInt64(delivery.count)
                return
            }
            delivery.forEachDocument { event in
                do throws(RecordError) {
                    try books.observe(event, now: monotonicNanoseconds())
                } catch {
                    faults += 1
                }
            }
        }
        self.books = books
        received += count
        #expect(faults == 0)
    }

    /// The sink's status goes straight into the books.
    private func report(isFinal: Bool) {
        var status = StatusDocument(
            Beat(origin: origin, process: identity, at: .now(), full: true, final: isFinal, topics: []))
        status.takeUpstream(sink.ledger)
        books.observe(status, now: monotonicNanoseconds())
    }

    /// What the books say in the end.
    struct Sums: CustomStringConvertible {
        var emitted: Int64
        var received: Int64
        var lost: Int64 = 0
        var absent: Int64 = 0
        var unknown: Int64 = 0
        /// What the router's routes left out, by fate.
        var leftOut: [String: Int64] = [:]
        var table = ""

        var missing: Int64 { emitted - received - lost - absent - unknown - leftOut.values.reduce(0, +) }
        var description: String {
            "left out \(leftOut), emitted \(emitted), received \(received), lost \(lost), absent \(absent), unknown \(unknown)\n\(table)"
        }
    }

    /// Ends one after the other, source first, and adds up.
    func end() throws -> Sums {
        let emitted = emitter.stop()
        #expect(source.flush(within: .seconds(10)))
        try run(for: .milliseconds(2_500))  // a beat and a status more of each
        #expect(source.counts.emitted == emitted)
        source.close(within: .seconds(2))
        try run(for: .milliseconds(500))
        router.signal(SIGTERM)
        try run(for: .milliseconds(1_500))
        #expect(router.waitForEnd() == 0)
        report(isFinal: true)
        let report = books.report(now: monotonicNanoseconds())
        #expect(report.isBalanced, "\(report.table)")
        var sums = Sums(emitted: Int64(emitted), received: Int64(received))
        for row in report.rows where row.kind == .link && row.topic.name == "load" {
            sums.lost += row["lost"] ?? 0
            sums.absent += row["absent"] ?? 0
            sums.unknown += row["unknown"] ?? 0
        }
        for row in report.rows where row.kind == .inside && row.topic.name == "load" {
            for fate in [Fate.filtered, .sampled, .deduplicated, .throttled, .failed] {
                if let count = row[fate.rawValue] { sums.leftOut[fate.rawValue, default: 0] += count }
            }
        }
        sums.table = report.table
        return sums
    }
}

/// A configuration that is there for one test, and can be written anew.
final class ConfigurationFile {
    let path: String

    init(_ text: String) throws {
        path = FileManager.default.temporaryDirectory.appending(path: "es-\(UUID().uuidString).json5").path()
        try write(text)
    }

    /// Replaces the file as editors do, by a new one of the same name.
    func write(_ text: String) throws { try Data(text.utf8).write(to: URL(filePath: path), options: .atomic) }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// Emits ten thousand events a second from a thread of its own, and writes each into a file, which is the truth.
final class Emitter: Sendable {
    let payload = Mutex("x")
    private let isOver = Atomic<Bool>(false)
    private let file: URL
    private let thread = Mutex<OSThread?>(nil)

    init(_ topic: OpenTopic) throws {
        file = FileManager.default.temporaryDirectory.appending(path: "es-emitted-\(UUID().uuidString).bson")
        try Data().write(to: file)
        let handle = try FileHandle(forWritingTo: file)
        try thread.withLock { slot in
            slot = try OSThread(name: "emitter") { [self] in emit(topic, handle) }
        }
    }

    deinit { try? FileManager.default.removeItem(at: file) }

    private func emit(_ topic: OpenTopic, _ handle: FileHandle) {
        let start = monotonicNanoseconds()
        var number: UInt64 = 0
        while !isOver.load(ordering: .relaxed) {
            let due = (monotonicNanoseconds() - start) / 100_000
            let text = payload.withLock { $0 }
            var written = DocumentWriter()
            for number in number..<max(number, due) {
                written.beginDocument()
                written["n"] = Int64(number)
                written.endDocument()
            }
            handle.write(Data(written.take()))
            while number < due {
                topic.emit {
                    $0["n"] = Int64(number)
                    $0["s"] = text
                }
                number += 1
            }
            usleep(500)
        }
        try? handle.close()
    }

    /// Stops, and returns how many events the file holds.
    func stop() -> UInt64 {
        isOver.store(true, ordering: .relaxed)
        let thread = thread.withLock { $0.take() }
        thread?.join()
        guard let bytes = try? Data(contentsOf: file), !bytes.isEmpty else { return 0 }
        let count = try? BSONValidator.validateSequence([UInt8](bytes).span.bytes, maximumDepth: 2)
        return UInt64(count ?? 0)
    }
}

// A fabric whose router dies, stops or is cut off, under load: the books must balance to the event.
//
// A source and a sink in this process, the real eventstorm-router between them, and every status that any of them
// publishes taken into the books. The source counts what it emits; that is the truth the books are held against:
// emitted = received by the sink + lost + absent + unknown, over both links.
import BSON
import Books
import Eventstorm
import Foundation
@testable import Service
import Synchronization
import Testing
import ZeroMQ

@Suite("A router that dies under load", .serialized, .timeLimit(.minutes(5)))
struct RouterDeathTests {
    @Test("killed and started again, all flows within a second, and what cannot be known is confined")
    func killed() throws {
        let world = try RoutedWorld()
        try world.run(for: .seconds(3))
        world.router.signal(SIGKILL)
        try world.run(for: .milliseconds(500))
        try world.startRouter()
        let before = world.received
        let began = ContinuousClock.now
        try world.run(for: .seconds(5)) { $0.received > before }
        #expect(began.duration(to: .now) < .seconds(2), "events flow again")
        try world.run(for: .seconds(4))
        let sums = try world.end()
        #expect(sums.missing == 0, "\(sums)")
        // The last status of the old router was at most a second and a bit old.
        #expect(sums.unknown < 25_000, "\(sums)")
        #expect(sums.received > 50_000, "\(sums)")
    }

    @Test("asked to end and started again, everything is known")
    func restarted() throws {
        let world = try RoutedWorld()
        try world.run(for: .seconds(2))
        world.router.signal(SIGTERM)
        try world.run(for: .milliseconds(500))
        try world.startRouter()
        try world.run(for: .seconds(4))
        let sums = try world.end()
        #expect(sums.missing == 0, "\(sums)")
        #expect(sums.unknown == 0, "\(sums)")
    }

    @Test("stopped for ten seconds, everything is known")
    func stopped() throws {
        let world = try RoutedWorld()
        try world.run(for: .seconds(2))
        world.router.signal(SIGSTOP)
        try world.run(for: .seconds(10))
        world.router.signal(SIGCONT)
        try world.run(for: .seconds(5))
        let sums = try world.end()
        #expect(sums.missing == 0, "\(sums)")
        #expect(sums.unknown == 0, "\(sums)")
        #expect(sums.absent > 0, "\(sums)")
    }

    @Test("behind a sink that does not read for three seconds, everything is known")
    func fullQueues() throws {
        let world = try RoutedWorld()
        world.payload = String(repeating: "x", count: 5_000)
        try world.run(for: .seconds(2))
        usleep(3_000_000)  // the sink's thread is this one: it does not read
        try world.run(for: .seconds(4))
        let sums = try world.end()
        #expect(sums.missing == 0, "\(sums)")
        #expect(sums.unknown == 0, "\(sums)")
    }
}

/// A source that emits, a router of its own process, and a sink.
final class RoutedWorld {
    private(set) var router: RunningProgram
    private let ports: (Int, Int)
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

    init() throws {
        ports = (try freePort(), try freePort())
        router = try RoutedWorld.start(ports)
        source = try Source("source", to: Endpoint.list("tcp://127.0.0.1:\(ports.0)", usual: .connect))
        let topic = try source.topic("load")
        sink = try Subscriber(
            "sink", from: Endpoint.list("tcp://127.0.0.1:\(ports.1)", usual: .connect),
            patterns: [Pattern("load"), Pattern(.status)])
        #expect(source.waitUntilWanted(topic, within: .seconds(10)))
        emitter = try Emitter(topic)
    }

    private static func start(_ ports: (Int, Int)) throws -> RunningProgram {
        try RunningProgram(
            "eventstorm-router", "--in", "tcp://127.0.0.1:\(ports.0)", "--out", "tcp://127.0.0.1:\(ports.1)",
            "--log-level", "error")
    }

    func startRouter() throws { router = try RoutedWorld.start(ports) }

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
        var table = ""

        var missing: Int64 { emitted - received - lost - absent - unknown }
        var description: String {
            "emitted \(emitted), received \(received), lost \(lost), absent \(absent), unknown \(unknown)\n\(table)"
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
        sums.table = report.table
        return sums
    }
}

/// Emits ten thousand events a second from a thread of its own, and counts them.
final class Emitter: Sendable {
    let payload = Mutex("x")
    private let isOver = Atomic<Bool>(false)
    private let count = Atomic<UInt64>(0)
    private let thread = Mutex<OSThread?>(nil)

    init(_ topic: OpenTopic) throws {
        try thread.withLock { slot in
            slot = try OSThread(name: "emitter") { [self] in emit(topic) }
        }
    }

    private func emit(_ topic: OpenTopic) {
        let start = monotonicNanoseconds()
        var number: UInt64 = 0
        while !isOver.load(ordering: .relaxed) {
            let due = (monotonicNanoseconds() - start) / 100_000
            let text = payload.withLock { $0 }
            while number < due {
                topic.emit {
                    $0["n"] = Int64(number)
                    $0["s"] = text
                }
                number += 1
            }
            usleep(500)
        }
        count.store(number, ordering: .releasing)
    }

    /// Stops, and returns how many events were emitted.
    func stop() -> UInt64 {
        isOver.store(true, ordering: .relaxed)
        let thread = thread.withLock { $0.take() }
        thread?.join()
        return count.load(ordering: .acquiring)
    }
}

// A fabric whose parts can be killed, stopped and cut off, and what its books say in the end.
import BSON
import Books
import Eventstorm
import Foundation
@testable import Service
import Synchronization
import Testing
import ZeroMQ

/// Sources that emit, routers of their own processes, and a sink: one source and one router, or a tree in which each
/// source has a leaf router of its own and another router takes in what the leaves send.
final class RoutedWorld {
    /// The router that the sink subscribes to.
    let router: RunningRouter
    /// Those that the sources publish to, if there are others.
    let leaves: [RunningRouter]
    private let relays: [Relay]
    private let sources: [Source]
    private let emitters: [Emitter]
    private var sink: Subscriber
    private let identity = ProcessIdentity(role: "sink", name: "sink", host: "here", pid: 1, version: "1")
    private let origin = UInt64.random(in: 1 ... .max)
    private var books = Books()
    private var nextStatus = ContinuousClock.now
    private(set) var received: UInt64 = 0

    var payload = "x" {
        didSet { for emitter in emitters { emitter.payload.withLock { $0 = payload } } }
    }

    /// - Parameters:
    ///   - isRelayed: Whether all links go through relays, which can break them.
    ///   - routes: The router's routes, as in a configuration; what they do not take is dropped.
    ///   - leaves: The routes of each leaf router.
    init(isRelayed: Bool = false, routes: String? = nil, leaves leafRoutes: [String] = []) throws {
        var relays: [Relay] = []
        func reachable(_ port: Int) throws -> Int {
            guard isRelayed else { return port }
            relays.append(try Relay(to: port))
            return relays[relays.count - 1].port
        }
        leaves = try leafRoutes.enumerated().map { try RunningRouter("leaf\($0)", routes: $1) }
        let above = try leaves.map { try reachable($0.outPort) }
        router = try RunningRouter("router", above: above, routes: routes)
        let entries = try (leaves.isEmpty ? [router] : leaves).map { try reachable($0.inPort) }
        let exit = try reachable(router.outPort)
        self.relays = relays
        sources = try entries.enumerated().map {
            try Source("source\($0)", to: Endpoint.list("tcp://127.0.0.1:\($1)", usual: .connect))
        }
        let topics = try sources.map { try $0.topic("load") }
        sink = try Subscriber(
            "sink", from: Endpoint.list("tcp://127.0.0.1:\(exit)", usual: .connect),
            patterns: [Pattern("load"), Pattern(.status)])
        // A link that broke, as those do whose relay finds no router yet, subscribes again when the sink receives.
        let end = ContinuousClock.now + .seconds(10)
        while !topics.allSatisfy(\.wanted) && ContinuousClock.now < end {
            _ = sink.receive(within: .milliseconds(5)) { _ in }
        }
        let areWanted = topics.allSatisfy(\.wanted)
        #expect(areWanted)
        emitters = try topics.map { try Emitter($0) }
    }

    deinit { for relay in relays { relay.stop() } }

    /// All routers, those nearest to the sources first.
    var routers: [RunningRouter] { leaves + [router] }
    /// How many links can be broken.
    var linkCount: Int { relays.count }

    func breakLinks(_ fault: Relay.Fault) { for relay in relays { relay.fault = fault } }

    func breakLink(_ number: Int, _ fault: Relay.Fault) { relays[number].fault = fault }

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
        /// What those who send counted themselves: the same as `absent`, unless one that knew of it was killed.
        var unwanted: Int64 = 0
        var unknown: Int64 = 0
        /// What the router's routes left out, by fate.
        var leftOut: [String: Int64] = [:]
        var table = ""

        var missing: Int64 { emitted - received - lost - unwanted - unknown - leftOut.values.reduce(0, +) }
        var description: String {
            "emitted \(emitted), received \(received), lost \(lost), absent \(absent), unwanted \(unwanted), unknown \(unknown), "
                + "left out \(leftOut), missing \(missing)\n\(table)"
        }
    }

    /// Ends one after the other, sources first, and adds up.
    func end() throws -> Sums {
        let emitted = emitters.map { $0.stop() }
        for source in sources { #expect(source.flush(within: .seconds(10))) }
        try run(for: .milliseconds(2_500))  // a beat and a status more of each
        #expect(sources.map(\.counts.emitted) == emitted)
        for source in sources { source.close(within: .seconds(2)) }
        try run(for: .milliseconds(500))
        for router in routers {
            router.signal(SIGTERM)
            try run(for: .milliseconds(1_500))
            #expect(router.waitForEnd() == 0)
        }
        report(isFinal: true)
        let report = books.report(now: monotonicNanoseconds())
        #expect(report.isBalanced, "\(report.table)")
        var sums = Sums(emitted: Int64(emitted.reduce(0, +)), received: Int64(received))
        for row in report.rows where row.kind == .link && row.topic.name == "load" {
            sums.lost += row["lost"] ?? 0
            sums.absent += row["absent"] ?? 0
            sums.unknown += row["unknown"] ?? 0
        }
        for row in report.rows where row.kind != .link && row.topic.name == "load" {
            let isRouter = routers.contains { $0.name == row.process }
            if isRouter == (row.kind == .inside) { sums.unwanted += row["unwanted"] ?? 0 }
            for fate in [Fate.filtered, .sampled, .deduplicated, .throttled, .failed] {
                if let count = row[fate.rawValue] { sums.leftOut[fate.rawValue, default: 0] += count }
            }
        }
        sums.table = report.table
        return sums
    }
}

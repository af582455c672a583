// Two routers side by side between a source and a subscriber: either of them may die.
import BSON
import Eventstorm
import Foundation
@testable import Service
import Testing
import ZeroMQ

@Suite("Two routers side by side", .serialized, .timeLimit(.minutes(5)))
struct TwoRoutersTests {
    /// Numbers that arrived, and how often.
    private struct Tally {
        var counts: [Int64: Int] = [:]
        var doubles: Int { counts.values.count { $0 > 1 } }
    }

    @Test("each event arrives once, while one router after the other is killed and started again")
    func killed() throws {
        let ports = [(try freePort(), try freePort()), (try freePort(), try freePort())]
        func start(_ index: Int) throws -> RunningProgram {
            try RunningProgram(
                "eventstorm-router", "--in", "tcp://127.0.0.1:\(ports[index].0)", "--out",
                "tcp://127.0.0.1:\(ports[index].1)", "--log-level", "error")
        }
        var routers = [try start(0), try start(1)]
        let source = try Source(
            "source", to: ports.map { try Endpoint("tcp://127.0.0.1:\($0.0)", usual: .connect) })
        let topic = try source.topic("load")
        var sink = try Subscriber(
            "sink", from: ports.map { try Endpoint("tcp://127.0.0.1:\($0.1)", usual: .connect) },
            patterns: [Pattern("load")])
        sink.deduplicate(within: .seconds(60))
        var tally = Tally()
        var emitted: Int64 = 0

        /// Emits about 10,000 events a second and receives, until it is enough.
        func run(until isEnough: (borrowing Subscriber) -> Bool) {
            let end = ContinuousClock.now + .seconds(30)
            while !isEnough(sink) {
                guard ContinuousClock.now < end else {
                    Issue.record("what was waited for did not come within 30 s")
                    return
                }
                for _ in 0..<20 {
                    topic.emit { $0["n"] = emitted }
                    emitted += 1
                }
                _ = sink.receive(within: .milliseconds(2)) { delivery in
                    delivery.forEachDocument { tally.counts[$0["n"]?.int64 ?? -1, default: 0] += 1 }
                }
            }
        }
        /// Runs until both paths carry events, which is when each router's row has grown.
        func runOnBothPaths() {
            var before: [UInt64: UInt64] = [:]
            for row in sink.ledger.entries { before[row.origin] = row.counts.received }
            run { sink in
                sink.ledger.entries.count { $0.counts.received > before[$0.origin, default: 0] + 2_000 } >= 2
            }
        }
        let end = ContinuousClock.now + .seconds(10)
        while !topic.wanted && ContinuousClock.now < end { _ = sink.receive(within: .milliseconds(5)) { _ in } }
        #expect(topic.wanted)

        runOnBothPaths()
        for victim in [0, 1] {
            routers[victim].signal(SIGKILL)
            _ = routers[victim].waitForEnd()
            let middle = emitted + 10_000
            run { _ in emitted >= middle }
            routers[victim] = try start(victim)
            runOnBothPaths()
        }
        #expect(source.flush(within: .seconds(5)))
        run { _ in tally.counts.count >= Int(emitted) - 2_000 }
        // What is emitted last takes a moment.
        let last = emitted
        let deadline = ContinuousClock.now + .seconds(10)
        while tally.counts.count < Int(last) && ContinuousClock.now < deadline {
            _ = sink.receive(within: .milliseconds(20)) { delivery in
                delivery.forEachDocument { tally.counts[$0["n"]?.int64 ?? -1, default: 0] += 1 }
            }
        }
        #expect(tally.counts.count == Int(emitted))
        #expect(tally.doubles == 0)
        #expect(sink.ledger.total.duplicate > 5_000)
        #expect(source.counts.unwanted == 0)
        source.close(within: .seconds(1))
    }
}

// Real routers that feed each other.
import BSON
import Eventstorm
import Foundation
@testable import Service
import Testing
import ZeroMQ

@Suite("Routers in a loop", .serialized, .timeLimit(.minutes(2)))
struct LoopTests {
    @Test("one of two routers that feed each other cuts the loop, says so, and events arrive once")
    func twoRouters() throws {
        let ports = [(try freePort(), try freePort()), (try freePort(), try freePort())]
        let pipe = Pipe()
        let routers = try [0, 1].map { number in
            try RunningProgram(
                "eventstorm-router",
                arguments: [
                    "--in", "tcp://127.0.0.1:\(ports[number].0),connect:tcp://127.0.0.1:\(ports[1 - number].1)",
                    "--out",
                    "tcp://127.0.0.1:\(ports[number].1)", "--name", "r\(number)",
                ], output: pipe.fileHandleForWriting)
        }
        let source = try Source("source", to: [try Endpoint("tcp://127.0.0.1:\(ports[0].0)", usual: .connect)])
        let topic = try source.topic("load")
        var sinks: [Int: Int] = [:]
        var sink = try Subscriber(
            "sink", from: [try Endpoint("tcp://127.0.0.1:\(ports[0].1)", usual: .connect)], patterns: [Pattern("load")])
        // Until a router says that it has cut the loop.
        var log = ""
        while !log.contains("a loop: ") {
            let part = pipe.fileHandleForReading.availableData
            if part.isEmpty { break }
            log += String(decoding: part, as: UTF8.self)
        }
        #expect(log.contains("a loop: router 'r"))
        let end = ContinuousClock.now + .seconds(10)
        while !topic.wanted && ContinuousClock.now < end { _ = sink.receive(within: .milliseconds(5)) { _ in } }
        #expect(topic.wanted)
        for number in 0..<100 as Range<Int64> { topic.emit { $0["n"] = number } }
        // The last event comes behind all others, and copies would come behind it.
        let deadline = ContinuousClock.now + .seconds(2)
        while ContinuousClock.now < deadline {
            _ = sink.receive(within: .milliseconds(50)) { delivery in
                delivery.forEachDocument { sinks[Int($0["n"]?.int64 ?? -1), default: 0] += 1 }
            }
        }
        #expect(sinks.count == 100)
        #expect(sinks.values.allSatisfy { $0 <= 2 }, "\(sinks.values.max() ?? 0) copies")
        for router in routers {
            router.signal(SIGTERM)
            #expect(router.waitForEnd() == 0)
        }
        sink.close()
        source.close(within: .seconds(1))
    }
}

// What a source notices when the peers of its process die or sleep.
import BSON
import Eventstorm
import Foundation
@testable import Service
import Testing
import ZeroMQ

@Suite("A source whose peers die or sleep", .timeLimit(.minutes(3)))
struct PeerDeathTests {
    @Test("when its only router is killed, a source's topics are unwanted within three seconds")
    func interestDies() throws {
        let ports = (try freePort(), try freePort())
        let place = "tcp://127.0.0.1:\(ports.0)"
        let arguments = ["--in", place, "--out", "tcp://127.0.0.1:\(ports.1)", "--log-level", "error"]
        let first = try RunningProgram("eventstorm-router", arguments: arguments)
        let source = try Source("source", to: Endpoint.list(place, usual: .connect))
        let topics = try ["a", "b"].map { try source.topic($0) }
        let out = try Endpoint.list("tcp://127.0.0.1:\(ports.1)", usual: .connect)
        let wide = try Subscriber("wide", from: out, patterns: [.everything])
        for topic in topics { try #require(source.waitUntilWanted(topic, within: .seconds(10))) }

        first.signal(SIGKILL)
        _ = first.waitForEnd()
        let killed = ContinuousClock.now
        while topics.contains(where: \.wanted), killed.duration(to: .now) < .seconds(10) { usleep(1_000) }
        #expect(killed.duration(to: .now) < .seconds(3))
        wide.close()

        // The router that follows asks for less, and gets nothing else.
        let second = try RunningProgram("eventstorm-router", arguments: arguments)
        let narrow = try Subscriber("narrow", from: out, patterns: [Pattern("b")])
        try #require(source.waitUntilWanted(topics[1], within: .seconds(10)))
        #expect(!topics[0].wanted)
        topics[0].emit { _ in Issue.record("built an event that nobody wants") }
        narrow.close()
        source.close()
        second.signal(SIGTERM)
        #expect(second.waitForEnd() == 0)
    }

    @Test("a subscriber that sleeps neither slows a source nor makes it grow beyond the queue's bound")
    func sleepingSubscriber() throws {
        let source = try Source("source", to: Endpoint.list("tcp://127.0.0.1:*", usual: .bind))
        let topic = try source.topic("load")
        let null = FileHandle(forWritingAtPath: "/dev/null")
        let sleeper = try RunningProgram(
            "eventstorm", arguments: ["tap", "load", "--from", source.bound[0]], output: null)
        try #require(source.waitUntilWanted(topic, within: .seconds(10)))
        sleeper.signal(SIGSTOP)
        let before = StatusDocument.Usage.current().residentBytes
        let text = String(repeating: "x", count: 1_000)
        let began = ContinuousClock.now
        // 500 MB, within the three and a half seconds after which the sleeper is cut off.
        for _ in 0..<500_000 { topic.emit { $0["s"] = text } }
        let took = began.duration(to: .now)
        let grown = Int64(StatusDocument.Usage.current().residentBytes) - Int64(before)
        // The queue of 512 messages of 64 KiB, the source's own of 32 MiB, and room for what malloc keeps.
        #expect(grown < 110 << 20, "grew by \(grown >> 20) MiB")
        #expect(took < .seconds(30))
        #expect(topic.counts.isBalanced)
        sleeper.signal(SIGKILL)
        _ = sleeper.waitForEnd()
        source.close()
    }
}

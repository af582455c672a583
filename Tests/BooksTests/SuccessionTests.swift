// Processes that die, and those that follow them.
import BSON
import Eventstorm
import Testing

@testable import Books

@Suite("Books: succession")
struct SuccessionTests {
    @Test("between the last word of a process that was killed and its successor lies what is unknown")
    func killed() throws {
        var fabric = Fabric()
        try fabric.say(1, "shop", role: "source", sends: [("t", sent(100))])
        try fabric.say(
            2, "r", sends: [("t", sent(98))], receives: [from(1, from: 0, next: 100, lost: 2)],
            fates: [("t", [(.received, 98), (.forwarded, 98), (.copies, 98)])])
        try fabric.say(9, "disk", role: "sink", receives: [from(2, next: 98)])
        fabric.wait(seconds: 2)
        // Killed after it had forwarded up to 110; 120 were sent to it, 7 were unwanted until its successor came.
        try fabric.say(1, "shop", role: "source", sends: [("t", sent(150, unwanted: 7))])
        try fabric.say(3, "r", sends: [("t", sent(30))], receives: [from(1, from: 120, next: 150, unwanted: 7)])
        try fabric.say(
            9, "disk", role: "sink", receives: [from(2, next: 110), from(3, next: 30)])
        #expect(
            fabric.row(.link, "r", "shop") == "sent 150 received 140 lost 2 absent 7 unknown 8",
            "\(fabric.report().table)")
        let links = fabric.report().rows.filter { $0.kind == .link && $0.process == "disk" }
        #expect(links.map { $0["received"] } == [110, 30])
        #expect(links.allSatisfy { $0.isBalanced && $0["unknown"] == 0 })
        #expect(fabric.report().members.filter { $0.name == "r" }.map(\.generations) == [2])
        #expect(fabric.report().isBalanced)
        // What was emitted is what arrived in the end, and what is accounted for on the way.
        let arrived = links.compactMap { $0["received"] }.reduce(0, +)
        #expect(157 == arrived + 2 + 7 + 8)
    }

    @Test(
        "what a killed router had sent tells what it had received only if it sent each event once, under its own name",
        arguments: [
            ("some filtered", [(Fate.received, 98), (.forwarded, 40), (.copies, 40), (.filtered, 58)], 40, 12),
            ("two copies", [(.received, 98), (.forwarded, 98), (.copies, 196)], 196, 20),
            ("others under its name", [(.received, 98), (.forwarded, 90), (.copies, 90), (.filtered, 8)], 98, 20),
        ] as [(String, [(Fate, UInt64)], UInt64, Int64)])
    func killedWithRoutes(
        what: String, fates: [(Fate, UInt64)], sentByRouter: UInt64, unknown: Int64
    ) throws {
        var fabric = Fabric()
        try fabric.say(1, "shop", role: "source", sends: [("t", sent(98))])
        try fabric.say(2, "r", sends: [("t", sent(sentByRouter))], receives: [from(1, next: 98)], fates: [("t", fates)])
        fabric.wait(seconds: 2)
        try fabric.say(1, "shop", role: "source", sends: [("t", sent(120))])
        try fabric.say(3, "r", sends: [("t", sent(2))], receives: [from(1, from: 118, next: 120)])
        // Eight more arrived from the first router than it had told of.
        try fabric.say(9, "disk", role: "sink", receives: [from(2, next: sentByRouter + 8), from(3, next: 2)])
        let row = fabric.report().rows.first { $0.kind == .link && $0.process == "r" }
        #expect(row?["unknown"] == unknown, "\(what): \(fabric.report().table)")
        #expect(fabric.report().isBalanced)
    }

    @Test("after a farewell nothing is unknown: what was sent to others since is lost to this line")
    func closed() throws {
        var fabric = Fabric()
        try fabric.say(1, "shop", role: "source", sends: [("t", sent(100))])
        try fabric.say(2, "r", final: true, sends: [("t", sent(100))], receives: [from(1, next: 100)])
        fabric.wait(seconds: 1)
        try fabric.say(1, "shop", role: "source", sends: [("t", sent(130, unwanted: 20))])
        try fabric.say(3, "r", sends: [("t", sent(20))], receives: [from(1, from: 110, next: 130, unwanted: 20)])
        #expect(fabric.row(.link, "r", "shop") == "sent 130 received 120 lost 10 absent 20")
        #expect(fabric.report().isBalanced)
    }

    @Test("absent is what was unwanted between the two, and what the new process has counted itself")
    func absent() throws {
        var fabric = Fabric()
        try fabric.say(1, "shop", role: "source", sends: [("t", sent(10, unwanted: 3))])
        try fabric.say(2, "r", receives: [from(1, next: 10, absent: 1, unwanted: 3)])
        fabric.wait(seconds: 1)
        try fabric.say(1, "shop", role: "source", sends: [("t", sent(12, unwanted: 20))])
        try fabric.say(3, "r", receives: [from(1, from: 10, next: 12, absent: 6, unwanted: 20)])
        // 1 before, 14 - 3 between, 6 after.
        #expect(fabric.row(.link, "r", "shop") == "sent 12 received 12 absent 18")
    }

    @Test("a topic born between two processes is counted from its first event")
    func bornBetween() throws {
        var fabric = Fabric()
        try fabric.say(1, "shop", role: "source", sends: [("t", sent(10))])
        try fabric.say(2, "r", receives: [from(1, next: 10)])
        fabric.wait(seconds: 1)
        try fabric.say(1, "shop", role: "source", sends: [("t", sent(10)), ("u", sent(8, unwanted: 2))])
        try fabric.say(3, "r", receives: [from(1, from: 10, next: 10), from(1, "u", from: 5, next: 8, unwanted: 2)])
        let row = try #require(fabric.report().rows.first { $0.kind == .link && $0.topic.name == "u" })
        #expect(row["unknown"] == 5 && row["absent"] == 2 && row["from"] == 0 && row["received"] == 3 && row.isBalanced)
    }

    @Test(
        "an origin that began between two processes is counted from its first event, an older one from where they met")
    func originBornBetween() throws {
        var fabric = Fabric()
        try fabric.say(2, "r", receives: [])
        let death = fabric.clock
        fabric.wait(seconds: 1)
        try fabric.say(5, "young", role: "source", started: death + 1, sends: [("t", sent(30, unwanted: 4))])
        try fabric.say(6, "old", role: "source", started: death - 1, sends: [("t", sent(40, unwanted: 4))])
        try fabric.say(
            3, "r",
            receives: [
                from(5, from: 12, next: 30, absent: 1, unwanted: 4),
                from(6, from: 12, next: 40, absent: 1, unwanted: 4),
            ])
        #expect(fabric.row(.link, "r", "young") == "sent 30 received 18 absent 4 unknown 12")
        #expect(fabric.row(.link, "r", "old") == "sent 40 from 12 received 28 absent 1")
        #expect(fabric.report().isBalanced)
    }

    @Test("what a dead process sent beyond what its receivers know is unknown")
    func deadUpstream() throws {
        var fabric = Fabric()
        try fabric.say(1, "shop", role: "source", sends: [("t", sent(100))])
        try fabric.say(2, "disk", role: "sink", receives: [from(1, next: 90)])
        for _ in 0..<12 {
            fabric.wait(seconds: 1)
            try fabric.say(2, "disk", role: "sink", receives: [from(1, next: 90)])
        }
        #expect(fabric.row(.link, "disk", "shop") == "sent 100 received 90 unknown 10")
        #expect(fabric.report().isBalanced)
    }

    @Test("processes that live at the same time do not succeed each other, whatever their names")
    func sameName() throws {
        var fabric = Fabric()
        for origin: UInt64 in [1, 2] {
            try fabric.say(origin, "host", role: "source", host: "h\(origin)", sends: [("t", sent(5))])
        }
        fabric.wait(seconds: 1)
        for origin: UInt64 in [1, 2] {
            try fabric.say(origin, "host", role: "source", host: "h\(origin)", sends: [("t", sent(6))])
        }
        #expect(fabric.report().members.map(\.generations) == [1, 1])
        fabric.wait(seconds: 1)
        // Both are started anew: each follows the one on its own host.
        for origin: UInt64 in [4, 3] {
            try fabric.say(origin, "host", role: "source", host: "h\(origin - 2)", sends: [("t", sent(1))])
        }
        #expect(fabric.report().members.map(\.generations) == [2, 2])
        #expect(fabric.report().members.map(\.host).sorted() == ["h1", "h2"])
        #expect(fabric.report().rows.map { $0["sent"] } == [7, 7])
    }

    @Test("whatever the succession, each line adds up", arguments: 0..<50)
    func adding(_: Int) throws {
        var generator = SystemRandomNumberGenerator()
        var fabric = Fabric()
        var total: UInt64 = 0  // sent by the source
        var unwanted: UInt64 = 0
        var truth: (lost: UInt64, between: UInt64) = (0, 0)
        for generation: UInt64 in 2...5 {
            let missed = UInt64.random(in: 0...9, using: &generator)
            unwanted += missed
            let sentToNobody = UInt64.random(in: 0...5, using: &generator)
            if generation > 2 { truth.between += sentToNobody }
            total += sentToNobody
            let begin = total
            for _ in 0..<3 {
                let lost = UInt64.random(in: 0...3, using: &generator)
                total += lost + UInt64.random(in: 0...10, using: &generator)
                truth.lost += lost
                try fabric.say(1, "shop", role: "source", sends: [("t", sent(total, unwanted: unwanted))])
                let known = fabric.books.process(generation)?.status.upstream.first?.counts.lost ?? 0
                try fabric.say(
                    generation, "r",
                    receives: [from(1, from: Int64(begin), next: total, lost: known + lost, unwanted: unwanted)])
                fabric.wait(seconds: 1)
            }
        }
        let row = try #require(fabric.report().rows.first { $0.kind == .link })
        #expect(row.isBalanced && fabric.report().isBalanced, "\(fabric.report().table)")
        #expect(row["lost"] == Int64(truth.lost) && row["unknown"] == Int64(truth.between))
        let from = try #require(row["from"])
        #expect(row["received"] == Int64(total) - from - Int64(truth.lost + truth.between))
    }
}

// What the feed counts and keeps between two ticks.

import BSON
import Eventstorm
import Testing
import ZeroMQ

@testable import LiveView

@Suite("The feed")
struct FeedTests {
    let feed: LiveFeed

    init() throws { feed = try LiveFeed() }

    @Test("events and bytes are counted by topic, and only changed topics are handed over")
    func counting() throws {
        try feed.emit("a", count: 3) { document, _ in document["x"] = Int32(1) }
        try feed.emit("b")
        let first = feed.takeTick()
        #expect(first.total.events == 4)
        #expect(first.total.bytes == 3 * 12 + 5)
        #expect(first.rows.map(\.topic.name) == ["a", "b"])
        #expect(first.rows.map(\.volume.events) == [3, 1])
        try feed.emit("b")
        let second = feed.takeTick()
        #expect(second.rows.map(\.topic.name) == ["b"])
        #expect(second.rows.map(\.volume.events) == [2])
        #expect(second.total.events == 5)
        #expect(feed.takeTick().rows.isEmpty)
    }

    @Test("topics beyond the limit are counted together")
    func topicLimit() throws {
        for number in 0..<LiveLimits.topics + 20 { try feed.emit("t.\(number)") }
        try feed.emit("t.\(LiveLimits.topics + 1)")
        let tick = feed.takeTick()
        #expect(tick.rows.count == LiveLimits.topics)
        #expect(tick.others.events == 21)
        #expect(tick.otherTopics == 20)
        #expect(tick.total.events == UInt64(LiveLimits.topics + 21))
    }

    @Test("a watched field is aggregated, whatever kind of number it is, and nothing else is")
    func fields() throws {
        let wanted = FieldKey(topic: try Topic("a"), path: "x.y")
        feed.watch(fields: [wanted])
        func nested(_ topic: String = "a", _ build: (inout DocumentWriter) -> Void) throws {
            try feed.emit(topic) { document, _ in document.document("x") { build(&$0) } }
        }
        try nested { $0["y"] = Int32(1) }
        try nested { $0["y"] = Int64(5) }
        try nested { $0["y"] = 3.0 }
        try nested { $0["y"] = "7" }
        try nested { $0["y"] = Double.nan }
        try nested { $0["z"] = 100.0 }
        try nested("b") { $0["y"] = 100.0 }
        let values = try #require(feed.takeTick().fields.first)
        #expect(values.count == 3)
        #expect([values.low, values.average, values.high, values.last] == [1, 3, 5, 3])
        #expect(feed.takeTick().fields.isEmpty)
    }

    @Test("a field is found in every event of a message, even when its topic came before the watch")
    func fieldOfKnownTopic() throws {
        try feed.emit("a")
        feed.watch(fields: [FieldKey(topic: try Topic("a"), path: "n")])
        try feed.emit("a", count: 100) { $0["n"] = Int64($1) }
        let values = try #require(feed.takeTick().fields.first)
        #expect(values.count == 100)
        #expect(values.average == 49.5)
        feed.watch(fields: [])
        try feed.emit("a", count: 100) { $0["n"] = Int64($1) }
        #expect(feed.takeTick().fields.isEmpty)
    }

    @Test("a tail keeps the first events of each topic it matches, and forgets them at the tick")
    func samples() throws {
        feed.tail([try Pattern("a.*")])
        try feed.emit("a.b", count: 100) { $0["n"] = Int64($1) }
        try feed.emit("c", count: 100)
        let rows = feed.takeTick().rows
        #expect(rows.map(\.samples.count) == [LiveLimits.samplesPerTopic, 0])
        #expect(Array(rows[0].samples[1].document[7..<15]) == [1, 0, 0, 0, 0, 0, 0, 0])
        #expect(feed.takeTick().rows.isEmpty)
    }

    @Test("of an event that is too large to show, only the size is kept")
    func largeSample() throws {
        feed.tail([.everything])
        try feed.emit("a") { document, _ in
            document["x"] = String(repeating: "x", count: LiveLimits.tailEventBytes)
        }
        #expect(feed.takeTick().rows.first?.samples.first?.document.count == 4)
    }

    @Test("what the tails keep is bounded in bytes")
    func sampleBytes() throws {
        feed.tail([.everything])
        let text = String(repeating: "x", count: 15_000)
        for number in 0..<100 { try feed.emit("t.\(number)", count: 8) { document, _ in document["x"] = text } }
        let kept = feed.takeTick().rows.reduce(0) { $0 + $1.samples.reduce(0) { $0 + $1.document.count } }
        #expect(kept <= LiveLimits.sampleBytes)
        #expect(kept > LiveLimits.sampleBytes / 2)
    }

    @Test("a payload that lies about its lengths is looked into no further than it goes")
    func lies() throws {
        feed.watch(fields: [FieldKey(topic: try Topic("a"), path: "x")])
        feed.tail([.everything])
        for bytes: [UInt8] in [
            [], [5], [0, 0, 0, 0, 0], [255, 255, 255, 255, 0], [100, 0, 0, 0, 0], [4, 0, 0, 0, 0],
        ] {
            feed.ingest(try Topic("a"), count: 1, payload: bytes.span.bytes)
        }
        #expect(feed.takeTick().total.events == 6)
    }

    @Test("the first client begins the watch, the last one ends it and clears the counters")
    func watching() throws {
        #expect(!feed.isWatched)
        feed.setClients(1)
        #expect(feed.isWatched && feed.change.drain())
        feed.setClients(2)
        #expect(!feed.change.drain())
        try feed.emit("a")
        feed.setClients(0)
        #expect(!feed.isWatched && feed.change.drain())
        #expect(feed.takeTick().total.events == 0)
    }
}

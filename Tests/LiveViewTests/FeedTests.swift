// What the feed counts and keeps between two ticks.

import BSON
import BSONText
import Eventstorm
import Testing
import ZeroMQ

@testable import LiveView

@Suite("The feed")
struct FeedTests {
    let feed: LiveFeed

    init() throws { feed = try LiveFeed() }

    private func tick() -> Tick { feed.takeTick(now: 1_000, elapsed: 250_000_000) }

    @Test("events and bytes are counted, by topic too")
    func counting() throws {
        try feed.emit("a", count: 3) { document, _ in document["x"] = Int32(1) }
        try feed.emit("b")
        #expect(tick().total.events == 4)
        #expect(tick().total.bytes == 3 * 12 + 5)
        #expect(feed.fates[try Topic("a")]?[.received] == 3)
        #expect(feed.fates.values.allSatisfy { $0.isBalanced })
    }

    @Test("fates are kept of so many topics and no more")
    func topicLimit() throws {
        for number in 0..<LiveLimits.topics + 20 { try feed.emit("t.\(number)") }
        #expect(feed.fates.count == LiveLimits.topics)
        #expect(tick().total.events == UInt64(LiveLimits.topics + 20))
    }

    @Test("a tail keeps the first events of each topic it matches, and forgets them at the tick")
    func samples() throws {
        let id = try feed.add(TailSpec(pattern: try Pattern("a.*")))
        try feed.emit("a.b", count: 100) { $0["n"] = Int64($1) }
        try feed.emit("c", count: 100)
        let change = try #require(tick().tails.first)
        #expect(change.id == id && change.matching == 100)
        #expect(change.events.count == LiveLimits.samplesPerTopic)
        #expect(Array(change.events[1].document[7..<15]) == [1, 0, 0, 0, 0, 0, 0, 0])
        #expect(tick().tails.first?.events.isEmpty == true)
    }

    @Test("a tail with a query shows what it selects, and counts the others of that, not of all")
    func selected() throws {
        let match = try BSONText.parse("{n: {$gte: 90}}", dialect: .query).document.bytes
        _ = try feed.add(TailSpec(pattern: .everything, match: match, perTick: 3))
        try feed.emit("a.b", count: 100) { $0["n"] = Int64($1) }
        let change = try #require(tick().tails.first)
        #expect(change.matching == 10)
        #expect(change.events.count == 3)
        #expect(change.events.first?.document[7] == 90)
    }

    @Test("a tail whose query fails on too many events is ended")
    func failing() throws {
        let match = try BSONText.parse("{$expr: {$divide: [1, '$n']}}", dialect: .query).document.bytes
        _ = try feed.add(TailSpec(pattern: .everything, match: match))
        try feed.emit("a", count: 100) { document, _ in document["n"] = Int64(0) }
        #expect(tick().tails.first?.failure != nil)
    }

    @Test("of an event that is too large to show, only the size is kept")
    func largeSample() throws {
        _ = try feed.add(TailSpec(pattern: .everything))
        try feed.emit("a") { document, _ in
            document["x"] = String(repeating: "x", count: LiveLimits.tailEventBytes)
        }
        #expect(tick().tails.first?.events.first?.document.count == 4)
    }

    @Test("what a tail keeps is bounded in bytes, and tails in number")
    func sampleBytes() throws {
        _ = try feed.add(TailSpec(pattern: .everything, perTick: 1_000))
        let text = String(repeating: "x", count: 15_000)
        for number in 0..<100 { try feed.emit("t.\(number)", count: 8) { document, _ in document["x"] = text } }
        let kept = try #require(tick().tails.first).events.reduce(0) { $0 + $1.document.count }
        #expect(kept <= LiveLimits.sampleBytes && kept > LiveLimits.sampleBytes / 2)
        for number in 1..<LiveLimits.tails { _ = try feed.add(TailSpec(pattern: Pattern(try Topic("t.\(number)")))) }
        #expect(throws: WatchError.self) { try feed.add(TailSpec(pattern: Pattern(try Topic("more")))) }
    }

    @Test("a payload that lies about its lengths is looked into no further than it goes")
    func lies() throws {
        _ = try feed.add(WatchSpec(pattern: .everything, groups: [.path("x")]), now: 0)
        _ = try feed.add(TailSpec(pattern: .everything))
        for bytes: [UInt8] in [
            [], [5], [0, 0, 0, 0, 0], [255, 255, 255, 255, 0], [100, 0, 0, 0, 0], [4, 0, 0, 0, 0],
        ] {
            feed.ingest(try Topic("a"), count: 1, payload: bytes.span.bytes)
        }
        #expect(tick().total.events == 6)
    }

    @Test("the first who asks begins the interest, the last one ends it, and both are told")
    func watching() throws {
        #expect(!feed.isWatched)
        let spec = WatchSpec(pattern: try Pattern("a.*"))
        let id = try feed.add(spec, now: 0)
        #expect(feed.isWatched && feed.change.drain())
        #expect(try feed.add(spec, now: 0) == id)
        #expect(!feed.change.drain())
        #expect(feed.interest(within: [.everything]) == [try Pattern("a.*")])
        #expect(feed.interest(within: [try Pattern("a.b"), try Pattern("c")]) == [try Pattern("a.b")])
        feed.remove(watch: id)
        #expect(feed.isWatched && !feed.change.drain())
        feed.remove(watch: id)
        #expect(!feed.isWatched && feed.change.drain())
    }

    @Test("what goes missing is told in the bucket that fills then, on its link, for watches of the topic only")
    func losses() throws {
        let now = realtimeMilliseconds()
        _ = try feed.add(WatchSpec(pattern: try Pattern("a")), now: now)
        _ = try feed.add(WatchSpec(pattern: try Pattern("b")), now: now)
        feed.record(books: [LiveBook(origin: 1, name: "web", topic: "a", received: 10, lost: 3)])
        feed.record(books: [LiveBook(origin: 1, name: "web", topic: "a", received: 10, lost: 5, absent: 1)])
        let changes = feed.takeTick(now: now, elapsed: 1).watches
        let texts = changes.map { $0.buckets.map { String(decoding: $0.text, as: UTF8.self) }.joined() }
        #expect(texts.count == 2 && texts[1].isEmpty)
        let losses = texts[0].contains(text: #""lost":5,"absent":1"#)
        // The two looks may have fallen into two buckets.
        #expect(losses || texts[0].contains(text: #""lost":3"#))
        #expect(texts[0].contains(text: #""origin":"0000000000000001","name":"web""#))
        feed.record(books: [LiveBook(origin: 1, name: "web", topic: "a", received: 12, lost: 3, absent: 1)])
        let healed = feed.takeTick(now: now, elapsed: 1).watches.flatMap(\.buckets)
        #expect(healed.contains { !String(decoding: $0.text, as: UTF8.self).contains(text: #""lost":5"#) })
    }
}

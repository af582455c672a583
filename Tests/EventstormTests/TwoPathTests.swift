// A subscriber that gets the same events by several paths.
import BSON
import Eventstorm
import Testing
import ZeroMQ

@Suite("Two paths", .timeLimit(.minutes(2)))
struct TwoPathTests {
    private static func emit(_ numbers: Range<Int32>, on topic: OpenTopic) {
        for number in numbers { topic.emit(Document { $0["_id"] = number }) }
    }

    @Test("events that come twice are delivered once, in their order, and counted on the path of the copy")
    func once() throws {
        let sources = [try boundSource("one"), try boundSource("two")]
        let topics = try sources.map { try $0.topic("t") }
        var subscriber = try Subscriber(
            "test", from: sources.flatMap(\.bound).map { try Endpoint($0, usual: .connect) }, patterns: [Pattern("t")])
        subscriber.deduplicate(within: .seconds(60))
        for (source, topic) in zip(sources, topics) {
            #expect(source.waitUntilWanted(topic, within: .seconds(5)))
        }
        var seen: [Int32] = []
        func take(_ delivery: Delivery) {
            var count = 0
            delivery.forEachDocument { event in
                seen.append(event["_id"]?.int32 ?? -1)
                count += 1
            }
            #expect(count == delivery.count)
        }
        Self.emit(0..<1_000, on: topics[0])
        receive(&subscriber, take, until: { $0.total.received == 1_000 })
        Self.emit(500..<1_500, on: topics[1])
        receive(&subscriber, take, until: { $0.total.received == 2_000 })
        Self.emit(1_400..<1_600, on: topics[0])
        receive(&subscriber, take, until: { $0.total.received == 2_200 })
        #expect(seen == Array(0..<1_600))
        #expect(subscriber.ledger.total.duplicate == 600)
        #expect(subscriber.ledger.total.repeated == 0)
        subscriber.close()
    }

    @Test("the same _id on another topic is another event, and events without _id are all delivered")
    func notCopies() throws {
        let source = try boundSource()
        let topics = [try source.topic("a"), try source.topic("b")]
        let plain = try source.topic("c", filling: [])
        var subscriber = try subscriber(of: source, "a", "b", "c")
        subscriber.deduplicate(within: .seconds(60))
        for topic in topics + [plain] { #expect(source.waitUntilWanted(topic, within: .seconds(5))) }
        for topic in topics { Self.emit(0..<10, on: topic) }
        let bare = Document { $0["n"] = 1 }
        for _ in 0..<5 { plain.emit(bare) }
        var delivered = 0
        receive(&subscriber, { delivered += $0.count }, until: { $0.total.received == 25 })
        #expect(delivered == 25)
        #expect(subscriber.ledger.total.duplicate == 0)
        subscriber.close()
    }

    @Test("what was seen longer ago than the window passes again, and a full memory counts what it forgets")
    func window() {
        let keys = SeenKeys(window: 1_000, most: 64)
        #expect(keys.isNew(7, now: 1))
        #expect(!keys.isNew(7, now: 1_000))
        #expect(keys.isNew(7, now: 1_001))
        for key in 0..<1_000 as Range<UInt64> { _ = keys.isNew(key << 32 | key, now: 2_000) }
        #expect(keys.overflow >= 1_000 - 64)
    }
}

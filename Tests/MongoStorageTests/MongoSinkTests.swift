// The sink behind a server that is in memory: fates, retries, and the end.

import BSON
import Eventstorm
import Glibc
import Synchronization
import Testing

@testable import MongoStorage
@testable import Service

@Suite("The MongoDB sink without a server", .timeLimit(.minutes(1)))
struct MongoSinkTests {
    private let world = FakeWorld()
    private let said = Said()

    /// Waits until nothing waits.
    private func settle(_ sink: MongoSink) { while sink.counts[.queued] > 0 { usleep(500) } }

    @Test("stores each event once, in the collection of its topic")
    func stores() throws {
        let sink = try sink(world)
        for start in stride(from: 0, to: 1_000, by: 10) {
            sink.receive(try item("a.b", events(start..<start + 10)))
            sink.receive(try item("a.c", events(start..<start + 10)))
        }
        #expect(sink.close(within: .seconds(10)) == 0)
        #expect(sink.counts[.stored] == 2_000 && sink.counts.isBalanced)
        #expect(world.documents("a.b").count == 1_000 && world.documents("a.c").count == 1_000)
    }

    @Test("an event that is there already is a duplicate; on the retry of the same batch it is stored")
    func duplicates() throws {
        let sink = try sink(world)
        sink.receive(try item("a", events(0..<10)))
        settle(sink)
        sink.receive(try item("a", events(5..<15)))
        settle(sink)
        #expect(sink.counts[.stored] == 15 && sink.counts[.duplicate] == 5)
        world.script(.breaksAfter)
        sink.receive(try item("a", events(20..<30)))
        settle(sink)
        world.script(.breaksWithin)
        sink.receive(try item("a", events(30..<40)))
        settle(sink)
        #expect(sink.close(within: .seconds(5)) == 0)
        #expect(sink.counts[.stored] == 35 && sink.counts[.duplicate] == 5 && sink.counts.isBalanced)
        #expect(world.count == 35)
    }

    @Test("one document's fault does not stop the others", arguments: ["refuse", "poison"])
    func faults(field: String) throws {
        let sink = try sink(world, nil, said)
        var all = events(0..<100)
        for bad in [0, 37, 99] {
            all[bad] = Document {
                $0["_id"] = bad
                $0[field] = 121
            }
        }
        sink.receive(try item("a", all))
        #expect(sink.close(within: .seconds(5)) == 0)
        #expect(sink.counts[.stored] == 97 && sink.counts[.failed] == 3 && sink.counts.isBalanced)
        #expect(sink.reasons == [field == "refuse" ? "validation" : "Code22": 3])
        #expect(said.all.count == 1, "\(said.all)")
    }

    @Test("a server that is gone is waited for, and that is said once when it goes and once when it is back")
    func gone() throws {
        let sink = try sink(world, nil, said, batch: 10)
        world.state.withLock { $0.chance = { .isGone } }
        for start in stride(from: 0, to: 100, by: 10) { sink.receive(try item("a", events(start..<start + 10))) }
        while world.state.withLock({ $0.inserts }) < 8 { usleep(500) }
        #expect(sink.counts[.queued] == 100)
        world.state.withLock { $0.chance = nil }
        #expect(sink.close(within: .seconds(5)) == 0)
        #expect(sink.counts[.stored] == 100 && world.count == 100)
        #expect(said.all.count == 2 && said.all[0].hasPrefix("error: cannot store, trying again"), "\(said.all)")
        #expect(said.all[1].hasPrefix("info: storing again, after"))
    }

    @Test("a collection that cannot be written holds up no other, and is stored when it can be")
    func forbidden() throws {
        let sink = try sink(world, nil, said, batch: 10)
        world.state.withLock { $0.forbidden = ["locked"] }
        for start in stride(from: 0, to: 100, by: 10) {
            sink.receive(try item("locked", events(start..<start + 10)))
            sink.receive(try item("open", events(start..<start + 10)))
        }
        while world.documents("open").count < 100 { usleep(500) }
        #expect(sink.countsByTopic[try Topic("locked")]?[.queued] == 100)
        world.state.withLock { $0.forbidden = [] }
        #expect(sink.close(within: .seconds(5)) == 0)
        #expect(sink.counts[.stored] == 200 && sink.counts.isBalanced)
        #expect(said.all.filter { $0.contains("readWrite") }.count == 1, "\(said.all)")
    }

    @Test("a full queue gives way and counts, whatever the server does", arguments: OnFull.allCases)
    func full(onFull: OnFull) throws {
        world.state.withLock { $0.chance = { .isGone } }
        let sink = try sink(world, nil, said, queue: 1 << 20, onFull: onFull)
        let padded = Document { $0["text"] = String(repeating: "x", count: 1_000) }
        for number in 0..<10_000 { sink.receive(try item("a", [padded], sequence: UInt64(number))) }
        #expect(sink.queuedBytes <= 1 << 20)
        #expect(sink.counts[.dropped] > 5_000 && sink.counts.isBalanced)
        world.state.withLock { $0.chance = nil }
        #expect(sink.close(within: .seconds(10)) == 0)
        #expect(sink.counts[.stored] + sink.counts[.dropped] == 10_000 && sink.counts.isBalanced)
        #expect(UInt64(world.count) == sink.counts[.stored])
    }

    @Test("the end waits no longer than it may, and tells how many events were not stored")
    func end() throws {
        world.state.withLock { $0.chance = { .isGone } }
        let sink = try sink(world, nil, said)
        sink.receive(try item("a", events(0..<250)))
        let left = try #require(time(under: .seconds(2)) { sink.close(within: .milliseconds(200)) })
        #expect(left == 250 && sink.counts[.failed] == 250 && sink.counts[.queued] == 0 && sink.counts.isBalanced)
        #expect(said.all.contains("error: 250 events were not stored before the end"))
    }

    private func time(under limit: Duration, _ body: () -> UInt64) -> UInt64? {
        var result: UInt64 = 0
        let time = ContinuousClock().measure { result = body() }
        return time < limit ? result : nil
    }

    @Test("a time series has no unique _id: what was tried twice is maybe repeated")
    func timeSeries() throws {
        let layout = CollectionLayout(timeSeries: .init(timeField: "timestamp"))
        let sink = try sink(world, [try rule("series", layout: layout)])
        sink.receive(try item("a", events(0..<10)))
        settle(sink)
        world.script(.breaksAfter)
        sink.receive(try item("a", events(10..<20)))
        #expect(sink.close(within: .seconds(5)) == 0)
        #expect(sink.counts[.stored] == 20 && sink.counts[.maybeRepeated] == 10 && sink.counts.isBalanced)
        #expect(world.count == 30)
    }

    @Test("refused events are kept with the reason where that is asked for")
    func deadLetters() throws {
        let place = DeadLetters.Place.collection(Target(database: "test", collection: "refused"))
        let letters = DeadLetters(place) { _, _ in }
        let sink = try sink(world, nil, said, deadLetters: letters)
        world.state.withLock { $0.refusedField = "bad" }
        sink.receive(
            try item(
                "a.b",
                [
                    Document {
                        $0["_id"] = 1
                        $0["bad"] = 121
                    }, Document { $0["_id"] = 2 },
                ]))
        #expect(sink.close(within: .seconds(5)) == 0)
        let kept = try #require(world.documents("refused").first)
        #expect(kept.view["reason"]?.string == "validation" && kept.view["topic"]?.string == "a.b")
        #expect(kept.view.find(path: "event.bad")?.integer == 121)
        #expect(sink.counts[.failed] == 1 && sink.counts[.stored] == 1)
    }

    @Test("whatever breaks, each event has one fate, and is stored once", arguments: [1, 2, 3, 4, 5])
    func chance(seed: UInt64) throws {
        let chance = Chance(seed)
        world.state.withLock { $0.chance = { chance.next() } }
        let sink = try sink(world, nil, said, batch: 17)
        var sequence: UInt64 = 0
        for _ in 0..<300 {
            let count = Int(chance.number(below: 12)) + 1
            let topic = ["a", "b", "c"][Int(chance.number(below: 3))]
            sink.receive(try item(topic, events(Int(sequence)..<Int(sequence) + count), sequence: sequence))
            sequence += UInt64(count)
        }
        #expect(sink.close(within: .seconds(30)) == 0)
        let counts = sink.counts
        #expect(counts.isBalanced && counts[.received] == sequence, "seed \(seed): \(counts)")
        #expect(counts[.stored] == sequence && UInt64(world.count) == sequence, "seed \(seed): \(world.count)")
        let isOnce = world.state.withLock { $0.stored.values.allSatisfy { $0.values.allSatisfy { $0 == 1 } } }
        #expect(isOnce)
    }
}

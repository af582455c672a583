// Routes at work between real sockets: batches, books, reloading.
import BSON
import Eventstorm
import Routing
import Testing
import ZeroMQ

@Suite("Routes between sockets", .timeLimit(.minutes(2)))
struct RoutingWorldTests {
    /// Emits events `{n: 0…}` in one burst, so that they travel in batches.
    private static func emit(_ count: Int, on topic: OpenTopic) {
        for number in 0..<count { topic.emit { $0["n"] = Int64(number) } }
    }

    @Test("documents of one message are parted by topic, in order, and each topic gets one message of them")
    func parts() throws {
        let router = try RunningRouter(
            table(
                """
                {from: 'in', match: {n: {$mod: [2, 0]}}, to: 'even', set: {even: true}},
                {from: 'in', match: {n: {$mod: [3, 0]}}, to: 'third'},
                {from: 'in', to: 'all'},
                {from: 'in', to: 'by.{n}', match: {n: {$lt: 3}}},
                """))
        let source = try Source("s", to: [router.input], pacing: .paced(wait: .seconds(5)))
        let topic = try source.topic("in", filling: [])
        var subscriber = try Subscriber("t", from: [router.output], patterns: [.everything])
        #expect(source.waitUntilWanted(topic, within: .seconds(5)))
        var numbers: [String: [Int64]] = [:]
        var messages: [String: Int] = [:]
        Self.emit(600, on: topic)
        receive(
            &subscriber,
            { delivery in
                messages[delivery.topic.name, default: 0] += 1
                delivery.forEachDocument { event in
                    numbers[delivery.topic.name, default: []].append(event["n"]?.integer ?? -1)
                    #expect((event["even"]?.bool == true) == (delivery.topic.name == "even"))
                }
            }, until: { $0.total.received == 600 + 300 + 200 + 3 })
        #expect(numbers["all"] == (0..<600).map { Int64($0) })
        #expect(numbers["even"] == (0..<300).map { Int64($0 * 2) })
        #expect(numbers["third"] == (0..<200).map { Int64($0 * 3) })
        #expect(numbers["by.0"] == [0] && numbers["by.1"] == [1] && numbers["by.2"] == [2])
        // As many messages as came, at most, whatever was taken out of them.
        #expect((messages["even"] ?? 0) <= (messages["all"] ?? 0))
        let lost = subscriber.ledger.total.lost
        #expect(lost == 0)
        subscriber.close()
        source.close()
        router.close()
        let counts = try #require(router.fates["in"])
        #expect(counts[.received] == 600 && counts[.forwarded] == 600 && counts[.copies] == 1_103)
    }

    @Test("every event has one fate, whoever listens")
    func books() throws {
        let router = try RunningRouter(
            table(
                """
                {from: 'in', match: {n: {$lt: 100}}, to: 'nobody', stop: true},
                {from: 'in', match: {n: {$lt: 200}}, set: {'n.x': 1}, to: 'out', stop: true},
                {from: 'in', match: {n: {$lt: 300}}, dedupe: {by: 'k', window: '1h'}, to: 'out', stop: true},
                {from: 'in', match: {n: {$lt: 400}}, throttle: {per_second: 0.001, burst: 10}, to: 'out', stop: true},
                {from: 'in', match: {n: {$lt: 500}}, sample: 0.000001, to: 'out', stop: true},
                {from: 'in', match: {n: {$lt: 600}}, to: 'out', stop: true},
                """))
        let source = try Source("s", to: [router.input], pacing: .paced(wait: .seconds(5)))
        let topic = try source.topic("in")
        var subscriber = try Subscriber("t", from: [router.output], patterns: [Pattern("out")])
        #expect(source.waitUntilWanted(topic, within: .seconds(5)))
        for number in 0..<700 {
            topic.emit {
                $0["n"] = Int64(number)
                $0["k"] = "same"
            }
        }
        receive(&subscriber, until: { $0.total.received == 1 + 10 + 100 })
        subscriber.close()
        source.close()
        router.close()
        let counts = try #require(router.fates["in"])
        let expected: [Fate: UInt64] = [
            .received: 700, .forwarded: 111, .copies: 111, .unwanted: 100, .failed: 100, .deduplicated: 99,
            .throttled: 90, .sampled: 100, .filtered: 100, .unmatched: 100,
        ]
        for fate in Fate.allCases { #expect(counts[fate] == expected[fate] ?? 0, "\(fate)") }
        #expect(counts.isBalanced)
    }

    @Test("other routes are taken over without a loss; what did not change is remembered")
    func reload() throws {
        let dedupe = "{from: 'd', dedupe: {window: '1h'}}"
        let router = try RunningRouter(table("{from: 'in', set: {v: 1}}, \(dedupe)"))
        let source = try Source("s", to: [router.input], pacing: .paced(wait: .seconds(5)))
        let topic = try source.topic("in")
        let single = try source.topic("d", filling: [])
        var subscriber = try Subscriber("t", from: [router.output], patterns: [Pattern("in"), Pattern("d")])
        #expect(source.waitUntilWanted(topic, within: .seconds(5)))
        #expect(source.waitUntilWanted(single, within: .seconds(5)))
        single.emit { $0["_id"] = 1 }
        var versions: [Int64] = []
        var copies = 0
        for round in 1...20 {
            router.reload(try table("{from: 'in', set: {v: \(round)}}, \(dedupe)"))
            Self.emit(200, on: topic)
            single.emit { $0["_id"] = 1 }
            receive(
                &subscriber,
                { delivery in
                    if delivery.topic.name == "d" {
                        copies += delivery.count
                        return
                    }
                    delivery.forEachDocument { versions.append($0["v"]?.integer ?? 0) }
                }, until: { $0.total.received >= UInt64(round * 200 + 1) })
        }
        #expect(versions.count == 4_000)
        #expect(versions == versions.sorted())
        #expect(copies == 1)
        let total = subscriber.ledger.total
        #expect(total.lost == 0 && total.absent == 0)
        subscriber.close()
        source.close()
        router.close()
        #expect(router.generation == 21)
        #expect(router.fates["d"]?[.deduplicated] == 20)
    }

    @Test("a topic that only the new routes serve is asked for above as soon as they are there")
    func reloadChangesDemand() throws {
        let router = try RunningRouter(table("{from: 'a', to: 'x'}"))
        let source = try Source("s", to: [router.input])
        let topic = try source.topic("b")
        var subscriber = try Subscriber("t", from: [router.output], patterns: [Pattern("x")])
        #expect(!topic.wanted)
        router.reload(try table("{from: 'b', to: 'x'}"))
        #expect(source.waitUntilWanted(topic, within: .seconds(5)))
        topic.emit { $0["n"] = 1 }
        receive(&subscriber, until: { $0.total.received == 1 })
        subscriber.close()
        source.close()
        router.close()
    }

    @Test("a message that grows beyond what a message may hold leaves as several")
    func grows() throws {
        let filler = String(repeating: "z", count: 4_000)
        let router = try RunningRouter(table("{from: 'in', set: {z: '\(filler)'}}"))
        let source = try Source("s", to: [router.input], pacing: .paced(wait: .seconds(5)))
        let topic = try source.topic("in", filling: [])
        var subscriber = try Subscriber("t", from: [router.output], patterns: [Pattern("in")])
        #expect(source.waitUntilWanted(topic, within: .seconds(5)))
        var numbers: [Int64] = []
        Self.emit(6_000, on: topic)
        receive(
            &subscriber, { delivery in delivery.forEachDocument { numbers.append($0["n"]?.integer ?? -1) } },
            until: { $0.total.received == 6_000 })
        #expect(numbers == (0..<6_000).map { Int64($0) })
        subscriber.close()
        source.close()
        router.close()
    }
}

// What each action of a route makes of events, and which fates it gives.
import BSON
import BSONText
import Eventstorm
import Testing

@testable import Routing

@Suite("Actions of routes")
struct RouteActionTests {
    @Test(
        "an event becomes what its route says",
        arguments: [
            ("{from: 'a'}", "{x: 1}", ["a {\"x\":1}"]),
            ("{from: 'a', match: {x: {$gte: 1}}}", "{x: 1}", ["a {\"x\":1}"]),
            ("{from: 'a', match: {x: {$gte: 2}}}", "{x: 1}", []),
            ("{from: 'a', match: '{x: /^b/}'}", "{x: 'bc'}", ["a {\"x\":\"bc\"}"]),
            ("{from: 'a', match: {x: /^b/}}", "{x: 'bc'}", ["a {\"x\":\"bc\"}"]),
            ("{from: 'a', set: {y: 2}, unset: ['x'], rename: {z: 'w'}}", "{x: 1, z: 3}", ["a {\"w\":3,\"y\":2}"]),
            ("{from: 'a', unset: 'x'}", "{x: 1, z: 3}", ["a {\"z\":3}"]),
            ("{from: 'a', project: {x: 1, _id: 0}}", "{_id: 7, x: 1, z: 3}", ["a {\"x\":1}"]),
            ("{from: 'a', project: {late: {$gt: ['$x', 0]}, _id: 0}}", "{x: 1}", ["a {\"late\":true}"]),
            ("{from: 'a', set: {z: 1}, project: {z: 1, _id: 0}}", "{x: 1}", ["a {\"z\":1}"]),
            ("{from: 'a', redact: ['x'], rename: {x: 'y'}}", "{x: 1, z: 1}", ["a {\"z\":1}"]),
            ("{from: 'a', sample: 1}", "{x: 1}", ["a {\"x\":1}"]),
            ("{from: 'a', sample: 0.5}", "{x: 1}", ["a {\"x\":1,\"weight\":2.0}"]),
            ("{from: 'a', sample: 0.5}", "{weight: 3, x: 1}", ["a {\"weight\":6.0,\"x\":1}"]),
            ("{from: 'a', sample: 0.5, project: {x: 1, _id: 0}}", "{x: 1}", ["a {\"x\":1,\"weight\":2.0}"]),
            ("{from: 'a', to: 'b'}, {from: 'a', to: 'c'}", "{x: 1}", ["b {\"x\":1}", "c {\"x\":1}"]),
            ("{from: 'a', to: 'b', stop: true}, {from: 'a', to: 'c'}", "{x: 1}", ["b {\"x\":1}"]),
            (
                "{from: 'a', match: {x: 2}, to: 'b', stop: true}, {from: 'a', to: 'c'}", "{x: 1}", ["c {\"x\":1}"]
            ),
            ("{from: 'a', match: {x: 1}}, {from: ['b', 'a']}", "{x: 1}", ["a {\"x\":1}"]),
            ("{from: 'a', set: {y: 1}}, {from: 'a', match: {}}", "{x: 1}", ["a {\"x\":1,\"y\":1}", "a {\"x\":1}"]),
        ] as [(String, String, [String])])
    func reshapes(routes: String, input: String, expected: [String]) throws {
        var trial = RouteTrial(try table(routes), keepsSampled: true)
        #expect(try trial.run(event(input), on: Topic("a"), now: 1).texts == expected)
    }

    @Test(
        "a path to redact leads through documents and arrays to every field of the name",
        arguments: [
            ("['a.b']", "{a: {b: 1, c: 2}}", "{\"a\":{\"c\":2}}"),
            ("['a.b']", "{a: [{b: 1}, {c: 2}, 3, [{b: 4, d: 5}]]}", "{\"a\":[{},{\"c\":2},3,[{\"d\":5}]]}"),
            ("['a']", "{a: [1], b: 2}", "{\"b\":2}"),
            ("['a.b.c']", "{a: {b: 5}}", "{\"a\":{\"b\":5}}"),
            ("['a.1']", "{a: ['x', 'y', 'z']}", "{\"a\":[\"x\",null,\"z\"]}"),
            ("[{field: 'a.b', mask: '*'}]", "{a: [{b: 1}, {b: {c: 2}}]}", "{\"a\":[{\"b\":\"*\"},{\"b\":\"*\"}]}"),
            ("[{field: 'a', mask: '*'}, 'b', {field: 'c'}]", "{b: 1, c: 2, d: 3}", "{\"d\":3}"),
            ("[{field: 'a.0', mask: '*'}]", "{a: [1, 2]}", "{\"a\":[\"*\",2]}"),
        ])
    func redacts(redact: String, input: String, expected: String) throws {
        var trial = RouteTrial(try table("{from: 'a', redact: \(redact)}"))
        #expect(try trial.run(event(input), on: Topic("a"), now: 1).texts == ["a " + expected])
    }

    @Test("of a field that is there twice, both are redacted")
    func redactsTwins() throws {
        let twins = Document {
            $0["a"] = 1
            $0["b"] = 2
            $0["a"] = 3
        }
        var trial = RouteTrial(try table("{from: 't', redact: ['a']}"))
        #expect(try trial.run(twins, on: Topic("t"), now: 1).texts == ["t {\"b\":2}"])
    }

    @Test(
        "fields become parts of topics",
        arguments: [
            ("x.{h}", "{h: 'web1'}", "x.web1"), ("x.{h}", "{h: 'a.b/c d'}", "x.a%2Eb%2Fc%20d"),
            ("x.{h}", "{h: 'größe'}", "x.größe"), ("x.{h}", "{h: ''}", "x.%"), ("x.{h}", "{h: 42}", "x.42"),
            ("x.{h}", "{h: NumberLong('-7')}", "x.-7"), ("x.{h}", "{h: 1.5}", "x.1%2E5"),
            ("x.{h}", "{h: true}", "x.true"), ("x.{h}", "{h: null}", "x._none"), ("x.{h}", "{}", "x._none"),
            ("x.{h}", "{h: [1]}", "x._none"), ("x.{h}", "{h: '_none'}", "x.%5Fnone"),
            ("x.{h}", "{h: '_other'}", "x.%5Fother"), ("x.{a.b}-{s}.y", "{a: {b: 'q'}, s: 5}", "x.q-5.y"),
            ("{h}.x", "{h: '_es'}", "_other.x"),
            ("x.{h}", "{h: ObjectId('0123456789abcdef01234567')}", "x.0123456789abcdef01234567"),
            ("x.{h}", "{h: ISODate('2024-02-29T12:00:00Z')}", "x.2024-02-29T12:00:00%2E000Z"),
        ])
    func topics(to: String, input: String, expected: String) throws {
        var trial = RouteTrial(try table("{from: 'a', to: '\(to)'}"))
        let outputs = try trial.run(event(input), on: Topic("a"), now: 1).outputs
        #expect(outputs.map(\.topic.name) == [expected])
    }

    @Test("a name that is too long, and topics beyond the limit, go to the overflow topic")
    func overflow() throws {
        var trial = RouteTrial(try table("{from: 'a', to: 'x.{h}.{k}', topics: 2}"))
        func topic(_ text: String, _ trial: inout RouteTrial) throws -> [String] {
            try trial.run(event(text), on: Topic("a"), now: 1).outputs.map(\.topic.name)
        }
        let long = String(repeating: "y", count: 300)
        #expect(try topic("{h: '\(long)', k: 1}", &trial) == ["x._other._other"])
        #expect(try topic("{h: 1, k: 1}", &trial) == ["x.1.1"])
        #expect(try topic("{h: 2, k: 1}", &trial) == ["x.2.1"])
        #expect(try topic("{h: 3, k: 1}", &trial) == ["x._other._other"])
        #expect(try topic("{h: 1, k: 1}", &trial) == ["x.1.1"])
        let limits = trial.limits
        #expect(limits.overflowed == 2 && limits.forgotten == 0)
    }

    @Test("the topic is made of the event as it leaves")
    func topicOfChanged() throws {
        for (action, expected) in [
            ("redact: ['h']", "x._none"), ("redact: [{field: 'h', mask: 'm'}]", "x.m"), ("set: {h: 's'}", "x.s"),
            ("rename: {g: 'h'}", "x.2"), ("project: {g: 1}", "x._none"), ("set: {i: 1}", "x.1"),
        ] {
            var trial = RouteTrial(try table("{from: 'a', \(action), to: 'x.{h}'}"))
            let outputs = try trial.run(event("{h: 1, g: 2}"), on: Topic("a"), now: 1).outputs
            #expect(outputs.map(\.topic.name) == [expected], "\(action)")
        }
    }

    static let second: UInt64 = 1_000_000_000

    @Test("a copy within the window is left out; a new window begins with the first behind it")
    func dedupe() throws {
        var trial = RouteTrial(try table("{from: 'a', dedupe: {by: ['x', 'y.z'], window: '10s'}}"))
        let cases: [(UInt64, String, Fate)] = [
            (1, "{x: 1}", .forwarded), (2, "{x: 1}", .deduplicated), (3, "{x: 1, y: {z: 1}}", .forwarded),
            (4, "{x: 1.0, q: 1}", .deduplicated), (9, "{x: NumberLong(1)}", .deduplicated),
            (10, "{x: '1'}", .forwarded), (11, "{x: 1}", .forwarded), (12, "{x: 1}", .deduplicated),
            (13, "{q: 1}", .forwarded), (13, "{q: 1}", .forwarded),
        ]
        for (seconds, text, fate) in cases {
            let found = try trial.run(event(text), on: Topic("a"), now: seconds * Self.second).fate
            #expect(found == fate, "\(seconds) \(text)")
        }
    }

    @Test("a throttle lets its burst pass, then its rate, each key by itself")
    func throttle() throws {
        var trial = RouteTrial(try table("{from: 'a', throttle: {per_second: 2, by: 'k', burst: 3}}"))
        func passed(_ key: String, _ count: Int, at time: UInt64, _ trial: inout RouteTrial) throws -> Int {
            var passed = 0
            for _ in 0..<count {
                let fate = try trial.run(event("{k: '\(key)'}"), on: Topic("a"), now: time).fate
                #expect(fate == .forwarded || fate == .throttled)
                if fate == .forwarded { passed += 1 }
            }
            return passed
        }
        #expect(try passed("a", 10, at: Self.second, &trial) == 3)
        #expect(try passed("b", 2, at: Self.second, &trial) == 2)
        #expect(try passed("a", 10, at: 2 * Self.second, &trial) == 2)
        #expect(try passed("a", 10, at: 2 * Self.second + Self.second / 2, &trial) == 1)
        #expect(try passed("b", 10, at: 100 * Self.second, &trial) == 3)
    }

    @Test("two routers sample the same events; their part is the rate; a second one behind the first samples anew")
    func sample() throws {
        let rate = 0.2
        var first = RouteTrial(try table("{from: 'a', sample: \(rate)}"))
        var second = RouteTrial(try table("{from: 'a', match: {}, sample: \(rate), to: 'b'}"))
        var taken = 0
        var takenTwice = 0
        var differences = 0
        let count = 20_000
        let a = try Topic("a")
        for number in 0..<count {
            let one = Document { $0["_id"] = ObjectID(seconds: 5, random: 77, counter: UInt32(number)) }
            let left = first.run(one, on: a, now: 1).outputs
            if left.isEmpty != second.run(one, on: a, now: 1).outputs.isEmpty { differences += 1 }
            guard let output = left.first else { continue }
            taken += 1
            if let again = second.run(output.event, on: a, now: 1).outputs.first {
                takenTwice += 1
                let weight = again.event.view["weight"]?.double
                #expect(abs((weight ?? 0) - 25) < 1e-9)
            }
        }
        #expect(differences == 0)
        #expect(abs(taken - count / 5) < count / 50, "\(taken)")
        #expect(abs(takenTwice - count / 25) < count / 100, "\(takenTwice)")
    }

    @Test("events without _id are sampled by chance")
    func sampleByChance() throws {
        var trial = RouteTrial(try table("{from: 'a', sample: 0.25}"))
        var taken = 0
        for _ in 0..<10_000 where try trial.run(event("{x: 1}"), on: Topic("a"), now: 1).fate == .forwarded {
            taken += 1
        }
        #expect((2_200...2_800).contains(taken))
    }

    @Test("an event on which a query or an update fails is failed, and does not slip by")
    func failed() throws {
        for routes in [
            "{from: 'a', match: {$expr: {$gt: [{$divide: [1, '$x']}, 0]}}, stop: true}, {from: 'a', to: 'b'}",
            "{from: 'a', set: {'x.y': 1}, stop: true}, {from: 'a', to: 'b'}",
            "{from: 'a', project: {z: {$divide: [1, '$x']}}, stop: true}, {from: 'a', to: 'b'}",
        ] {
            var trial = RouteTrial(try table(routes, unmatched: "forward"))
            let result = try trial.run(event("{x: 0}"), on: Topic("a"), now: 1)
            #expect(result.fate == .failed && result.texts == [], "\(routes)")
            #expect(result.steps.first?.reasons.isEmpty == false, "\(routes)")
        }
    }

    @Test("what no route takes goes where unmatched says, and topics of the library always go on")
    func unmatched() throws {
        for (unmatched, expected) in [("drop", []), ("forward", ["a {}"]), ("rest.of.it", ["rest.of.it {}"])] {
            for route in ["{from: 'b'}", "{from: 'a', match: {x: 1}}"] {
                var trial = RouteTrial(try table(route, unmatched: unmatched))
                let result = try trial.run(event("{}"), on: Topic("a"), now: 1)
                #expect(result.texts == expected && result.isUnmatched)
                #expect(result.fate == (expected.isEmpty ? .filtered : .forwarded))
                let status = try trial.run(event("{}"), on: .status, now: 1)
                #expect(status.texts == ["_es.status {}"] && !status.isUnmatched)
            }
        }
    }

    @Test(
        "a route with fields in its topic wants its topics as soon as anybody may want one of its own",
        arguments: [
            ("x.a\0", ["a."]), ("x.", ["a."]), ("x.b.c\0", ["a."]), ("", ["", "a."]), ("y.", []), ("x", ["a."]),
            ("rest\0", [""]),
        ] as [(String, [String])])
    func demand(below: String, above: [String]) throws {
        let table = try table("{from: 'a.*', to: 'x.{h}'}", unmatched: "rest")
        #expect(table.demand(for: [Array(below.utf8)]) == Set(above.map { Array($0.utf8) }))
    }
}

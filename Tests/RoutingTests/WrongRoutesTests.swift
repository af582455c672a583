// Wrong routes, and what is said about them: the place, the word, what would be right.
import BSON
import Eventstorm
import Routing
import Testing

@testable import Service

/// What is wrong with a configuration, in its routes and tests too.
private func problems(_ text: String) -> [String] {
    let configuration = Configuration(path: "f", text: text)
    if !configuration.problems.isEmpty { return configuration.problems.map(\.message) }
    guard let section = configuration.sections.first(where: { $0.stage == .router }) else { return [] }
    do throws(Failure) {
        _ = try RouteTable.test(section.options)
        return []
    } catch {
        return error.messages
    }
}

@Suite("Wrong routes")
struct WrongRoutesTests {
    static let routes: [(String, [String])] = [
        (
            "{form: 'a'}",
            [
                "2:1: \"from\" is missing: topics that take this route",
                "2:2: unknown key \"form\"; did you mean \"from\"?",
            ]
        ),
        (
            "{from: 'a..b'}",
            [
                "2:8: from: pattern 'a..b' is neither a topic ('shop.order'), nor everything below one ('shop.*'), nor '*': "
                    + "topic 'a..b' has an empty segment at byte 2: segments are joined by single dots, as in 'shop.order'"
            ]
        ),
        ("{from: []}", ["2:8: from: the list is empty"]),
        ("{from: 5}", ["2:8: from: a pattern such as \"http.*\" is wanted, not 5"]),
        ("{from: 'a', mach: {x: 1}}", ["2:13: unknown key \"mach\"; did you mean \"match\"?"]),
        ("{from: 'a', match: 5}", ["2:20: match: a query such as {status: 404} is wanted, not 5"]),
        (
            "{from: 'a', match: {x: {$gtt: 1}}}",
            [
                "2:25: match: unknown or unsupported operator '$gtt', did you mean '$gt'?"
            ]
        ),
        ("{from: 'a', match: {$or: []}}", ["2:21: match: $or needs an array of at least one query"]),
        ("{from: 'a', match: {x: {$regex: '('}}}", ["2:25: match: "]),
        (
            "{from: 'a', match: '{x: {$gtt: 1}}'}",
            [
                "2:20: match: at 1:6 of the text: unknown or unsupported operator '$gtt', did you mean '$gt'?"
            ]
        ),
        ("{from: 'a', match: '{x: '}", ["2:20: match: at 1:5 of the text: "]),
        (
            "{from: 'a', dedupe: {}}",
            [
                "2:21: dedupe: \"window\" is missing: for how long an event is remembered"
            ]
        ),
        ("{from: 'a', dedupe: {window: 10}}", ["2:30: dedupe.window: \"10\" has no unit; write 10s, 10ms or 10m"]),
        (
            "{from: 'a', dedupe: {window: '10s', by: 'a..b'}}",
            [
                "2:41: dedupe.by: \"a..b\" is no field: write client.host for one inside another"
            ]
        ),
        ("{from: 'a', dedupe: '10s'}", ["2:21: dedupe: a document is wanted, not the text \"10s\""]),
        ("{from: 'a', sample: 0}", ["2:21: sample: 0 is out of range; from 0.000001 to 1"]),
        ("{from: 'a', sample: 10}", ["2:21: sample: 10 is out of range; from 0.000001 to 1"]),
        ("{from: 'a', sample: '10%'}", ["2:21: sample: a number is wanted, not the text \"10%\""]),
        ("{from: 'a', throttle: 5}", ["2:23: throttle: a document is wanted, not 5"]),
        (
            "{from: 'a', throttle: {per_second: 5, bust: 1}}",
            [
                "2:39: unknown key \"bust\" in throttle; did you mean \"burst\"?"
            ]
        ),
        ("{from: 'a', throttle: {per_second: 5, burst: 0}}", ["2:46: throttle.burst: 0 is out of range; from 1 to "]),
        (
            "{from: 'a', throttle: {per_second: 1, by: '$x'}}",
            [
                "2:43: throttle.by: \"$x\" is no field: write client.host for one inside another"
            ]
        ),
        ("{from: 'a', redact: 'x'}", ["2:21: redact: a list of fields such as [\"client.address\"] is wanted"]),
        ("{from: 'a', redact: [5]}", ["2:22: redact: a field, or {field: …, mask: …}, is wanted, not int32"]),
        (
            "{from: 'a', redact: [{filed: 'x'}]}",
            [
                "2:23: redact: unknown key \"filed\"; did you mean \"field\"?"
            ]
        ),
        ("{from: 'a', redact: [{mask: 'x'}]}", ["2:22: redact: \"field\" is missing"]),
        ("{from: 'a', redact: [{field: 'x', mask: 5}]}", ["2:35: redact: mask is a text, not int32"]),
        ("{from: 'a', redact: ['x.y', 'x']}", ["2:29: redact: \"x\", or a part of it, is named twice"]),
        ("{from: 'a', redact: ['x.']}", ["2:22: redact: \"x.\" is no field"]),
        ("{from: 'a', set: ['x']}", ["2:18: set: a document of fields is wanted, not array"]),
        ("{from: 'a', set: {x: 1, 'y.': 2}}", ["2:25: set: the path 'y.' has an empty field name"]),
        ("{from: 'a', set: {x: 1, 'x.y': 2}}", ["2:18: set: the path 'x.y' conflicts with another path of the update"]),
        ("{from: 'a', unset: 5}", ["2:20: unset: a list of fields such as [\"cookie\"] is wanted, not int32"]),
        ("{from: 'a', unset: ['x', 5]}", ["2:26: unset: a field is wanted, not int32"]),
        ("{from: 'a', rename: {x: 5}}", ["2:22: rename: $rename needs the new name of 'x' as a string"]),
        (
            "{from: 'a', set: {x: 1}, unset: ['x']}",
            [
                "2:33: unset: the path 'x' conflicts with another path of the update"
            ]
        ),
        (
            "{from: 'a', project: {x: 1, y: 0}}",
            [
                "2:29: project: 'y' is dropped in a projection that keeps others"
            ]
        ),
        (
            "{from: 'a', project: {x: {$ad: [1]}}}",
            ["2:27: project: unknown operator '$ad' in an expression, did you mean '$and'?"]
        ),
        ("{from: 'a', to: 'b..c'}", ["2:17: to: \"b..c\": topic 'b..c' has an empty segment at byte 2"]),
        ("{from: 'a', to: 'b.{c'}", ["2:17: to: \"b.{c\": has a '{' without a '}' behind it"]),
        ("{from: 'a', to: 'b.c}'}", ["2:17: to: \"b.c}\": has a '}' without a '{' before it"]),
        ("{from: 'a', to: 'b.{}'}", ["2:17: to: \"b.{}\": '{}' is no field: write {host}"]),
        ("{from: 'a', to: 'b.{$c}'}", ["2:17: to: \"b.{$c}\": '{$c}' is no field: write {host}"]),
        ("{from: 'a', to: 'b c.{d}'}", ["2:17: to: \"b c.{d}\": topic 'b c._other' has U+0020 at byte 1"]),
        ("{from: 'a.*', to: 'b.{c}.*'}", ["2:19: to: \"b.{c}.*\": either fields in braces or '.*', not both"]),
        ("{from: 'a', to: '_es.{c}'}", ["2:17: to: topics below _es. belong to the library"]),
        ("{from: 'a', to: 'b', topics: 5}", ["2:30: topics: is for a `to` with fields such as http.error.{host}"]),
        ("{from: 'a', to: 'b.{c}', topics: 5000}", ["2:34: topics: 5000 is out of range; from 1 to 4000"]),
        ("{from: 'a', stop: 1}", ["2:19: stop: true or false is wanted, not 1"]),
    ]

    @Test("each is told with its place, the word and what would be right", arguments: routes)
    func route(text: String, expected: [String]) {
        let found = problems("{router: {routes: [\n\(text)]}}")
        #expect(found.count == expected.count, "\(found)")
        for (message, wanted) in zip(found, expected) {
            let parts = wanted.split(separator: ": ", maxSplits: 1)
            #expect(message.hasPrefix("f:\(parts[0]): "), "\(message)")
            let words = message.replacing("router.routes[0].", with: "").replacing(" in router.routes[0]", with: "")
                .replacing("router.routes[0]: ", with: "")
            #expect(words.contains(parts[1]), "\(message)")
        }
    }

    @Test(
        "wrong tests are told in the same way",
        arguments: [
            ("{}", ["\"topic\" is missing", "\"input\" is missing", "\"expect\" is missing"]),
            ("{topic: 'a', input: 5, expect: []}", ["f:2:21: router.tests[0].input: an event or a list of events"]),
            ("{topic: 'a', input: [5], expect: []}", ["f:2:22: router.tests[0].input[0]: an event is wanted"]),
            ("{topic: 'a', input: {}, expect: {}}", ["f:2:33: router.tests[0].expect: a list such as"]),
            ("{topic: 'a', input: {}, expect: ['b']}", ["f:2:34: router.tests[0].expect: a document such as"]),
            ("{topic: 'a', input: {}, expect: [{}]}", ["f:2:34: router.tests[0].expect: \"topic\" is missing"]),
            (
                "{topic: 'a', input: {}, expect: [{topic: 'b', evnt: {}}]}",
                ["f:2:47: router.tests[0].expect: unknown key \"evnt\"; did you mean \"event\"?"]
            ),
            (
                "{topic: 'a', input: {}, expect: [{topic: 'b c'}]}",
                ["f:2:35: router.tests[0].expect.topic: \"b c\" is no topic"]
            ),
            (
                "{topic: 'a', input: {}, expect: [{topic: 'a', event: 5}]}",
                ["f:2:47: router.tests[0].expect.event: an event is wanted"]
            ),
            (
                "{topic: 'a b', input: {}, expect: []}",
                ["f:2:9: router.tests[0].topic: topic 'a b' has U+0020 at byte 1"]
            ),
        ])
    func tests(text: String, expected: [String]) {
        let found = problems("{router: {tests: [\n\(text)]}}")
        #expect(found.count == expected.count, "\(found)")
        for (message, wanted) in zip(found, expected) { #expect(message.contains(wanted), "\(message)") }
    }

    @Test("everything wrong with the queries of a file is told at once, in its order")
    func all() {
        let found = problems(
            """
            {router: {routes: [
              {from: 'a', match: {x: {$no: 1}}, to: 'x..y'},
              {from: 'b', set: {'': 1}, project: {x: {$no: 1}}},
            ]}}
            """)
        #expect(
            found.map { $0.split(separator: ":")[1...2].joined(separator: ":") } == ["2:27", "2:41", "3:21", "3:43"])
    }

    /// Good configurations, which the next test spoils.
    private static let good = [
        "{router: {routes: [{from: 'a', match: {x: {$gte: 1}}, to: 'b.{c.d}', topics: 5}], unmatched: 'drop'}}",
        "{router: {routes: [{from: ['a.*', 'b'], redact: ['x', {field: 'y', mask: '*'}], set: {z: 1}, stop: true}]}}",
        "{router: {routes: [{from: '*', dedupe: {by: ['x'], window: '1s'}, throttle: {per_second: 5, by: 'y'}}]}}",
        "{router: {routes: [{from: 'a', sample: 0.5, project: {x: {$add: ['$y', 1]}}, rename: {q: 'r'}}],"
            + " tests: [{topic: 'a', input: {x: 1, y: 2}, expect: [{topic: 'a', event: {x: 3}}]}]}}",
    ]

    @Test("configurations that were spoiled at random say what is wrong, or are right; nothing breaks")
    func spoiled() {
        let seed = UInt64.random(in: .min ... .max)
        var random = SplitMix(state: seed)
        let scraps = [
            "{", "}", "[", "]", ":", ",", "'", "$", ".", "*", "{}", "'a'", "5", "-1", "null", "é", "\u{0}", "\\",
        ]
        for round in 0..<4_000 {
            var text = Array(Self.good[Int(random.next() % UInt64(Self.good.count))])
            for _ in 0...random.next() % 3 {
                let place = Int(random.next() % UInt64(text.count))
                let end = min(text.count, place + Int(random.next() % 6))
                switch random.next() % 3 {
                case 0: text.removeSubrange(place..<end)
                case 1: text.insert(contentsOf: scraps[Int(random.next() % UInt64(scraps.count))], at: place)
                default: text.insert(contentsOf: text[place..<end], at: Int(random.next() % UInt64(text.count)))
                }
                if text.isEmpty { text = ["{"] }
            }
            for message in problems(String(text)) {
                let parts = message.split(separator: ":", maxSplits: 3)
                let isPlaced = parts.count == 4 && parts[0] == "f" && Int(parts[1]) != nil && Int(parts[2]) != nil
                #expect(isPlaced, "seed \(seed), round \(round): \(message)\n\(String(text))")
            }
        }
    }
}

/// Numbers from a seed.
private struct SplitMix {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

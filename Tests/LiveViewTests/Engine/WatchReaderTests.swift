// Reading what a client wants to be computed.

import BSON
import BSONText
import Eventstorm
import Testing

@testable import LiveView

@Suite("Reading a watch")
struct WatchReaderTests {
    private func read(_ text: String) throws -> WatchSpec {
        let document = try BSONText.parse(text, dialect: .json).document
        return try WatchSpec(document.view)
    }

    private func message(of text: String) -> String {
        do {
            _ = try read(text)
            return ""
        } catch {
            return (error as? WatchError)?.message ?? "\(error)"
        }
    }

    @Test("a topic is enough")
    func usual() throws {
        let spec = try read(#"{"type": "watch", "id": "a", "topic": "http.*"}"#)
        #expect(spec.pattern == (try Pattern("http.*")))
        #expect(spec.measures == [.count] && spec.groups.isEmpty && spec.match.isEmpty)
        #expect(spec.every == 1_000 && spec.last == 300_000 && spec.late == 10_000 && spec.clock == .event)
    }

    @Test("everything can be said")
    func complete() throws {
        let spec = try read(
            #"""
            {"topic": "http.hit", "match": {"status": {"$gte": 500}}, "group": ["request.path", "$topic"],
             "value": ["count", "rate", {"p99.9": "t"}, {"top": "path", "n": 3}, {"top": "path"}, {"distinct": "ip"},
               {"sum": "a.b"}, {"avg": "x"}, {"min": "x"}, {"max": "x"}, {"histogram": "t"}, {"p50": "t"}],
             "every": "250ms", "last": "1m", "late": "2s", "clock": "arrival", "limit": 7, "totals": true}
            """#)
        #expect(spec.groups == [.path("request.path"), .topic])
        #expect(
            spec.measures == [
                .count, .rate, .quantile(.path("t"), percent: 99.9), .top(.path("path"), 3), .top(.path("path"), 10),
                .distinct(.path("ip")), .sum(.path("a.b")), .average(.path("x")), .minimum(.path("x")),
                .maximum(.path("x")), .histogram(.path("t")), .quantile(.path("t"), percent: 50),
            ])
        #expect(spec.every == 250 && spec.last == 60_000 && spec.late == 2_000 && spec.clock == .arrival)
        #expect(spec.limit == 7 && spec.totals)
        let same = try read(#"{"topic": "http.hit", "match": "{status: {$gte: 500}}", "value": "count"}"#)
        #expect(same.match == spec.match && same.measures == [.count])
    }

    @Test(
        "mistakes are told",
        arguments: [
            (#"{}"#, "needs a \"topic\""), (#"{"topic": "a..b"}"#, "a..b"), (#"{"topic": 1}"#, "needs"),
            (#"{"topic": "a", "macth": {}}"#, "unknown member \"macth\""), (#"{"topic": "a", "every": 5}"#, "a time"),
            (#"{"topic": "a", "every": "1ms"}"#, "between"), (#"{"topic": "a", "last": "900ms"}"#, "\"last\""),
            (#"{"topic": "a", "last": "3h"}"#, "\"last\""), (#"{"topic": "a", "every": "9000d"}"#, "a year"),
            (#"{"topic": "a", "late": "10m"}"#, "\"late\""), (#"{"topic": "a", "clock": "mine"}"#, "\"clock\""),
            (#"{"topic": "a", "limit": 0}"#, "\"limit\""), (#"{"topic": "a", "limit": 1e9}"#, "\"limit\""),
            (#"{"topic": "a", "value": []}"#, "1 to 16"), (#"{"topic": "a", "value": "sum"}"#, "no value"),
            (#"{"topic": "a", "value": {"p100": "x"}}"#, "unknown value"),
            (#"{"topic": "a", "value": {"p": "x"}}"#, "unknown"),
            (#"{"topic": "a", "value": {"sum": "x", "avg": "y"}}"#, "one field"),
            (#"{"topic": "a", "value": {}}"#, "such as"),
            (#"{"topic": "a", "value": {"sum": 5}}"#, "such as"),
            (#"{"topic": "a", "value": {"sum": "$x"}}"#, "no field"),
            (#"{"topic": "a", "value": {"sum": "$topic"}}"#, "no values"),
            (#"{"topic": "a", "value": {"sum": "a..b"}}"#, "no field"),
            (#"{"topic": "a", "value": {"top": "x", "n": 0}}"#, "from 1"),
            (#"{"topic": "a", "group": 5}"#, "\"group\""),
            (#"{"topic": "a", "group": ["a", "b", "c", "d", "e"]}"#, "4 fields"),
            (#"{"topic": "a", "group": [5]}"#, "list"),
            (#"{"topic": "a", "match": 5}"#, "a query"), (#"{"topic": "a", "match": "{x: "}"#, "match:"),
            (#"{"topic": "a", "group": "x", "limit": 1000, "last": "2h"}"#, "would be kept"),
        ])
    func mistakes(text: String, part: String) {
        let told = message(of: text)
        #expect(told.contains(part), "\(text): \(told)")
    }

    @Test("a query is compiled, and what is wrong with it told, when the watch begins")
    func queries() throws {
        var engine = LiveEngine()
        let wrong = try read(#"{"topic": "a", "match": {"x": {"$gtt": 1}}}"#)
        let error = #expect(throws: WatchError.self) { try engine.add(wrong, now: 0) }
        #expect(error?.message.contains("$gtt") == true)
        #expect(engine.isEmpty)
    }
}

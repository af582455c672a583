// Questions about the past over HTTP.

import BSON
import BSONText
import Eventstorm
import Synchronization
import Testing
import ZeroMQ

@testable import LiveView

@Suite("Questions over HTTP", .timeLimit(.minutes(1)))
final class QuestionTests {
    private let store: Store
    private let fixture: ServerFixture
    private let reader: HistoryReader

    init() throws {
        store = try Store()
        fixture = try ServerFixture(hasHistory: true)
        reader = try HistoryReader(store, for: fixture.feed)
    }

    deinit { reader.close() }

    private func ask(
        _ question: String, method: String = "POST", on fixture: ServerFixture? = nil, headers: String = ""
    ) throws -> Response? {
        let fixture = fixture ?? self.fixture
        let client = try fixture.connect()
        let host = "127.0.0.1:\(fixture.port)"
        client.send(
            "\(method) /api/query HTTP/1.1\r\nHost: \(host)\r\nOrigin: http://\(host)\r\n\(headers)"
                + "Content-Length: \(question.utf8.count)\r\n\r\n\(question)")
        return client.response()
    }

    @Test("a question is answered with all that was stored in its interval")
    func answer() throws {
        var generator = HitGenerator(seed: 3)
        let hits = (0..<1_000).map { generator.next(at: 1_700_000_000_000 + Int64($0) * 20) }
        store.state.withLock { state in
            state.now = realtimeMilliseconds()
            state.stored = hits.map { (1_700_000_000_000, document($0)) }
        }
        let question =
            #"{"topic": "http.hit", "from": 1700000005000, "to": 1700000015000, "every": "5s", "value": ["count", "#
            + #"{"sum": "bytes"}], "totals": true}"#
        let response = try #require(try ask(question))
        #expect(response.status == 200)
        let answer = try BSONText.parse(response.body, dialect: .json).document
        let counted = hits.filter { (1_700_000_005_000..<1_700_000_015_000).contains($0.time) }
        let bytes = counted.reduce(0) { $0 + $1.bytes }
        #expect(counted.count == 500)
        #expect(answer.view["history"]?.string == "whole")
        #expect(response.body.contains(#""totals":[[0,500,\#(bytes)]]"#))
        #expect(answer.view["buckets"]?.array?.count == 2)
        #expect(!fixture.feed.isWatched)
    }

    @Test(
        "what is wrong with a question is told",
        arguments: [
            ("{", 400, "not JSON"), ("{}", 400, "a watch needs a \"topic\""),
            (#"{"topic": "a", "from": 2, "to": 1}"#, 400, "\"from\" is before \"to\""),
            (#"{"topic": "a", "from": 1, "to": 2, "last": "1s"}"#, 400, "\"last\" ends now"),
            (#"{"topic": "a", "from": 1, "to": 1000000000000}"#, 400, "times \"every\""),
            (#"{"topic": "a", "from": 1, "to": 2, "clock": "arrival"}"#, 400, "goes by \"event\""),
            (#"{"topic": "a", "from": "x", "to": 2}"#, 400, "milliseconds since 1970"),
            (#"{"topic": "a", "from": 1, "to": 2, "match": {"$foo": 1}}"#, 400, "$foo"),
        ])
    func wrong(question: String, status: Int, words: String) throws {
        let response = try ask(question)
        #expect(response?.status == status)
        #expect(response?.body.contains(words) == true, "\(response?.body ?? "")")
    }

    @Test("only POST asks, nobody from elsewhere, and where there is no history it is told")
    func refusals() throws {
        #expect(try fixture.get("/api/query")?.status == 405)
        let client = try fixture.connect()
        client.send(
            "POST /api/query HTTP/1.1\r\nHost: 127.0.0.1:\(fixture.port)\r\nOrigin: http://evil\r\n"
                + "Content-Length: 2\r\n\r\n{}")
        #expect(client.response()?.status == 403)
        #expect(try ask("{}", on: ServerFixture())?.status == 404)
    }

    @Test("what cannot be read is told")
    func failing() throws {
        store.state.withLock { $0.failure = HistoryError("/x: Permission denied") }
        let response = try ask(#"{"topic": "a", "from": 1, "to": 2}"#)
        #expect(response?.status == 500 && response?.body == "/x: Permission denied\n")
    }
}

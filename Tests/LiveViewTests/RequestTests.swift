// What clients may ask for, as tables.

import Eventstorm
import Testing

@testable import LiveView

@Suite("Requests of clients")
struct RequestTests {
    @Test("understood")
    func understood() throws {
        let pairs: [(String, ClientRequest)] = [
            (#"{"type":"tail","topic":"*"}"#, .tail(TailSpec(pattern: .everything))),
            (#"{"type":"tail","topic":"host.*"}"#, .tail(TailSpec(pattern: try Pattern("host.*")))),
            (#"{"type":"tail","topic":null}"#, .tail(nil)),
            (#"{"type":"tail"}"#, .tail(nil)),
            (#"{"type":"books","on":true}"#, .books(true)),
            (#"{"type":"books","on":false}"#, .books(false)),
            (
                #"{"type":"tail","topic":"*","match":{"a":1},"rate":8}"#,
                .tail(TailSpec(pattern: .everything, match: [12, 0, 0, 0, 16, 97, 0, 1, 0, 0, 0, 0], perTick: 2))
            ),
            (#"{"type":"watch","id":"é","topic":"a"}"#, .watch("é", WatchSpec(pattern: try Pattern("a"), limit: 1))),
            (#"{"type":"unwatch","id":"a"}"#, .unwatch("a")),
        ]
        for (text, request) in pairs { #expect(try ClientRequest(Array(text.utf8)) == request) }
    }

    @Test("what docs/live.md shows as requests is understood")
    func documented() throws {
        let path = PageTests.directory.replacing("Sources/LiveView/Page", with: "docs/live.md")
        let lines = String(decoding: try #require(readFile(path)), as: UTF8.self).split(separator: "\n")
        let start = try #require(lines.firstIndex(of: "### From the client"))
        let end = lines[start...].firstIndex { $0.hasPrefix("## ") } ?? lines.endIndex
        let requests = lines[start..<end].filter { $0.hasPrefix("{") }
        #expect(requests.count >= 8)
        for request in requests { #expect(throws: Never.self) { try ClientRequest(Array(request.utf8)) } }
    }

    @Test(
        "what is no request of ours ends the connection",
        arguments: [
            "", "null", "[]", "{", "{}", #"{"type":1}"#, #"{"type":"shutdown"}"#, #"{"type":"watch","topic":"a"}"#,
            #"{"type":"watch","id":""}"#, #"{"type":"unwatch","id":5}"#, #"{"type":"watch","id":{"$oid":"a"}}"#,
            #"{"type":"unwatch","id":"\#(String(repeating: "x", count: 65))"}"#,
            "{\"type\":\"tail\",\"topic\":\"\u{0}\"}", String(repeating: "[", count: 5000),
        ])
    func fatal(text: String) {
        let error = #expect(throws: RequestError.self) { try ClientRequest(Array(text.utf8)) }
        #expect(error?.isFatal == true)
    }

    @Test(
        "a mistake of the person is told, and the connection stays",
        arguments: [
            #"{"type":"tail","topic":"a..b"}"#, #"{"type":"tail","topic":"a b"}"#, #"{"type":"tail","topic":"*.a"}"#,
            #"{"type":"tail","topic":"*","match":5}"#, #"{"type":"tail","topic":"*","match":"{"}"#,
            #"{"type":"watch","id":"a"}"#, #"{"type":"watch","id":"a","topic":"a b"}"#,
            #"{"type":"watch","id":"a","topic":"a","matches":{}}"#,
        ])
    func mistakes(text: String) {
        let error = #expect(throws: RequestError.self) { try ClientRequest(Array(text.utf8)) }
        #expect(error?.isFatal == false)
    }
}

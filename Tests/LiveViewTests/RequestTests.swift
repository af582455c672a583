// What clients may ask for, as tables.

import Eventstorm
import Testing

@testable import LiveView

@Suite("Requests of clients")
struct RequestTests {
    @Test("understood")
    func understood() throws {
        let pairs: [(String, ClientRequest)] = [
            (#"{"type":"tail","topic":"*"}"#, .tail(.everything)),
            (#"{"type":"tail","topic":"host.*"}"#, .tail(try Pattern("host.*"))),
            (#"{"type":"tail","topic":null}"#, .tail(nil)),
            (#"{"type":"tail"}"#, .tail(nil)),
            (#"{"type":"books","on":true}"#, .books(true)),
            (#"{"type":"books","on":false}"#, .books(false)),
            (#"{"type":"fields","watch":[]}"#, .fields([])),
            (
                #"{"type":"fields","watch":[["a.b","c.d"],["a.b","c.d"],["é","$x"]]}"#,
                .fields([
                    FieldKey(topic: try Topic("a.b"), path: "c.d"), FieldKey(topic: try Topic("é"), path: "$x"),
                ])
            ),
        ]
        for (text, request) in pairs { #expect(try ClientRequest(Array(text.utf8)) == request) }
    }

    @Test("what docs/live.md shows as requests is understood")
    func documented() throws {
        let path = PageTests.directory.replacing("Sources/LiveView/Page", with: "docs/live.md")
        let lines = String(decoding: try #require(readFile(path)), as: UTF8.self).split(separator: "\n")
        let start = try #require(lines.firstIndex(of: "### From the client"))
        let requests = lines[start...].filter { $0.hasPrefix("{") }
        #expect(requests.count == 4)
        for request in requests { #expect(throws: Never.self) { try ClientRequest(Array(request.utf8)) } }
    }

    @Test(
        "what is no request of ours ends the connection",
        arguments: [
            "", "null", "[]", "{", "{}", #"{"type":1}"#, #"{"type":"shutdown"}"#, #"{"type":"fields"}"#,
            #"{"type":"fields","watch":"a"}"#, #"{"type":"fields","watch":["a"]}"#,
            #"{"type":"fields","watch":[["a"]]}"#, #"{"type":"fields","watch":[["a",1]]}"#,
            #"{"type":"fields","watch":[[{"$oid":"a"},"b"]]}"#, "{\"type\":\"tail\",\"topic\":\"\u{0}\"}",
            String(repeating: "[", count: 5000),
        ])
    func fatal(text: String) {
        let error = #expect(throws: RequestError.self) { try ClientRequest(Array(text.utf8)) }
        #expect(error?.isFatal == true)
    }

    @Test(
        "a mistake of the person is told, and the connection stays",
        arguments: [
            #"{"type":"tail","topic":"a..b"}"#, #"{"type":"tail","topic":"a b"}"#, #"{"type":"tail","topic":"*.a"}"#,
            #"{"type":"fields","watch":[["a b","c"]]}"#, #"{"type":"fields","watch":[["a",""]]}"#,
            #"{"type":"fields","watch":[["a","\#(String(repeating: "x", count: 257))"]]}"#,
            #"{"type":"fields","watch":[\#((0...64).map { #"["a","f\#($0)"]"# }.joined(separator: ","))]}"#,
        ])
    func mistakes(text: String) {
        let error = #expect(throws: RequestError.self) { try ClientRequest(Array(text.utf8)) }
        #expect(error?.isFatal == false)
    }
}

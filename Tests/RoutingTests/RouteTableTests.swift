// Which topics go where, and what must be asked for above.
import Eventstorm
import Routing
import Testing

@Suite("Routes")
struct RouteTableTests {
    @Test(
        "a topic goes to the outputs of every route that takes it, each once",
        arguments: [
            ("http.hit", [("http.*", "web.*")], ["web.hit"]),
            ("http.hit", [("*", "copy.*")], ["copy.http.hit"]),
            ("http.hit", [("http.hit", "all")], ["all"]),
            ("http.hit", [("http.*", "all"), ("http.hit", "all"), ("http.*", nil)], ["all", "http.hit"]),
            ("smtp.line.x", [("smtp.*", "mail.*")], ["mail.line.x"]),
            ("_es.status", [("*", "copy.*")], ["_es.status"]),
        ] as [(String, [(String, String?)], [String])])
    func outputs(topic: String, routes: [(String, String?)], expected: [String]) throws {
        let table = RouteTable(try routes.map { try Route(from: $0.0, to: $0.1) })
        #expect(try table.outputs(for: Topic(topic)).map(\.name) == expected)
    }

    @Test("what no route takes is forwarded or dropped, as the table says")
    func unmatched() throws {
        let routes = [try Route(from: "http.*", to: nil)]
        let topic = try Topic("smtp.line")
        #expect(RouteTable(routes).outputs(for: topic) == [topic])
        #expect(RouteTable(routes, unmatched: .drop).outputs(for: topic) == [])
    }

    @Test(
        "the demand above is what the routes need to serve the demand below",
        arguments: [
            ("web.hit\0", [("http.*", "web.*")], ["http.hit\0"]),
            ("web.", [("http.*", "web.*")], ["http."]),
            ("web.hit.", [("http.*", "web.*")], ["http.hit."]),
            ("", [("http.*", "web.*")], ["http."]),
            ("all\0", [("http.*", "all"), ("smtp.*", "all")], ["http.", "smtp."]),
            ("other\0", [("http.*", "all")], []),
            ("http.hit\0", [("http.*", nil)], ["http.hit\0"]),
            ("copy.a.b\0", [("*", "copy.*")], ["a.b\0"]),
            ("_es.status\0", [("http.*", "all")], ["_es.status\0"]),
        ] as [(String, [(String, String?)], [String])])
    func demand(below: String, routes: [(String, String?)], above: [String]) throws {
        let table = RouteTable(try routes.map { try Route(from: $0.0, to: $0.1) }, unmatched: .drop)
        #expect(table.demand(for: [Array(below.utf8)]) == Set(above.map { Array($0.utf8) }))
    }

    @Test(
        "a route that cannot work is refused by name",
        arguments: [
            ("a.*.b", nil, "a.*.b"), ("a", "b.*", "b.*"), ("a.*", "b..c", "b..c"), ("a", "_es.status", "_es.status"),
        ] as [(String, String?, String)])
    func refused(from: String, to: String?, named: String) {
        let error = #expect(throws: RouteError.self) { try Route(from: from, to: to) }
        #expect(error?.text == named)
    }
}

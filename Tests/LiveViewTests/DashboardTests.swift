// Dashboards: what is stored, by whom, and under which names.

import Glibc
import Testing

@testable import LiveView

@Suite("Dashboards")
final class DashboardTests {
    let directory: TemporaryDirectory
    private let store: DashboardStore

    init() throws {
        directory = try TemporaryDirectory()
        store = try DashboardStore(directory: directory.path)
    }

    private func bytes(_ title: String) -> [UInt8] { Array("{\"title\": \"\(title)\", \"panels\": [1]}".utf8) }

    @Test("what is stored is read back as it was sent, and listed by its title")
    func storing() throws {
        var store = store
        let tag = try store.write("web", bytes("Web"), if: .none)
        #expect(try store.read("web") == (bytes("Web"), tag))
        #expect(readFile("\(directory.path)/web.json") == bytes("Web"))
        _ = try store.write("mail", bytes("Mail"), if: .absent)
        #expect(store.list().map(\.title) == ["Mail", "Web"])
        _ = try store.write("web", bytes("World"), if: .none)
        #expect(store.list().map(\.title) == ["Mail", "World"])
        try store.remove("web", if: .none)
        #expect(store.list().map(\.name) == ["mail"])
        #expect(throws: DashboardStore.Refusal.unknown) { try store.read("web") }
    }

    @Test("who changes what somebody else has changed is told so")
    func conditions() throws {
        let first = try store.write("a", bytes("1"), if: .absent)
        #expect(throws: DashboardStore.Refusal.changed) { try store.write("a", bytes("2"), if: .absent) }
        let second = try store.write("a", bytes("2"), if: .tag(first))
        #expect(throws: DashboardStore.Refusal.changed) { try store.write("a", bytes("3"), if: .tag(first)) }
        #expect(throws: DashboardStore.Refusal.changed) { try store.remove("a", if: .tag(first)) }
        #expect(throws: DashboardStore.Refusal.changed) { try store.write("b", bytes("3"), if: .tag(first)) }
        try store.remove("a", if: .tag(second))
    }

    @Test(
        "a name leads nowhere else",
        arguments: ["", "..", ".", "a/b", "../a", "a.b", "a b", "ä", "a\0", String(repeating: "x", count: 65), "%2e"])
    func names(name: String) throws {
        #expect(throws: DashboardStore.Refusal.self) { try store.write(name, bytes("x"), if: .none) }
        #expect(throws: DashboardStore.Refusal.unknown) { try store.read(name) }
        #expect(throws: DashboardStore.Refusal.unknown) { try store.remove(name, if: .none) }
    }

    @Test("neither links nor other things of that name are followed or shown")
    func links() throws {
        var store = store
        #expect(symlink("/etc/passwd", "\(directory.path)/link.json") == 0)
        #expect(mkfifo("\(directory.path)/pipe.json", 0o600) == 0)
        #expect(throws: DashboardStore.Refusal.unknown) { try store.read("link") }
        #expect(throws: DashboardStore.Refusal.self) { try store.write("pipe", [], if: .none) }
        #expect(store.list() == [])
        // A new one takes the place of the link, not of what it leads to.
        _ = try store.write("link", bytes("x"), if: .none)
        #expect(try store.read("link").bytes == bytes("x"))
    }

    @Test(
        "what is no dashboard is refused, and says why",
        arguments: ["", "[]", "1", "{", "{}", "{\"title\": 1}", "{\"title\": \"\"}", "{title: 'x'}"])
    func wrong(text: String) {
        let error = #expect(throws: DashboardStore.Refusal.self) {
            try store.write("a", Array(text.utf8), if: .none)
        }
        guard case .wrong = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test("a directory that cannot be used is told at the start")
    func directories() {
        #expect(throws: LiveError.self) { try DashboardStore(directory: "/proc/nothing/here") }
        #expect(throws: LiveError.self) { try DashboardStore(directory: "/dev/null") }
    }
}

@Suite("Dashboards over HTTP", .timeLimit(.minutes(1)))
final class DashboardRequestTests {
    let directory: TemporaryDirectory
    let fixture: ServerFixture

    init() throws {
        directory = try TemporaryDirectory()
        let path = directory.path
        fixture = try ServerFixture { $0.settings.dashboards = path }
    }

    private func send(
        _ method: String, _ name: String, _ body: String = "", headers: String = "", origin: String? = nil
    ) throws -> Response? {
        let client = try fixture.connect()
        let host = "127.0.0.1:\(fixture.port)"
        let length = method == "PUT" ? "Content-Length: \(body.utf8.count)\r\n" : ""
        client.send(
            "\(method) /api/dashboards\(name) HTTP/1.1\r\nHost: \(host)\r\nOrigin: \(origin ?? "http://\(host)")\r\n"
                + "\(length)\(headers)\r\n\(body)")
        return client.response(toHead: method == "HEAD")
    }

    @Test("dashboards are saved, listed, read and deleted")
    func life() throws {
        #expect(try send("GET", "")?.body == #"{"dashboards":[]}"#)
        let saved = try send("PUT", "/web", #"{"title": "Web"}"#, headers: "If-None-Match: *\r\n")
        #expect(saved?.status == 204)
        let tag = try #require(saved?.headers["etag"])
        let read = try send("GET", "/web")
        #expect(read?.status == 200 && read?.body == #"{"title": "Web"}"# && read?.headers["etag"] == tag)
        #expect(try send("GET", "")?.body.contains(#""name":"web","title":"Web","changed":"#) == true)
        #expect(try send("PUT", "/web", #"{"title": "W"}"#, headers: "If-None-Match: *\r\n")?.status == 412)
        #expect(try send("PUT", "/web", #"{"title": "W"}"#, headers: "If-Match: \(tag)\r\n")?.status == 204)
        #expect(try send("DELETE", "/web", headers: "If-Match: \(tag)\r\n")?.status == 412)
        #expect(try send("DELETE", "/web")?.status == 204)
        #expect(try send("GET", "/web")?.status == 404)
    }

    @Test(
        "what is wrong is refused",
        arguments: [
            ("PUT", "/a", "{", 400), ("PUT", "/a.b", "{\"title\": \"x\"}", 400), ("PUT", "", "{\"title\": \"x\"}", 400),
            ("GET", "/../../etc/passwd", "", 404), ("GET", "/%2e%2e%2fa", "", 404), ("POST", "/a", "", 405),
            ("DELETE", "/a", "", 404), ("PUT", "/a", "", 413),
        ])
    func wrong(method: String, name: String, body: String, status: Int) throws {
        #expect(try send(method, name, body)?.status == status)
        #expect(try send("GET", "")?.body == #"{"dashboards":[]}"#)
    }

    @Test("another site's page changes nothing, nor does a body that is too large")
    func foreign() throws {
        let body = #"{"title": "Web"}"#
        #expect(try send("PUT", "/web", body, origin: "http://evil.example")?.status == 403)
        let client = try fixture.connect()
        let host = "127.0.0.1:\(fixture.port)"
        client.send(
            "PUT /api/dashboards/web HTTP/1.1\r\nHost: \(host)\r\nOrigin: http://\(host)\r\n"
                + "Content-Length: \(DashboardStore.mostBytes + 1)\r\n\r\n")
        #expect(client.response()?.status == 413)
        #expect(try send("GET", "")?.body == #"{"dashboards":[]}"#)
    }

    @Test("without a directory there are none")
    func none() throws {
        let plain = try ServerFixture()
        #expect(try plain.get("/api/dashboards")?.status == 404)
    }
}

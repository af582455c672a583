// Host and Origin, as a table.

import Testing

@testable import LiveView

@Suite("Who may talk to the live server")
struct DoorkeeperTests {
    let doorkeeper = Doorkeeper(port: 8080, address: "127.0.0.1", names: ["Live.Example.com", "pi:8080", "[fe80::1]"])

    @Test(
        "the loopback names pass with the port, configured names as written or with the port",
        arguments: [
            "127.0.0.1:8080", "localhost:8080", "LOCALHOST:8080", "[::1]:8080", "live.example.com",
            "live.example.com:8080", "pi:8080", "[fe80::1]", "[fe80::1]:8080",
        ])
    func allowed(host: String) {
        #expect(doorkeeper.refusal(host: host, origin: nil, upgrading: false) == nil)
        #expect(doorkeeper.refusal(host: host, origin: "http://\(host)", upgrading: true) == nil)
    }

    @Test(
        "any other Host is refused",
        arguments: [
            nil, "", "127.0.0.1", "localhost", "127.0.0.1:80", "127.0.0.1:8080 ", "127.0.0.1:8080,evil", "evil",
            "evil:8080", "127.0.0.1:8080.evil", "localhost.:8080", "pi", "example.com", "127.1:8080", "0.0.0.0:8080",
        ] as [String?])
    func refused(host: String?) {
        #expect(doorkeeper.refusal(host: host, origin: nil, upgrading: false) != nil)
        #expect(doorkeeper.refusal(host: host, origin: host.map { "http://\($0)" }, upgrading: true) != nil)
    }

    @Test(
        "another Origin is refused, with and without an upgrade",
        arguments: [
            "http://evil", "https://127.0.0.1:8080", "http://localhost:8080", "http://127.0.0.1", "null", "",
            "http://127.0.0.1:8080/", "http://127.0.0.1:8080.evil", "file://", "http://evil@127.0.0.1:8080",
            "http://127.0.0.1:8080,http://evil",
        ])
    func refused(origin: String) {
        #expect(doorkeeper.refusal(host: "127.0.0.1:8080", origin: origin, upgrading: false) != nil)
        #expect(doorkeeper.refusal(host: "127.0.0.1:8080", origin: origin, upgrading: true) != nil)
    }

    @Test("a WebSocket needs an Origin, a page does not")
    func missingOrigin() {
        #expect(doorkeeper.refusal(host: "127.0.0.1:8080", origin: nil, upgrading: false) == nil)
        #expect(doorkeeper.refusal(host: "127.0.0.1:8080", origin: nil, upgrading: true) != nil)
    }

    @Test("a configured name may be behind TLS")
    func tls() {
        #expect(
            doorkeeper.refusal(host: "live.example.com", origin: "https://live.example.com", upgrading: true) == nil)
    }

    @Test("on port 80 the name alone is enough, as browsers write it")
    func port80() {
        let doorkeeper = Doorkeeper(port: 80, address: "127.0.0.1", names: [])
        #expect(doorkeeper.refusal(host: "localhost", origin: "http://localhost", upgrading: true) == nil)
    }
}

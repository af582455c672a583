// The server as strangers see it: over TCP, byte by byte.

import BSON
import Eventstorm
import Service
import Testing

@testable import LiveView

/// A server on a port of its own, with a log.
final class ServerFixture {
    let feed: LiveFeed
    let server: LiveServer
    let directory: TemporaryDirectory
    var port: UInt16 { server.port }

    init(hasHistory: Bool = false, _ change: (inout LiveServer.Options) -> Void = { _ in }) throws {
        directory = try TemporaryDirectory()
        feed = try LiveFeed(hasHistory: hasHistory)
        var options = LiveServer.Options(listen: try #require(Listen("127.0.0.1:0")))
        options.accessLog = "\(directory.path)/access.log"
        change(&options)
        server = try LiveServer(feed: feed, options: options)
    }

    deinit { server.close() }

    func connect() throws -> RawClient { try RawClient(port: port) }

    func get(_ path: String, method: String = "GET", host: String? = nil, headers: String = "") throws -> Response? {
        let client = try connect()
        client.send("\(method) \(path) HTTP/1.1\r\nHost: \(host ?? "127.0.0.1:\(port)")\r\n\(headers)\r\n")
        return client.response(toHead: method == "HEAD")
    }

    /// A client that was upgraded and greeted.
    func webSocket() throws -> RawClient {
        let client = try connect()
        let status = client.upgrade(port: port)
        #expect(status == 101)
        let hello = client.text { $0.hasPrefix(#"{"type":"hello""#) }
        #expect(hello != nil)
        return client
    }

    var log: [String] { directory.lines(of: "access.log") }
}

/// A header too long for a server, told by how it is made.
struct LargeHeader: Sendable {
    let name: String
    let unit: String
    let repeated: Int
    var lines = 1
}

@Suite("The server answers requests", .timeLimit(.minutes(1)))
struct ServerRequestTests {
    let fixture: ServerFixture

    init() throws { fixture = try ServerFixture() }

    @Test("every file of the page comes with its type, and with headers that leave a browser nothing to guess")
    func files() throws {
        for (path, file) in Page.files {
            let response = try #require(try fixture.get(path))
            #expect(response.status == 200)
            #expect(response.body == String(decoding: file.bytes, as: UTF8.self))
            #expect(response.headers["content-type"] == file.type)
            let policy = try #require(response.headers["content-security-policy"])
            for part in ["default-src 'none'", "script-src 'self'", "connect-src 'self'", "frame-ancestors 'none'"] {
                #expect(policy.contains(text: part))
            }
            #expect(!policy.contains(text: "unsafe"))
            #expect(response.headers["x-content-type-options"] == "nosniff")
            #expect(response.headers["referrer-policy"] == "same-origin")
        }
    }

    @Test(
        "only known paths are served",
        arguments: [
            "/nope", "/index.html", "/app.js/", "/../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/..%2f..%2fetc",
            "/.git/config", "/%ff%fe", "/app.js%20", "/App.js", "/style.css/../../../etc/passwd",
        ])
    func unknownPaths(path: String) throws {
        let response = try #require(try fixture.get(path))
        #expect(response.status == 404)
        #expect(response.body == "no such page\n")
        #expect(response.headers["content-security-policy"] != nil)
    }

    @Test("methods other than GET and HEAD are refused", arguments: ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"])
    func methods(method: String) throws {
        let response = try #require(try fixture.get("/", method: method))
        #expect(response.status == 405)
        #expect(response.headers["allow"] == "GET, HEAD")
    }

    @Test("unknown methods get an error and nothing else", arguments: ["BREW", "CONNECT", "TRACE", "\u{1}"])
    func unknownMethods(method: String) throws {
        let client = try fixture.connect()
        client.send("\(method) / HTTP/1.1\r\nHost: 127.0.0.1:\(fixture.port)\r\n\r\n")
        let answer = client.readToEnd()
        #expect(!answer.contains(text: " 200 ") && !answer.contains(text: "app.js"))
    }

    @Test("HEAD tells what GET would send")
    func head() throws {
        let response = try #require(try fixture.get("/app.js", method: "HEAD"))
        #expect(response.status == 200)
        #expect(response.headers["content-length"] == "\(Page.files["/app.js"]?.bytes.count ?? 0)")
        #expect(response.body.isEmpty)
    }

    @Test(
        "a foreign Host or Origin is refused on every path",
        arguments: [("evil", ""), ("localhost", ""), ("127.0.0.1:1", ""), ("127.0.0.1", "")], ["/", "/app.js", "/nope"])
    func foreignHost(stranger: (host: String, headers: String), path: String) throws {
        #expect(try fixture.get(path, host: stranger.host, headers: stranger.headers)?.status == 403)
        #expect(try fixture.get(path, headers: "Origin: http://evil\r\n")?.status == 403)
        #expect(try fixture.get(path, headers: "Host: evil\r\n")?.status == 403)
        #expect(try fixture.get(path, headers: "Origin: http://127.0.0.1:\(fixture.port)\r\n")?.status != 403)
    }

    @Test("without a Host there is no answer but a refusal")
    func noHost() throws {
        let client = try fixture.connect()
        client.send("GET / HTTP/1.0\r\n\r\n")
        #expect(client.response()?.status == 403)
    }

    @Test("several requests on one connection get their own answers")
    func keepAlive() throws {
        var client = try fixture.connect()
        let paths = ["/style.css", "/nothing", "/"]
        let host = "Host: 127.0.0.1:\(fixture.port)\r\n\r\n"
        client.send("GET /app.js HTTP/1.1\r\n\(host)GET /style.css HTTP/1.1\r\n\(host)GET / HTTP/1.1\r\n\(host)")
        for path in ["/app.js", "/style.css", "/"] {
            #expect(client.response()?.body == String(decoding: Page.files[path]?.bytes ?? [], as: UTF8.self))
        }
        for path in paths {
            client.send("GET \(path) HTTP/1.1\r\n\(host)")
            #expect(client.response()?.status == (Page.files[path] == nil ? 404 : 200))
            if Page.files[path] == nil { client = try fixture.connect() }
        }
    }

    @Test(
        "a request with a body is refused and the connection closed",
        arguments: ["Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n", "Content-Length: 99999999999999\r\n"])
    func bodies(header: String) throws {
        let client = try fixture.connect()
        client.send("GET / HTTP/1.1\r\nHost: 127.0.0.1:\(fixture.port)\r\n\(header)\r\nhello")
        #expect(client.response()?.status == 413)
        #expect(client.isClosedByServer())
    }

    @Test(
        "headers beyond the limit end the connection without a page",
        arguments: [
            LargeHeader(name: "Referer", unit: "a", repeated: 9000),
            LargeHeader(name: "X-A", unit: "a", repeated: 100_000),
            LargeHeader(name: "X-A", unit: "b", repeated: 1, lines: 20_000),
            LargeHeader(name: "Cookie", unit: "a=b; ", repeated: 4000),
        ])
    func largeHeaders(header: LargeHeader) throws {
        let client = try fixture.connect()
        let line = "\(header.name): \(String(repeating: header.unit, count: header.repeated))\r\n"
        let headers = String(repeating: line, count: header.lines)
        client.send("GET / HTTP/1.1\r\nHost: 127.0.0.1:\(fixture.port)\r\n\(headers)\r\n")
        #expect(!client.readToEnd().contains(text: "200 OK"))
        #expect(try fixture.get("/")?.status == 200)
    }

    @Test("what is not HTTP gets no page")
    func garbage() throws {
        let pieces: [[UInt8]] = [
            Array(UInt8.min...UInt8.max), [0x16, 3, 1, 0, 0xA5] + [UInt8](repeating: 0x55, count: 160),
            Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + [UInt8](repeating: 0, count: 9),
            Array("GET /\r\n\r\n".utf8),
            Array("GET http://evil/ HTTP/1.1\r\nHost: evil\r\n\r\n".utf8), [UInt8](repeating: 10, count: 3000),
        ]
        for piece in pieces {
            let client = try fixture.connect()
            client.send(piece + Array("\r\n\r\n".utf8))
            #expect(!client.readToEnd().contains(text: "Eventstorm"))
        }
        #expect(try fixture.get("/")?.status == 200)
    }

    @Test("its own hits are logged in the combined format, whatever is asked")
    func log() throws {
        _ = try fixture.get("/?a=b&c=%22d", headers: "User-Agent: x\"y\\\u{1}é\r\nReferer: http://127.0.0.1/\r\n")
        _ = try fixture.get("/nope", host: "evil")
        let lines = fixture.log
        try #require(lines.count == 2)
        #expect(lines[0].hasPrefix("127.0.0.1 - - ["))
        let page = Page.files["/"]?.bytes.count ?? 0
        #expect(
            lines[0].hasSuffix(
                #"] "GET /?a=b&c=%22d HTTP/1.1" 200 \#(page) "http://127.0.0.1/" "x\x22y\x5C\x01\xC3\xA9""#))
        #expect(lines[1].hasSuffix(#"] "GET /nope HTTP/1.1" 403 22 "-" "-""#))
    }
}

@Suite("The server speaks WebSocket", .timeLimit(.minutes(1)))
struct ServerSocketTests {
    let fixture: ServerFixture
    let watchOfA = #"{"type":"watch","id":"w","topic":"a"}"#

    init() throws { fixture = try ServerFixture() }

    @Test(
        "an upgrade is refused with a foreign, an odd or no Origin",
        arguments: [
            "", "Origin: http://evil\r\n", "Origin: null\r\n", "Origin: https://127.0.0.1\r\n",
            "Origin: http://127.0.0.1:1\r\n", "Sec-WebSocket-Origin: http://127.0.0.1\r\n",
        ])
    func foreignOrigin(headers: String) throws {
        let client = try fixture.connect()
        #expect(client.upgrade(port: fixture.port, headers: headers) == 403)
        #expect(client.isClosedByServer())
        #expect(!fixture.feed.isWatched)
        #expect(fixture.log.count == 1)
    }

    @Test("an upgrade is refused on another path, for another protocol, by another host")
    func refusedUpgrades() throws {
        let (host, origin) = ("Host: 127.0.0.1:\(fixture.port)\r\n", "Origin: http://127.0.0.1:\(fixture.port)\r\n")
        let key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        let upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        let table: [(request: String, status: Int)] = [
            ("GET /other HTTP/1.1\r\n\(host)\(origin)\(upgrade)\(key)\r\n", 404),
            ("GET / HTTP/1.1\r\n\(host)\(origin)\(upgrade)\(key)\r\n", 404),
            ("POST /live HTTP/1.1\r\n\(host)\(origin)\(upgrade)\(key)\r\n", 404),
            ("GET /live HTTP/1.1\r\nHost: evil\r\nOrigin: http://evil\r\n\(upgrade)\(key)\r\n", 403),
            ("GET /live HTTP/1.1\r\n\(host)\(origin)\(upgrade)\(key)Sec-WebSocket-Protocol: chat\r\n\r\n", 400),
            ("GET / HTTP/1.1\r\n\(host)Connection: Upgrade\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n", 400),
            ("GET /live HTTP/1.1\r\n\(host)\(origin)\r\n", 426),
        ]
        for (request, status) in table {
            let client = try fixture.connect()
            client.send(request)
            #expect(client.response()?.status == status, "\(request)")
        }
    }

    @Test("asking begins the interest, and closing ends it")
    func interest() throws {
        let client = try fixture.webSocket()
        #expect(!fixture.feed.isWatched)
        client.sendText(watchOfA)
        #expect(client.text { $0.hasPrefix(#"{"type":"snapshot","id":"w""#) } != nil)
        #expect(fixture.feed.interest(within: [.everything]) == [try Pattern("a")])
        #expect(fixture.feed.interest(within: [try Pattern("b.*")]) == [])
        try fixture.feed.emit("a", count: 3)
        #expect(client.text { $0.contains(text: #""rows":[[0,3]]"#) } != nil)
        client.sendFrame([0x03, 0xE8], opcode: 8)
        #expect(client.closeCode() == 1000)
        try wait { !fixture.feed.isWatched }
    }

    @Test("a client that vanishes without a word ends the interest too")
    func vanish() throws {
        do {
            let client = try fixture.webSocket()
            client.sendText(watchOfA)
            try wait { fixture.feed.isWatched }
        }
        try wait { !fixture.feed.isWatched }
    }

    @Test("markup in every name and value arrives as JSON strings, and in no page")
    func markup() throws {
        let client = try fixture.webSocket()
        let evil = "<script>alert(1)</script>"
        client.sendText(#"{"type":"tail","topic":"*"}"#)
        client.sendText(#"{"type":"books","on":true}"#)
        fixture.feed.record(books: [LiveBook(origin: 1, name: evil, topic: evil, lost: 1)])
        #expect(client.text { $0.contains(text: #""tail":{"#) } != nil)
        try fixture.feed.emit("a") { document, _ in
            document[evil] = evil
            document["message"] = evil
        }
        #expect(client.text { $0.contains(text: "\"\(evil)\":\"\(evil)\"") } != nil)
        fixture.feed.record(books: [LiveBook(origin: 1, name: evil, topic: evil, lost: 2)])
        #expect(client.text { $0.contains(text: #""name":"\#(evil)""#) } != nil)
        for path in Page.files.keys { #expect(try fixture.get(path)?.body.contains(text: "alert(1)") == false) }
    }

    @Test("frames that are too large, binary, bad UTF-8 or no language of ours close with the code for it")
    func badFrames() throws {
        let large = [UInt8](repeating: 32, count: LiveLimits.clientMessageBytes + 1)
        let table: [(name: String, code: Int?, act: (RawClient) -> Void)] = [
            ("too large", 1009, { $0.sendFrame(large) }),
            (
                "too large in pieces", 1009,
                { client in
                    client.sendFrame(Array(large.prefix(12_000)), isFinal: false)
                    client.sendFrame(Array(large.prefix(12_000)), opcode: 0)
                }
            ),
            ("binary", 1003, { $0.sendFrame([1, 2, 3], opcode: 2) }),
            ("bad UTF-8", 1007, { $0.sendFrame([0x22, 0xFF, 0xFE, 0x22]) }),
            ("no JSON", 1008, { $0.sendText("hello") }),
            ("unknown type", 1008, { $0.sendText(#"{"type":"shutdown"}"#) }),
            ("unmasked, which libwebsockets reads like any other", 1008, { $0.send([0x81, 2, 0x7B, 0x7D]) }),
            ("unknown opcode", 1002, { $0.sendFrame([1], opcode: 3) }),
            (
                "long ping, which libwebsockets does not deem worth a word", nil,
                { $0.sendFrame([UInt8](repeating: 0, count: 126), opcode: 9) }
            ),
        ]
        for (name, code, act) in table {
            let client = try fixture.webSocket()
            act(client)
            let closed = client.closeCode()
            #expect(closed == code, "\(name)")
        }
        #expect(try fixture.get("/")?.status == 200)
    }

    @Test("a frame that claims to be endless ends the connection when it passes the limit")
    func endlessFrame() throws {
        let client = try fixture.webSocket()
        client.sendFrame([UInt8](repeating: 32, count: 24_000), claiming: 1 << 40)
        #expect(client.closeCode() == 1009)
    }

    @Test("a flood of messages is dropped, others are served on")
    func flood() throws {
        let calm = try fixture.webSocket()
        calm.sendText(watchOfA)
        #expect(calm.text { $0.hasPrefix(#"{"type":"snapshot""#) } != nil)
        let client = try fixture.webSocket()
        for _ in 0..<LiveLimits.clientMessagesPerSecond * 20 {
            if !client.sendText(#"{"type":"tail","topic":"*"}"#) { break }
        }
        #expect(client.isClosedByServer())
        try fixture.feed.emit("a", count: 3)
        #expect(calm.text { $0.contains(text: #""rows":[[0,3]]"#) } != nil)
    }

    @Test("clients beyond the limit are told to come later")
    func clientLimit() throws {
        var clients: [RawClient] = []
        for _ in 0..<LiveSettings().clients { clients.append(try fixture.webSocket()) }
        let one = try fixture.connect()
        #expect(one.upgrade(port: fixture.port) == 503)
        #expect(try fixture.get("/")?.status == 200)
        clients.removeLast()
        try wait {
            let next = try fixture.connect()
            return next.upgrade(port: fixture.port) == 101
        }
    }

    @Test("connections that ask for nothing take no more than their share, and are gone when they close")
    func connectionFlood() throws {
        var idle: [RawClient] = []
        for _ in 0..<LiveSettings().connections + 20 { idle.append(try fixture.connect()) }
        // The kernel takes them all; those beyond the limit are closed at once.
        let last = try #require(idle.last)
        #expect(last.isClosedByServer())
        idle.removeAll()
        try wait { (try? fixture.get("/"))?.status == 200 }
    }

    @Test("a client that does not read is sent the newest, and the server keeps no queue for it")
    func slowReader() throws {
        let slow = try RawClient(port: fixture.port, receiveBuffer: 4096)
        #expect(slow.upgrade(port: fixture.port) == 101)
        let quick = try fixture.webSocket()
        slow.sendText(#"{"type":"tail","topic":"*"}"#)
        let text = String(repeating: "x", count: 12_000)
        // Some 280 KB in each tick: more than the kernel takes for one who does not read.
        for round in 1...24 {
            for topic in 0..<6 { try fixture.feed.emit("t.\(topic)", count: 4) { document, _ in document["x"] = text } }
            #expect(quick.text { $0.contains(text: "\"events\":\(round * 24),") } != nil)
        }
        var messages = 0
        #expect(
            slow.text {
                messages += $0.hasPrefix(#"{"type":"tick""#) ? 1 : 0
                return $0.contains(text: "\"events\":\(24 * 24),")
            } != nil)
        #expect(messages < 24)
    }

    @Test("closing the server says goodbye")
    func goodbye() throws {
        let client = try fixture.webSocket()
        fixture.server.close()
        #expect(client.closeCode() == 1001)
        #expect(!fixture.feed.isWatched)
        #expect(throws: (any Error).self) { _ = try fixture.connect() }
    }
}

@Suite("The server waits for nobody", .timeLimit(.minutes(1)))
struct ServerPatienceTests {
    let fixture: ServerFixture

    init() throws {
        fixture = try ServerFixture { options in
            options.patience = Patience(ping: 1, silence: 2, request: 1)
        }
    }

    @Test(
        "a request that is never finished ends the connection",
        arguments: ["", "G", "GET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nHost: 127.0.0.1", "GET /\r\n", "\r\n"])
    func halfRequests(request: String) throws {
        let client = try fixture.connect()
        client.send(request)
        #expect(client.isClosedByServer())
    }

    @Test("a connection that is kept alive and not used is closed")
    func idle() throws {
        let client = try fixture.connect()
        client.send("GET / HTTP/1.1\r\nHost: 127.0.0.1:\(fixture.port)\r\n\r\n")
        #expect(client.response()?.status == 200)
        #expect(client.isClosedByServer())
    }

    @Test("a client that answers pings stays, one that does not is dropped")
    func pings() throws {
        let silent = try fixture.webSocket()
        var pinged = false
        while let (opcode, _) = silent.frame(answeringPings: false) { pinged = pinged || opcode == 9 }
        #expect(pinged)
        let alive = try fixture.webSocket()
        let start = ContinuousClock.now
        while ContinuousClock.now - start < .seconds(4) { #expect(alive.frame() != nil) }
    }
}

@Suite("The server starts where it may")
struct ServerStartTests {
    @Test(
        "an address that other machines reach needs users, and encryption or leave to do without",
        arguments: ["*:0", "0.0.0.0:0", "[::]:0"])
    func strangers(address: String) throws {
        var options = LiveServer.Options(listen: try #require(Listen(address)))
        for isInsecure in [false, true] {
            options.isInsecure = isInsecure
            let error = #expect(throws: LiveError.self) { try LiveServer(feed: try LiveFeed(), options: options) }
            #expect(error?.description.contains(text: "other machines") == true)
        }
        (options.isInsecure, options.users) = (false, "/nowhere")
        let error = #expect(throws: LiveError.self) { try LiveServer(feed: try LiveFeed(), options: options) }
        #expect(error?.description.contains(text: "passwords would be readable") == true)
        options.isInsecure = true
        let missing = #expect(throws: LiveError.self) { try LiveServer(feed: try LiveFeed(), options: options) }
        #expect(missing?.description.contains(text: "read the users in /nowhere") == true)
    }

    @Test("a port that is taken is named")
    func taken() throws {
        let fixture = try ServerFixture()
        let options = LiveServer.Options(listen: try #require(Listen("127.0.0.1:\(fixture.port)")))
        let error = #expect(throws: LiveError.self) { try LiveServer(feed: try LiveFeed(), options: options) }
        #expect(error?.operation == "listen on 127.0.0.1:\(fixture.port)")
    }

    @Test("it listens on IPv6 too, and prints an address for a browser")
    func addresses() throws {
        for (listen, prefix) in [
            ("[::1]:0", "http://[::1]:"), ("localhost:0", "http://localhost:"), ("127.0.0.1:0", "http://127.0.0.1:"),
        ] {
            let fixture = try ServerFixture { $0.listen = Listen(listen) ?? $0.listen }
            #expect(fixture.server.address == "\(prefix)\(fixture.port)/")
        }
    }

    @Test("a configured name is served")
    func names() throws {
        let fixture = try ServerFixture { $0.names = ["live.example.com"] }
        #expect(try fixture.get("/", host: "live.example.com")?.status == 200)
        #expect(try fixture.get("/", host: "other.example.com")?.status == 403)
    }

    @Test("an open log follows a rotation")
    func rotation() throws {
        let fixture = try ServerFixture()
        _ = try fixture.get("/")
        let path = "\(fixture.directory.path)/access.log"
        #expect(renameFile(path, path + ".1"))
        fixture.server.reload()
        try wait {
            _ = try fixture.get("/")
            return !fixture.log.isEmpty
        }
    }
}

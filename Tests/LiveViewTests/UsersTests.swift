// Who comes in, and what they may ask.

import BSON
import BSONText
import Eventstorm
import Glibc
import Service
import Testing

@testable import LiveView

/// The hashes of "secret" and of "pass word+%é".
private let hashes = [
    "$6$abcdefgh$ltjgWl6579NluT/Vi1nwEvcil.G5Nbc4NiXZaNGStk8PSwGfQv72N2CKPPrVACtLtip/cZ/1GM/O6IND4WQhG.",
    "$6$ijklmnop$2fdcCBb8gZRxUhP5tTdZcQW./XOfCQbU.onb1s/xeznWUyT9zMKgKCZwFYubJdHEhoAjcnKx0EqF40G8oFF.S1",
]

private let file = """
    {
      alice: {password: "\(hashes[0])"},
      wall: {password: "\(hashes[1])", topics: ["http.*", "host.cpu"], hidden: ["client", "user.email"], dashboards: false},
    }
    """

@Suite("Users")
struct UsersTests {
    private func list() throws -> UserList { try UserList(path: "users", text: Array(file.utf8)) }

    private func spec(_ text: String) throws -> WatchSpec {
        let document = try BSONText.parse(text, dialect: .json).document
        return try WatchSpec(document.view)
    }

    @Test("are found by name and password only")
    func find() throws {
        let list = try list()
        #expect(list.find("alice", password: "secret")?.name == "alice")
        #expect(list.find("wall", password: "pass word+%é")?.rights.savesDashboards == false)
        for (name, password) in [
            ("alice", ""), ("alice", "Secret"), ("alice", "pass word+%é"), ("wall", "secret"), ("", ""),
            ("bob", "secret"), ("alice", hashes[0]), ("alice", String(repeating: "x", count: 5_000)),
        ] {
            #expect(list.find(name, password: password) == nil, "\(name) \(password)")
        }
    }

    @Test(
        "what is wrong with a file is told with its place, and never with a password",
        arguments: [
            ("{", "1:"), ("{}", "none"), ("{a: 5}", "1:2: a: "), ("{a: {}}", "wanted"),
            ("{a: {password: 'plain-secret'}}", "no hash"),
            ("{a: {password: '$1$abc$defdefdefdefdefdefdefde'}}", "no hash"),
            ("{a: {password: '\(hashes[0])', topic: []}}", "unknown key \"topic\""),
            ("{a: {password: '\(hashes[0])', topics: ['a..b']}}", "a..b"),
            ("{a: {password: '\(hashes[0])', hidden: 'x'}}", "a list"),
        ])
    func mistakes(text: String, part: String) {
        let error = #expect(throws: LiveError.self) { try UserList(path: "users", text: Array(text.utf8)) }
        #expect(error?.reason.contains(text: part) == true, "\(error?.reason ?? "")")
        #expect(error?.description.contains(text: "plain-secret") == false)
    }

    @Test("may ask about their topics, and about no hidden field in any way")
    func rights() throws {
        let rights = try #require(try list().users["wall"]).rights
        for question in [
            #"{"topic":"http.hit"}"#, #"{"topic":"http.*","group":"user.name","match":{"status":{"$in":[1,2]}}}"#,
            #"{"topic":"host.cpu","value":{"p99":"clients"}}"#,
        ] {
            #expect(rights.refusal(of: try spec(question)) == nil, "\(question)")
            #expect(UserRights.all.refusal(of: try spec(question)) == nil)
        }
        for question in [
            #"{"topic":"*"}"#, #"{"topic":"http"}"#, #"{"topic":"mail.in"}"#, #"{"topic":"host.*"}"#,
            #"{"topic":"_es.status"}"#, #"{"topic":"http.hit","group":"client"}"#,
            #"{"topic":"http.hit","group":["status","client.port"]}"#, #"{"topic":"http.hit","group":"user"}"#,
            #"{"topic":"http.hit","value":{"top":"user.email"}}"#,
            #"{"topic":"http.hit","match":{"client":"1.2.3.4"}}"#,
            #"{"topic":"http.hit","match":{"$or":[{"status":1},{"user.email":/a/}]}}"#
                .replacing("/a/", with: #"{"$regex":"a"}"#),
            #"{"topic":"http.hit","match":{"user":{"$elemMatch":{"email":"x"}}}}"#,
            #"{"topic":"http.hit","match":{"$nor":[{"client":{"$exists":true}}]}}"#,
            #"{"topic":"http.hit","match":{"$expr":{"$eq":["$status",1]}}}"#,
        ] {
            #expect(rights.refusal(of: try spec(question)) != nil, "\(question)")
        }
    }

    @Test("who reads along does not see hidden fields")
    func hiddenFields() throws {
        let feed = try LiveFeed()
        let board = LiveBoard(feed: feed, now: { 1_000 })
        let rights = try #require(try list().users["wall"]).rights
        let client = LiveClient(board: board, rights: rights)
        _ = client.nextMessage()
        #expect(Array(#"{"type":"tail","topic":"http.*"}"#.utf8).withUnsafeBytes { client.take($0) })
        #expect(client.finishMessage() == nil)
        try feed.emit("http.hit") { document, _ in
            document["client"] = "1.2.3.4"
            document.document("user") {
                $0["name"] = "al"
                $0["email"] = "al@x"
            }
            document["status"] = Int32(200)
        }
        board.advance()
        let tick = String(decoding: try #require(client.nextMessage()).bytes, as: UTF8.self)
        #expect(tick.contains(text: #""event":{"user":{"name":"al"},"status":200}"#), "\(tick)")
        client.leave()
    }

    @Test("forms and headers are read as browsers and programs write them")
    func forms() {
        #expect(
            Form.fields(Array("name=a%C3%A9+b&password=p%26%3D%25&x".utf8)) == ["name": "aé b", "password": "p&=%"])
        #expect(Form.fields(Array("name=%zz&b=%ff&c=%00&d=%4".utf8)).isEmpty)
        let found = Gate.basic("Basic QWxhZGRpbjpvcGVuOnNlc2FtZQ==")
        #expect(found?.name == "Aladdin" && found?.password == "open:sesame")
        for header in ["", "Basic", "Bearer x", "Basic ?", "Basic QQ==", "Basic AA=="] {
            #expect(Gate.basic(header) == nil, "\(header)")
        }
    }

    @Test("guessing is slow, whoever guesses")
    func guessing() {
        var sessions = Sessions()
        let tries = (0..<100).filter { _ in sessions.mayTry(now: 5_000) }.count
        #expect(tries == Int(Sessions.burst))
        #expect(sessions.mayTry(now: 5_250) && !sessions.mayTry(now: 5_250))
    }

    @Test("sessions end with time, with their users, and by their number")
    func sessions() throws {
        var sessions = Sessions()
        let list = try list()
        let alice = try #require(list.users["alice"])
        let secret = sessions.begin(alice, now: 0)
        #expect(secret.count == 64)
        #expect(sessions.user(secret, now: Sessions.lifetime - 1) == alice)
        #expect(sessions.user(secret, now: 2 * Sessions.lifetime) == nil)
        #expect(sessions.user("", now: 0) == nil)
        let old = sessions.begin(alice, now: 0)
        for _ in 0..<Sessions.most { _ = sessions.begin(alice, now: 1) }
        #expect(sessions.user(old, now: 1) == nil)
        let last = sessions.begin(alice, now: 1)
        sessions.keep(try UserList(path: "", text: Array("{alice: {password: '\(hashes[1])'}}".utf8)))
        #expect(sessions.user(last, now: 1) == nil)
    }
}

@Suite("The server lets in who it knows", .timeLimit(.minutes(1)))
final class AccessTests {
    let fixture: ServerFixture
    let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
        let path = "\(directory.path)/users.json5"
        try #require(writeFile(path, file))
        fixture = try ServerFixture { $0.users = path }
    }

    private var origin: String { "Origin: http://127.0.0.1:\(fixture.port)\r\n" }

    private func post(_ path: String, _ body: String, headers: String) throws -> Response? {
        let client = try fixture.connect()
        client.send(
            "POST \(path) HTTP/1.1\r\nHost: 127.0.0.1:\(fixture.port)\r\n\(headers)"
                + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
        return client.response()
    }

    private func enter(_ body: String) throws -> String {
        let response = try #require(try post("/login", body, headers: origin))
        #expect(response.status == 303 && response.headers["location"] == "/")
        let cookie = try #require(response.headers["set-cookie"])
        #expect(cookie.contains(text: "; HttpOnly; SameSite=Lax") && !cookie.contains(text: "Secure"))
        return String(cookie.prefix { $0 != ";" })
    }

    @Test("without a password there is the way in and nothing else")
    func strangers() throws {
        #expect(try fixture.get("/")?.headers["location"] == "/login")
        #expect(try fixture.get("/login")?.status == 200)
        #expect(try fixture.get("/healthz")?.body == "{\"ok\":true}\n")
        for path in ["/metrics", "/api/topics"] { #expect(try fixture.get(path)?.status == 401) }
        #expect(try fixture.get("/metrics", headers: "Cookie: es_session=\r\n")?.status == 401)
        let client = try fixture.connect()
        #expect(client.upgrade(port: fixture.port) == 401)
    }

    @Test("a password becomes a cookie, a cookie opens the socket, leaving ends it")
    func session() throws {
        let cookie = try enter("name=alice&password=secret")
        #expect(try fixture.get("/", headers: "Cookie: a=b; \(cookie)\r\n")?.status == 200)
        let client = try fixture.connect()
        #expect(client.upgrade(port: fixture.port, headers: "\(origin)Cookie: \(cookie)\r\n") == 101)
        client.sendText(#"{"type":"watch","id":"w","topic":"*"}"#)
        #expect(client.text { $0.hasPrefix(#"{"type":"snapshot""#) } != nil)
        #expect(try post("/logout", "x=", headers: "\(origin)Cookie: \(cookie)\r\n")?.headers["location"] == "/login")
        #expect(try fixture.get("/", headers: "Cookie: \(cookie)\r\n")?.status == 303)
    }

    @Test("wrong passwords, other sites and too large forms get nowhere")
    func wrong() throws {
        #expect(try post("/login", "name=alice&password=x", headers: origin)?.headers["location"] == "/login?wrong")
        #expect(try post("/login", "name=alice&password=secret", headers: "")?.status == 405)
        #expect(try post("/login", "name=alice&password=secret", headers: "Origin: http://evil\r\n")?.status == 403)
        let large = "name=alice&password=" + String(repeating: "x", count: Gate.formBytes)
        #expect(try post("/login", large, headers: origin)?.status == 405)
    }

    @Test("somebody sees only their topics")
    func topics() throws {
        let cookie = try enter("name=wall&password=pass+word%2B%25%C3%A9")
        let client = try fixture.connect()
        #expect(client.upgrade(port: fixture.port, headers: "\(origin)Cookie: \(cookie)\r\n") == 101)
        client.sendText(#"{"type":"watch","id":"w","topic":"*"}"#)
        #expect(client.text { $0 == #"{"type":"error","id":"w","message":"you may not read *"}"# } != nil)
        client.sendText(#"{"type":"tail","topic":"mail.*"}"#)
        #expect(client.text { $0 == #"{"type":"error","message":"you may not read mail.*"}"# } != nil)
        try fixture.feed.emit("http.hit") { document, _ in document["client"] = "1.2.3.4" }
        try fixture.feed.emit("mail.in")
        let topics = try #require(try fixture.get("/api/topics", headers: "Cookie: \(cookie)\r\n")).body
        #expect(
            topics.contains(text: "http.hit") && !topics.contains(text: "mail.in") && !topics.contains(text: "client"))
        #expect(try fixture.get("/metrics", headers: "Cookie: \(cookie)\r\n")?.status == 403)
    }

    @Test("programs show their password with each request")
    func basic() throws {
        // alice:secret
        let header = "Authorization: Basic YWxpY2U6c2VjcmV0\r\n"
        for _ in 0..<20 { #expect(try fixture.get("/metrics", headers: header)?.status == 200) }
        #expect(try fixture.get("/metrics", headers: "Authorization: Basic YWxpY2U6c2VjcmV1\r\n")?.status == 401)
    }

    @Test("a user who is taken out of the file is out at once, and a file that is wrong changes nothing")
    func reload() throws {
        let cookie = try enter("name=alice&password=secret")
        let client = try fixture.connect()
        #expect(client.upgrade(port: fixture.port, headers: "\(origin)Cookie: \(cookie)\r\n") == 101)
        try #require(writeFile("\(directory.path)/users.json5", "{"))
        fixture.server.reload()
        #expect(try fixture.get("/", headers: "Cookie: \(cookie)\r\n")?.status == 200)
        try #require(writeFile("\(directory.path)/users.json5", "{bob: {password: '\(hashes[0])'}}"))
        fixture.server.reload()
        #expect(client.closeCode() == 1008)
        #expect(try fixture.get("/", headers: "Cookie: \(cookie)\r\n")?.status == 303)
    }
}

// Answers to plain requests, and to the wish to become a WebSocket.

internal import CWebSockets
import Eventstorm
internal import ZeroMQ

extension ServerLoop {
    /// The path of the WebSocket.
    private static let feedPath = "/live"

    /// A request whose body is still to come.
    struct Pending {
        /// What the body is for.
        enum Purpose {
            case enter, leave
            case dashboard(String, DashboardStore.Condition)
            case query
        }

        var purpose: Purpose
        var body: [UInt8] = []
        var limit: Int
        var credentials: Gate.Credentials
        var hit: AccessLog.Hit
    }

    /// Answers a request; the value is for libwebsockets.
    func answer(_ connection: OpaquePointer) -> CInt {
        let request = Request(connection: connection)
        if let pending = pending(request) {
            bodies[connection] = pending
            return 0
        }
        let answer = judge(request)
        let isHead = request.target?.method == "HEAD"
        guard reply(connection, log == nil ? nil : request.hit, answer, withBody: !isHead) == 0, !answer.closes else {
            return -1
        }
        return lws_http_transaction_completed(connection) == 0 ? 0 : -1
    }

    private func judge(_ request: Request) -> Answer {
        guard let target = request.target else { return .refusal(400, "Bad Request", "no target") }
        if let refusal = refusal(of: request, mustHaveOrigin: false) { return refusal }
        if let name = String(validating: target.path, as: UTF8.self).flatMap({ Self.dashboard($0) }) {
            let who = gate.rights(request.credentials, now: realtimeMilliseconds())
            return answer(dashboard: name, request, target.method, who?.rights)
        }
        if target.path.elementsEqual(Self.queryPath.utf8) {
            return questionRefusal(request)
                ?? .refusal(
                    413, "Content Too Large", "a watch of 1 to \(LiveLimits.clientMessageBytes) bytes is wanted")
        }
        guard target.method == "GET" || target.method == "HEAD" else {
            return .refusal(405, "Method Not Allowed", "only GET and HEAD", headers: ["Allow: GET, HEAD"])
        }
        if request.hasBody { return .refusal(413, "Content Too Large", "a request has no body here") }
        guard let path = String(validating: target.path, as: UTF8.self) else {
            return .refusal(404, "Not Found", "no such page")
        }
        if path == Self.feedPath {
            return .refusal(426, "Upgrade Required", "this is a WebSocket", headers: ["Upgrade: websocket"])
        }
        if path == "/healthz" { return .json(Array("{\"ok\":true}\n".utf8)) }
        let who = gate.rights(request.credentials, now: realtimeMilliseconds())
        if path == "/" && who == nil { return .elsewhere("/login") }
        if let file = pages[path] { return Answer(status: 200, phrase: "OK", type: file.type, body: file.bytes) }
        return door(path, who?.rights) ?? .refusal(404, "Not Found", "no such page")
    }

    /// What is no file of the page; nil if there is no such thing.
    private func door(_ path: String, _ rights: UserRights?) -> Answer? {
        guard ["/api/topics", "/metrics"].contains(path) else { return nil }
        guard let rights else { return Self.unknownUser }
        if path == "/api/topics" {
            // It learns while somebody asks.
            defer { keepTicking() }
            return .json(feed.topics(now: realtimeMilliseconds(), rights))
        }
        guard rights.topics.contains(.everything) else {
            return .refusal(403, "Forbidden", "the counters are of all topics")
        }
        return Answer(
            status: 200, phrase: "OK", type: "text/plain; version=0.0.4; charset=utf-8",
            body: feed.metrics(now: realtimeMilliseconds(), clients: clients.count, sentBytes: sentBytes))
    }

    func refusal(of request: Request, mustHaveOrigin: Bool) -> Answer? {
        doorkeeper.refusal(
            host: request.text(WSI_TOKEN_HOST), origin: request.text(WSI_TOKEN_ORIGIN), upgrading: mustHaveOrigin
        ).map { .refusal(403, "Forbidden", $0) }
    }

    // MARK: Bodies

    /// What a request wants that may have a body; nil if it may not, or is refused.
    private func pending(_ request: Request) -> Pending? {
        guard let target = request.target, let path = String(validating: target.path, as: UTF8.self),
            refusal(of: request, mustHaveOrigin: true) == nil,
            let length = request.text(WSI_TOKEN_HTTP_CONTENT_LENGTH).flatMap({ Int($0) }), length > 0
        else { return nil }
        if target.method == "PUT", let name = Self.dashboard(path) {
            return pendingDashboard(name, request, length: length)
        }
        if path == Self.queryPath { return pendingQuestion(request, length: length) }
        guard target.method == "POST", gate.hasUsers, ["/login", "/logout"].contains(path), length <= Gate.formBytes
        else { return nil }
        return Pending(
            purpose: path == "/login" ? .enter : .leave, limit: length, credentials: request.credentials,
            hit: request.hit)
    }

    /// Takes a piece of a body.
    func takeBody(_ connection: OpaquePointer, _ bytes: UnsafeRawBufferPointer) -> CInt {
        guard let pending = bodies[connection], pending.body.count + bytes.count <= pending.limit else { return -1 }
        bodies[connection]?.body.append(contentsOf: bytes)
        return 0
    }

    /// Answers a request whose body has come.
    func finishBody(_ connection: OpaquePointer) -> CInt {
        guard let pending = bodies.removeValue(forKey: connection) else { return -1 }
        let now = realtimeMilliseconds()
        let answer: Answer? =
            switch pending.purpose {
            case .enter: gate.enter(pending.body, now: now)
            case .leave: gate.leave(pending.credentials)
            case .dashboard(let name, let condition): store(name, pending.body, if: condition)
            case .query: ask(connection, pending)
            }
        guard let answer else { return 0 }
        guard reply(connection, pending.hit, answer, withBody: true) == 0, !answer.closes else { return -1 }
        return lws_http_transaction_completed(connection) == 0 ? 0 : -1
    }

    // MARK: WebSockets

    /// Lets a request become a WebSocket (0) or answers it here (1).
    func confirmUpgrade(_ connection: OpaquePointer, _ wanted: UnsafeMutableRawPointer?) -> CInt {
        let request = Request(connection: connection)
        let isWebSocket = wanted.map { String(cString: $0.assumingMemoryBound(to: CChar.self)) } == "websocket"
        guard let refusal = refusal(ofUpgrade: request, connection, isWebSocket: isWebSocket) else {
            note(log == nil ? nil : request.hit, status: 101, bytes: 0)
            return 0
        }
        return reply(connection, log == nil ? nil : request.hit, refusal, withBody: true) == 0 ? 1 : -1
    }

    private func refusal(ofUpgrade request: Request, _ connection: OpaquePointer, isWebSocket: Bool) -> Answer? {
        let path = request.target.flatMap { $0.method == "GET" ? String(validating: $0.path, as: UTF8.self) : nil }
        // Test suites send no Origin, and know one path only.
        let isEcho = echoes && path == "/"
        if let refusal = refusal(of: request, mustHaveOrigin: isWebSocket && !isEcho) { return refusal }
        if !isWebSocket { return .refusal(400, "Bad Request", "only websocket is spoken here") }
        guard path == Self.feedPath || isEcho else { return .refusal(404, "Not Found", "no such WebSocket") }
        if let mistake = request.upgradeMistake {
            return .refusal(400, "Bad Request", mistake, headers: ["Sec-WebSocket-Version: 13"])
        }
        if clients.count >= settings.clients || isStopping {
            return .refusal(503, "Service Unavailable", "too many clients", headers: ["Retry-After: 5"])
        }
        guard let who = gate.rights(request.credentials, now: realtimeMilliseconds()) else {
            return .refusal(401, "Unauthorized", "who are you?")
        }
        coming[connection] = Coming(user: who.user, rights: who.rights, isEcho: isEcho)
        return nil
    }

    // MARK: Sending

    func reply(_ connection: OpaquePointer, _ hit: AccessLog.Hit?, _ answer: Answer, withBody: Bool) -> CInt {
        var head = "HTTP/1.1 \(answer.status) \(answer.phrase)\r\nContent-Type: \(answer.type)\r\n"
        head += "Content-Length: \(answer.body.count)\r\n"
        for header in Page.safety + answer.headers { head += "\(header)\r\n" }
        head += answer.closes ? "Connection: close\r\n\r\n" : "\r\n"
        note(hit, status: answer.status, bytes: withBody ? answer.body.count : 0)
        return write(connection, Array(head.utf8) + (withBody ? answer.body : []), LWS_WRITE_HTTP_HEADERS)
    }

    private func note(_ hit: AccessLog.Hit?, status: Int, bytes: Int) {
        guard log != nil, var hit else { return }
        hit.status = status
        hit.bytes = bytes
        log?.append(hit)
    }
}

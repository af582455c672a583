// Answers to plain requests, and to the wish to become a WebSocket.

internal import CWebSockets

extension ServerLoop {
    /// A status and a body; one line of text unless it is a file.
    private struct Answer {
        var status: Int
        var phrase: String
        var type = "text/plain; charset=utf-8"
        var body: [UInt8] = []
        var headers: [String] = []
        var closes = false

        static func refusal(_ status: Int, _ phrase: String, _ text: String, headers: [String] = []) -> Answer {
            Answer(status: status, phrase: phrase, body: Array("\(text)\n".utf8), headers: headers, closes: true)
        }
    }

    /// The path of the WebSocket.
    private static let feedPath = Array("/live".utf8)

    /// Answers a request; the value is for libwebsockets.
    func answer(_ connection: OpaquePointer) -> CInt {
        let request = Request(connection: connection)
        let answer = judge(request)
        let isHead = request.target?.method == "HEAD"
        guard reply(connection, request, answer, withBody: !isHead) == 0, !answer.closes else { return -1 }
        return lws_http_transaction_completed(connection) == 0 ? 0 : -1
    }

    private func judge(_ request: Request) -> Answer {
        guard let target = request.target else { return .refusal(400, "Bad Request", "no target") }
        if let refusal = refusal(of: request, upgrading: false) { return refusal }
        guard target.method == "GET" || target.method == "HEAD" else {
            return .refusal(405, "Method Not Allowed", "only GET and HEAD", headers: ["Allow: GET, HEAD"])
        }
        if request.hasBody { return .refusal(413, "Content Too Large", "a request has no body here") }
        if target.path == Self.feedPath {
            return .refusal(426, "Upgrade Required", "this is a WebSocket", headers: ["Upgrade: websocket"])
        }
        guard let path = String(validating: target.path, as: UTF8.self), let file = pages[path] else {
            return .refusal(404, "Not Found", "no such page")
        }
        return Answer(status: 200, phrase: "OK", type: file.type, body: file.bytes)
    }

    private func refusal(of request: Request, upgrading: Bool) -> Answer? {
        doorkeeper.refusal(
            host: request.text(WSI_TOKEN_HOST), origin: request.text(WSI_TOKEN_ORIGIN), upgrading: upgrading
        ).map { .refusal(403, "Forbidden", $0) }
    }

    /// Lets a request become a WebSocket (0) or answers it here (1).
    func confirmUpgrade(_ connection: OpaquePointer, _ wanted: UnsafeMutableRawPointer?) -> CInt {
        let request = Request(connection: connection)
        let isWebSocket = wanted.map { String(cString: $0.assumingMemoryBound(to: CChar.self)) } == "websocket"
        let refusal: Answer? =
            if let refusal = self.refusal(of: request, upgrading: isWebSocket) {
                refusal
            } else if !isWebSocket {
                .refusal(400, "Bad Request", "only websocket is spoken here")
            } else if request.target.map({ $0.method == "GET" && $0.path == Self.feedPath }) != true {
                .refusal(404, "Not Found", "no such WebSocket")
            } else if let mistake = request.upgradeMistake {
                .refusal(400, "Bad Request", mistake, headers: ["Sec-WebSocket-Version: 13"])
            } else if clients.count >= settings.clients || isStopping {
                .refusal(503, "Service Unavailable", "too many clients", headers: ["Retry-After: 5"])
            } else {
                nil
            }
        guard let refusal else {
            note(request, status: 101, bytes: 0)
            return 0
        }
        return reply(connection, request, refusal, withBody: true) == 0 ? 1 : -1
    }

    private func reply(_ connection: OpaquePointer, _ request: Request, _ answer: Answer, withBody: Bool) -> CInt {
        var head = "HTTP/1.1 \(answer.status) \(answer.phrase)\r\nContent-Type: \(answer.type)\r\n"
        head += "Content-Length: \(answer.body.count)\r\n"
        for header in Page.safety + answer.headers { head += "\(header)\r\n" }
        head += answer.closes ? "Connection: close\r\n\r\n" : "\r\n"
        note(request, status: answer.status, bytes: withBody ? answer.body.count : 0)
        return write(connection, Array(head.utf8) + (withBody ? answer.body : []), LWS_WRITE_HTTP_HEADERS)
    }

    private func note(_ request: Request, status: Int, bytes: Int) {
        guard log != nil else { return }
        var hit = request.hit
        hit.status = status
        hit.bytes = bytes
        log?.append(hit)
    }
}

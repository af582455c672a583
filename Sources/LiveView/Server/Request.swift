// What libwebsockets knows of a request.

internal import CWebSockets

/// Reads the request that a connection is at, as long as libwebsockets keeps its headers.
struct Request {
    let connection: OpaquePointer

    /// The bytes of a header, or nil if it was not sent or is empty.
    ///
    /// A header sent twice is joined by a comma.
    func header(_ token: lws_token_indexes) -> [UInt8]? {
        let length = Int(lws_hdr_total_length(connection, token))
        guard length > 0 else { return nil }
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: length + 1) { buffer -> [UInt8]? in
            let copied = lws_hdr_copy(connection, buffer.baseAddress, Int32(length + 1), token)
            return copied < 0 ? nil : buffer.prefix(Int(copied)).map { UInt8(bitPattern: $0) }
        }
    }

    func text(_ token: lws_token_indexes) -> String? { header(token).map { String(decoding: $0, as: UTF8.self) } }

    private static let methods: [(String, lws_token_indexes)] = [
        ("GET", WSI_TOKEN_GET_URI), ("HEAD", WSI_TOKEN_HEAD_URI), ("POST", WSI_TOKEN_POST_URI),
        ("OPTIONS", WSI_TOKEN_OPTIONS_URI), ("PUT", WSI_TOKEN_PUT_URI), ("PATCH", WSI_TOKEN_PATCH_URI),
        ("DELETE", WSI_TOKEN_DELETE_URI), ("CONNECT", WSI_TOKEN_CONNECT),
    ]

    /// The method and the decoded path.
    var target: (method: String, path: [UInt8])? {
        for (method, token) in Self.methods {
            if let path = header(token) { return (method, path) }
        }
        return nil
    }

    /// The query behind the path; libwebsockets keeps its parts apart.
    var query: [UInt8] {
        var query: [UInt8] = []
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: LiveLimits.requestHeaderBytes) { buffer in
            for part in Int32(0)... {
                let length = lws_hdr_copy_fragment(
                    connection, buffer.baseAddress, Int32(buffer.count), WSI_TOKEN_HTTP_URI_ARGS, part)
                guard length >= 0 else { return }
                if part > 0 { query.append(UInt8(ascii: "&")) }
                query += buffer.prefix(Int(length)).map { UInt8(bitPattern: $0) }
            }
        }
        return query
    }

    var hasBody: Bool {
        let length = text(WSI_TOKEN_HTTP_CONTENT_LENGTH)
        return (length != nil && length != "0") || header(WSI_TOKEN_HTTP_TRANSFER_ENCODING) != nil
    }

    /// What the request shows of who sent it.
    var credentials: Gate.Credentials {
        Gate.Credentials(cookie: text(WSI_TOKEN_HTTP_COOKIE), authorization: text(WSI_TOKEN_HTTP_AUTHORIZATION))
    }

    /// Why this cannot become a WebSocket, although it wants to; nil if it can.
    var upgradeMistake: String? {
        if text(WSI_TOKEN_VERSION) != "13" { return "only version 13 is spoken here" }
        if header(WSI_TOKEN_KEY)?.count != 24 { return "the key has not 24 characters" }
        if header(WSI_TOKEN_PROTOCOL) != nil { return "no subprotocol is spoken here" }
        return nil
    }

    /// The numeric address of the peer.
    var peer: String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { buffer in
            guard let start = buffer.baseAddress,
                let name = lws_get_peer_simple(connection, start, buffer.count)
            else { return "-" }
            return String(cString: name)
        }
    }

    /// The request as the access log tells it; the status and the bytes are for the answer to fill in.
    var hit: AccessLog.Hit {
        var hit = AccessLog.Hit()
        hit.remote = peer
        if let target {
            var line = Array("\(target.method) ".utf8) + Self.encoded(target.path)
            let query = query
            if !query.isEmpty { line += Array("?".utf8) + Self.encoded(query) }
            hit.request = line + Array(" ".utf8) + (header(WSI_TOKEN_HTTP) ?? Array("HTTP/1.0".utf8))
        }
        hit.referer = header(WSI_TOKEN_HTTP_REFERER) ?? []
        hit.agent = header(WSI_TOKEN_HTTP_USER_AGENT) ?? []
        return hit
    }

    /// Blanks and what is not ASCII, which libwebsockets decoded, are encoded again: a target has no blank.
    private static func encoded(_ bytes: [UInt8]) -> [UInt8] {
        let digits = Array("0123456789ABCDEF".utf8)
        return bytes.flatMap { byte -> [UInt8] in
            let isPlain = byte > 0x20 && byte < 0x7F && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "%")
            return isPlain ? [byte] : [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        }
    }
}

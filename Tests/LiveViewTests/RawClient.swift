// A client that sends whatever it is told to: bytes over TCP, frames when it was upgraded.

import Glibc

/// A TCP connection to a server on this machine; reads end after five seconds, so that no test hangs.
final class RawClient {
    private let socket: CInt
    private var buffer: [UInt8] = []

    struct NoConnection: Error {}

    init(port: UInt16, receiveBuffer: CInt? = nil) throws {
        socket = Glibc.socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        var patience = timeval(tv_sec: 5, tv_usec: 0)
        setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        if var size = receiveBuffer {
            setsockopt(socket, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<CInt>.size))
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        if result != 0 { throw NoConnection() }
    }

    deinit { close(socket) }

    /// Sends all bytes; false if the server has closed.
    @discardableResult
    func send(_ bytes: [UInt8]) -> Bool {
        var offset = 0
        while offset < bytes.count {
            let sent = bytes[offset...].withUnsafeBytes {
                Glibc.send(socket, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL))
            }
            if sent <= 0 { return false }
            offset += sent
        }
        return true
    }

    @discardableResult
    func send(_ text: String) -> Bool { send(Array(text.utf8)) }

    /// Reads once more; false at the end of the connection, or when nothing came in time.
    private func fill() -> Bool {
        var piece = [UInt8](repeating: 0, count: 64 << 10)
        let count = recv(socket, &piece, piece.count, 0)
        if count <= 0 { return false }
        buffer += piece.prefix(count)
        return true
    }

    /// Everything until the server closes, or falls silent for five seconds.
    func readToEnd() -> String {
        while fill() {}
        defer { buffer = [] }
        return String(decoding: buffer, as: UTF8.self)
    }

    /// Whether the server closed the connection, whatever it said before.
    func isClosedByServer() -> Bool {
        while true {
            var byte: UInt8 = 0
            let count = recv(socket, &byte, 1, 0)
            if count == 0 { return true }
            if count < 0 { return errno == ECONNRESET }
        }
    }

    // MARK: HTTP

    /// One answer with its body, as told by Content-Length.
    func response(toHead: Bool = false) -> Response? {
        while true {
            if let response = Response(buffer, toHead: toHead) {
                buffer.removeFirst(response.length)
                return response
            }
            if !fill() { return nil }
        }
    }

    // MARK: WebSocket

    /// Asks for the upgrade and returns the status.
    func upgrade(port: UInt16, path: String = "/live", headers: String? = nil) -> Int? {
        let origin = headers ?? "Origin: http://127.0.0.1:\(port)\r\n"
        send(
            "GET \(path) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\(origin)\r\n")
        return response()?.status
    }

    /// Sends one frame, masked as a client must.
    @discardableResult
    func sendFrame(_ payload: [UInt8], opcode: UInt8 = 1, isFinal: Bool = true, claiming length: Int? = nil) -> Bool {
        let length = length ?? payload.count
        var frame: [UInt8] = [(isFinal ? 0x80 : 0) | opcode]
        if length < 126 {
            frame.append(0x80 | UInt8(length))
        } else if length < 65_536 {
            frame += [0x80 | 126, UInt8(length >> 8), UInt8(length & 255)]
        } else {
            frame.append(0x80 | 127)
            for shift in stride(from: 56, through: 0, by: -8) { frame.append(UInt8((length >> shift) & 255)) }
        }
        let mask: [UInt8] = [0x12, 0x34, 0x56, 0x78]
        frame += mask
        frame += payload.enumerated().map { $1 ^ mask[$0 & 3] }
        return send(frame)
    }

    @discardableResult
    func sendText(_ text: String) -> Bool { sendFrame(Array(text.utf8)) }

    /// The next frame: its opcode and payload.
    ///
    /// Pings are answered and skipped.
    func frame(answeringPings: Bool = true) -> (opcode: UInt8, payload: [UInt8])? {
        while true {
            if let (opcode, payload) = takeFrame() {
                if opcode == 9, answeringPings {
                    sendFrame(payload, opcode: 10)
                    continue
                }
                return (opcode, payload)
            }
            if !fill() { return nil }
        }
    }

    private func takeFrame() -> (UInt8, [UInt8])? {
        guard buffer.count >= 2 else { return nil }
        var length = Int(buffer[1] & 0x7F)
        var start = 2
        if length >= 126 {
            let bytes = length == 126 ? 2 : 8
            guard buffer.count >= 2 + bytes else { return nil }
            length = buffer[2..<2 + bytes].reduce(0) { $0 << 8 | Int($1) }
            start += bytes
        }
        guard buffer.count >= start + length else { return nil }
        let frame = (buffer[0] & 0x0F, Array(buffer[start..<start + length]))
        buffer.removeFirst(start + length)
        return frame
    }

    /// The code with which the server closes; nil if it ends without one.
    func closeCode() -> Int? {
        while let (opcode, payload) = frame() {
            if opcode == 8 { return payload.count >= 2 ? Int(payload[0]) << 8 | Int(payload[1]) : nil }
        }
        return nil
    }

    /// The next text message that passes; nil if none comes within ten seconds.
    func text(where passes: (String) -> Bool) -> String? {
        let end = ContinuousClock.now + .seconds(10)
        while ContinuousClock.now < end, let (opcode, payload) = frame() {
            let text = String(decoding: payload, as: UTF8.self)
            if opcode == 1, passes(text) { return text }
        }
        return nil
    }
}

/// An HTTP answer.
struct Response {
    var status: Int
    var headers: [String: String] = [:]
    var body: String
    var length: Int

    /// Reads an answer if it is complete.
    init?(_ bytes: [UInt8], toHead: Bool) {
        let text = String(decoding: bytes, as: UTF8.self)
        guard let end = text.range(of: "\r\n\r\n") else { return nil }
        let lines = text[..<end.lowerBound].split(separator: "\r\n")
        status = Int(lines[0].split(separator: " ")[1]) ?? 0
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            headers[line[..<colon].lowercased()] = String(line[line.index(after: colon)...].drop { $0 == " " })
        }
        let head = text[..<end.upperBound].utf8.count
        length = head + (toHead ? 0 : Int(headers["content-length"] ?? "0") ?? 0)
        guard bytes.count >= length else { return nil }
        body = String(decoding: bytes[head..<length], as: UTF8.self)
    }
}

extension StringProtocol {
    /// The first place of a text; Foundation's, without Foundation.
    func range(of wanted: String) -> Range<Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(wanted) { return start..<index(start, offsetBy: wanted.count) }
            start = index(after: start)
        }
        return nil
    }

    func contains(text: String) -> Bool { range(of: text) != nil }
}

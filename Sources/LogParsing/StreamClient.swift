// One connection that lines come from, in either framing of RFC 6587.
internal import Glibc

/// A client of a TCP socket.
///
/// A message that begins with its length and a space has that length (octet counting); any other ends with a line end.
final class StreamClient {
    let descriptor: CInt
    /// When something came from it last.
    private(set) var lastTurn: UInt64
    /// Whether it is gone, and all it sent was handed out.
    private(set) var isEnded = false
    private let identity = FileIdentity.unrepeatable()
    private var offset: UInt64 = 0
    private var pending: [UInt8] = []
    /// Bytes still to be skipped of a message that was too long; -1: up to the line's end.
    private var skipping = 0

    init(_ client: CInt, turn: UInt64) {
        descriptor = client
        lastTurn = turn
        _ = fcntl(client, F_SETFL, O_NONBLOCK)
        var on: CInt = 1
        setsockopt(client, SOL_SOCKET, SO_KEEPALIVE, &on, socklen_t(MemoryLayout<CInt>.size))
    }

    deinit { close(descriptor) }

    /// Takes at most a buffer of what has come; true if something had.
    func step<Handler: LineHandler & ~Copyable>(
        _ buffer: inout [UInt8], turn: UInt64, maximumLine: Int, input: Int, to handler: inout Handler
    ) -> Bool {
        let count = recv(descriptor, &buffer, buffer.count, 0)
        if count < 0 && (errno == EAGAIN || errno == EINTR) { return false }
        lastTurn = turn
        if count > 0 { pending.append(contentsOf: buffer[..<count]) }
        isEnded = count <= 0
        split(maximumLine: maximumLine, input: input, to: &handler)
        return true
    }

    private func split<Handler: LineHandler & ~Copyable>(
        maximumLine: Int, input: Int, to handler: inout Handler
    ) {
        let pending = pending
        let bytes = pending.span.bytes
        var start = 0
        while start < bytes.byteCount {
            if skipping != 0 {
                skip(bytes, &start)
                continue
            }
            let place = LinePlace(file: identity, offset: offset + UInt64(start), input: input)
            switch Self.frame(bytes, start, isEnded: isEnded) {
            case .partial(let length):
                guard length > maximumLine + 1 else { return keep(from: start) }
                handler.skip(at: place)
                skipping = -1
            case .counted(let from, let length) where length > maximumLine:
                handler.skip(at: place)
                start = from
                skipping = length
            case .counted(let from, let length):
                guard from + length <= bytes.byteCount else {
                    if isEnded { handler.skip(at: place) }
                    return keep(from: start)
                }
                hand(bytes, from..<from + length, place, to: &handler)
                start = from + length
            case .line(let end):
                if end - start > maximumLine {
                    handler.skip(at: place)
                } else {
                    hand(bytes, start..<end, place, to: &handler)
                }
                start = end + 1
            }
        }
        keep(from: bytes.byteCount)
    }

    private enum Frame {
        case partial(length: Int)
        case counted(from: Int, length: Int)
        case line(end: Int)
    }

    private static func frame(_ bytes: RawSpan, _ start: Int, isEnded: Bool) -> Frame {
        var index = start
        var length = 0
        while index < bytes.byteCount, index - start < 8, bytes.byte(at: index) &- 48 <= 9 {
            length = length * 10 + Int(bytes.byte(at: index) - 48)
            index += 1
        }
        if index > start, index - start < 8, bytes.byte(at: start) != UInt8(ascii: "0"), index < bytes.byteCount,
            bytes.byte(at: index) == UInt8(ascii: " ")
        {
            return .counted(from: index + 1, length: length)
        }
        if let end = bytes.firstIndex(of: 10, from: start) { return .line(end: end) }
        return isEnded ? .line(end: bytes.byteCount) : .partial(length: bytes.byteCount - start)
    }

    private func skip(_ bytes: RawSpan, _ start: inout Int) {
        if skipping > 0 {
            let count = min(skipping, bytes.byteCount - start)
            start += count
            skipping -= count
        } else if let end = bytes.firstIndex(of: 10, from: start) {
            start = end + 1
            skipping = 0
        } else {
            start = bytes.byteCount
        }
    }

    private func hand<Handler: LineHandler & ~Copyable>(
        _ bytes: RawSpan, _ range: Range<Int>, _ place: LinePlace, to handler: inout Handler
    ) {
        var end = range.upperBound
        while end > range.lowerBound, [10, 13, 0].contains(bytes.byte(at: end - 1)) { end -= 1 }
        _ = handler.take(bytes.extracting(range.lowerBound..<end), at: place)
    }

    private func keep(from start: Int) {
        pending.removeFirst(start)
        offset += UInt64(start)
    }
}

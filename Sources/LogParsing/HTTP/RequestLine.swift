// Request lines, taken apart.

/// A request line in its parts: `GET /path?query HTTP/1.1`.
struct RequestLine {
    var method: TextRange
    var path: TextRange
    var query: TextRange
    var `protocol`: TextRange

    /// Splits a request, or gives nil for what is none and for one that is absent.
    @inline(__always)
    init?(_ text: TextRange, of line: RawSpan) {
        let (start, stop) = (text.start, text.end)
        guard stop > start, let first = line.firstIndex(of: UInt8(ascii: " "), in: start..<stop),
            Self.isMethod(line, start..<first)
        else { return nil }
        let end: Int
        if let space = Self.spaceBeforeProtocol(line, first + 1..<stop) {
            `protocol` = TextRange(space + 1, stop)
            end = space
        } else {
            // HTTP/0.9 has no protocol, and knows GET of a path alone.
            guard line.has("GET /", at: start), line.firstIndex(of: UInt8(ascii: " "), in: first + 1..<stop) == nil
            else { return nil }
            `protocol` = .absent
            end = stop
        }
        guard end > first + 1, Self.isTarget(line.byte(at: first + 1)) else { return nil }
        method = TextRange(start, first)
        let mark = line.firstIndex(of: UInt8(ascii: "?"), in: first + 1..<end)
        path = TextRange(first + 1, mark ?? end)
        query = mark.map { TextRange($0 + 1, end) } ?? .absent
    }

    /// Capital letters, `-` and `_`, at most 32, as every registered method has and nginx requires.
    @inline(__always)
    private static func isMethod(_ line: RawSpan, _ range: Range<Int>) -> Bool {
        guard range.count > 0, range.count <= 32 else { return false }
        for index in range {
            let byte = line.byte(at: index)
            guard byte &- 65 < 26 || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_") else { return false }
        }
        return true
    }

    /// The space before `HTTP/` and a version of digits and points at the end of `range`.
    @inline(__always)
    private static func spaceBeforeProtocol(_ line: RawSpan, _ range: Range<Int>) -> Int? {
        if range.count >= 9, line.has(" HTTP/1.", at: range.upperBound - 9),
            line.byte(at: range.upperBound - 1) &- 48 < 10
        {
            return range.upperBound - 9
        }
        let near = max(range.lowerBound, range.upperBound - 16)..<max(range.lowerBound, range.upperBound)
        guard let space = line.lastIndex(of: UInt8(ascii: " "), in: near), line.has(" HTTP/", at: space),
            range.upperBound > space + 6
        else { return nil }
        for index in space + 6..<range.upperBound {
            let byte = line.byte(at: index)
            guard byte &- 48 < 10 || byte == UInt8(ascii: ".") else { return nil }
        }
        return space
    }

    /// Whether a path, `*`, an absolute address, or the `host:port` of CONNECT can begin so.
    @inline(__always)
    private static func isTarget(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "/") || byte == UInt8(ascii: "*") || (byte | 0x20) &- 97 < 26 || byte &- 48 < 10
            || byte == UInt8(ascii: "[")
    }
}

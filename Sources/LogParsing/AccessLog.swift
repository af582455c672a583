// The access log formats `common` and `combined`, the same in nginx and Apache, as `http.hit` events.
public import BSON

/// Parses access logs in the common or the combined format.
///
///     83.149.9.216 - - [17/May/2015:10:05:03 +0000] "GET /a?b=1 HTTP/1.1" 200 203 "http://example.org/" "curl/7.88"
///
/// Values that are `-` or empty are absent from the event. The escapes of both servers are decoded; what is not valid
/// UTF-8 then is repaired, and the event says `repaired: true`. A request that is none (a TLS hello, a port scan) is
/// kept as it came, as `request`. `docs/events.md` describes each field.
///
/// A line that was cut within its last two fields is kept with what is there, as `truncated: true`.
public struct AccessLogParser: LineParser {
    /// Which fields a line has.
    public enum Layout: String, CaseIterable, Sendable {
        /// Up to the number of bytes.
        case common
        /// Those of ``common``, then referer and user agent.
        case combined
    }

    /// The fields that are expected.
    public let layout: Layout
    /// Where its events go; `http.hit` unless chosen otherwise.
    public let topics: [String]
    /// `common` or `combined`.
    public var format: String { layout.rawValue }

    private var fields = AccessFields()
    private var text = FieldText()
    private var clock = CommonLogClock()

    /// Makes a parser of one layout.
    public init(_ layout: Layout, topic: String = "http.hit") {
        self.layout = layout
        topics = [topic]
    }

    /// Finds the fields of one line.
    public mutating func find(in line: RawSpan) -> LineOutcome {
        if let refusal = fields.find(in: line, layout: layout, clock: &clock) { return .refused(refusal) }
        return .event(topic: 0, milliseconds: fields.milliseconds)
    }

    /// Writes the fields of the line that was found last.
    public mutating func write(_ line: RawSpan, at place: LinePlace, into event: inout DocumentWriter) {
        text.begin(isPlain: fields.isPlain)
        event["_id"] = place.id(seconds: UInt32(truncatingIfNeeded: fields.milliseconds / 1000))
        event["timestamp"] = Datetime(millisecondsSinceEpoch: fields.milliseconds)
        text.append("remote_addr", fields.address, of: line, to: &event)
        text.append("remote_ident", fields.ident, of: line, to: &event)
        text.append("remote_user", fields.user, of: line, to: &event)
        if let parts = RequestLine(fields.request, of: line) {
            text.append("method", parts.method, of: line, to: &event)
            text.append("path", parts.path, of: line, to: &event)
            text.append("query", parts.query, of: line, to: &event)
            text.append("protocol", parts.protocol, of: line, to: &event)
        } else {
            text.append("request", fields.request, of: line, to: &event)
        }
        if fields.status >= 0 { event["status"] = fields.status }
        if fields.bytes >= 0 { event["bytes"] = fields.bytes }
        text.append("referer", fields.referer, of: line, to: &event)
        text.append("user_agent", fields.userAgent, of: line, to: &event)
        if text.isRepaired { event["repaired"] = true }
        if fields.isTruncated { event["truncated"] = true }
    }
}

/// Where the fields of one line stand.
///
/// Quotation marks within fields are escaped by both servers, so the first one on the line begins the request,
/// whatever a client called itself: what stands before it is read backwards from there.
private struct AccessFields: Sendable {
    var address = TextRange.absent
    var ident = TextRange.absent
    var user = TextRange.absent
    var milliseconds: Int64 = 0
    var request = TextRange.absent
    var status: Int32 = -1
    var bytes: Int64 = -1
    var referer = TextRange.absent
    var userAgent = TextRange.absent
    /// Whether no field can need unescaping or repair.
    var isPlain = true
    var isTruncated = false

    mutating func find(
        in line: RawSpan, layout: AccessLogParser.Layout, clock: inout CommonLogClock
    ) -> Refusal? {
        let end = line.byteCount
        guard end > 0 else { return .empty }
        isPlain = line.isPlain
        isTruncated = false
        guard let quote = requestQuote(in: line) else { return .noRequest }
        if let refusal = findClient(in: line, before: quote, clock: &clock) { return refusal }
        guard let close = endOfText(in: line, from: quote + 1) else { return .noRequest }
        request = TextRange(quote + 1, close, in: line)
        var index = close + 1
        if let refusal = findNumbers(in: line, from: &index) { return refusal }
        if layout == .combined { return findAgent(in: line, from: index) }
        referer = .absent
        userAgent = .absent
        return index == end ? nil : .unexpectedFields
    }

    /// The quotation mark that begins the request.
    ///
    /// Apache writes an empty user as two of them, which are skipped.
    @inline(__always)
    private func requestQuote(in line: RawSpan) -> Int? {
        guard let quote = line.firstIndex(of: UInt8(ascii: "\""), from: 0) else { return nil }
        guard quote > 0, quote + 1 < line.byteCount, line.byte(at: quote + 1) == UInt8(ascii: "\""),
            line.has(" \"\" [", at: quote - 1)
        else { return quote }
        return line.firstIndex(of: UInt8(ascii: "\""), from: quote + 2)
    }

    /// The quotation mark that ends the text from `start` on; one after a backslash belongs to the text.
    @inline(__always)
    private func endOfText(in line: RawSpan, from start: Int) -> Int? {
        if isPlain { return line.firstIndex(of: UInt8(ascii: "\""), from: start) }
        var index = start
        while index < line.byteCount {
            let byte = line.byte(at: index)
            if byte == UInt8(ascii: "\"") { return index }
            index += byte == UInt8(ascii: "\\") ? 2 : 1
        }
        return nil
    }

    /// Address, ident, user and time, which fill everything before the request.
    private mutating func findClient(
        in line: RawSpan, before quote: Int, clock: inout CommonLogClock
    ) -> Refusal? {
        // `[` time `]` and a space
        let time = quote - 2 - CommonLogTime.length
        guard time >= 1, line.byte(at: time - 1) == UInt8(ascii: "["), line.byte(at: quote - 2) == UInt8(ascii: "]"),
            line.byte(at: quote - 1) == UInt8(ascii: " "), let milliseconds = clock.milliseconds(in: line, at: time)
        else { return .badTimestamp }
        self.milliseconds = milliseconds
        let end = time - 2  // the space before the bracket
        guard end > 0, line.byte(at: end) == UInt8(ascii: " "),
            let first = line.firstIndex(of: UInt8(ascii: " "), in: 0..<end), first > 0,
            let second = line.firstIndex(of: UInt8(ascii: " "), in: first + 1..<end)
        else { return .badAddress }
        address = TextRange(0, first, in: line)
        ident = TextRange(first + 1, second, in: line)
        user = TextRange(second + 1, end, in: line)
        // A user may hold spaces, but beside an ident they mean that the line has more fields than the format.
        if !ident.isAbsent, line.firstIndex(of: UInt8(ascii: " "), in: second + 1..<end) != nil {
            return .unexpectedFields
        }
        return nil
    }

    /// ` status bytes`; either may be `-`.
    private mutating func findNumbers(in line: RawSpan, from index: inout Int) -> Refusal? {
        guard index < line.byteCount, line.byte(at: index) == UInt8(ascii: " ") else { return .missingFields }
        index += 1
        guard let code = line.decimal(at: &index), code.digits == 3 || code.digits == 0 else { return .badStatus }
        status = code.digits == 3 ? Int32(truncatingIfNeeded: code.value) : -1
        guard index < line.byteCount else { return .missingFields }
        guard line.byte(at: index) == UInt8(ascii: " ") else { return .badStatus }
        index += 1
        guard index < line.byteCount else { return .missingFields }
        guard let size = line.decimal(at: &index) else { return .badBytes }
        bytes = size.digits > 0 ? size.value : -1
        guard index == line.byteCount || line.byte(at: index) == UInt8(ascii: " ") else { return .badBytes }
        return nil
    }

    /// ` "referer" "user agent"`, of which the end may be cut.
    private mutating func findAgent(in line: RawSpan, from start: Int) -> Refusal? {
        let end = line.byteCount
        userAgent = .absent
        guard start + 1 < end else { return .missingFields }
        guard line.has(" \"", at: start) else { return .unexpectedFields }
        let close = endOfText(in: line, from: start + 2)
        referer = TextRange(start + 2, close ?? end, in: line)
        guard let close, close + 2 < end else {
            isTruncated = true
            return nil
        }
        guard line.has(" \"", at: close + 1) else { return .unexpectedFields }
        let last = endOfText(in: line, from: close + 3)
        userAgent = TextRange(close + 3, last ?? end, in: line)
        isTruncated = last == nil
        return (last ?? end) + 1 < end ? .unexpectedFields : nil
    }
}

/// A request line in its parts: `GET /path?query HTTP/1.1`.
private struct RequestLine {
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

extension RawSpan {
    /// Reads decimal digits from `index` on, or a `-`, which counts as no digits; nil if neither stands there or there
    /// are more than 18.
    @inline(__always)
    fileprivate func decimal(at index: inout Int) -> (value: Int64, digits: Int)? {
        let start = index
        var value: Int64 = 0
        precondition(start >= 0)
        while index < byteCount {
            let digit = unsafeLoad(fromUncheckedByteOffset: index, as: UInt8.self) &- 48
            guard digit <= 9 else { break }
            value = value &* 10 &+ Int64(digit)
            index &+= 1
        }
        let digits = index &- start
        if digits > 0 { return digits <= 18 ? (value, digits) : nil }
        guard index < byteCount, byte(at: index) == UInt8(ascii: "-") else { return nil }
        index += 1
        return (0, 0)
    }
}

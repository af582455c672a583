// The access log formats `common` and `combined`, the same in nginx and Apache, as `http.hit` events.
internal import BSON

/// Parses access logs in the common or the combined format.
///
///     83.149.9.216 - - [17/May/2015:10:05:03 +0000] "GET /a?b=1 HTTP/1.1" 200 203 "http://example.org/" "curl/7.88"
///
/// Values that are `-` or empty are absent from the event. The escapes of both servers are decoded; what is not valid
/// UTF-8 then is repaired, and the event says `repaired: true`. A request that is none (a TLS hello, a port scan) is
/// kept as it came, as `request`. `docs/events.md` describes each field.
///
/// A line that was cut within its last two fields is kept with what is there, as `truncated: true`.
public struct AccessLogParser: OneEventParser {
    /// Which fields a line has.
    public enum Layout: String, CaseIterable, Sendable {
        /// Up to the number of bytes.
        case common
        /// Those of ``common``, then referer and user agent.
        case combined
    }

    /// The fields that are expected.
    public let layout: Layout
    let topic: Int
    /// `common` or `combined`.
    public var format: String { layout.rawValue }
    /// Lines do not depend on each other.
    public var context: LineContext? { LineContext() }

    private var fields = AccessFields()
    private var text = FieldText()
    private var clock = CommonLogClock()

    /// Makes a parser of one layout; its events go to `http.hit`.
    public init(_ layout: Layout, topics: inout LogTopics) {
        self.layout = layout
        topic = topics.number(of: "http.hit")
    }

    mutating func find(in line: RawSpan) -> Refusal? { fields.find(in: line, layout: layout, clock: &clock) }

    mutating func write(_ line: RawSpan, at place: LinePlace, into event: inout DocumentWriter) {
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

// The error log of nginx, whose messages may have several lines.
internal import BSON

/// Parses nginx's error log, as `http.error` events.
///
///     2026/11/21 00:24:27 [error] 18:18#0: *7 open() "/x" failed (2: No such file), client: ::1, server: a
///
/// A line that does not begin with a time goes on with the message before it, which is therefore emitted when the next
/// one begins, or after a second.
public struct NginxErrorParser: LineParser {
    /// `nginx-error`.
    public let format = "nginx-error"
    /// Bytes of a message of several lines.
    private static let limit = 64 << 10

    private let topic: Int
    private var waiting: [UInt8] = []
    private var place = LinePlace(file: FileIdentity(seed: 0), offset: 0)
    /// Whether the message is waiting since before the last tick of the clock.
    private var isOld = false
    private var clock = SyslogClock()
    private var text = FieldText(escape: .none)

    /// The message that waits.
    public var context: LineContext? {
        var context = LineContext()
        if !waiting.isEmpty { context.waiting = (waiting, place) }
        return context
    }

    /// Begins without a message.
    public mutating func begin(in context: LineContext) { waiting.removeAll(keepingCapacity: true) }

    /// Whether a message begins with a line.
    public mutating func isBeginning(_ line: RawSpan) -> Bool {
        var index = 0
        return clock.slashedMilliseconds(in: line, at: &index) != nil && line.has(" [", at: index)
    }

    /// Emits the message that waited, since another has begun, and goes on with the last one.
    public mutating func goOn(in context: LineContext, to output: any EventOutput) {
        emit(output)
        guard let (text, place) = context.waiting else { return }
        (waiting, self.place, isOld) = (text, place, false)
    }

    /// The line with which the message began that waits.
    public var held: LinePlace? { waiting.isEmpty ? nil : place }

    init(topics: inout LogTopics) { topic = topics.number(of: "http.error") }

    /// Takes one line.
    public mutating func take(_ line: RawSpan, at place: LinePlace, to output: any EventOutput) -> LineOutcome {
        if isBeginning(line) {
            emit(output)
            line.withUnsafeBytes { waiting.append(contentsOf: $0) }
            self.place = place
            isOld = false
            return .taken
        }
        guard !waiting.isEmpty, place.file == self.place.file else {
            return .refused(line.byteCount == 0 ? .empty : .badTimestamp)
        }
        guard waiting.count + line.byteCount < Self.limit else { return .refused(.tooLong) }
        waiting.append(10)
        line.withUnsafeBytes { waiting.append(contentsOf: $0) }
        return .taken
    }

    /// Emits a message that nothing has followed for a second.
    public mutating func pass(to milliseconds: Int64, _ output: any EventOutput) {
        if isOld { emit(output) }
        isOld = !waiting.isEmpty
    }

    /// Emits the last message.
    public mutating func finish(_ output: any EventOutput) { emit(output) }

    private mutating func emit(_ output: any EventOutput) {
        if waiting.isEmpty { return }
        let bytes = waiting
        waiting.removeAll(keepingCapacity: true)
        output.emit(topic: topic) { write(bytes.span.bytes, to: &$0) }
    }

    /// Reads `[severity] pid#tid: *connection message, client: …, server: …`.
    private mutating func write(_ line: RawSpan, to event: inout DocumentWriter) {
        var index = 0
        let milliseconds = clock.slashedMilliseconds(in: line, at: &index) ?? 0
        event["_id"] = place.id(seconds: UInt32(truncatingIfNeeded: milliseconds / 1000))
        event["timestamp"] = Datetime(millisecondsSinceEpoch: milliseconds)
        text.begin(isPlain: false)
        var cursor = TextCursor(line, TextRange(index, line.byteCount))
        _ = cursor.take(" [")
        if let severity = cursor.takeUntil("] ") { writeSeverity(severity, line, to: &event) }
        let start = cursor.start
        if let pid = cursor.takeNumber(), cursor.take("#"), let thread = cursor.takeNumber(), cursor.take(": ") {
            event["pid"] = pid
            event["tid"] = thread
        } else {
            cursor.start = start
        }
        let afterProcess = cursor.start
        if cursor.take("*"), let connection = cursor.takeNumber(), cursor.take(" ") {
            event["connection"] = connection
        } else {
            cursor.start = afterProcess
        }
        let end = writeContext(cursor, to: &event)
        cursor.end = end
        text.append("message", cursor.rest, of: line, to: &event)
        if text.isRepaired { event["repaired"] = true }
    }

    private mutating func writeSeverity(_ word: TextRange, _ line: RawSpan, to event: inout DocumentWriter) {
        if word.end - word.start == 4, line.has("warn", at: word.start) {
            event["severity"] = "warning" as StaticString
        } else {
            text.append("severity", word, of: line, to: &event)
        }
    }

    /// Writes `, client: A, server: B, request: "C", upstream: "D", host: "E", referrer: "F"` and says where it begins.
    private mutating func writeContext(_ message: TextCursor, to event: inout DocumentWriter) -> Int {
        let names: [(StaticString, StaticString)] = [
            (", client: ", "client"), (", server: ", "server_name"), (", request: \"", "request"),
            (", subrequest: \"", "subrequest"), (", upstream: \"", "upstream"), (", host: \"", "request_host"),
            (", referrer: \"", "referer"), (", login: \"", "login"),
        ]
        // The client comes first, and what stands before it may hold anything.
        guard let start = message.findLast(", client: ") ?? message.findLast(", server: ") else { return message.end }
        var cursor = message
        cursor.start = start
        var from = 0
        while !cursor.isAtEnd {
            guard let index = (from..<names.count).first(where: { cursor.has(names[$0].0) }) else { break }
            _ = cursor.take(names[index].0)
            from = index + 1
            let isQuoted = index >= 2
            let next = (from..<names.count).compactMap { cursor.find(names[$0].0) }.min() ?? cursor.end
            let end = isQuoted && next > cursor.start ? next - 1 : next
            let value = TextRange(cursor.start, max(cursor.start, end))
            let field = names[index].1
            if index == 0 {
                text.append("remote_addr", value, of: cursor.line, to: &event)
            } else if index == 2, let request = RequestLine(value, of: cursor.line) {
                text.append("method", request.method, of: cursor.line, to: &event)
                text.append("path", request.path, of: cursor.line, to: &event)
                text.append("query", request.query, of: cursor.line, to: &event)
                text.append("protocol", request.protocol, of: cursor.line, to: &event)
            } else {
                text.append(field, value, of: cursor.line, to: &event)
            }
            cursor.start = next
        }
        return start
    }
}

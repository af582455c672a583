// Access logs in a format of one's own, as nginx.conf has it.
internal import BSON

/// Parses access logs in any `log_format` of nginx, as `http.hit` events.
///
/// Values that are `-` or empty are absent from the event. `docs/events.md` says which field each variable becomes.
public struct NginxAccessParser: OneEventParser {
    /// `nginx`, or the name of a format that is built in.
    public let format: String
    let topic: Int
    /// Lines do not depend on each other.
    public var context: LineContext? { LineContext() }

    private var program: HitProgram
    private var writer: HitWriter
    private var now: Int64 = 0

    init(_ log: NginxLogFormat, named format: String = "nginx", topics: inout LogTopics) throws(LogFormat.Problem) {
        self.format = format
        program = try HitProgram(log)
        writer = HitWriter(escape: log.escape)
        topic = topics.number(of: "http.hit")
    }

    /// Remembers the time, for formats that have none.
    public mutating func pass(to milliseconds: Int64, _ output: any EventOutput) { now = milliseconds }

    mutating func find(in line: RawSpan) -> Refusal? {
        let isPlain = line.isPlain
        writer.begin(isPlain: isPlain)
        return program.match(line, isPlain: isPlain)
    }

    mutating func write(_ line: RawSpan, at place: LinePlace, into event: inout DocumentWriter) {
        let milliseconds = program.milliseconds
        event["_id"] = place.id(seconds: UInt32(truncatingIfNeeded: (milliseconds ?? 0) / 1000))
        event["timestamp"] = Datetime(millisecondsSinceEpoch: milliseconds ?? now)
        Self.writeValues(of: program, line, &writer, to: &event)
        if writer.isRepaired { event["repaired"] = true }
        if program.isTruncated { event["truncated"] = true }
    }

    private static func writeValues(
        of program: HitProgram, _ line: RawSpan, _ writer: inout HitWriter, to event: inout DocumentWriter
    ) {
        let text = program.text.span.bytes
        let steps = program.steps.span
        let ranges = program.ranges.span
        for index in steps.indices {
            guard let kind = steps[index].kind, !ranges[index].isAbsent else { continue }
            if let part = steps[index].part, kind != .request, kind != .target {
                writer.writePart(part, ranges[index], of: line, to: &event)
            } else {
                let key = text.extracting(steps[index].key.range)
                writer.write(kind, key: key, ranges[index], of: line, to: &event)
            }
        }
    }
}

// Lines of whatever format: each is tried until one fits.
internal import BSON

/// Parses lines whose format nobody said.
///
/// The format that fitted the line before is tried first.
public struct AutoParser: LineParser {
    /// `auto`.
    public let format = "auto"
    private var json: JSONLineParser
    private var others: [any LineParser]
    private var last = 0

    init(topics: inout LogTopics) throws(LogFormat.Problem) {
        others = []
        for name in ["combined", "common", "main", "vhost_combined"] {
            others.append(try LogFormat.parser(name, topics: &topics))
        }
        json = JSONLineParser(topics: &topics)
    }

    /// Takes one line.
    public mutating func take(_ line: RawSpan, at place: LinePlace, to output: any EventOutput) -> LineOutcome {
        guard line.byteCount > 0 else { return .refused(.empty) }
        if line.byte(at: 0) == UInt8(ascii: "{") {
            let outcome = json.take(line, at: place, to: output)
            if outcome == .taken { return outcome }
        }
        let first = others[last].take(line, at: place, to: output)
        guard case .refused = first else { return first }
        for index in others.indices where index != last {
            if case .taken = others[index].take(line, at: place, to: output) {
                last = index
                return .taken
            }
        }
        return first
    }

    /// Tells the time to those that need it.
    public mutating func pass(to milliseconds: Int64, _ output: any EventOutput) {
        json.pass(to: milliseconds, output)
        for index in others.indices { others[index].pass(to: milliseconds, output) }
    }

    /// Emits what waits.
    public mutating func finish(_ output: any EventOutput) {
        for index in others.indices { others[index].finish(output) }
    }
}

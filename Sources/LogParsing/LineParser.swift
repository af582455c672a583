// What a parser of log lines is: the bytes of a line in, at most one event out.
public import BSON

/// Turns the lines of one log format into events, in two steps: it finds the fields, then it writes them.
///
/// Between the two the caller decides whether anybody wants the event at all. A parser knows no files, sockets or
/// clocks. What it must remember from line to line (an open transaction, a name seen before) it keeps in itself.
public protocol LineParser: Sendable {
    /// The name that selects this format in `--format NAME[:SPEC]`.
    var format: String { get }

    /// The topics of its events; ``LineOutcome/event(topic:milliseconds:)`` counts in this list.
    var topics: [String] { get }

    /// Finds the fields of one line, which comes without its line ending.
    mutating func find(in line: RawSpan) -> LineOutcome

    /// Writes the event of the line that was found last into the open document, `_id` and `timestamp` first.
    ///
    /// - Parameter line: The same line as in ``find(in:)``.
    /// - Complexity: O(*n*) in the length of the line; no allocation once the longest line was seen.
    mutating func write(_ line: RawSpan, at place: LinePlace, into event: inout DocumentWriter)
}

extension LineParser {
    /// Parses one line and appends its event as a document, unless it is refused.
    public mutating func parse(
        _ line: RawSpan, at place: LinePlace, into events: inout DocumentWriter
    ) -> LineOutcome {
        let outcome = find(in: line)
        guard case .event = outcome else { return outcome }
        events.beginDocument()
        write(line, at: place, into: &events)
        return events.endDocument() ? outcome : .refused(.tooLarge)
    }
}

/// What became of one line.
public enum LineOutcome: Hashable, Sendable {
    /// The line is an event. `milliseconds` is its time, since 1970 in UTC.
    case event(topic: Int, milliseconds: Int64)
    /// The line is not of the format.
    case refused(Refusal)
}

/// Why a line became no event; the raw value is the word used in counters, on `_es.unparsed` and in messages.
public enum Refusal: String, CaseIterable, Sendable {
    /// Nothing stands on the line.
    case empty
    /// The line is longer than the reader's limit; it was never read as a whole.
    case tooLong = "too_long"
    /// The line does not begin with an address, an identity and a user.
    case badAddress = "bad_address"
    /// No `[day/month/year:hour:minute:second zone]` stands before the request, or it names no existing time.
    case badTimestamp = "bad_timestamp"
    /// No request in quotation marks, or it does not end.
    case noRequest = "no_request"
    /// The status is not three digits.
    case badStatus = "bad_status"
    /// The number of bytes is not one.
    case badBytes = "bad_bytes"
    /// The line ends before the last field of the format.
    case missingFields = "missing_fields"
    /// Something stands where the format has nothing, as when the lines are of another format.
    case unexpectedFields = "unexpected_fields"
    /// The event would exceed the limits of a document.
    case tooLarge = "too_large"
}

/// How many lines were read and what became of them: `read = emitted + refused`.
public struct LineCounts: Hashable, Sendable {
    /// Lines seen, the refused ones included.
    public private(set) var read: UInt64 = 0
    /// Lines that became an event.
    public private(set) var emitted: UInt64 = 0
    private var refusals = [UInt64](repeating: 0, count: Refusal.allCases.count)

    /// Starts with nothing read.
    public init() {}

    /// Lines that became no event.
    public var refused: UInt64 { read - emitted }

    /// Lines refused for one reason.
    public subscript(reason: Refusal) -> UInt64 { refusals[reason.index] }

    /// Counts one line.
    public mutating func count(_ outcome: LineOutcome) {
        read &+= 1
        switch outcome {
        case .event: emitted &+= 1
        case .refused(let reason): refusals[reason.index] &+= 1
        }
    }

    /// The reasons that occurred, most frequent first.
    public var reasons: [(reason: Refusal, lines: UInt64)] {
        Refusal.allCases.map { ($0, self[$0]) }.filter { $0.lines > 0 }.sorted { $0.lines > $1.lines }
    }
}

extension Refusal {
    /// Place among all reasons, from 0.
    var index: Int {
        switch self {
        case .empty: 0
        case .tooLong: 1
        case .badAddress: 2
        case .badTimestamp: 3
        case .noRequest: 4
        case .badStatus: 5
        case .badBytes: 6
        case .missingFields: 7
        case .unexpectedFields: 8
        case .tooLarge: 9
        }
    }
}

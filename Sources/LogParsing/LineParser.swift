// What a parser of log lines is: the bytes of a line in, events out.
internal import BSON

/// Turns the lines of one log format into events.
///
/// A line gives none, one or several events, on one or several topics. A parser knows no files, sockets or clocks. What
/// it must remember from line to line (an open transaction, a message of several lines) it keeps in itself, bounded,
/// and hands out when the time for it has come or at the end.
public protocol LineParser: Sendable {
    /// The name that selects this format in `--format NAME[:SPEC]`.
    var format: String { get }

    /// Takes one line, which comes without its line ending.
    ///
    /// - Parameters:
    ///   - place: Where the line stands, which its events have their `_id` from.
    ///   - output: Takes the events; what it does not want need not be built.
    /// - Complexity: O(*n*) in the length of the line.
    mutating func take(_ line: RawSpan, at place: LinePlace, to output: any EventOutput) -> LineOutcome

    /// What the lines before decide about those that follow.
    ///
    /// Nil if they decide more than a context can say: then all lines must be parsed one after another.
    var context: LineContext? { get }

    /// Begins in the middle of a log, behind lines that are not known and may have decided this.
    ///
    /// A message that waits in the context is none of this parser's.
    mutating func begin(in context: LineContext)

    /// The first time since ``begin(in:)`` that was guessed from the context.
    var firstGuess: Int64? { get }

    /// Whether a line can be understood by a parser that has just begun in the middle of a log.
    mutating func isBeginning(_ line: RawSpan) -> Bool

    /// Goes on behind lines that another parser has taken, emitting what waited for them.
    ///
    /// - Parameter context: That of the other parser, behind the lines.
    mutating func goOn(in context: LineContext, to output: any EventOutput)

    /// Takes lines about mails that another parser has kept.
    mutating func take(_ mails: MailLines, to output: SplicedOutput)

    /// Where the first line stands that was taken, became no event yet, and must be read again after a restart.
    var held: LinePlace? { get }

    /// Writes, or reads, what is remembered and cannot be had by reading lines again.
    mutating func code(_ state: inout KeptState)

    /// Emits what has waited long enough; called about once a second, and whenever no more lines are there.
    ///
    /// - Parameter milliseconds: The time of the clock on the wall, since 1970 in UTC.
    mutating func pass(to milliseconds: Int64, _ output: any EventOutput)

    /// Emits all that waits, because nothing follows.
    mutating func finish(_ output: any EventOutput)
}

extension LineParser {
    /// All lines must be parsed one after another.
    public var context: LineContext? { nil }

    /// Does nothing: a context says nothing.
    public mutating func begin(in context: LineContext) {}

    /// Nothing is guessed.
    public var firstGuess: Int64? { nil }

    /// Every line can be understood.
    public mutating func isBeginning(_ line: RawSpan) -> Bool { true }

    /// Begins in the context: nothing waits.
    public mutating func goOn(in context: LineContext, to output: any EventOutput) { begin(in: context) }

    /// Does nothing: there are no mails.
    public mutating func take(_ mails: MailLines, to output: SplicedOutput) {}

    /// Does nothing: all can be had by reading lines again.
    public mutating func code(_ state: inout KeptState) {}

    /// No line waits.
    public var held: LinePlace? { nil }

    /// Does nothing: nothing waits.
    public mutating func pass(to milliseconds: Int64, _ output: any EventOutput) {}

    /// Does nothing: nothing waits.
    public mutating func finish(_ output: any EventOutput) {}
}

/// A format of which every line is one event: its fields are found, and written if anybody wants them.
protocol OneEventParser: LineParser {
    /// Number of the topic of its events.
    var topic: Int { get }

    /// Finds the fields of one line; gives the reason if it is not of the format.
    mutating func find(in line: RawSpan) -> Refusal?

    /// Writes the event of the line that was found last into the open document, `_id` and `timestamp` first.
    ///
    /// - Parameter line: The same line as in ``find(in:)``.
    mutating func write(_ line: RawSpan, at place: LinePlace, into event: inout DocumentWriter)
}

extension OneEventParser {
    /// Finds the fields of one line and emits them as an event.
    public mutating func take(_ line: RawSpan, at place: LinePlace, to output: any EventOutput) -> LineOutcome {
        if let refusal = find(in: line) { return .refused(refusal) }
        output.emit(topic: topic) { write(line, at: place, into: &$0) }
        return .taken
    }
}

/// The topics of all parsers of a reader, by number.
public struct LogTopics: Hashable, Sendable {
    /// Their names.
    public private(set) var names: [String] = []
    private let main: String?

    /// Starts with no topic.
    ///
    /// - Parameter main: The name of the first topic, instead of what the first parser calls it.
    public init(main: String? = nil) { self.main = main }

    /// The number of a topic, which is new if nobody has asked for it before.
    public mutating func number(of name: String) -> Int {
        let name = names.isEmpty ? main ?? name : name
        if let number = names.firstIndex(of: name) { return number }
        names.append(name)
        return names.count - 1
    }
}

/// What became of one line.
public enum LineOutcome: Hashable, Sendable {
    /// The line is of the format, and what it says is in an event or will be.
    case taken
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
    /// The line is no JSON object.
    case notJSON = "not_json"
    /// The line is of no format that is known.
    case unknownFormat = "unknown_format"
    /// The line has no syslog header with a time, a host and a program.
    case badHeader = "bad_header"
    /// The line is of a program that the format does not know.
    case otherProgram = "other_program"
}

/// How many lines were read and what became of them: `read = emitted + refused`.
public struct LineCounts: Hashable, Sendable {
    /// Lines seen, the refused ones included.
    public private(set) var read: UInt64 = 0
    /// Lines that became an event, or a part of one.
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
        case .taken: emitted &+= 1
        case .refused(let reason): refusals[reason.index] &+= 1
        }
    }

    /// Adds the counts of other lines.
    mutating func add(_ other: LineCounts) {
        read &+= other.read
        emitted &+= other.emitted
        for index in refusals.indices { refusals[index] &+= other.refusals[index] }
    }

    /// The reasons that occurred, most frequent first.
    public var reasons: [(reason: Refusal, lines: UInt64)] {
        Refusal.allCases.map { ($0, self[$0]) }.filter { $0.lines > 0 }.sorted { $0.lines > $1.lines }
    }
}

extension Refusal {
    /// Place among all reasons, from 0.
    var index: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}

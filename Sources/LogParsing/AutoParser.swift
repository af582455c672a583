// Lines of whatever format: each is tried until one fits.
internal import BSON

/// Access logs of any format that is recognised.
///
/// The format that fitted the line before is tried first.
struct HitGuess: Sendable {
    private var json: JSONLineParser
    private var others: [any LineParser] = []
    var last = 0

    init(topics: inout LogTopics) throws(LogFormat.Problem) {
        for name in ["combined", "common", "main", "vhost_combined"] {
            others.append(try LogFormat.parser(name, topics: &topics))
        }
        json = JSONLineParser(topics: &topics)
    }

    mutating func take(_ line: RawSpan, at place: LinePlace, to output: any EventOutput) -> LineOutcome {
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
    mutating func set(now milliseconds: Int64, _ output: any EventOutput) {
        json.pass(to: milliseconds, output)
        for index in others.indices { others[index].pass(to: milliseconds, output) }
    }
}

/// Parses lines whose format nobody said: access logs, JSON, the journal, syslog, nginx's error log.
public struct AutoParser: LineParser {
    /// `auto`.
    public let format = "auto"
    private var hits: HitGuess
    private var journal: JournalParser
    private var syslog: SyslogParser
    private var errors: NginxErrorParser
    /// Whether the last line that was taken was one of syslog.
    private var isSyslog = false

    init(topics: inout LogTopics) throws(LogFormat.Problem) {
        hits = try HitGuess(topics: &topics)
        journal = try JournalParser(topics: &topics)
        syslog = try SyslogParser(topics: &topics)
        errors = NginxErrorParser(topics: &topics)
    }

    /// The formats that fitted last, as long as no line is of the journal and none of an error log waits.
    public var context: LineContext? {
        guard journal.isUnused, errors.held == nil, var context = syslog.context else { return nil }
        context.choice = context.choice << 8 | hits.last << 1 | (isSyslog ? 1 : 0)
        return context
    }

    /// Begins with formats, and near to a time.
    public mutating func begin(in context: LineContext) {
        isSyslog = context.choice & 1 == 1
        hits.last = context.choice >> 1 & 0x7F
        syslog.begin(in: LineContext(choice: context.choice >> 8, time: context.time))
    }

    /// Goes on with the formats and the time of lines that another parser has taken.
    public mutating func goOn(in context: LineContext, to output: any EventOutput) {
        isSyslog = context.choice & 1 == 1
        hits.last = context.choice >> 1 & 0x7F
        syslog.goOn(in: LineContext(choice: context.choice >> 8, time: context.time), to: output)
    }

    /// The first time of syslog of which the year was guessed.
    public var firstGuess: Int64? { syslog.firstGuess }

    /// Writes or reads the mails that are not done.
    public mutating func code(_ state: inout KeptState) {
        journal.code(&state)
        syslog.code(&state)
    }

    /// Takes lines about mails.
    public mutating func take(_ mails: MailLines, to output: SplicedOutput) { syslog.take(mails, to: output) }

    /// The line with which a message of an error log began that waits.
    public var held: LinePlace? { errors.held }

    /// Takes one line.
    public mutating func take(_ line: RawSpan, at place: LinePlace, to output: any EventOutput) -> LineOutcome {
        guard line.byteCount > 0 else { return .refused(.empty) }
        if isSyslog {
            if syslog.take(line, at: place, to: output) == .taken { return .taken }
        } else if hits.isLikely(line) {
            let outcome = hits.take(line, at: place, to: output)
            if outcome == .taken { return outcome }
        }
        if line.byte(at: 0) == UInt8(ascii: "{"), journal.take(line, at: place, to: output) == .taken { return .taken }
        if !isSyslog, syslog.take(line, at: place, to: output) == .taken {
            isSyslog = true
            return .taken
        }
        let outcome = hits.take(line, at: place, to: output)
        if outcome == .taken {
            isSyslog = false
        } else if errors.take(line, at: place, to: output) == .taken {
            return .taken
        }
        return outcome
    }

    /// Tells the time, and lets parsers emit what has waited long enough.
    public mutating func pass(to milliseconds: Int64, _ output: any EventOutput) {
        hits.set(now: milliseconds, output)
        journal.pass(to: milliseconds, output)
        syslog.pass(to: milliseconds, output)
        errors.pass(to: milliseconds, output)
    }

    /// Lets parsers emit all that waits.
    public mutating func finish(_ output: any EventOutput) {
        journal.finish(output)
        syslog.finish(output)
        errors.finish(output)
    }
}

extension HitGuess {
    /// Whether to try this before anything else: JSON may be the journal's.
    func isLikely(_ line: RawSpan) -> Bool { line.byte(at: 0) != UInt8(ascii: "{") }
}

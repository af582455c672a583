// Lines of syslog: the header, then what the program says.
internal import BSON

/// Parses lines of syslog: RFC 3164, RFC 5424, and the variants that rsyslog and systemd write into files.
///
/// Messages of programs that are understood become events of theirs; all others go to `log.message`.
public struct SyslogParser: LineParser {
    /// `syslog`, or the name of the only program that is parsed.
    public let format: String
    private var header = SyslogHeader()
    private var programs: ProgramMessages
    private let messages: Int?
    private var text = FieldText(escape: .none)

    /// Makes a parser of all messages, or only of those of one program.
    init(only program: String? = nil, topics: inout LogTopics) throws(LogFormat.Problem) {
        format = program ?? "syslog"
        programs = try ProgramMessages(only: program, topics: &topics)
        messages = program == nil ? topics.number(of: "log.message") : nil
    }

    /// The time of the last line, and the access format that fitted last.
    public var context: LineContext? { LineContext(choice: programs.choice, time: header.clock.reference) }

    /// Begins near to a time.
    public mutating func begin(in context: LineContext) {
        programs.choice = context.choice
        header.clock.begin(near: context.time)
    }

    /// Goes on with the time of lines that another parser has taken.
    public mutating func goOn(in context: LineContext, to output: any EventOutput) {
        programs.choice = context.choice
        if let time = context.time { header.clock.learn(time) }
    }

    /// The first time of which the year was guessed.
    public var firstGuess: Int64? { header.clock.firstGuess }

    /// Writes or reads the mails that are not done.
    public mutating func code(_ state: inout KeptState) { programs.code(&state) }

    /// Takes lines about mails.
    public mutating func take(_ mails: MailLines, to output: SplicedOutput) { programs.take(mails, to: output) }

    /// Takes one line.
    public mutating func take(_ line: RawSpan, at place: LinePlace, to output: any EventOutput) -> LineOutcome {
        guard line.byteCount > 0 else { return .refused(.empty) }
        guard let message = header.find(in: line) else { return .refused(.badHeader) }
        if let outcome = programs.take(message, line, at: place, to: output) { return outcome }
        guard let messages else { return .refused(.otherProgram) }
        output.emit(topic: messages) { event in
            text.begin(isPlain: line.isPlain)
            let id = place.id(seconds: UInt32(truncatingIfNeeded: message.milliseconds / 1000))
            message.writeHead(line, id: id, &text, to: &event)
            message.writeRest(line, &text, to: &event)
        }
        return .taken
    }

    /// Lets the programs' parsers emit what has waited long enough.
    public mutating func pass(to milliseconds: Int64, _ output: any EventOutput) {
        header.clock.set(now: milliseconds)
        programs.pass(to: milliseconds, output)
    }

    /// Lets the programs' parsers emit all that waits.
    public mutating func finish(_ output: any EventOutput) { programs.finish(output) }
}

extension LogMessage {
    /// Writes what only messages have that no parser understands.
    func writeRest(_ line: RawSpan, _ text: inout FieldText, to event: inout DocumentWriter) {
        if let name = Self.severityName(severity) { event["severity"] = name }
        if let name = Self.facilityName(facility) { event["facility"] = name }
        text.append("message_id", messageID, of: line, to: &event)
        var isWhole = true
        if !structured.isAbsent { isWhole = StructuredData.write(line, structured, to: &event) }
        text.append("message", self.text, of: line, to: &event)
        if text.isRepaired || !isWhole { event["repaired"] = true }
    }
}

/// The programs whose messages are understood.
struct ProgramMessages: Sendable {
    private var parsers: [any MessageParser] = []

    init(only program: String?, topics: inout LogTopics) throws(LogFormat.Problem) {
        if program == nil || program == "postfix" { parsers.append(PostfixMessages(topics: &topics)) }
        if program == nil || program == "sshd" { parsers.append(SSHMessages(topics: &topics)) }
        if program == nil { parsers.append(try WebServerMessages(topics: &topics)) }
    }

    /// Nil if nobody understands the program.
    mutating func take(
        _ message: LogMessage, _ line: RawSpan, at place: LinePlace, to output: any EventOutput
    ) -> LineOutcome? {
        let program = line.extracting(message.program.start..<message.program.end)
        for index in parsers.indices where parsers[index].understands(program) {
            let outcome = parsers[index].take(message, line, at: place, to: output)
            if case .refused(.otherProgram) = outcome { return nil }
            return outcome
        }
        return nil
    }

    /// Which access format fitted last.
    var choice: Int {
        get { parsers.reduce(0) { $0 + $1.choice } }
        set { for index in parsers.indices { parsers[index].choice = newValue } }
    }

    mutating func code(_ state: inout KeptState) { for index in parsers.indices { parsers[index].code(&state) } }

    mutating func take(_ mails: MailLines, to output: SplicedOutput) {
        if mails.lines.isEmpty { return }
        for index in parsers.indices { parsers[index].take(mails, to: output) }
    }

    mutating func pass(to milliseconds: Int64, _ output: any EventOutput) {
        for index in parsers.indices { parsers[index].pass(to: milliseconds, output) }
    }

    mutating func finish(_ output: any EventOutput) {
        for index in parsers.indices { parsers[index].finish(output) }
    }
}

/// Access logs that a web server sends to syslog.
struct WebServerMessages: MessageParser {
    private var hits: HitGuess
    var choice: Int {
        get { hits.last }
        set { hits.last = newValue }
    }

    init(topics: inout LogTopics) throws(LogFormat.Problem) { hits = try HitGuess(topics: &topics) }

    func understands(_ program: RawSpan) -> Bool {
        program.has("nginx", at: 0) || program.has("apache", at: 0) || program.has("httpd", at: 0)
    }

    mutating func take(
        _ message: LogMessage, _ line: RawSpan, at place: LinePlace, to output: any EventOutput
    ) -> LineOutcome {
        hits.set(now: message.milliseconds, output)
        let text = line.extracting(message.text.start..<message.text.end)
        let outcome = hits.take(text, at: place, to: output)
        // What else it says is a message like others.
        if case .refused = outcome { return .refused(.otherProgram) }
        return outcome
    }
}

// The journal of systemd, as `journalctl -o json` prints it.
internal import BSON

/// Parses what `journalctl -o json` prints, as if it were syslog.
public struct JournalParser: LineParser {
    /// `journal`.
    public let format = "journal"
    /// Whether no line was of the journal so far.
    private(set) var isUnused = true
    private var programs: ProgramMessages
    private let messages: Int
    private var members: [JSONMember] = []
    private var values = JSONWriter()
    /// The values of one line, unescaped, one after another.
    private var scratch: [UInt8] = []
    private var text = FieldText(escape: .none)

    init(topics: inout LogTopics) throws(LogFormat.Problem) {
        programs = try ProgramMessages(only: nil, topics: &topics)
        messages = topics.number(of: "log.message")
    }

    /// The access format that fitted last.
    public var context: LineContext? { LineContext(choice: programs.choice) }

    /// Begins with an access format.
    public mutating func begin(in context: LineContext) { programs.choice = context.choice }

    /// Writes or reads the mails that are not done.
    public mutating func code(_ state: inout KeptState) { programs.code(&state) }

    /// Takes lines about mails.
    public mutating func take(_ mails: MailLines, to output: SplicedOutput) { programs.take(mails, to: output) }

    /// Takes one line.
    public mutating func take(_ line: RawSpan, at place: LinePlace, to output: any EventOutput) -> LineOutcome {
        guard line.byteCount > 0 else { return .refused(.empty) }
        var scanner = JSONScanner(line)
        guard scanner.scan(into: &members) else { return .refused(.notJSON) }
        guard let message = message(line) else { return .refused(.badHeader) }
        isUnused = false
        let bytes = scratch
        let found = bytes.span.bytes
        if let outcome = programs.take(message, found, at: place, to: output) { return outcome }
        output.emit(topic: messages) { event in
            text.begin(isPlain: found.isPlain)
            let id = place.id(seconds: UInt32(truncatingIfNeeded: message.milliseconds / 1000))
            message.writeHead(found, id: id, &text, to: &event)
            for member in members { writeUnit(member, line, to: &event) }
            message.writeRest(found, &text, to: &event)
        }
        return .taken
    }

    /// Lets the programs' parsers emit what has waited long enough.
    public mutating func pass(to milliseconds: Int64, _ output: any EventOutput) {
        programs.pass(to: milliseconds, output)
    }

    /// Lets the programs' parsers emit all that waits.
    public mutating func finish(_ output: any EventOutput) { programs.finish(output) }

    /// The message of the line, whose parts are put into `scratch`; nil if there is no time or no message.
    private mutating func message(_ line: RawSpan) -> LogMessage? {
        scratch.removeAll(keepingCapacity: true)
        var message = LogMessage()
        var hasTime = false
        var hasText = false
        var command = TextRange.absent
        for member in members {
            let key = TextCursor(line, member.key)
            func isNamed(_ name: StaticString) -> Bool {
                member.key.end - member.key.start == name.utf8CodeUnitCount && key.has(name)
            }
            let number = member.value.start..<member.value.end
            if isNamed("__REALTIME_TIMESTAMP"), let micro = line.integer(in: number) {
                message.milliseconds = micro / 1000
                hasTime = true
            } else if isNamed("_SOURCE_REALTIME_TIMESTAMP"), !hasTime, let micro = line.integer(in: number) {
                message.milliseconds = micro / 1000
            } else if isNamed("MESSAGE") {
                hasText = true
                message.text = store(member, line)
            } else if isNamed("_HOSTNAME") {
                message.host = store(member, line)
            } else if isNamed("SYSLOG_IDENTIFIER") {
                message.program = store(member, line)
            } else if isNamed("_COMM") {
                command = store(member, line)
            } else if isNamed("SYSLOG_PID") || isNamed("_PID") && message.pid < 0 {
                message.pid = line.integer(in: number) ?? message.pid
            } else if isNamed("PRIORITY"), let value = line.integer(in: number), value < 8 {
                message.severity = Int32(value)
            } else if isNamed("SYSLOG_FACILITY"), let value = line.integer(in: number), value < 24 {
                message.facility = Int32(value)
            }
        }
        if message.program.isAbsent { message.program = command }
        return hasTime && hasText ? message : nil
    }

    /// Puts a text into `scratch`.
    ///
    /// The journal writes what is not UTF-8 as an array of bytes.
    private mutating func store(_ member: JSONMember, _ line: RawSpan) -> TextRange {
        let start = scratch.count
        switch member.kind {
        case .string: Unescaping.json(line.extracting(member.value.start..<member.value.end), to: &scratch)
        case .array:
            let array = line.extracting(member.value.start..<member.value.end)
            var index = 0
            while index < array.byteCount {
                let first = index
                while index < array.byteCount, array.byte(at: index) &- 48 <= 9 { index += 1 }
                if let byte = array.integer(in: first..<index), byte < 256 { scratch.append(UInt8(byte)) }
                index = max(index, first + 1)
            }
        default: break
        }
        return TextRange(start, scratch.count)
    }

    private mutating func writeUnit(_ member: JSONMember, _ line: RawSpan, to event: inout DocumentWriter) {
        guard member.kind == .string, TextCursor(line, member.key).has("_SYSTEMD_UNIT"),
            member.key.end - member.key.start == 13
        else { return }
        values.write(.string, key: Array("unit".utf8), member.value, of: line, to: &event)
    }
}

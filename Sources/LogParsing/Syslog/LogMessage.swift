// A message of a program, as syslog or the journal hand it on.
internal import BSON

/// Where the parts of a message stand on its line.
struct LogMessage: Sendable {
    var milliseconds: Int64 = 0
    /// The facility, 0 to 23, or -1.
    var facility: Int32 = -1
    /// The severity, 0 to 7, or -1.
    var severity: Int32 = -1
    var host = TextRange.absent
    /// `sshd`, `postfix/smtpd`.
    var program = TextRange.absent
    /// The process, or -1.
    var pid: Int64 = -1
    /// What RFC 5424 calls MSGID.
    var messageID = TextRange.absent
    /// What RFC 5424 calls STRUCTURED-DATA.
    var structured = TextRange.absent
    var text = TextRange.absent

    /// Writes what all messages have: identity, time, host, process.
    func writeHead(_ line: RawSpan, id: ObjectID, _ text: inout FieldText, to event: inout DocumentWriter) {
        event["_id"] = id
        event["timestamp"] = Datetime(millisecondsSinceEpoch: milliseconds)
        text.append("host", host, of: line, to: &event)
        text.append("program", program, of: line, to: &event)
        if pid >= 0 { event["pid"] = pid }
    }

    /// The words for severities.
    static func severityName(_ severity: Int32) -> StaticString? {
        switch severity {
        case 0: "emerg"
        case 1: "alert"
        case 2: "crit"
        case 3: "error"
        case 4: "warning"
        case 5: "notice"
        case 6: "info"
        case 7: "debug"
        default: nil
        }
    }

    /// The words for facilities.
    static func facilityName(_ facility: Int32) -> StaticString? {
        let names: [StaticString] = [
            "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp", "ntp",
            "audit", "alert", "clock", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7",
        ]
        return names.indices.contains(Int(facility)) ? names[Int(facility)] : nil
    }
}

/// Parses the messages of some programs.
protocol MessageParser: Sendable {
    /// Whether the messages of a program are understood.
    func understands(_ program: RawSpan) -> Bool

    /// Takes a message of such a program.
    mutating func take(
        _ message: LogMessage, _ line: RawSpan, at place: LinePlace, to output: any EventOutput
    ) -> LineOutcome
    /// Which of several formats is tried first, as in ``LineContext/choice``.
    var choice: Int { get set }
    /// As ``LineParser/code(_:)``.
    mutating func code(_ state: inout KeptState)
    /// As ``LineParser/take(_:to:)``.
    mutating func take(_ mails: MailLines, to output: SplicedOutput)
    /// As ``LineParser/pass(to:_:)``.
    mutating func pass(to milliseconds: Int64, _ output: any EventOutput)
    /// As ``LineParser/finish(_:)``.
    mutating func finish(_ output: any EventOutput)
}

extension MessageParser {
    var choice: Int {
        get { 0 }
        set {}
    }
    mutating func code(_ state: inout KeptState) {}
    mutating func take(_ mails: MailLines, to output: SplicedOutput) {}
    mutating func pass(to milliseconds: Int64, _ output: any EventOutput) {}
    mutating func finish(_ output: any EventOutput) {}
}

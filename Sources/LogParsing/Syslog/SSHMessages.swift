// What sshd says about logins.
internal import BSON

/// Parses the messages of sshd.
struct SSHMessages: MessageParser {
    /// What a message says; everything that is not there is absent.
    private struct Login {
        var outcome: StaticString?
        var method = TextRange.absent
        var user = TextRange.absent
        var isInvalidUser = false
        var address = TextRange.absent
        var port: Int64 = -1
        var keyType = TextRange.absent
        var fingerprint = TextRange.absent
        var reason = TextRange.absent
        var repeated: Int64 = 0
        var isBeforeLogin = false
    }

    private let logins: Int
    private let messages: Int
    private var text = FieldText(escape: .none)

    init(topics: inout LogTopics) {
        logins = topics.number(of: "ssh.login")
        messages = topics.number(of: "ssh.message")
    }

    func understands(_ program: RawSpan) -> Bool {
        program.has("sshd", at: 0) && (program.byteCount == 4 || program.byte(at: 4) == UInt8(ascii: "-"))
    }

    mutating func take(
        _ message: LogMessage, _ line: RawSpan, at place: LinePlace, to output: any EventOutput
    ) -> LineOutcome {
        var login = Login()
        Self.read(TextCursor(line, message.text), &login)
        output.emit(topic: login.outcome == nil ? messages : logins) { event in
            text.begin(isPlain: line.isPlain)
            let id = place.id(seconds: UInt32(truncatingIfNeeded: message.milliseconds / 1000))
            message.writeHead(line, id: id, &text, to: &event)
            if let outcome = login.outcome { event["outcome"] = outcome }
            text.append("user", login.user, of: line, to: &event)
            if login.isInvalidUser { event["invalid_user"] = true }
            text.append("method", login.method, of: line, to: &event)
            text.append("remote_addr", login.address, of: line, to: &event)
            if login.port >= 0 { event["remote_port"] = Int32(clamping: login.port) }
            text.append("key_type", login.keyType, of: line, to: &event)
            text.append("key_fingerprint", login.fingerprint, of: line, to: &event)
            text.append("reason", login.reason, of: line, to: &event)
            if login.isBeforeLogin { event["preauth"] = true }
            if login.repeated > 0 { event["repeated"] = Int32(clamping: login.repeated) }
            text.append("message", message.text, of: line, to: &event)
            if text.isRepaired { event["repaired"] = true }
        }
        return .taken
    }

    private static func read(_ message: TextCursor, _ login: inout Login) {
        var cursor = message
        if cursor.take("message repeated "), let count = cursor.takeNumber(), cursor.take(" times: [ ") {
            login.repeated = count
            _ = cursor.takeEnd("]")
        }
        if cursor.takeEnd(" [preauth]") || cursor.takeEnd("[preauth]") { login.isBeforeLogin = true }
        _ = cursor.take("error: ") || cursor.take("fatal: ")
        if readAuthentication(cursor, &login) || readEnd(cursor, &login) || readSession(cursor, &login) { return }
        readAddress(cursor, &login)
    }

    /// Reads `Accepted|Failed|Postponed METHOD for [invalid user ]USER from ADDRESS port PORT ssh2[: KEY]`.
    private static func readAuthentication(_ message: TextCursor, _ login: inout Login) -> Bool {
        var cursor = message
        if cursor.take("Invalid user ") || cursor.take("Illegal user ") {
            login.isInvalidUser = true
            guard readUserFrom(cursor, &login) else { return false }
            login.outcome = "invalid_user"
            return true
        }
        if cursor.take("maximum authentication attempts exceeded for ") {
            guard readUserFrom(cursor, &login) else { return false }
            login.outcome = "too_many_attempts"
            return true
        }
        if cursor.take("User "), let index = cursor.findLast(" not allowed because ") {
            var user = cursor
            user.end = index
            guard readUserFrom(user, &login) else { return false }
            cursor.start = index + 21
            login.reason = cursor.rest
            login.outcome = "refused"
            return true
        }
        let outcome: StaticString
        if cursor.take("Accepted ") {
            outcome = "accepted"
        } else if cursor.take("Failed ") {
            outcome = "failed"
        } else if cursor.take("Postponed ") {
            outcome = "postponed"
        } else {
            return false
        }
        guard let method = cursor.takeUntil(" for "), readUserFrom(cursor, &login) else { return false }
        login.method = method
        login.outcome = outcome
        return true
    }

    /// `[invalid user ]USER from ADDRESS[ port PORT][ ssh2][: KEY]`; a name may hold ` from `, so the last one counts.
    private static func readUserFrom(_ message: TextCursor, _ login: inout Login) -> Bool {
        var cursor = message
        if cursor.take("invalid user ") || cursor.take("illegal user ") { login.isInvalidUser = true }
        let isEmpty = cursor.take("from ")
        if !isEmpty {
            guard let from = cursor.findLast(" from ") else { return false }
            login.user = TextRange(cursor.start, from)
            cursor.start = from + 6
        }
        login.address = cursor.takeWord()
        if cursor.take("port "), let port = cursor.takeNumber() { login.port = port }
        if cursor.take(" ssh2") || cursor.take("ssh2"), cursor.take(": ") {
            login.keyType = cursor.takeWord()
            login.fingerprint = cursor.takeWord()
        }
        return true
    }

    /// The ends of connections, and those that never were one.
    private static func readEnd(_ message: TextCursor, _ login: inout Login) -> Bool {
        var cursor = message
        let outcome: StaticString
        if cursor.take("Received disconnect from ") || cursor.take("Disconnected from ") {
            outcome = "disconnected"
        } else if cursor.take("Connection closed by ") {
            outcome = "closed"
        } else if cursor.take("Connection reset by ") {
            outcome = "reset"
        } else if cursor.take("Disconnecting") {
            outcome = "disconnecting"
            _ = cursor.take(":")
            _ = cursor.take(" ")
        } else if cursor.take("Did not receive identification string from ") {
            outcome = "no_identification"
        } else if cursor.take("Unable to negotiate with ") {
            outcome = "not_negotiated"
        } else if cursor.take("Timeout before authentication for ") {
            outcome = "timeout"
            _ = cursor.take("connection from ")
        } else if cursor.has("Bad protocol version identification "), let from = cursor.findLast("' from ") {
            outcome = "bad_protocol"
            cursor.start = from + 7
        } else if cursor.take("banner exchange: Connection from ") {
            outcome = "bad_protocol"
        } else {
            return false
        }
        login.outcome = outcome
        if cursor.take("Too many authentication failures for ") {
            login.reason = TextRange(cursor.start - 37, cursor.start - 5)
            if cursor.take("invalid user ") { login.isInvalidUser = true }
            login.user = cursor.takeWord()
            return true
        }
        readUserAddress(cursor, &login)
        return true
    }

    /// Reads `[user |authenticating user |invalid user ]USER ADDRESS port PORT[: REASON]`.
    private static func readUserAddress(_ message: TextCursor, _ login: inout Login) {
        var cursor = message
        login.isInvalidUser = cursor.take("invalid user ")
        if login.isInvalidUser || cursor.take("authenticating user ") || cursor.take("user ") {
            guard let port = cursor.findLast(" port ") else { return }
            var user = cursor
            user.end = port
            let space = user.findLast(" ") ?? cursor.start - 1
            login.user = TextRange(cursor.start, max(cursor.start, space))
            cursor.start = space + 1
        }
        var address = cursor.takeWord()
        let hasColon = address.end > address.start && cursor.line.byte(at: address.end - 1) == UInt8(ascii: ":")
        if hasColon { address = TextRange(address.start, address.end - 1) }
        login.address = address
        if !hasColon, cursor.take("port "), let port = cursor.takeNumber() {
            login.port = port
            _ = cursor.take(":")
            _ = cursor.take(" ")
        }
        if !cursor.isAtEnd { login.reason = cursor.rest }
    }

    /// Sessions, and what PAM says.
    private static func readSession(_ message: TextCursor, _ login: inout Login) -> Bool {
        var cursor = message
        guard cursor.take("pam_unix(sshd:") else { return readFailures(cursor, &login) }
        if cursor.take("session): session opened for user ") {
            login.outcome = "session_opened"
            login.user = endOfPAMUser(cursor.takeWord(), cursor.line)
        } else if cursor.take("session): session closed for user ") {
            login.outcome = "session_closed"
            login.user = endOfPAMUser(cursor.takeWord(), cursor.line)
        } else {
            _ = readFailures(cursor, &login)
        }
        return true
    }

    /// Reads `…rhost=ADDRESS[  user=USER]`, as PAM tells failures, and what old servers say of users who are none.
    private static func readFailures(_ message: TextCursor, _ login: inout Login) -> Bool {
        var cursor = message
        if cursor.take("input_userauth_request: invalid user ") {
            login.isInvalidUser = true
            login.user = cursor.rest
            return true
        }
        guard let start = cursor.find("rhost=") else { return false }
        cursor.start = start + 6
        login.address = cursor.takeWord()
        if let start = cursor.find("user=") {
            cursor.start = start + 5
            login.user = cursor.rest
        }
        return true
    }

    /// `root(uid=0)` is root.
    private static func endOfPAMUser(_ word: TextRange, _ line: RawSpan) -> TextRange {
        TextRange(word.start, line.firstIndex(of: UInt8(ascii: "("), in: word.start..<word.end) ?? word.end)
    }

    /// An address somewhere in a message that is no login: ` [1.2.3.4]`, ` from 1.2.3.4 port 5`.
    private static func readAddress(_ message: TextCursor, _ login: inout Login) {
        var cursor = message
        if let start = cursor.findLast(" ["), start > cursor.start {
            cursor.start = start + 2
            if let address = cursor.takeUntil("]"), cursor.line.byte(at: address.start) &- 48 <= 9 {
                login.address = address
            }
        } else if let start = cursor.findLast(" from ") {
            cursor.start = start + 6
            login.address = cursor.takeWord()
            if cursor.take("port "), let port = cursor.takeNumber() { login.port = port }
        }
    }
}

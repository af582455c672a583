// What Postfix says: an event for each line, and one for each mail.
internal import BSON

/// Parses the messages of Postfix.
struct PostfixMessages: MessageParser {
    /// The daemons and tools of Postfix; the lines of others go to `smtp.line.other`.
    static let daemons = [
        "anvil", "bounce", "cleanup", "discard", "dnsblog", "error", "flush", "lmtp", "local", "master", "oqmgr",
        "pickup",
        "pipe", "postalias", "postdrop", "postfix-script", "postlog", "postlogd", "postmap", "postqueue", "postscreen",
        "postsuper", "proxymap", "proxywrite", "qmgr", "qmqpd", "relay", "retry", "scache", "sendmail", "showq", "smtp",
        "smtpd", "spawn", "tlsmgr", "tlsproxy", "trace", "trivial-rewrite", "verify", "virtual", "other",
    ]

    private var assembler: MailAssembler
    private let topics: [Int]
    private let names = PostfixMessages.daemons.map { Array($0.utf8) }
    private var found = PostfixLine()
    private var text = FieldText(escape: .none)

    init(topics: inout LogTopics) {
        assembler = MailAssembler(topic: topics.number(of: "smtp.transaction"))
        var numbers: [Int] = []
        for daemon in Self.daemons { numbers.append(topics.number(of: "smtp.line." + daemon)) }
        self.topics = numbers
    }

    func understands(_ program: RawSpan) -> Bool {
        program.has("postfix", at: 0)
            && program.firstIndex(of: UInt8(ascii: "/"), in: 7..<max(7, program.byteCount)) != nil
    }

    mutating func take(
        _ message: LogMessage, _ line: RawSpan, at place: LinePlace, to output: any EventOutput
    ) -> LineOutcome {
        found.read(message, line)
        let topic = topics[number(of: found.daemon, line)]
        output.emit(topic: topic) { write(message, line, at: place, to: &$0) }
        assembler.take(found, message, line, at: place, to: output)
        return .taken
    }

    mutating func pass(to milliseconds: Int64, _ output: any EventOutput) { assembler.pass(to: milliseconds, output) }

    mutating func finish(_ output: any EventOutput) { assembler.finish(output) }

    private func number(of daemon: TextRange, _ line: RawSpan) -> Int {
        let count = daemon.end - daemon.start
        for (number, name) in names.enumerated() where name.count == count {
            if (0..<count).allSatisfy({ name[$0] == line.byte(at: daemon.start + $0) }) { return number }
        }
        return names.count - 1
    }

    private mutating func write(
        _ message: LogMessage, _ line: RawSpan, at place: LinePlace, to event: inout DocumentWriter
    ) {
        text.begin(isPlain: line.isPlain)
        let id = place.id(seconds: UInt32(truncatingIfNeeded: message.milliseconds / 1000))
        message.writeHead(line, id: id, &text, to: &event)
        text.append("service", found.service, of: line, to: &event)
        text.append("severity", found.severity, of: line, to: &event)
        text.append("queue_id", found.queueID, of: line, to: &event)
        if found.isRejection { event["noqueue"] = true }
        text.append("action", found.action, of: line, to: &event)
        text.append("stage", found.stage, of: line, to: &event)
        if found.code >= 0 { event["code"] = Int32(clamping: found.code) }
        text.append("dsn", found.dsn, of: line, to: &event)
        text.append("peer", found.peer.name, of: line, to: &event)
        text.append("peer_addr", found.peer.address, of: line, to: &event)
        if found.peer.port >= 0 { event["peer_port"] = Int32(clamping: found.peer.port) }
        text.append("tls_trust", found.tlsTrust, of: line, to: &event)
        text.append("tls_protocol", found.tlsProtocol, of: line, to: &event)
        text.append("tls_cipher", found.tlsCipher, of: line, to: &event)
        text.append(
            found.kind == .notification ? "notification_id" : "queued_as", found.other, of: line, to: &event)
        writePairs(line, to: &event)
        text.append("response", found.response, of: line, to: &event)
        text.append("message", message.text, of: line, to: &event)
        if text.isRepaired { event["repaired"] = true }
    }

    private mutating func writePairs(_ line: RawSpan, to event: inout DocumentWriter) {
        if found.kind == .disconnect { return writeCommands(line, to: &event) }
        for index in found.pairs.indices {
            let pair = found.pairs[index]
            let range = pair.value.start..<pair.value.end
            guard !found.isRepeated(index, line), !pair.value.isAbsent else { continue }
            let key = line.extracting(pair.key.start..<pair.key.end)
            switch PostfixKey(key) {
            case .left: break
            case .messageID: text.append("message_id", pair.value, of: line, to: &event)
            case .integer: if let number = line.integer(in: range) { event.append(key: key, number) }
            case .fraction: if let number = line.fraction(in: range) { event.append(key: key, number) }
            case .delays: MailDelays(line, pair.value)?.write(to: &event)
            case .text: text.append(key: key, pair.value, of: line, to: &event)
            }
        }
    }

    /// `ehlo=1 rcpt=0/1`: how many commands there were, and how many of them failed.
    private func writeCommands(_ line: RawSpan, to event: inout DocumentWriter) {
        var failed: [(PostfixPair, Int64)] = []
        event.document("commands") { commands in
            for index in found.pairs.indices where !found.isRepeated(index, line) {
                let pair = found.pairs[index]
                var cursor = TextCursor(line, pair.value)
                guard let first = cursor.takeNumber() else { continue }
                let total = cursor.take("/") ? cursor.takeNumber() ?? first : first
                commands.append(key: line.extracting(pair.key.start..<pair.key.end), total)
                if total > first { failed.append((pair, total - first)) }
            }
        }
        if failed.isEmpty { return }
        event.document("commands_failed") { commands in
            for (pair, count) in failed {
                commands.append(key: line.extracting(pair.key.start..<pair.key.end), count)
            }
        }
    }
}

/// What a key of Postfix's lines holds.
enum PostfixKey {
    /// What is written elsewhere, or would be mistaken for a field of all events.
    case left
    case text, integer, fraction, delays, messageID

    init(_ key: RawSpan) {
        func isOne(of names: [StaticString]) -> Bool {
            names.contains { $0.utf8CodeUnitCount == key.byteCount && key.has($0, at: 0) }
        }
        if isOne(of: ["to", "from", "status", "relay"]) {
            self = .text
        } else if isOne(of: ["size", "nrcpt", "uid", "conn_use"]) {
            self = .integer
        } else if isOne(of: ["delay"]) {
            self = .fraction
        } else if isOne(of: ["delays"]) {
            self = .delays
        } else if isOne(of: ["message-id", "resent-message-id"]) {
            self = .messageID
        } else if isOne(of: [
            "dsn", "client", "host", "pid", "program", "message", "timestamp", "code", "action", "stage", "response",
            "service", "severity", "peer", "repaired", "noqueue", "queued_as", "notification_id", "queue_id",
            "message_id",
            "delay_before_queue_manager", "delay_in_queue_manager", "delay_connection", "delay_transmission", "_id",
            "peer_addr", "peer_port", "tls_trust", "tls_protocol", "tls_cipher",
        ]) {
            self = .left
        } else {
            self = .text
        }
    }
}

/// Postfix's `delays=a/b/c/d`, in seconds.
struct MailDelays: Sendable {
    /// Before the queue manager, in it, setting up the connection, and transmitting.
    var parts: [Double]

    init?(_ line: RawSpan, _ text: TextRange) {
        var cursor = TextCursor(line, text)
        parts = []
        while parts.count < 4 {
            let part = cursor.takeUntil("/") ?? cursor.rest
            guard let seconds = line.fraction(in: part.start..<part.end) else { return nil }
            parts.append(seconds)
            if part.end >= cursor.end { break }
        }
        if parts.count != 4 { return nil }
    }

    func write(to event: inout DocumentWriter) {
        event["delay_before_queue_manager"] = parts[0]
        event["delay_in_queue_manager"] = parts[1]
        event["delay_connection"] = parts[2]
        event["delay_transmission"] = parts[3]
    }
}

extension PostfixLine {
    /// Whether the key of a pair stood before, so that it would be in the event twice.
    func isRepeated(_ index: Int, _ line: RawSpan) -> Bool {
        let key = pairs[index].key
        for other in 0..<index where pairs[other].key.end - pairs[other].key.start == key.end - key.start {
            let before = pairs[other].key
            if (0..<key.end - key.start).allSatisfy({
                line.byte(at: before.start + $0) == line.byte(at: key.start + $0)
            }) {
                return true
            }
        }
        // Two keys with one field.
        return line.has("resent-", at: key.start) && !value("message-id", line).isAbsent
    }
}

// What Postfix says: an event for each line, and one for each mail.
internal import BSON

/// Parses the messages of Postfix.
struct PostfixMessages: MessageParser {
    /// The daemons and tools of Postfix; the lines of others go to `smtp.line.other`.
    static let daemons: [StaticString] = [
        "smtpd", "qmgr", "smtp", "cleanup", "lmtp", "local", "virtual", "anvil", "bounce", "pickup", "postscreen",
        "pipe", "error", "discard", "dnsblog", "tlsproxy", "verify", "flush", "master", "oqmgr", "postalias",
        "postdrop", "postfix-script", "postlog", "postlogd", "postmap", "postqueue", "postsuper", "proxymap",
        "proxywrite", "qmqpd", "relay", "retry", "scache", "sendmail", "showq", "spawn", "tlsmgr", "trace",
        "trivial-rewrite", "other",
    ]

    private var assembler: MailAssembler
    private let topics: [Int]
    private let names = PostfixMessages.daemons.map { PackedWord($0) }
    private var found = PostfixLine()
    private var text = FieldText(escape: .none)

    init(topics: inout LogTopics, mails countLimit: Int = MailAssembler.countLimit) {
        assembler = MailAssembler(topic: topics.number(of: "smtp.transaction"), countLimit: countLimit)
        var numbers: [Int] = []
        for daemon in Self.daemons { numbers.append(topics.number(of: "smtp.line.\(daemon)")) }
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
        if let (mails, events) = output.mails {
            mails.add(&found, message, line, at: place, events: events)
        } else {
            assembler.take(found, message, line, at: place, to: output)
        }
        return .taken
    }

    mutating func take(_ mails: MailLines, to output: SplicedOutput) {
        let text = mails.text
        let bytes = text.span.bytes
        for line in mails.lines {
            found.become(line.found, with: mails.pairs[line.pairs])
            output.position = line.events
            assembler.take(found, line.message, bytes.extracting(line.text), at: line.place, to: output)
        }
    }

    mutating func code(_ state: inout KeptState) { assembler.code(&state) }

    mutating func pass(to milliseconds: Int64, _ output: any EventOutput) { assembler.pass(to: milliseconds, output) }

    mutating func finish(_ output: any EventOutput) { assembler.finish(output) }

    private func number(of daemon: TextRange, _ line: RawSpan) -> Int {
        guard let word = PackedWord(line.extracting(daemon.start..<daemon.end)) else { return names.count - 1 }
        for index in names.indices where names[index] == word { return index }
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
            guard !pair.isRepeated, !pair.value.isAbsent else { continue }
            let key = line.extracting(pair.key.start..<pair.key.end)
            switch pair.name.kind {
            case .left: break
            case .messageID:
                // Both keys have the same field.
                if pair.name == .resentMessageID && !found.value(.messageID).isAbsent { continue }
                text.append("message_id", pair.value, of: line, to: &event)
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
            for pair in found.pairs where !pair.isRepeated {
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

/// Postfix's `delays=a/b/c/d`, in seconds.
struct MailDelays: Sendable {
    /// Before the queue manager, in it, setting up the connection, and transmitting.
    var parts = (0.0, 0.0, 0.0, 0.0)

    init() {}

    init?(_ line: RawSpan, _ text: TextRange) {
        var cursor = TextCursor(line, text)
        func seconds(_ part: TextRange?) -> Double? { part.flatMap { line.fraction(in: $0.start..<$0.end) } }
        guard let first = seconds(cursor.takeUntil("/")), let second = seconds(cursor.takeUntil("/")),
            let third = seconds(cursor.takeUntil("/")), let fourth = seconds(cursor.rest)
        else { return nil }
        parts = (first, second, third, fourth)
    }

    func write(to event: inout DocumentWriter) {
        event["delay_before_queue_manager"] = parts.0
        event["delay_in_queue_manager"] = parts.1
        event["delay_connection"] = parts.2
        event["delay_transmission"] = parts.3
    }
}

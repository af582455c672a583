// What each line adds to a mail.

extension MailTransaction {
    /// Whether it is known where the mail came from.
    var hasClient: Bool { text("client") != nil || text("client_addr") != nil || uid >= 0 }

    /// Adds what a line says.
    mutating func add(_ found: PostfixLine, _ message: LogMessage, _ line: RawSpan) {
        switch found.kind {
        case .removed: ended = message.milliseconds
        case .notification:
            guard notifications.count < Self.listLimit else { return }
            notifications.append((line.string(found.action), line.string(found.other)))
            weight += 100
        case .action: addAction(found, message, line)
        default: addPairs(found, message, line)
        }
    }

    private mutating func addAction(_ found: PostfixLine, _ message: LogMessage, _ line: RawSpan) {
        set("client", line.string(found.peer.name))
        set("client_addr", line.string(found.peer.address))
        if clientPort < 0 { clientPort = found.peer.port }
        set("from", line.string(found.value("from", line)))
        set("helo", line.string(found.value("helo", line)))
        set("proto", line.string(found.value("proto", line)))
        set("service", line.string(found.service))
        guard actions.count < Self.listLimit else { return }
        var action = MailAction(time: message.milliseconds)
        action.action = line.string(found.action)
        action.stage = line.string(found.stage)
        action.code = found.code
        action.dsn = line.string(found.dsn)
        action.reason = line.string(found.response)
        action.to = line.string(found.value("to", line))
        weight += 200 + action.reason.utf8.count + action.to.utf8.count
        actions.append(action)
    }

    private mutating func addPairs(_ found: PostfixLine, _ message: LogMessage, _ line: RawSpan) {
        func value(_ key: StaticString) -> String { line.string(found.value(key, line)) }
        func number(_ key: StaticString) -> Int64? {
            let range = found.value(key, line)
            return line.integer(in: range.start..<range.end)
        }
        if !found.value("to", line).isAbsent && !found.value("status", line).isAbsent {
            return addAttempt(found, message, line)
        }
        if !found.value("client", line).isAbsent {
            set("client", line.string(found.peer.name))
            set("client_addr", line.string(found.peer.address))
            if clientPort < 0 { clientPort = found.peer.port }
            set("service", line.string(found.service))
        }
        if let number = number("uid") { uid = number }
        if let number = number("size") { size = number }
        if let number = number("nrcpt") { nrcpt = number }
        if value("status") == "expired" { isExpired = true }
        for key in ["from", "sasl_method", "sasl_username", "sasl_sender", "orig_client", "orig_queue_id"]
            as [StaticString]
        {
            set(key, value(key))
        }
        set("message_id", value("message-id"))
        set("message_id", value("resent-message-id"))
        // The null sender is what notifications come from.
        if text("from") == nil, found.pairs.contains(where: { line.has("from=<>", at: $0.key.start) }) {
            texts.append(("from", ""))
        }
    }

    private mutating func addAttempt(_ found: PostfixLine, _ message: LogMessage, _ line: RawSpan) {
        func value(_ key: StaticString) -> String { line.string(found.value(key, line)) }
        let to = value("to")
        let original = value("orig_to")
        var attempt = MailAttempt(time: message.milliseconds)
        attempt.status = value("status")
        attempt.dsn = line.string(found.dsn)
        attempt.relay = found.peer.name.isAbsent ? value("relay") : line.string(found.peer.name)
        attempt.relayAddress = line.string(found.peer.address)
        attempt.relayPort = found.peer.port
        let delay = found.value("delay", line)
        attempt.delay = line.fraction(in: delay.start..<delay.end)
        attempt.delays = MailDelays(line, found.value("delays", line))
        attempt.response = line.string(found.response)
        attempt.queuedAs = line.string(found.other)
        attempt.daemon = line.string(found.daemon)
        weight += 300 + attempt.response.utf8.count + attempt.relay.utf8.count
        if let index = recipients.lastIndex(where: { $0.to == to && $0.originalTo == original }) {
            recipients[index].add(attempt)
        } else if recipients.count < Self.recipientLimit {
            var recipient = MailRecipient(to: to, originalTo: original)
            recipient.add(attempt)
            recipients.append(recipient)
            weight += 100 + to.utf8.count
        } else {
            recipientsLeftOut += 1
        }
    }
}

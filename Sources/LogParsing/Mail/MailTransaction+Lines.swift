// What each line adds to a mail.

extension MailTransaction {
    /// Whether it is known where the mail came from.
    var hasClient: Bool { has(.client) || has(.clientAddress) || uid >= 0 }

    /// Adds what a line says.
    mutating func add(_ found: PostfixLine, _ message: LogMessage, _ line: RawSpan) {
        switch found.kind {
        case .removed: ended = message.milliseconds
        case .notification:
            guard notifications.count < Self.listLimit else { return }
            notifications.append((texts.keep(found.action, of: line), texts.keep(found.other, of: line)))
        case .action: addAction(found, message, line)
        default: addPairs(found, message, line)
        }
    }

    private mutating func addClient(_ found: PostfixLine, _ line: RawSpan) {
        set(.client, found.peer.name, of: line)
        set(.clientAddress, found.peer.address, of: line)
        if clientPort < 0 { clientPort = found.peer.port }
    }

    private mutating func addAction(_ found: PostfixLine, _ message: LogMessage, _ line: RawSpan) {
        addClient(found, line)
        set(.from, found.value(.from), of: line)
        set(.helo, found.value(.helo), of: line)
        set(.proto, found.value(.proto), of: line)
        set(.service, found.service, of: line)
        guard actions.count < Self.listLimit else { return }
        var action = MailAction(time: message.milliseconds)
        action.action = texts.keep(found.action, of: line)
        action.stage = texts.keep(found.stage, of: line)
        action.code = found.code
        action.dsn = texts.keep(found.dsn, of: line)
        action.reason = texts.keep(found.response, of: line)
        action.to = texts.keep(found.value(.to), of: line)
        actions.append(action)
    }

    private mutating func addPairs(_ found: PostfixLine, _ message: LogMessage, _ line: RawSpan) {
        func number(_ key: PostfixKey) -> Int64? {
            let range = found.value(key)
            return line.integer(in: range.start..<range.end)
        }
        if !found.value(.to).isAbsent && !found.value(.status).isAbsent { return addAttempt(found, message, line) }
        if !found.value(.client).isAbsent {
            addClient(found, line)
            set(.service, found.service, of: line)
        }
        if let number = number(.uid) { uid = number }
        if let number = number(.size) { size = number }
        if let number = number(.nrcpt) { nrcpt = number }
        let status = found.value(.status)
        if status.end - status.start == 7 && line.has("expired", at: status.start) { isExpired = true }
        set(.from, found.value(.from), of: line)
        set(.saslMethod, found.value(.saslMethod), of: line)
        set(.saslUsername, found.value(.saslUsername), of: line)
        set(.saslSender, found.value(.saslSender), of: line)
        set(.originalClient, found.value(.originalClient), of: line)
        set(.originalQueueID, found.value(.originalQueueID), of: line)
        set(.messageID, found.value(.messageID), of: line)
        set(.messageID, found.value(.resentMessageID), of: line)
        // The null sender is what notifications come from.
        if !has(.from), found.pairs.contains(where: { $0.name == .from && line.has("from=<>", at: $0.key.start) }) {
            setAlways(.from, .absent)
        }
    }

    private mutating func addAttempt(_ found: PostfixLine, _ message: LogMessage, _ line: RawSpan) {
        let to = found.value(.to)
        let original = found.value(.originalTo)
        let index = recipients.lastIndex {
            texts.isSame($0.to, to, of: line) && texts.isSame($0.originalTo, original, of: line)
        }
        let hasRoom = texts.bytes.count + line.byteCount <= KeptTexts.limit
        guard hasRoom, index != nil || recipients.count < Self.recipientLimit else {
            recipientsLeftOut += 1
            return
        }
        var attempt = MailAttempt(time: message.milliseconds)
        attempt.status = texts.keep(found.value(.status), of: line)
        attempt.dsn = texts.keep(found.dsn, of: line)
        attempt.relay = texts.keep(found.peer.name.isAbsent ? found.value(.relay) : found.peer.name, of: line)
        attempt.relayAddress = texts.keep(found.peer.address, of: line)
        attempt.relayPort = found.peer.port
        let delay = found.value(.delay)
        attempt.delay = line.fraction(in: delay.start..<delay.end)
        attempt.delays = MailDelays(line, found.value(.delays))
        attempt.response = texts.keep(found.response, of: line)
        attempt.queuedAs = texts.keep(found.other, of: line)
        attempt.daemon = texts.keep(found.daemon, of: line)
        if let index {
            recipients[index].add(attempt)
        } else {
            let kept = (texts.keep(to, of: line), texts.keep(original, of: line))
            recipients.append(MailRecipient(to: kept.0, originalTo: kept.1, attempt))
        }
    }
}

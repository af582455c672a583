// A mail that is not done, kept for the time after a restart.
internal import BSON

extension KeptTexts {
    mutating func code(_ state: inout KeptState) {
        state.code(&bytes, limit: Self.limit)
        state.code(&isRepaired)
    }
}

extension MailTransaction {
    /// Writes or reads everything but the place among other mails.
    mutating func code(_ state: inout KeptState) {
        texts.code(&state)
        let count = texts.bytes.count
        var (high, low) = (Int64(id.seconds), Int64(bitPattern: id.low))
        state.code(&high)
        state.code(&low)
        id = ObjectID(seconds: UInt32(truncatingIfNeeded: high), low: UInt64(bitPattern: low))
        state.code(&host, within: count)
        state.code(&queueID, within: count)
        state.code(&notificationOf, within: count)
        for path in [\MailTransaction.first, \.last, \.clientPort, \.size, \.nrcpt, \.uid] {
            state.code(&self[keyPath: path])
        }
        for path in [\MailTransaction.hasBeginning, \.isExpired] { state.code(&self[keyPath: path]) }
        for path in [\MailTransaction.lines, \.emittedLines, \.recipientsLeftOut] {
            state.code(&self[keyPath: path], in: 0...Int(Int32.max))
        }
        state.code(&ended, or: 0) { $0.code(&$1) }
        codeFields(&state, count)
        state.code(&recipients, limit: Self.recipientLimit, usual: MailRecipient()) { $1.code(&$0, count) }
        state.code(&notifications, limit: Self.listLimit, usual: (.absent, .absent)) {
            $0.code(&$1.kind, within: count)
            $0.code(&$1.queueID, within: count)
        }
        state.code(&actions, limit: Self.listLimit, usual: MailAction()) { $1.code(&$0, count) }
    }
}

extension MailRecipient {
    mutating func code(_ state: inout KeptState, _ count: Int) {
        state.code(&to, within: count)
        state.code(&originalTo, within: count)
        last.code(&state, count)
        state.code(&earlier, limit: Self.attemptLimit, usual: MailAttempt()) { $1.code(&$0, count) }
        state.code(&attemptCount, in: 1...Int(Int32.max))
    }
}

extension MailAttempt {
    mutating func code(_ state: inout KeptState, _ count: Int) {
        let texts: [WritableKeyPath<MailAttempt, TextRange>] = [
            \.status, \.dsn, \.relay, \.relayAddress, \.response, \.queuedAs, \.daemon,
        ]
        for path in texts { state.code(&self[keyPath: path], within: count) }
        state.code(&time)
        state.code(&relayPort)
        state.code(&delay, or: 0) { $0.code(&$1) }
        state.code(&delays, or: MailDelays()) { $1.code(&$0) }
    }
}

extension MailAction {
    mutating func code(_ state: inout KeptState, _ count: Int) {
        let texts: [WritableKeyPath<MailAction, TextRange>] = [\.action, \.stage, \.dsn, \.reason, \.to]
        for path in texts { state.code(&self[keyPath: path], within: count) }
        state.code(&time)
        state.code(&code)
    }
}

extension MailDelays {
    mutating func code(_ state: inout KeptState) {
        state.code(&parts.0)
        state.code(&parts.1)
        state.code(&parts.2)
        state.code(&parts.3)
    }
}

// One line of Postfix in its parts.

/// A host as Postfix names it: `name[address]:port`.
struct MailPeer: Sendable {
    var name = TextRange.absent
    var address = TextRange.absent
    var port: Int64 = -1

    init() {}

    /// Reads a host that fills a text; a text without brackets is a name.
    init(_ line: RawSpan, _ text: TextRange) {
        var cursor = TextCursor(line, text)
        guard let open = cursor.find("["), let close = cursor.find("]"), open < close else {
            name = text
            return
        }
        name = TextRange(text.start, open)
        address = TextRange(open + 1, close)
        cursor.start = close + 1
        if cursor.take(":"), let port = cursor.takeNumber() { self.port = port }
        if cursor.line.has("unknown[", at: text.start) { name = .absent }
    }
}

/// `key=value` on a line of Postfix.
struct PostfixPair: Sendable {
    var key: TextRange
    var value: TextRange
}

/// What a line of Postfix says.
struct PostfixLine: Sendable {
    /// What kind of line it is, where that matters for a mail's life.
    enum Kind: UInt8, Sendable {
        case other
        /// qmgr: the mail has left the queue.
        case removed
        /// bounce: a mail was made that tells the sender.
        case notification
        /// smtpd, cleanup, postscreen: somebody refused or held the mail.
        case action
        /// The beginning of an SMTP session.
        case connect
        /// Its end.
        case disconnect
        /// A TLS session was agreed on.
        case tls
    }

    var kind = Kind.other
    /// `smtpd`.
    var daemon = TextRange.absent
    /// `submission` in `postfix/submission/smtpd`.
    var service = TextRange.absent
    /// `warning`, `error`, `fatal`, `panic`.
    var severity = TextRange.absent
    var queueID = TextRange.absent
    /// Whether the line has `NOQUEUE`.
    var isRejection = false
    /// What stands behind the queue id.
    var rest = TextRange.absent
    /// `reject`, `milter-reject`, `hold` …, or what a notification is about.
    var action = TextRange.absent
    /// What the client had said: `RCPT`, `END-OF-MESSAGE`.
    var stage = TextRange.absent
    /// The reply's code.
    var code: Int64 = -1
    /// The reply's enhanced status.
    var dsn = TextRange.absent
    /// Why, or what the other side replied.
    var response = TextRange.absent
    /// The queue id of another mail: a notification, or what the next host calls this one.
    var other = TextRange.absent
    var peer = MailPeer()
    var tlsTrust = TextRange.absent
    var tlsProtocol = TextRange.absent
    var tlsCipher = TextRange.absent
    var pairs: [PostfixPair] = []

    /// The most `key=value` of one line.
    private static let pairLimit = 64

    /// Reads a message.
    mutating func read(_ message: LogMessage, _ line: RawSpan) {
        let kept = pairs
        self = PostfixLine()
        pairs = kept
        pairs.removeAll(keepingCapacity: true)
        readProgram(line, message.program)
        var cursor = TextCursor(line, message.text)
        for word in ["warning", "error", "fatal", "panic", "info"] as [StaticString] where cursor.has(word) {
            let start = cursor.start
            var after = cursor
            after.start += word.utf8CodeUnitCount
            guard after.take(": ") else { continue }
            severity = TextRange(start, start + word.utf8CodeUnitCount)
            cursor = after
        }
        readQueueID(&cursor)
        rest = cursor.rest
        readRest(cursor)
    }

    /// The value of a key; the first one counts.
    func value(_ key: StaticString, _ line: RawSpan) -> TextRange {
        for pair in pairs where pair.key.end - pair.key.start == key.utf8CodeUnitCount {
            if line.has(key, at: pair.key.start) { return pair.value }
        }
        return .absent
    }

    /// `postfix/smtpd`, `postfix-in/submission/smtpd`.
    private mutating func readProgram(_ line: RawSpan, _ program: TextRange) {
        var cursor = TextCursor(line, program)
        _ = cursor.takeUntil("/")
        if let slash = cursor.findLast("/") {
            service = TextRange(cursor.start, slash)
            cursor.start = slash + 1
        }
        daemon = cursor.rest
    }

    private mutating func readQueueID(_ cursor: inout TextCursor) {
        if cursor.take("NOQUEUE: ") {
            isRejection = true
            return
        }
        guard let colon = cursor.find(": "), colon - cursor.start >= 6, colon - cursor.start <= 32 else { return }
        var isHex = true
        var hasSeparator = false
        for index in cursor.start..<colon {
            let byte = cursor.line.byte(at: index)
            let isDigit = byte &- 48 <= 9
            guard isDigit || (byte | 0x20) &- 97 < 26 else { return }
            if !isDigit && !(byte >= 65 && byte <= 70) { isHex = false }
            if byte == UInt8(ascii: "z") { hasSeparator = true }
        }
        // A long id has a z between time and inode, and no vowels; words of English have.
        guard isHex || hasSeparator && colon - cursor.start >= 10 && !Self.hasVowel(cursor, colon) else { return }
        queueID = TextRange(cursor.start, colon)
        cursor.start = colon + 2
    }

    private static func hasVowel(_ cursor: TextCursor, _ end: Int) -> Bool {
        for index in cursor.start..<end where "aeiouAEIOU".utf8.contains(cursor.line.byte(at: index)) { return true }
        return false
    }
}

// MARK: - What stands behind the queue id

extension PostfixLine {
    private mutating func readRest(_ message: TextCursor) {
        var cursor = message
        if cursor.has("removed") && cursor.end - cursor.start == 7 {
            kind = .removed
        } else if let colon = cursor.find(" notification: "), !queueID.isAbsent {
            kind = .notification
            action = TextRange(cursor.start, colon)
            other = TextRange(colon + 15, cursor.end)
        } else if readAction(cursor) {
            kind = .action
        } else if cursor.take("connect from ") || cursor.take("CONNECT from ") {
            kind = .connect
            peer = MailPeer(cursor.line, cursor.takeWord())
        } else if cursor.take("disconnect from ") || cursor.take("DISCONNECT ") {
            kind = .disconnect
            peer = MailPeer(cursor.line, cursor.takeWord())
            readPairs(cursor)
        } else if let established = cursor.find(" TLS connection established "), established - cursor.start < 12 {
            kind = .tls
            tlsTrust = TextRange(cursor.start, established)
            readTLS(cursor, established)
        } else if Self.isKey(cursor) {
            readPairs(cursor)
            readDelivery(cursor.line)
        } else {
            readPeerSomewhere(cursor)
        }
    }

    /// Reads `Anonymous TLS connection established from HOST: TLSv1.3 with cipher NAME (256/256 bits)`.
    private mutating func readTLS(_ message: TextCursor, _ established: Int) {
        var cursor = message
        cursor.start = established + 28
        _ = cursor.take("from ") || cursor.take("to ")
        guard let host = cursor.takeUntil(": ") else { return }
        peer = MailPeer(cursor.line, host)
        tlsProtocol = cursor.takeWord()
        if cursor.take("with cipher ") { tlsCipher = cursor.takeWord() }
    }

    /// Reads `reject: RCPT from HOST: 550 5.1.1 TEXT; from=<> to=<> proto=ESMTP helo=<>`.
    private mutating func readAction(_ message: TextCursor) -> Bool {
        var cursor = message
        let actions: [StaticString] = [
            "reject", "reject_warning", "milter-reject", "milter-hold", "milter-discard", "milter-quarantine", "hold",
            "discard", "redirect", "filter", "warn", "prepend", "replace", "bcc", "info", "header", "client-reject",
        ]
        guard let colon = cursor.find(": "),
            actions.contains(where: { $0.utf8CodeUnitCount == colon - cursor.start && cursor.has($0) })
        else { return false }
        action = TextRange(cursor.start, colon)
        cursor.start = colon + 2
        guard let from = cursor.find(" from ") else { return true }
        // cleanup has what it found in the mail before the host: `header Subject: text from HOST; from=…`
        let last = cursor.find("; from=").flatMap { end in
            var head = cursor
            head.end = end
            return head.findLast(" from ")
        }
        stage = TextRange(cursor.start, min(from, cursor.find(" ") ?? from))
        cursor.start = (last.map { max($0, from) } ?? from) + 6
        if let semicolon = cursor.find(";"), let colon = cursor.find(": "), semicolon < colon {
            peer = MailPeer(cursor.line, TextRange(cursor.start, semicolon))
            cursor.start = semicolon + 1
            readPairsBeforeReason(cursor)
        } else if let host = cursor.takeUntil(": ") {
            peer = MailPeer(cursor.line, host)
            let start = cursor.start
            if let code = cursor.takeNumber(), cursor.take(" ") {
                self.code = code
            } else {
                cursor.start = start
            }
            readReason(cursor)
        }
        return true
    }

    /// Reads `5.1.1 <address>: text; from=<> to=<>`.
    private mutating func readReason(_ message: TextCursor) {
        var cursor = message
        if Self.isDSN(cursor) { dsn = cursor.takeWord() }
        let semicolon = cursor.findLast("; from=") ?? cursor.findLast("; to=") ?? cursor.findLast("; proto=")
        response = TextRange(cursor.start, semicolon ?? cursor.end)
        guard let semicolon else { return }
        cursor.start = semicolon + 2
        readPairs(cursor)
    }

    /// `from=<> to=<> proto=ESMTP helo=<>: 5.7.1 text`, as cleanup has it.
    private mutating func readPairsBeforeReason(_ message: TextCursor) {
        var cursor = message
        while cursor.take(" ") {}
        let end = cursor.find(">: ").map { $0 + 1 } ?? cursor.end
        var head = cursor
        head.end = end
        readPairs(head)
        cursor.start = min(end + 2, cursor.end)
        if Self.isDSN(cursor) { dsn = cursor.takeWord() }
        response = cursor.rest
    }

    private static func isDSN(_ cursor: TextCursor) -> Bool {
        cursor.start + 5 <= cursor.end && cursor.line.byte(at: cursor.start + 1) == UInt8(ascii: ".")
            && ["2", "4", "5"].contains { cursor.has($0) }
    }

    /// Whether `key=` stands here.
    private static func isKey(_ cursor: TextCursor) -> Bool {
        var index = cursor.start
        while index < cursor.end {
            let byte = cursor.line.byte(at: index)
            if byte == UInt8(ascii: "=") { return index > cursor.start }
            guard byte &- 97 < 26 || byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-") else { return false }
            index += 1
        }
        return false
    }

    /// Reads `key=value, key=<value>, status=sent (text)`.
    private mutating func readPairs(_ message: TextCursor) {
        var cursor = message
        while pairs.count < Self.pairLimit {
            while cursor.take(" ") || cursor.take(",") {}
            guard Self.isKey(cursor), let key = cursor.takeUntil("=") else { break }
            pairs.append(PostfixPair(key: key, value: Self.value(&cursor)))
        }
        while cursor.take(" ") {}
        if cursor.take("(") {
            _ = cursor.takeEnd(")")
            response = cursor.rest
        }
    }

    /// A value: within angle brackets, of which an address may have some itself, or up to a comma or a space.
    private static func value(_ cursor: inout TextCursor) -> TextRange {
        let start = cursor.start
        if cursor.take("<") {
            var index = cursor.start
            while index < cursor.end {
                if cursor.line.byte(at: index) == UInt8(ascii: ">"),
                    index + 1 == cursor.end
                        || [UInt8(ascii: ","), UInt8(ascii: " ")].contains(cursor.line.byte(at: index + 1))
                {
                    cursor.start = index + 1
                    return TextRange(start + 1, index)
                }
                index += 1
            }
        }
        var index = start
        while index < cursor.end {
            let byte = cursor.line.byte(at: index)
            if byte == UInt8(ascii: " ") || byte == UInt8(ascii: ",") { break }
            index += 1
        }
        cursor.start = index
        return TextRange(start, index)
    }

    /// What the next host calls the mail, and who the client was.
    private mutating func readDelivery(_ line: RawSpan) {
        let client = value("client", line)
        if !client.isAbsent { peer = MailPeer(line, client) }
        let relay = value("relay", line)
        if !relay.isAbsent, !(relay.end - relay.start == 4 && line.has("none", at: relay.start)) {
            peer = MailPeer(line, relay)
        }
        dsn = value("dsn", line)
        var reply = TextCursor(line, response)
        for mark in ["queued as ", "forwarded as "] as [StaticString] {
            guard let start = reply.find(mark) else { continue }
            reply.start = start + mark.utf8CodeUnitCount
            other = Self.identifier(reply)
        }
    }

    /// Letters and digits, with what other servers have in their ids.
    private static func identifier(_ cursor: TextCursor) -> TextRange {
        var index = cursor.start
        while index < cursor.end, !" ,;()<>[]\"'".utf8.contains(cursor.line.byte(at: index)) { index += 1 }
        return TextRange(cursor.start, index)
    }

    /// Reads `… from HOST[ADDRESS]…`, `… to HOST[ADDRESS]…`, `host HOST[ADDRESS] said: …`.
    private mutating func readPeerSomewhere(_ message: TextCursor) {
        var cursor = message
        guard let open = cursor.find("["), let close = cursor.find("]"), open < close, close - open <= 46 else {
            return
        }
        var head = cursor
        head.end = open
        let start = head.findLast(" ").map { $0 + 1 } ?? cursor.start
        cursor.start = start
        peer = MailPeer(cursor.line, cursor.takeWord())
    }
}

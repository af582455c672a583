// What stands behind the queue id of a line of Postfix.

extension PostfixLine {
    /// The most `key=value` of one line.
    private static let pairLimit = 64

    /// Reads what stands behind the queue id.
    mutating func readRest(_ message: TextCursor) {
        var cursor = message
        if cursor.has("removed") && cursor.end - cursor.start == 7 {
            kind = .removed
        } else if !queueID.isAbsent, let colon = cursor.find(" notification: ", within: 60) {
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
        } else if let established = cursor.find(" TLS connection established ", within: 40) {
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

    private static let actions =
        ([
            "reject", "reject_warning", "milter-reject", "milter-hold", "milter-discard", "milter-quarantine", "hold",
            "discard", "redirect", "filter", "warn", "prepend", "replace", "bcc", "info", "header", "client-reject",
        ] as [StaticString]).map { PackedWord($0) }

    /// Reads `reject: RCPT from HOST: 550 5.1.1 TEXT; from=<> to=<> proto=ESMTP helo=<>`.
    private mutating func readAction(_ message: TextCursor) -> Bool {
        var cursor = message
        var head = cursor
        head.end = min(cursor.end, cursor.start + 19)  // the longest one and its colon
        guard let colon = head.find(": "),
            let word = PackedWord(cursor.line.extracting(cursor.start..<colon)), Self.actions.contains(word)
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
            && (cursor.has("2") || cursor.has("4") || cursor.has("5"))
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
            add(key, Self.value(&cursor), cursor.line)
        }
        while cursor.take(" ") {}
        if cursor.take("(") {
            _ = cursor.takeEnd(")")
            response = cursor.rest
        }
    }

    private mutating func add(_ key: TextRange, _ value: TextRange, _ line: RawSpan) {
        let name = PostfixKey(line.extracting(key.start..<key.end))
        let bit: UInt32 = 1 << UInt32(name.rawValue)
        var isRepeated = present & bit != 0
        if isRepeated && name == .other {
            isRepeated = pairs.contains { $0.name == .other && line.isSame($0.key, key) }
        }
        present |= bit
        pairs.append(PostfixPair(key: key, value: value, name: name, isRepeated: isRepeated))
    }

    /// A value: within angle brackets, of which an address may have some itself, or up to a comma or a space.
    private static func value(_ cursor: inout TextCursor) -> TextRange {
        let start = cursor.start
        if cursor.take("<") {
            var index = cursor.start
            while index < cursor.end {
                if cursor.line.byte(at: index) == UInt8(ascii: ">"),
                    index + 1 == cursor.end || isSeparator(cursor.line.byte(at: index + 1))
                {
                    cursor.start = index + 1
                    return TextRange(start + 1, index)
                }
                index += 1
            }
        }
        var index = start
        while index < cursor.end {
            if isSeparator(cursor.line.byte(at: index)) { break }
            index += 1
        }
        cursor.start = index
        return TextRange(start, index)
    }

    private static func isSeparator(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: ",") }

    /// What the next host calls the mail, and who the client was.
    private mutating func readDelivery(_ line: RawSpan) {
        let client = value(.client)
        if !client.isAbsent { peer = MailPeer(line, client) }
        let relay = value(.relay)
        if !relay.isAbsent, !(relay.end - relay.start == 4 && line.has("none", at: relay.start)) {
            peer = MailPeer(line, relay)
        }
        dsn = value(.dsn)
        var reply = TextCursor(line, response)
        guard let start = reply.find("ed as ") else { return }
        let isID = line.has("queued as ", at: start - 4) || line.has("forwarded as ", at: start - 7)
        guard isID else { return }
        reply.start = start + 6
        other = Self.identifier(reply)
    }

    /// Letters and digits, with what other servers have in their ids.
    private static func identifier(_ cursor: TextCursor) -> TextRange {
        var index = cursor.start
        while index < cursor.end {
            switch cursor.line.byte(at: index) {
            case UInt8(ascii: " "), UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "("), UInt8(ascii: ")"),
                UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "["), UInt8(ascii: "]"), 34, 39:
                return TextRange(cursor.start, index)
            default: index += 1
            }
        }
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

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
    var name: PostfixKey
    /// Whether the key stood on the line before, so that it would be in the event twice.
    var isRepeated: Bool
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
    /// The keys that are there, as bits.
    var present: UInt32 = 0

    /// Whether the line is about one mail.
    var isOfMail: Bool { isRejection ? kind == .action : !queueID.isAbsent }

    /// Takes the pairs away, for the memory.
    mutating func takePairs() -> [PostfixPair] {
        let pairs = pairs
        self.pairs = []
        return pairs
    }

    /// Becomes a line that was kept, in the memory that is there.
    mutating func become(_ kept: PostfixLine, with pairs: ArraySlice<PostfixPair>) {
        var all = takePairs()
        all.removeAll(keepingCapacity: true)
        all.append(contentsOf: pairs)
        self = kept
        self.pairs = all
    }

    /// Reads a message.
    mutating func read(_ message: LogMessage, _ line: RawSpan) {
        let kept = pairs
        self = PostfixLine()
        pairs = kept
        pairs.removeAll(keepingCapacity: true)
        readProgram(line, message.program)
        var cursor = TextCursor(line, message.text)
        readSeverity(&cursor, "warning")
        readSeverity(&cursor, "error")
        readSeverity(&cursor, "fatal")
        readSeverity(&cursor, "panic")
        readSeverity(&cursor, "info")
        readQueueID(&cursor)
        rest = cursor.rest
        readRest(cursor)
    }

    /// The value of a key; the first one counts.
    func value(_ key: PostfixKey) -> TextRange {
        guard present & 1 << UInt32(key.rawValue) != 0 else { return .absent }
        for pair in pairs where pair.name == key { return pair.value }
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

    @inline(__always)
    private mutating func readSeverity(_ cursor: inout TextCursor, _ word: StaticString) {
        let start = cursor.start
        guard cursor.take(word) else { return }
        if cursor.take(": ") {
            severity = TextRange(start, start + word.utf8CodeUnitCount)
        } else {
            cursor.start = start
        }
    }

    private mutating func readQueueID(_ cursor: inout TextCursor) {
        if cursor.take("NOQUEUE: ") {
            isRejection = true
            return
        }
        var head = cursor
        head.end = min(cursor.end, cursor.start + 34)
        guard let colon = head.find(": "), colon - cursor.start >= 6 else { return }
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
        let vowels: UInt32 = 1 << 1 | 1 << 5 | 1 << 9 | 1 << 15 | 1 << 21  // a, e, i, o, u
        for index in cursor.start..<end {
            let byte = cursor.line.byte(at: index)
            if byte >= 64 && vowels & 1 << UInt32(byte & 31) != 0 { return true }
        }
        return false
    }
}

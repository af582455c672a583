// The keys of Postfix's lines, found without comparing texts one by one.

/// A key of Postfix's lines that is known, or any other.
enum PostfixKey: UInt8, Sendable, CaseIterable {
    case to, from, relay, delay, delays, dsn, status, size, nrcpt, messageID, client, helo, proto, originalTo, uid
    case connectionUse, resentMessageID, saslMethod, saslUsername, saslSender, originalClient, originalQueueID
    /// What is written elsewhere, or would be mistaken for a field of all events.
    case left
    case other

    /// How the value of a key is written.
    enum Kind { case left, text, integer, fraction, delays, messageID }

    var kind: Kind {
        switch self {
        case .size, .nrcpt, .uid, .connectionUse: .integer
        case .delay: .fraction
        case .delays: .delays
        case .messageID, .resentMessageID: .messageID
        case .dsn, .client, .left: .left
        default: .text
        }
    }

    /// Recognizes a key.
    init(_ key: RawSpan) {
        guard let word = PackedWord(key) else {
            // The times into which `delays` is split are the only longer ones that are taken.
            self = key.has("delay_", at: 0) ? .left : .other
            return
        }
        for index in Self.table.indices where Self.table[index].word == word {
            self = Self.table[index].key
            return
        }
        self = .other
    }

    private static let table = (names + leftNames.map { ($0, .left) }).map { Entry(word: PackedWord($0.0), key: $0.1) }

    private struct Entry: Sendable {
        let word: PackedWord
        let key: PostfixKey
    }

    /// The most frequent ones first.
    private static let names: [(StaticString, PostfixKey)] = [
        ("to", .to), ("relay", .relay), ("delay", .delay), ("delays", .delays), ("dsn", .dsn), ("status", .status),
        ("from", .from), ("size", .size), ("nrcpt", .nrcpt), ("message-id", .messageID), ("client", .client),
        ("helo", .helo), ("proto", .proto), ("orig_to", .originalTo), ("uid", .uid), ("conn_use", .connectionUse),
        ("resent-message-id", .resentMessageID), ("sasl_method", .saslMethod), ("sasl_username", .saslUsername),
        ("sasl_sender", .saslSender), ("orig_client", .originalClient), ("orig_queue_id", .originalQueueID),
    ]

    private static let leftNames: [StaticString] = [
        "host", "pid", "program", "message", "timestamp", "code", "action", "stage", "response", "service", "severity",
        "peer", "repaired", "noqueue", "queued_as", "notification_id", "queue_id", "message_id", "_id", "peer_addr",
        "peer_port", "tls_trust", "tls_protocol", "tls_cipher", "commands",
    ]
}

/// A word of up to 24 bytes as numbers, so that words are compared at once.
struct PackedWord: Equatable, Sendable {
    private var parts: (UInt64, UInt64, UInt64) = (0, 0, 0)

    /// Packs the bytes; nil if there are too many.
    @inline(__always)
    init?(_ bytes: RawSpan) {
        guard bytes.byteCount <= 24 else { return nil }
        parts.0 = Self.part(bytes, from: 0)
        if bytes.byteCount > 8 { parts.1 = Self.part(bytes, from: 8) }
        if bytes.byteCount > 16 { parts.2 = Self.part(bytes, from: 16) }
    }

    /// Packs a word of this source, which is short enough.
    init(_ text: StaticString) {
        parts = (Self.part(text.bytes, from: 0), Self.part(text.bytes, from: 8), Self.part(text.bytes, from: 16))
    }

    @inline(__always)
    private static func part(_ bytes: RawSpan, from start: Int) -> UInt64 {
        if start + 8 <= bytes.byteCount { return bytes.word(at: start) }
        var part: UInt64 = 0
        var index = bytes.byteCount
        while index > start {
            index &-= 1
            part = part << 8 | UInt64(bytes.byte(at: index))
        }
        return part
    }

    static func == (left: PackedWord, right: PackedWord) -> Bool {
        left.parts.0 == right.parts.0 && left.parts.1 == right.parts.1 && left.parts.2 == right.parts.2
    }
}

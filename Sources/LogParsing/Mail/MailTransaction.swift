// One mail on one host, as it is gathered from the lines of a log.
internal import BSON

/// One try to deliver a mail to one recipient.
struct MailAttempt: Sendable {
    var time: Int64 = 0
    var status = TextRange.absent
    var dsn = TextRange.absent
    var relay = TextRange.absent
    var relayAddress = TextRange.absent
    var relayPort: Int64 = -1
    var delay: Double?
    var delays: MailDelays?
    var response = TextRange.absent
    var queuedAs = TextRange.absent
    var daemon = TextRange.absent

    func write(_ texts: KeptTexts, to event: inout DocumentWriter) {
        texts.write("status", status, to: &event)
        texts.write("dsn", dsn, to: &event)
        texts.write("relay", relay, to: &event)
        texts.write("relay_addr", relayAddress, to: &event)
        if relayPort >= 0 { event["relay_port"] = Int32(clamping: relayPort) }
        texts.write("agent", daemon, to: &event)
        if let delay { event["delay"] = delay }
        delays?.write(to: &event)
        texts.write("response", response, to: &event)
        texts.write("queued_as", queuedAs, to: &event)
        event["time"] = Datetime(millisecondsSinceEpoch: time)
    }
}

/// A recipient of a mail, with every try.
struct MailRecipient: Sendable {
    /// Tries that are kept: the first ones, and always the last.
    static let attemptLimit = 20

    var to = TextRange.absent
    var originalTo = TextRange.absent
    var last = MailAttempt()
    /// Those before the last one.
    var earlier: [MailAttempt] = []
    var attemptCount = 1

    init() {}

    init(to: TextRange, originalTo: TextRange, _ attempt: MailAttempt) {
        self.to = to
        self.originalTo = originalTo
        last = attempt
    }

    mutating func add(_ attempt: MailAttempt) {
        attemptCount += 1
        if earlier.count < Self.attemptLimit - 1 { earlier.append(last) }
        last = attempt
    }

    func write(_ texts: KeptTexts, to event: inout DocumentWriter) {
        texts.writeAlways("to", to, to: &event)
        texts.write("orig_to", originalTo, to: &event)
        last.write(texts, to: &event)
        event["attempts"] = Int32(clamping: attemptCount)
        if earlier.isEmpty { return }
        event.array("history") { list in
            for attempt in earlier { list.document { attempt.write(texts, to: &$0) } }
            list.document { last.write(texts, to: &$0) }
        }
    }
}

/// A text of a mail of which there is one.
enum MailField: UInt8, Sendable, CaseIterable {
    case client, clientAddress, from, helo, proto, service, saslMethod, saslUsername, saslSender, originalClient
    case originalQueueID, messageID, notificationKind

    var key: StaticString {
        switch self {
        case .client: "client"
        case .clientAddress: "client_addr"
        case .from: "from"
        case .helo: "helo"
        case .proto: "proto"
        case .service: "service"
        case .saslMethod: "sasl_method"
        case .saslUsername: "sasl_username"
        case .saslSender: "sasl_sender"
        case .originalClient: "orig_client"
        case .originalQueueID: "orig_queue_id"
        case .messageID: "message_id"
        case .notificationKind: "notification_kind"
        }
    }
}

/// One mail on one host: from its first line to "removed".
struct MailTransaction: Sendable {
    /// Recipients that are kept; the others are counted.
    static let recipientLimit = 1000
    /// Other things of which there may be several.
    static let listLimit = 100

    /// Number among all mails that were gathered, from 1; 0 if there is none here.
    var serial: UInt64 = 0
    /// What it is found by.
    var hash: UInt64 = 0
    var id = ObjectID(seconds: 0, low: 0)
    var host = TextRange.absent
    var queueID = TextRange.absent
    var first: Int64 = 0
    var last: Int64 = 0
    /// Whether the log has it from the beginning.
    var hasBeginning = false
    var ended: Int64?
    var texts = KeptTexts()
    /// Texts by their fields: each is written if it is there.
    private var fields: [(field: MailField, text: TextRange)] = []
    private var present: UInt16 = 0
    var clientPort: Int64 = -1
    var size: Int64 = -1
    var nrcpt: Int64 = -1
    var uid: Int64 = -1
    var recipients: [MailRecipient] = []
    var recipientsLeftOut = 0
    var notifications: [(kind: TextRange, queueID: TextRange)] = []
    var notificationOf = TextRange.absent
    var actions: [MailAction] = []
    var isExpired = false
    var isRejection = false
    var lines = 0
    /// Lines there were when the event was last emitted.
    var emittedLines = 0

    /// Makes it another mail, of which nothing is known; keeps the memory.
    mutating func begin(id: ObjectID, first: Int64) {
        var fields = fields
        var recipients = recipients
        var texts = texts
        self = MailTransaction()
        fields.removeAll(keepingCapacity: true)
        texts.removeAll()
        if recipients.capacity > 16 { recipients = [] } else { recipients.removeAll(keepingCapacity: true) }
        (self.fields, self.recipients, self.texts) = (fields, recipients, texts)
        self.id = id
        self.first = first
        last = first
    }

    /// Bytes that are kept, roughly.
    var weight: Int { 512 + texts.bytes.count + recipients.count * 250 + actions.count * 100 }

    func has(_ field: MailField) -> Bool { present & 1 << UInt16(field.rawValue) != 0 }

    /// Writes or reads the texts by their fields, which stand among `count` bytes.
    mutating func codeFields(_ state: inout KeptState, _ count: Int) {
        state.code(&fields, limit: MailField.allCases.count, usual: (.client, .absent)) { state, item in
            var number = Int(item.field.rawValue)
            state.code(&number, in: 0...MailField.allCases.count - 1)
            item.field = MailField.allCases[number]
            state.code(&item.text, within: count)
        }
        present = fields.reduce(0) { $0 | 1 << UInt16($1.field.rawValue) }
    }

    /// Keeps a text, if it is there and none is kept for its field.
    mutating func set(_ field: MailField, _ text: TextRange, of line: RawSpan) {
        if text.isAbsent || has(field) { return }
        setAlways(field, texts.keep(text, of: line))
    }

    /// Keeps a text that may be empty.
    mutating func setAlways(_ field: MailField, _ text: TextRange) {
        present |= 1 << UInt16(field.rawValue)
        fields.append((field, text))
    }

    /// How the mail ended, as far as is known.
    var outcome: StaticString {
        if isRejection { return "rejected" }
        if isExpired { return "expired" }
        var sent = 0
        var failed = 0
        var deferred = 0
        for recipient in recipients {
            let status = recipient.last.status
            if texts.isWord(status, "sent") || texts.isWord(status, "deliverable") {
                sent += 1
            } else if texts.isWord(status, "bounced") || texts.isWord(status, "undeliverable")
                || texts.isWord(status, "expired")
            {
                failed += 1
            } else if !status.isAbsent {
                deferred += 1
            }
        }
        if deferred > 0 { return ended == nil ? "deferred" : "deleted" }
        if sent > 0 { return failed > 0 ? "partly_delivered" : "delivered" }
        if failed > 0 { return "bounced" }
        if actions.contains(where: { texts.hasEnd($0.action, "discard") }) { return "discarded" }
        if actions.contains(where: { texts.hasEnd($0.action, "reject") }) { return "rejected" }
        return ended == nil ? "unknown" : "deleted"
    }

    /// Writes the event.
    func write(isOpen: Bool, to event: inout DocumentWriter) {
        event["_id"] = id
        event["timestamp"] = Datetime(millisecondsSinceEpoch: first)
        texts.write("host", host, to: &event)
        texts.write("queue_id", queueID, to: &event)
        event["outcome"] = outcome
        if isOpen { event["open"] = true }
        if let ended {
            event["ended"] = Datetime(millisecondsSinceEpoch: ended)
            event["duration"] = Double(ended - first) / 1000
        }
        for (field, text) in fields { texts.writeAlways(field.key, text, to: &event) }
        if clientPort >= 0 { event["client_port"] = Int32(clamping: clientPort) }
        if uid >= 0 { event["uid"] = uid }
        if size >= 0 { event["size"] = size }
        if nrcpt >= 0 { event["nrcpt"] = Int32(clamping: nrcpt) }
        writeLists(to: &event)
        event["lines"] = Int32(clamping: lines)
        if !hasBeginning { event["partial"] = true }
        if texts.isRepaired { event["repaired"] = true }
    }

    private func writeLists(to event: inout DocumentWriter) {
        if !recipients.isEmpty {
            event.array("recipients") { list in
                for recipient in recipients { list.document { recipient.write(texts, to: &$0) } }
            }
        }
        if recipientsLeftOut > 0 { event["recipients_left_out"] = Int32(clamping: recipientsLeftOut) }
        if !actions.isEmpty {
            event.array("actions") { list in for action in actions { list.document { action.write(texts, to: &$0) } } }
        }
        if !notifications.isEmpty {
            event.array("notifications") { list in
                for notification in notifications {
                    list.document { item in
                        texts.writeAlways("kind", notification.kind, to: &item)
                        texts.writeAlways("queue_id", notification.queueID, to: &item)
                    }
                }
            }
        }
        texts.write("notification_of", notificationOf, to: &event)
    }
}

/// Something that was done with a mail: refused, held, redirected.
struct MailAction: Sendable {
    var time: Int64 = 0
    var action = TextRange.absent
    var stage = TextRange.absent
    var code: Int64 = -1
    var dsn = TextRange.absent
    var reason = TextRange.absent
    var to = TextRange.absent

    func write(_ texts: KeptTexts, to event: inout DocumentWriter) {
        texts.write("action", action, to: &event)
        texts.write("stage", stage, to: &event)
        if code >= 0 { event["code"] = Int32(clamping: code) }
        texts.write("dsn", dsn, to: &event)
        texts.write("to", to, to: &event)
        texts.write("reason", reason, to: &event)
        event["time"] = Datetime(millisecondsSinceEpoch: time)
    }
}

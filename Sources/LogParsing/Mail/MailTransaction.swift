// One mail on one host, as it is gathered from the lines of a log.
internal import BSON

/// One try to deliver a mail to one recipient.
struct MailAttempt: Sendable {
    var time: Int64 = 0
    var status = ""
    var dsn = ""
    var relay = ""
    var relayAddress = ""
    var relayPort: Int64 = -1
    var delay: Double?
    var delays: MailDelays?
    var response = ""
    var queuedAs = ""
    var daemon = ""

    func write(to event: inout DocumentWriter) {
        func text(_ key: StaticString, _ value: String) { if !value.isEmpty { event[key] = value } }
        text("status", status)
        text("dsn", dsn)
        text("relay", relay)
        text("relay_addr", relayAddress)
        if relayPort >= 0 { event["relay_port"] = Int32(clamping: relayPort) }
        text("agent", daemon)
        if let delay { event["delay"] = delay }
        delays?.write(to: &event)
        text("response", response)
        text("queued_as", queuedAs)
        event["time"] = Datetime(millisecondsSinceEpoch: time)
    }
}

/// A recipient of a mail, with every try.
struct MailRecipient: Sendable {
    /// Tries that are kept: the first ones, and always the last.
    static let attemptLimit = 20

    var to: String
    var originalTo: String
    var attempts: [MailAttempt] = []
    var attemptCount = 0

    mutating func add(_ attempt: MailAttempt) {
        attemptCount += 1
        if attempts.count == Self.attemptLimit { attempts.removeLast() }
        attempts.append(attempt)
    }

    var status: String { attempts.last?.status ?? "" }

    func write(to event: inout DocumentWriter) {
        event["to"] = to
        if !originalTo.isEmpty { event["orig_to"] = originalTo }
        attempts.last?.write(to: &event)
        event["attempts"] = Int32(clamping: attemptCount)
        guard attempts.count > 1 else { return }
        event.array("history") { list in
            for attempt in attempts { list.document { attempt.write(to: &$0) } }
        }
    }
}

/// One mail on one host: from its first line to "removed".
struct MailTransaction: Sendable {
    /// Recipients that are kept; the others are counted.
    static let recipientLimit = 1000
    /// Other things of which there may be several.
    static let listLimit = 100

    let id: ObjectID
    let host: String
    let queueID: String
    let first: Int64
    var last: Int64
    /// Whether the log has it from the beginning.
    var hasBeginning = false
    var ended: Int64?
    /// Texts by their fields: each is written if it is there.
    var texts: [(key: StaticString, value: String)] = []
    var clientPort: Int64 = -1
    var size: Int64 = -1
    var nrcpt: Int64 = -1
    var uid: Int64 = -1
    var recipients: [MailRecipient] = []
    var recipientsLeftOut = 0
    var notifications: [(kind: String, queueID: String)] = []
    var notificationOf = ""
    var actions: [MailAction] = []
    var isExpired = false
    var isRejection = false
    var lines = 0
    var isRepaired = false
    /// Lines there were when the event was last emitted.
    var emittedLines = 0
    /// Bytes that are kept, roughly.
    var weight = 512

    init(id: ObjectID, host: String, queueID: String, first: Int64) {
        self.id = id
        self.host = host
        self.queueID = queueID
        self.first = first
        last = first
    }

    func text(_ key: StaticString) -> String? {
        texts.first { $0.key.utf8Start == key.utf8Start || $0.key.description == key.description }?.value
    }

    /// Keeps a text, if it is there and none is kept for its field.
    mutating func set(_ key: StaticString, _ value: String) {
        guard !value.isEmpty, text(key) == nil else { return }
        texts.append((key, value))
        weight += value.utf8.count + 40
    }

    /// How the mail ended, as far as is known.
    var outcome: StaticString {
        if isRejection { return "rejected" }
        if isExpired { return "expired" }
        var sent = 0
        var failed = 0
        var deferred = 0
        for recipient in recipients {
            switch recipient.status {
            case "sent", "deliverable": sent += 1
            case "bounced", "undeliverable", "expired": failed += 1
            case "": break
            default: deferred += 1
            }
        }
        if deferred > 0 { return ended == nil ? "deferred" : "deleted" }
        if sent > 0 { return failed > 0 ? "partly_delivered" : "delivered" }
        if failed > 0 { return "bounced" }
        if actions.contains(where: { $0.action.hasSuffix("discard") }) { return "discarded" }
        if actions.contains(where: { $0.action.hasSuffix("reject") }) { return "rejected" }
        return ended == nil ? "unknown" : "deleted"
    }

    /// Writes the event.
    func write(isOpen: Bool, to event: inout DocumentWriter) {
        event["_id"] = id
        event["timestamp"] = Datetime(millisecondsSinceEpoch: first)
        if !host.isEmpty { event["host"] = host }
        if !queueID.isEmpty { event["queue_id"] = queueID }
        event["outcome"] = outcome
        if isOpen { event["open"] = true }
        if let ended {
            event["ended"] = Datetime(millisecondsSinceEpoch: ended)
            event["duration"] = Double(ended - first) / 1000
        }
        for text in texts { event[text.key] = text.value }
        if clientPort >= 0 { event["client_port"] = Int32(clamping: clientPort) }
        if uid >= 0 { event["uid"] = uid }
        if size >= 0 { event["size"] = size }
        if nrcpt >= 0 { event["nrcpt"] = Int32(clamping: nrcpt) }
        writeLists(to: &event)
        event["lines"] = Int32(clamping: lines)
        if !hasBeginning { event["partial"] = true }
        if isRepaired { event["repaired"] = true }
    }

    private func writeLists(to event: inout DocumentWriter) {
        if !recipients.isEmpty {
            event.array("recipients") { list in
                for recipient in recipients { list.document { recipient.write(to: &$0) } }
            }
        }
        if recipientsLeftOut > 0 { event["recipients_left_out"] = Int32(clamping: recipientsLeftOut) }
        if !actions.isEmpty {
            event.array("actions") { list in for action in actions { list.document { action.write(to: &$0) } } }
        }
        if !notifications.isEmpty {
            event.array("notifications") { list in
                for notification in notifications {
                    list.document { item in
                        item["kind"] = notification.kind
                        item["queue_id"] = notification.queueID
                    }
                }
            }
        }
        if !notificationOf.isEmpty { event["notification_of"] = notificationOf }
    }
}

/// Something that was done with a mail: refused, held, redirected.
struct MailAction: Sendable {
    var time: Int64 = 0
    var action = ""
    var stage = ""
    var code: Int64 = -1
    var dsn = ""
    var reason = ""
    var to = ""

    func write(to event: inout DocumentWriter) {
        func text(_ key: StaticString, _ value: String) { if !value.isEmpty { event[key] = value } }
        text("action", action)
        text("stage", stage)
        if code >= 0 { event["code"] = Int32(clamping: code) }
        text("dsn", dsn)
        text("to", to)
        text("reason", reason)
        event["time"] = Datetime(millisecondsSinceEpoch: time)
    }
}

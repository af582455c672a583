// From lines to mails: one event for each, when it has ended, or when it has taken long.
internal import BSON

/// Gathers the lines of each mail into one event.
///
/// A mail is known by its host and its queue id, from its first line until it was removed from the queue; queue ids
/// come again. Lines of one mail need not be in order, so that a mail is only done a little after it was removed. The
/// time is that of the log, and goes on with the clock on the wall while no lines come.
struct MailAssembler: Sendable {
    /// What a mail is known by while it is in the queue.
    private struct Key: Hashable {
        var host: String
        var queueID: String
    }

    /// A mail to look at again at a time.
    private struct Due {
        var time: Int64
        var key: Key
        /// The first time of the mail, so that another mail with the same queue id is not meant.
        var id: ObjectID
    }

    /// How long a mail may take before it is emitted as an open one, in milliseconds.
    static let patience: Int64 = 300_000
    /// How often it is emitted again after that, if there was news.
    static let interval: Int64 = 3_600_000
    /// How long lines may come behind the one that says that the mail was removed.
    static let grace: Int64 = 2_000
    /// Mails that are gathered at once; beyond, the oldest are emitted as they are.
    static let countLimit = 100_000
    /// Bytes of all mails that are gathered at once, roughly.
    static let weightLimit = 256 << 20

    private let topic: Int
    private var mails: [Key: MailTransaction] = [:]
    /// Mails that were never emitted, and those that were, each in the order of their times.
    private var open = FIFO<Due>()
    private var emitted = FIFO<Due>()
    private var removed = FIFO<Due>()
    private var weight = 0
    /// The latest time in the log.
    private var now = Int64.min
    /// The wall's clock when that was.
    private var wall: Int64?
    private var hasLines = false

    init(topic: Int) { self.topic = topic }

    mutating func take(
        _ found: PostfixLine, _ message: LogMessage, _ line: RawSpan, at place: LinePlace, to output: any EventOutput
    ) {
        advance(to: message.milliseconds, output)
        hasLines = true
        if found.isRejection {
            if found.kind == .action { reject(found, message, line, at: place, to: output) }
            return
        }
        guard !found.queueID.isAbsent else { return }
        let key = Key(host: line.string(message.host), queueID: line.string(found.queueID))
        let beginning = beginning(found, line)
        if beginning != .none, let old = mails[key], old.ended != nil || beginning == .sure && old.hasClient {
            end(key, old, output)
        }
        change(key, message.milliseconds, output) { mail in
            mail.lines += 1
            mail.last = max(mail.last, message.milliseconds)
            if beginning != .none { mail.hasBeginning = true }
            if !line.isPlain, !BSONValidator.isUTF8(line) { mail.isRepaired = true }
            mail.add(found, message, line)
        }
        if found.kind == .removed, let mail = mails[key] {
            removed.append(Due(time: now + Self.grace, key: key, id: mail.id))
        }
        if found.kind == .notification { link(found, key, message, line, output) }
    }

    /// Whether a mail begins with this line.
    private enum Beginning { case none, perhaps, sure }

    private func beginning(_ found: PostfixLine, _ line: RawSpan) -> Beginning {
        if !found.value("client", line).isAbsent || !found.value("uid", line).isAbsent { return .sure }
        return found.value("message-id", line).isAbsent ? .none : .perhaps
    }

    /// Changes a mail, which is new if there is none.
    private mutating func change(
        _ key: Key, _ time: Int64, _ output: any EventOutput, _ body: (inout MailTransaction) -> Void
    ) {
        if mails[key] == nil {
            var hash = Hash64(seed: 0x73_6D_74_70)
            hash.add(key.host.utf8Span.span.bytes)
            hash.add(key.queueID.utf8Span.span.bytes)
            let id = ObjectID(seconds: UInt32(truncatingIfNeeded: time / 1000), low: hash.value)
            mails[key] = MailTransaction(id: id, host: key.host, queueID: key.queueID, first: time)
            open.append(Due(time: now + Self.patience, key: key, id: id))
            weight += 512
        }
        guard let index = mails.index(forKey: key) else { return }
        let before = mails.values[index].weight
        body(&mails.values[index])
        weight += mails.values[index].weight - before
        while mails.count > Self.countLimit || weight > Self.weightLimit,
            let oldest = emitted.popFirst() ?? open.popFirst()
        {
            if let mail = mails[oldest.key], mail.id == oldest.id { end(oldest.key, mail, output) }
        }
    }

    /// Remembers at a mail what it tells about.
    private mutating func link(
        _ found: PostfixLine, _ key: Key, _ message: LogMessage, _ line: RawSpan, _ output: any EventOutput
    ) {
        let other = Key(host: key.host, queueID: line.string(found.other))
        guard !other.queueID.isEmpty, other.queueID.utf8.count <= 32 else { return }
        change(other, message.milliseconds, output) { mail in
            mail.notificationOf = key.queueID
            mail.set("notification_kind", line.string(found.action))
        }
    }

    /// A mail that was refused before it was in the queue.
    private mutating func reject(
        _ found: PostfixLine, _ message: LogMessage, _ line: RawSpan, at place: LinePlace, to output: any EventOutput
    ) {
        let seconds = UInt32(truncatingIfNeeded: message.milliseconds / 1000)
        // Another event of the same line must have another _id.
        let id = ObjectID(seconds: seconds, low: Hash64.finish(place.id(seconds: seconds).low))
        output.emit(topic: topic) { event in
            var mail = MailTransaction(
                id: id, host: line.string(message.host), queueID: "", first: message.milliseconds)
            mail.isRejection =
                line.has("reject", at: found.action.start) || line.has("milter-reject", at: found.action.start)
            mail.hasBeginning = true
            mail.lines = 1
            mail.ended = message.milliseconds
            mail.isRepaired = !line.isPlain && !BSONValidator.isUTF8(line)
            mail.add(found, message, line)
            mail.write(isOpen: false, to: &event)
        }
    }
}

// MARK: - Time

extension MailAssembler {
    /// Emits what is due by the clock on the wall, if no lines come.
    mutating func pass(to milliseconds: Int64, _ output: any EventOutput) {
        defer {
            wall = milliseconds
            hasLines = false
        }
        guard !hasLines, let wall, now > .min else { return }
        advance(to: now + max(0, milliseconds - wall), output)
    }

    /// Emits everything as it is.
    mutating func finish(_ output: any EventOutput) {
        let inOrder = mails.values.sorted { ($0.first, $0.host, $0.queueID) < ($1.first, $1.host, $1.queueID) }
        for mail in inOrder {
            if mail.ended != nil || mail.lines > mail.emittedLines { emit(mail, output) }
        }
        mails.removeAll()
        open = FIFO()
        emitted = FIFO()
        removed = FIFO()
        weight = 0
    }

    private mutating func advance(to time: Int64, _ output: any EventOutput) {
        guard time > now else { return }
        now = time
        while let due = removed.first, due.time <= now {
            removed.removeFirst()
            if let mail = mails[due.key], mail.id == due.id, mail.ended != nil { end(due.key, mail, output) }
        }
        while let due = open.first, due.time <= now {
            open.removeFirst()
            remind(due, output)
        }
        while let due = emitted.first, due.time <= now {
            emitted.removeFirst()
            remind(due, output)
        }
    }

    /// Emits a mail that takes long, if there is news about it.
    private mutating func remind(_ due: Due, _ output: any EventOutput) {
        guard let mail = mails[due.key], mail.id == due.id else { return }
        if mail.ended == nil, mail.lines > mail.emittedLines {
            emit(mail, output)
            mails[due.key]?.emittedLines = mail.lines
        }
        emitted.append(Due(time: now + Self.interval, key: due.key, id: due.id))
    }

    private mutating func end(_ key: Key, _ mail: MailTransaction, _ output: any EventOutput) {
        emit(mail, output)
        weight -= mail.weight
        mails[key] = nil
    }

    private func emit(_ mail: MailTransaction, _ output: any EventOutput) {
        output.emit(topic: topic) { mail.write(isOpen: mail.ended == nil, to: &$0) }
    }
}

/// A queue whose front is cheap to remove.
private struct FIFO<Element: Sendable>: Sendable {
    private var elements: [Element?] = []
    private var head = 0

    var first: Element? { head < elements.count ? elements[head] : nil }

    mutating func append(_ element: Element) { elements.append(element) }

    mutating func removeFirst() {
        elements[head] = nil
        head += 1
        if head > 1024, head * 2 > elements.count {
            elements.removeFirst(head)
            head = 0
        }
    }

    mutating func popFirst() -> Element? {
        guard let first else { return nil }
        removeFirst()
        return first
    }
}

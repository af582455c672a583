// From lines to mails: one event for each, when it has ended, or when it has taken long.
internal import BSON

/// Gathers the lines of each mail into one event.
///
/// A mail is known by its host and its queue id, from its first line until it was removed from the queue; queue ids
/// come again. Lines of one mail need not be in order, so that a mail is only done a little after it was removed. The
/// time is that of the log, and goes on with the clock on the wall while no lines come.
struct MailAssembler: Sendable {
    /// A mail to look at again at a time.
    fileprivate struct Due {
        var time: Int64
        var slot: Int
        /// So that another mail that came into the slot is not meant.
        var serial: UInt64
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
    private let countLimit: Int
    /// The mails, and room for others.
    private var slots: [MailTransaction] = []
    private var free: [Int] = []
    /// Where the mails are, by a hash of host and queue id; nobody who writes into a log can know its seed.
    private var places: [UInt64: Int] = [:]
    private let seed = UInt64.random(in: .min ... .max)
    private var serial: UInt64 = 0
    /// Mails that were never emitted, and those that were, each in the order of their times.
    fileprivate var open = FIFO<Due>()
    fileprivate var emitted = FIFO<Due>()
    fileprivate var removed = FIFO<Due>()
    private var weight = 0
    /// The latest time in the log, and what has passed since by the clock on the wall.
    private var now = Int64.min
    /// The latest time in the log alone: what is kept does not change while no lines come.
    private var latest = Int64.min
    /// The wall's clock when that was.
    private var wall: Int64?
    private var hasLines = false

    init(topic: Int, countLimit: Int = Self.countLimit) {
        self.topic = topic
        self.countLimit = countLimit
    }

    mutating func take(
        _ found: PostfixLine, _ message: LogMessage, _ line: RawSpan, at place: LinePlace, to output: any EventOutput
    ) {
        advance(to: message.milliseconds, output)
        latest = max(latest, message.milliseconds)
        hasLines = true
        guard found.isOfMail else { return }
        if found.isRejection { return reject(found, message, line, at: place, to: output) }
        let hash = hash(message.host, found.queueID, line)
        let beginning = beginning(found)
        if beginning != .none, let slot = places[hash],
            slots[slot].ended != nil || beginning == .sure && slots[slot].hasClient
        {
            end(slot, output)
        }
        let slot = find(hash, found.queueID, message, line)
        let before = slots[slot].weight
        slots[slot].lines += 1
        slots[slot].last = max(slots[slot].last, message.milliseconds)
        if beginning != .none { slots[slot].hasBeginning = true }
        if !line.isPlain, !BSONValidator.isUTF8(line) { slots[slot].texts.isRepaired = true }
        slots[slot].add(found, message, line)
        weight += slots[slot].weight - before
        if found.kind == .removed {
            removed.append(Due(time: now + Self.grace, slot: slot, serial: slots[slot].serial))
        }
        if found.kind == .notification { link(found, message, line) }
        makeRoom(output)
    }

    /// Whether a mail begins with a line.
    private enum Beginning { case none, perhaps, sure }

    private func beginning(_ found: PostfixLine) -> Beginning {
        if !found.value(.client).isAbsent || !found.value(.uid).isAbsent { return .sure }
        return found.value(.messageID).isAbsent ? .none : .perhaps
    }

    private func hash(_ host: TextRange, _ queueID: TextRange, _ line: RawSpan) -> UInt64 {
        var hash = Hash64(seed: seed)
        hash.add(line.extracting(host.start..<host.end))
        hash.add(line.extracting(queueID.start..<queueID.end))
        return hash.value
    }

    /// The slot of a mail, which is new if there is none.
    private mutating func find(
        _ hash: UInt64, _ queueID: TextRange, _ message: LogMessage, _ line: RawSpan
    ) -> Int {
        if let slot = places[hash] { return slot }
        var low = Hash64(seed: 0x73_6D_74_70)
        low.add(line.extracting(message.host.start..<message.host.end))
        low.add(line.extracting(queueID.start..<queueID.end))
        let id = ObjectID(seconds: UInt32(truncatingIfNeeded: message.milliseconds / 1000), low: low.value)
        let slot = free.popLast() ?? slots.count
        if slot == slots.count { slots.append(MailTransaction()) }
        slots[slot].begin(id: id, first: message.milliseconds)
        serial += 1
        slots[slot].serial = serial
        slots[slot].hash = hash
        slots[slot].host = slots[slot].texts.keep(message.host, of: line)
        slots[slot].queueID = slots[slot].texts.keep(queueID, of: line)
        places[hash] = slot
        open.append(Due(time: now + Self.patience, slot: slot, serial: serial))
        weight += slots[slot].weight
        return slot
    }

    /// Emits the oldest mails as they are, if there are too many.
    private mutating func makeRoom(_ output: any EventOutput) {
        while places.count > countLimit || weight > Self.weightLimit,
            let oldest = emitted.popFirst() ?? open.popFirst()
        {
            if slots[oldest.slot].serial == oldest.serial { end(oldest.slot, output) }
        }
    }

    /// Remembers at a mail what it tells about.
    private mutating func link(_ found: PostfixLine, _ message: LogMessage, _ line: RawSpan) {
        guard !found.other.isAbsent, found.other.end - found.other.start <= 32 else { return }
        let slot = find(hash(message.host, found.other, line), found.other, message, line)
        let before = slots[slot].weight
        slots[slot].notificationOf = slots[slot].texts.keep(found.queueID, of: line)
        slots[slot].set(.notificationKind, found.action, of: line)
        weight += slots[slot].weight - before
    }

    /// A mail that was refused before it was in the queue.
    private mutating func reject(
        _ found: PostfixLine, _ message: LogMessage, _ line: RawSpan, at place: LinePlace, to output: any EventOutput
    ) {
        let seconds = UInt32(truncatingIfNeeded: message.milliseconds / 1000)
        // Another event of the same line must have another _id.
        let id = ObjectID(seconds: seconds, low: Hash64.finish(place.id(seconds: seconds).low))
        output.emit(topic: topic) { event in
            var mail = MailTransaction()
            mail.begin(id: id, first: message.milliseconds)
            mail.host = mail.texts.keep(message.host, of: line)
            mail.isRejection =
                line.has("reject", at: found.action.start) || line.has("milter-reject", at: found.action.start)
            mail.hasBeginning = true
            mail.lines = 1
            mail.ended = message.milliseconds
            mail.texts.isRepaired = !line.isPlain && !BSONValidator.isUTF8(line)
            mail.add(found, message, line)
            mail.write(isOpen: false, to: &event)
        }
    }
}

// MARK: - Restarts

extension MailAssembler {
    /// The most mails that are read; no more are ever gathered, whatever the limit was.
    private static let keptLimit = 2 * countLimit

    /// Writes or reads the mails that are not done.
    mutating func code(_ state: inout KeptState) {
        state.code(&latest)
        if state.isReading { now = latest }
        var mails = state.isReading ? [] : places.values.sorted { slots[$0].serial < slots[$1].serial }
        state.code(&mails, limit: Self.keptLimit, usual: -1) { state, slot in
            if slot < 0 { slot = place() }
            slots[slot].code(&state)
        }
        if state.isReading { for slot in mails { know(slot) } }
        let numbers = Dictionary(uniqueKeysWithValues: mails.enumerated().map { ($1, $0) })
        for path in [\MailAssembler.open, \.emitted, \.removed] {
            var dues: [(time: Int64, mail: Int)] = self[keyPath: path].all.compactMap { due in
                guard !state.isReading, slots[due.slot].serial == due.serial else { return nil }
                return numbers[due.slot].map { (due.time, $0) }
            }
            state.code(&dues, limit: Self.keptLimit * 10, usual: (0, 0)) {
                $0.code(&$1.time)
                $0.code(&$1.mail, in: 0...max(0, mails.count - 1))
            }
            guard state.isReading, !mails.isEmpty else { continue }
            for due in dues {
                let slot = mails[due.mail]
                self[keyPath: path].append(Due(time: due.time, slot: slot, serial: slots[slot].serial))
            }
        }
        if state.isLast { removeAll() }
    }

    /// A slot for a mail that is read.
    private mutating func place() -> Int {
        slots.append(MailTransaction())
        serial += 1
        slots[slots.count - 1].serial = serial
        return slots.count - 1
    }

    /// Makes a mail that was read findable.
    private mutating func know(_ slot: Int) {
        let texts = slots[slot].texts.bytes
        let hash = hash(slots[slot].host, slots[slot].queueID, texts.span.bytes)
        slots[slot].hash = hash
        places[hash] = slot
        weight += slots[slot].weight
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
        let inOrder = places.values.sorted {
            (slots[$0].first, slots[$0].serial) < (slots[$1].first, slots[$1].serial)
        }
        for slot in inOrder where slots[slot].ended != nil || slots[slot].lines > slots[slot].emittedLines {
            emit(slot, output)
        }
        removeAll()
    }

    private mutating func removeAll() {
        places.removeAll()
        slots.removeAll()
        free.removeAll()
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
            if slots[due.slot].serial == due.serial, slots[due.slot].ended != nil { end(due.slot, output) }
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
        guard slots[due.slot].serial == due.serial else { return }
        if slots[due.slot].ended == nil, slots[due.slot].lines > slots[due.slot].emittedLines {
            emit(due.slot, output)
            slots[due.slot].emittedLines = slots[due.slot].lines
        }
        emitted.append(Due(time: now + Self.interval, slot: due.slot, serial: due.serial))
    }

    private mutating func end(_ slot: Int, _ output: any EventOutput) {
        emit(slot, output)
        weight -= slots[slot].weight
        places[slots[slot].hash] = nil
        slots[slot].serial = 0
        free.append(slot)
    }

    private func emit(_ slot: Int, _ output: any EventOutput) {
        output.emit(topic: topic) { slots[slot].write(isOpen: slots[slot].ended == nil, to: &$0) }
    }
}

/// A queue whose front is cheap to remove.
private struct FIFO<Element: Sendable>: Sendable {
    private var elements: [Element?] = []
    private var head = 0

    /// Those that are in it, in order.
    var all: [Element] { elements[head...].compactMap(\.self) }

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

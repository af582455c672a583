// What a subscriber does with a message: parse, validate, keep the books.
import BSON
import ZeroMQ

/// A message with events to deliver, whose payload waits in ``Subscriber/payload``.
package struct Incoming {
    /// The topic's number in the subscriber's table.
    package let topic: Int
    package let stamp: Stamp?
    package let count: Int
    /// The positions of the documents that are new; nil if all are.
    package let parts: [Range<Int>]?
}

/// Everything of a subscriber but its socket.
///
/// Takes untrusted bytes.
struct Intake: ~Copyable {
    var ledger = Ledger()
    private(set) var topics = TopicTable()
    private(set) var patterns: Set<Pattern> = []
    private var now: UInt64 = 0
    /// Messages since the clock was looked at.
    private var uses = 0
    /// What those with keys may send; nil if no endpoint is a server.
    var senders: Senders?

    /// Asks for these patterns from now on, behind which the nonce is subscribed to.
    mutating func begin(_ nonce: FenceNonce, patterns: Set<Pattern>) {
        self.patterns = patterns
        ledger.beginFence(nonce, patterns: Array(patterns), now: monotonicNanoseconds())
    }

    /// Says that nothing has arrived for the moment: the next message comes later.
    mutating func rest() { uses = 0 }

    /// Takes in a message; returns what there is to deliver, if anything.
    mutating func take(_ envelope: borrowing Message, _ payload: borrowing Message) -> Incoming? {
        // A look at the clock for every message would cost more than the rest of the books.
        if uses & 15 == 0 { now = monotonicNanoseconds() }
        uses &+= 1
        let isRemoved = senders?.identify(envelope) == .removed
        // Its key was taken off the list while it was connected: what comes next is refused at the door.
        if isRemoved { envelope.connection?.cut() }
        switch Envelope.parse(envelope.bytes) {
        case .malformed(let reason):
            ledger.countMalformed(reason)
        case .fence(let fence, let stamp):
            guard !isRemoved, mayUse(stamp.origin) else { return nil }
            ledger.observe(beats: payload.bytes, stamp: stamp, fence: fence, now: now)
        case .unstamped(let topicByteCount):
            return takeUnstamped(envelope.bytes.extracting(first: topicByteCount), payload)
        case .stamped(let topicByteCount, let stamp):
            return takeStamped(envelope.bytes.extracting(first: topicByteCount), stamp, payload, now: now)
        }
        return nil
    }

    private mutating func takeStamped(
        _ name: RawSpan, _ stamp: Stamp, _ payload: borrowing Message, now: UInt64
    ) -> Incoming? {
        guard let number = topics.number(of: name) else {
            ledger.countMalformed(.topic)
            return nil
        }
        guard mayUse(stamp.origin) else { return nil }
        if topics.isBeat(number) {
            guard senders?.isWelcome ?? true else { return nil }
            ledger.observe(beats: payload.bytes, stamp: stamp, fence: nil, now: now)
            return nil
        }
        guard
            let row = ledger.row(origin: stamp.origin, topic: name)
                ?? ledger.addRow(origin: stamp.origin, topic: topics.topics[number], now: now)
        else { return nil }
        var fault = Intake.fault(in: payload, expecting: Int(stamp.count))
        if fault == nil, senders != nil { fault = permission(for: topics.topics[number], stamp, payload) }
        switch ledger.observe(stamp, row: row, fault: fault, now: now) {
        case .deliver: return Incoming(topic: number, stamp: stamp, count: Int(stamp.count), parts: nil)
        case .partly: return Incoming(topic: number, stamp: stamp, count: Int(stamp.count), parts: ledger.newDocuments)
        case .repeated, .malformed: return nil
        }
    }

    /// Counts copies of events that came by another path.
    mutating func countDuplicates(_ count: Int, _ incoming: Incoming, _ topic: [UInt8]) {
        guard count > 0, let stamp = incoming.stamp, let row = ledger.row(origin: stamp.origin, topic: topic.span.bytes)
        else {
            return
        }
        ledger.countDuplicates(count, row: row)
    }

    /// A foreign publisher's message: outside the books, but delivered.
    private mutating func takeUnstamped(_ name: RawSpan, _ payload: borrowing Message) -> Incoming? {
        guard let number = topics.number(of: name) else {
            ledger.countMalformed(.topic)
            return nil
        }
        let topic = topics.topics[number]
        guard topic != .beat, patterns.contains(where: { $0.matches(topic) }) else { return nil }
        guard senders?.mayPublish(topic) ?? true else {
            ledger.countMalformed(.forbidden)
            return nil
        }
        guard payload.count <= Limits.payloadBytes else {
            ledger.countMalformed(.size)
            return nil
        }
        guard
            let count = try? BSONValidator.validateSequence(payload.bytes, maximumDepth: Limits.documentDepth),
            count > 0
        else {
            ledger.countMalformed(.payload)
            return nil
        }
        // More documents than a stamp can count could not be forwarded.
        guard count <= Limits.documentsPerMessage else {
            ledger.countMalformed(.count)
            return nil
        }
        ledger.countUnstamped(documents: count)
        return Incoming(topic: number, stamp: nil, count: count, parts: nil)
    }

    /// Whether the sender may use the origin; if not, that is counted.
    private mutating func mayUse(_ origin: UInt64) -> Bool {
        if senders?.owns(origin) ?? true { return true }
        ledger.countMalformed(.forged)
        return false
    }

    /// Why the sender may not publish these events; nil if it may.
    ///
    /// Each may tell its own status, whatever else it may publish.
    private func permission(for topic: Topic, _ stamp: Stamp, _ payload: borrowing Message) -> MalformedReason? {
        if senders?.mayPublish(topic) ?? true { return nil }
        if topic == .status, senders?.isWelcome == true, Intake.isOwnStatus(payload.bytes, of: stamp.origin) {
            return nil
        }
        return .forbidden
    }

    private static func isOwnStatus(_ payload: RawSpan, of origin: UInt64) -> Bool {
        var offset = 0
        while offset < payload.byteCount {
            let view = DocumentView(unchecked: payload.extracting(offset..<payload.byteCount))
            guard (try? view.origin("origin")) == origin else { return false }
            offset += max(view.bytes.byteCount, 5)
        }
        return true
    }

    /// Why the payload is not as many valid documents as the stamp says; nil if it is.
    private static func fault(in payload: borrowing Message, expecting count: Int) -> MalformedReason? {
        if payload.count > Limits.payloadBytes { return .size }
        do throws(BSONError) {
            try BSONValidator.validateSequence(payload.bytes, count: count, maximumDepth: Limits.documentDepth)
            return nil
        } catch {
            return .payload
        }
    }
}

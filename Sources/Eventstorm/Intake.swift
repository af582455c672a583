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

    /// Asks for these patterns from now on, behind which the nonce is subscribed to.
    mutating func begin(_ nonce: FenceNonce, patterns: Set<Pattern>) {
        self.patterns = patterns
        ledger.beginFence(nonce, patterns: Array(patterns), now: monotonicNanoseconds())
    }

    /// Takes in a message; returns what there is to deliver, if anything.
    mutating func take(_ envelope: borrowing Message, _ payload: borrowing Message) -> Incoming? {
        let now = monotonicNanoseconds()
        switch Envelope.parse(envelope.bytes) {
        case .malformed(let reason):
            ledger.countMalformed(reason)
        case .fence(let fence, let stamp):
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
        let topic = topics.topics[number]
        if topic == .beat {
            ledger.observe(beats: payload.bytes, stamp: stamp, fence: nil, now: now)
            return nil
        }
        guard
            let row = ledger.row(origin: stamp.origin, topic: topic.utf8.span.bytes)
                ?? ledger.addRow(origin: stamp.origin, topic: topic, now: now)
        else { return nil }
        let fault = Intake.fault(in: payload, expecting: Int(stamp.count))
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

// The books of a receiver: what became of each document that its upstreams sent.

internal import BSON

/// Keeps the books of one subscriber socket.
///
/// Pure: it has no socket and no clock. Whoever receives hands over stamps and beats in the order of their arrival,
/// with the nanoseconds of a monotonic clock, and asks which documents to deliver.
///
///     ledger.beginFence(nonce, patterns: patterns, now: now)           // at the start, and when the patterns change
///     …
///     guard let row = ledger.row(origin: stamp.origin, topic: bytes)   // fast: no allocation
///         ?? ledger.addRow(origin: stamp.origin, topic: topic, now: now) else { return }  // nobody asked for it
///     switch ledger.observe(stamp, row: row, fault: fault, now: now) { … }
///
/// The rules are those of `docs/wire.md`; its vectors are run against this type.
public struct Ledger: ~Copyable {
    /// The place of a row, valid until rows are added or removed.
    public struct RowIndex: Hashable, Sendable {
        let value: Int
    }

    /// What to do with the documents of a message.
    public enum Verdict: Hashable, Sendable {
        /// All are new: deliver them.
        case deliver
        /// Deliver those whose positions in the payload are in ``Ledger/newDocuments``.
        case partly
        /// All arrived before: deliver none.
        case repeated
        /// The payload is malformed: there is nothing to deliver.
        case malformed
    }

    /// After ``Verdict/partly``: the positions of the documents to deliver, ascending.
    public internal(set) var newDocuments: [Range<Int>] = []

    /// Messages dropped as malformed, by reason.
    public internal(set) var malformed = MalformedCounts()

    /// Documents of publishers that do not stamp; they are outside the books.
    public internal(set) var unstamped: UInt64 = 0

    /// Rows and origins that had to make room for others.
    public internal(set) var overflow: UInt64 = 0

    /// Jumps of more than 2^32, taken for a publisher that began anew and not for a loss.
    public internal(set) var resets: UInt64 = 0

    /// What the rows that made room had counted.
    public internal(set) var forgotten = ReceiveCounts()

    /// The patterns in force.
    public internal(set) var patterns: [Pattern] = []

    var rows: [Row] = []
    var freeRows: [Int] = []
    var buckets: [Int] = []  // the first row of each chain, -1 for none
    var usedRows = 0
    var lastRow = -1  // the row found last: most messages are of the same topic as the one before
    var oldest = -1  // the row silent for longest
    var newest = -1  // the row heard last
    let hashSeed = UInt64.random(in: .min ... .max)

    var origins: [Origin] = []
    var freeOrigins: [Int] = []
    var originPlaces: [UInt64: Int] = [:]
    var fences: [Fence] = []
    var fenceBegan: UInt64 = 0
    var fenceRenewals = 0

    let originLimit: Int
    let rowLimit: Int

    /// Makes a ledger without rows.
    public init(originLimit: Int = Limits.ledgerOrigins, rowLimit: Int = Limits.ledgerRows) {
        self.originLimit = max(1, originLimit)
        self.rowLimit = max(1, rowLimit)
        buckets = [Int](repeating: -1, count: 64)
    }
}

// MARK: - Messages

extension Ledger {
    /// Takes in the stamp of a message on the row's topic and tells which of its documents are new.
    ///
    /// - Parameters:
    ///   - stamp: The stamp.
    ///   - row: The row of the stamp's origin and the topic.
    ///   - fault: Why the payload cannot be used; nil if it can.
    ///   - now: Nanoseconds of a monotonic clock.
    /// - Complexity: O(1) without allocation while nothing is missing; O(remembered gaps) for what arrives late.
    public mutating func observe(_ stamp: Stamp, row: RowIndex, fault: MalformedReason? = nil, now: UInt64) -> Verdict {
        let place = row.value
        let isGood = fault == nil
        touch(place, now: now)
        if isGood && rows[place].takeNext(stamp) { return .deliver }
        if let fault { malformed[fault].saturatingAdd(1) }
        if !rows[place].hasBaseline {
            beginBooks(place, at: stamp.sequence, unwanted: nil)
        } else if stamp.sequence > rows[place].next {
            advance(place, to: stamp.sequence)
        } else if rows[place].next - stamp.sequence > Limits.sequenceJump {
            reset(place, to: stamp.sequence)
        } else if stamp.sequence < rows[place].next {
            return observeLate(stamp, place, isGood: isGood)
        }
        rows[place].next = stamp.next
        rows[place].take(UInt64(stamp.count), isGood: isGood)
        return isGood ? .deliver : .malformed
    }

    /// Takes in a message that begins before the expected sequence: it fills gaps, or is repeated, or both.
    private mutating func observeLate(_ stamp: Stamp, _ place: Int, isGood: Bool) -> Verdict {
        newDocuments.removeAll(keepingCapacity: true)
        let next = rows[place].next
        rows[place].fillGaps(stamp.sequence..<min(stamp.next, next), into: &newDocuments)
        var fresh: UInt64 = 0
        for range in newDocuments { fresh += UInt64(range.count) }
        rows[place].counts.lost.saturatingSubtract(fresh)
        if stamp.next > next {
            let overlap = Int(next - stamp.sequence)
            newDocuments.append(overlap..<Int(stamp.count))
            fresh += stamp.next - next
            rows[place].next = stamp.next
        }
        rows[place].take(fresh, isGood: isGood)
        rows[place].counts.repeated.saturatingAdd(UInt64(stamp.count) - fresh)
        if !isGood { return .malformed }
        return fresh == 0 ? .repeated : fresh == UInt64(stamp.count) ? .deliver : .partly
    }

    /// Moves the expectation ahead: what lies between is lost, unless it is too much to be a loss.
    mutating func advance(_ place: Int, to sequence: UInt64) {
        let next = rows[place].next
        if sequence - next > Limits.sequenceJump { return reset(place, to: sequence) }
        rows[place].counts.lost.saturatingAdd(sequence - next)
        rows[place].remember(next..<sequence)
        rows[place].next = sequence
    }

    /// Moves the expectation without counting; `from` moves along, so that the sum of the fates stays right.
    mutating func reset(_ place: Int, to sequence: UInt64) {
        resets.saturatingAdd(1)
        rows[place].resets.saturatingAdd(1)
        // Both are at least 0, so that the difference fits.
        let distance = Int64(clamping: sequence) - Int64(clamping: rows[place].next)
        let (from, overflow) = rows[place].from.addingReportingOverflow(distance)
        rows[place].from = overflow ? (distance < 0 ? .min : .max) : from
        rows[place].gaps.removeAll(keepingCapacity: true)
        rows[place].next = sequence
    }

    /// Counts documents of a row that were received, but had come by another path before.
    public mutating func countDuplicates(_ documents: Int, row: RowIndex) {
        rows[row.value].counts.duplicate.saturatingAdd(UInt64(max(0, documents)))
    }

    /// Counts a message that has no row because its envelope is no good.
    public mutating func countMalformed(_ reason: MalformedReason) { malformed[reason].saturatingAdd(1) }

    /// Counts the documents of a message without a stamp.
    public mutating func countUnstamped(documents: Int) { unstamped.saturatingAdd(UInt64(max(0, documents))) }
}

// MARK: - Reading

extension Ledger {
    /// What a row holds.
    public struct Entry: Sendable {
        /// The origin.
        public let origin: UInt64
        /// The topic.
        public let topic: Topic
        /// The sequence at which the books of this row begin; below zero only after a reset.
        public let from: Int64
        /// The sequence expected next.
        public let next: UInt64
        /// The fates.
        public let counts: ReceiveCounts
        /// What the origin last said that nobody wanted; nil if it has not said so yet.
        public let unwanted: UInt64?
        /// Jumps too large to be losses.
        public let resets: UInt64
        /// When a message last came, in nanoseconds of the caller's clock.
        public let lastHeard: UInt64
    }

    /// What is known of an origin.
    public struct OriginEntry: Sendable {
        /// The origin.
        public let origin: UInt64
        /// Who it says it is; nil before its first beat.
        public let process: ProcessIdentity?
        /// How long it has not been heard.
        public let state: OriginState
        /// Whether its answer to a fence covers every pattern in force: the books of all its topics are complete from
        /// there.
        public let isFenced: Bool
        /// The generation in its last beat.
        public let generation: UInt64
        /// The routers that its events came through, as its last beat says; empty unless it is a router.
        public let via: [UInt64]
    }

    /// How many rows there are.
    public var rowCount: Int { usedRows }

    /// How many origins there are.
    public var originCount: Int { originPlaces.count }

    /// The topic of a row.
    public func topic(of row: RowIndex) -> Topic { rows[row.value].topic }

    /// What a row holds.
    public func entry(_ row: RowIndex) -> Entry { entry(at: row.value) }

    /// All rows, in the order of origin and topic.
    public var entries: [Entry] {
        var result: [Entry] = []
        result.reserveCapacity(usedRows)
        for place in rows.indices where rows[place].isUsed && rows[place].hasBaseline {
            result.append(entry(at: place))
        }
        result.sort { ($0.origin, $0.topic) < ($1.origin, $1.topic) }
        return result
    }

    /// All origins, in their order.
    public func originEntries(now: UInt64) -> [OriginEntry] {
        originPlaces.sorted { $0.key < $1.key }.map { id, place in
            OriginEntry(
                origin: id, process: origins[place].process, state: origins[place].state(now: now),
                isFenced: isFenced(place), generation: origins[place].generation, via: origins[place].via)
        }
    }

    /// The counts of all rows together, those that made room included.
    public var total: ReceiveCounts {
        var sum = forgotten
        for row in rows where row.isUsed { sum.add(row.counts) }
        return sum
    }

    private func entry(at place: Int) -> Entry {
        let row = rows[place]
        return Entry(
            origin: row.origin, topic: row.topic, from: row.from, next: row.next, counts: row.counts,
            unwanted: row.knowsUnwanted ? row.unwanted : nil, resets: row.resets, lastHeard: row.lastHeard)
    }
}

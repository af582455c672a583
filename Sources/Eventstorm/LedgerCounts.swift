// What a receiver counts for one origin and topic.

/// The fates of the documents that an origin sent on a topic, as one receiver saw them.
///
/// `next - from = received + lost + malformed` holds exactly at any time. `absent` and `unknown` stand beside it:
/// those documents have no number in the origin's sequence. `repeated` and `duplicate` are outside of all sums.
public struct ReceiveCounts: Hashable, Sendable {
    /// Arrived, valid.
    public var received: UInt64 = 0
    /// Sent, never arrived.
    public var lost: UInt64 = 0
    /// Arrived, but not as valid BSON.
    public var malformed: UInt64 = 0
    /// Not sent, because nobody wanted them while this receiver was disconnected.
    public var absent: UInt64 = 0
    /// What cannot be known; a ledger itself never counts it, the books do across the succession of processes.
    public var unknown: UInt64 = 0
    /// Arrived once more, and not delivered again.
    public var repeated: UInt64 = 0

    /// Received, but an event of the same `_id` had come before, by another path; not delivered again.
    public var duplicate: UInt64 = 0

    /// Makes counts of zero.
    public init() {}

    // Not inlined: the compiler (6.3.1) needs minutes for the loops that it would end up in.
    /// Adds the counts of another row.
    @inline(never)
    public mutating func add(_ other: ReceiveCounts) {
        received.saturatingAdd(other.received)
        lost.saturatingAdd(other.lost)
        malformed.saturatingAdd(other.malformed)
        absent.saturatingAdd(other.absent)
        unknown.saturatingAdd(other.unknown)
        repeated.saturatingAdd(other.repeated)
        duplicate.saturatingAdd(other.duplicate)
    }
}

/// How long an origin has not been heard.
public enum OriginState: String, Hashable, Sendable {
    /// Its beats come.
    case alive
    /// Its beat is 3 s late.
    case silent
    /// Its beat is 10 s late.
    case gone
    /// It said that it closes.
    case closed
}

/// Messages dropped as malformed, by reason.
public struct MalformedCounts: Hashable, Sendable {
    private var counts = [UInt64](repeating: 0, count: MalformedReason.allCases.count)

    /// Makes counts of zero.
    public init() {}

    /// The count of one reason.
    public subscript(reason: MalformedReason) -> UInt64 {
        get { counts[Int(reason.rawValue)] }
        set { counts[Int(reason.rawValue)] = newValue }
    }

    /// All of them together.
    public var total: UInt64 { counts.reduce(0, &+) }
}

extension UInt64 {
    /// Adds without wrapping or trapping, which nothing that strangers send may cause; counters end at 2^63 - 1, as
    /// in BSON.
    package mutating func saturatingAdd(_ other: UInt64) {
        let (sum, overflow) = addingReportingOverflow(other)
        self = overflow ? UInt64(Int64.max) : Swift.min(sum, UInt64(Int64.max))
    }

    /// Subtracts, but not below zero.
    package mutating func saturatingSubtract(_ other: UInt64) { self = self > other ? self - other : 0 }
}

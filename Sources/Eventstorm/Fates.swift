// What becomes of an event inside a process, in the words that are the same everywhere.

/// What became of an event that a router or a sink received.
///
/// The names are those of tools, documents and metrics.
public enum Fate: String, CaseIterable, Hashable, Sendable {
    /// All events that came in; the sum of the others.
    case received
    /// Router: at least one copy left.
    case forwarded
    /// A filter did not let it pass.
    case filtered
    /// Router: nobody asked for it.
    case unwanted
    /// Router: its own queue was full or a limit reached.
    case refused
    /// Left out by sampling.
    case sampled
    /// Left out as the copy of an event that came before.
    case deduplicated
    /// Left out to keep to a rate.
    case throttled
    /// Could not be worked on.
    case failed
    /// Sink: stored.
    case stored
    /// Sink: was stored before.
    case duplicate
    /// Sink: its own queue was full.
    case dropped
    /// Sink: sent to a database that was asked not to answer.
    case sentUnconfirmed = "sent_unconfirmed"
    /// Still waiting.
    case queued
    /// Router: messages' worth of events that left, which may be several for one that came in. Outside the sum.
    case copies
    /// Router: no route took it; what became of it then is one of the fates above. Outside the sum.
    case unmatched
    /// Sink: stored, perhaps twice, where the database cannot tell. Outside the sum.
    case maybeRepeated = "maybe_repeated"
    /// Sink: came without `_id` and from a publisher that does not stamp. Outside the sum.
    case unidentified

    /// Whether the fate is one of those whose sum is `received`.
    var isAccounted: Bool {
        switch self {
        case .received, .copies, .unmatched, .maybeRepeated, .unidentified: false
        default: true
        }
    }
}

/// How many events had each fate.
public struct FateCounts: Hashable, Sendable {
    private var counts = [UInt64](repeating: 0, count: Fate.allCases.count)

    /// Makes counts of zero.
    public init() {}

    /// The count of one fate.
    public subscript(fate: Fate) -> UInt64 {
        get { counts[FateCounts.place[fate] ?? 0] }
        set { counts[FateCounts.place[fate] ?? 0] = newValue }
    }

    /// Adds events to a fate.
    public mutating func add(_ count: UInt64, to fate: Fate) { self[fate].saturatingAdd(count) }

    /// The sum of all fates that an event that came in can have.
    public var accounted: UInt64 {
        var sum: UInt64 = 0
        for fate in Fate.allCases where fate.isAccounted { sum.saturatingAdd(self[fate]) }
        return sum
    }

    /// Whether each event that came in has exactly one fate.
    public var isBalanced: Bool { accounted == self[.received] }

    private static let place = Dictionary(uniqueKeysWithValues: zip(Fate.allCases, 0...))
}

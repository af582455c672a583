// The identity of an event that came without one.

public import BSON

/// Makes an `_id` for events that came without one, of where each stands among all that its origin sent on its topic.
///
/// Whoever derives it from the same message derives the same: a sink that tries again, a second sink of the same
/// publisher, two routers side by side. Behind a router the origin is the router's, so the first router should do it.
///
/// The first four bytes are the seconds of the event's time, as in every ObjectID; if that is not known, they are
/// another hash. The other eight are a hash of origin and topic plus the sequence: no two events of an origin's topic
/// share them, and neighbours are neighbours in an index. Those of different origins meet with a probability of
/// 2^-64 per pair of events of the same second.
public struct DerivedIdentity: Sendable {
    private let low: UInt64
    private let high: UInt32

    /// Prepares the identities of an origin's events on a topic.
    public init(origin: UInt64, topic: Topic) {
        // FNV-1a, then the finalizer of splitmix64 (Steele, Lea and Flood, 2014): the same on every machine.
        let first = DerivedIdentity.mix(origin ^ DerivedIdentity.mix(FNV1a.hash(topic.utf8)))
        low = DerivedIdentity.mix(first &+ 0x9e37_79b9_7f4a_7c15)
        high = UInt32(truncatingIfNeeded: first >> 32)
    }

    /// The identity of the event with a sequence.
    ///
    /// - Parameters:
    ///   - sequence: The event's number among those of its origin and topic.
    ///   - time: The event's own time, of the event itself: one that a receiver makes up differs from that of others.
    public func id(sequence: UInt64, time: Datetime?) -> ObjectID {
        let seconds = time.map { UInt32(truncatingIfNeeded: $0.millisecondsSinceEpoch / 1000) }
        return ObjectID(seconds: seconds ?? high, low: low &+ sequence)
    }

    private static func mix(_ value: UInt64) -> UInt64 {
        var value = value
        value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
        return value ^ (value >> 31)
    }
}

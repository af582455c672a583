// What a router subscribes to above, so that what is asked below can be served.
import Eventstorm

/// Follows the subscribers' interest, and holds what they cease to want for a while.
///
/// A subscriber whose connection breaks is usually back within a second. Meanwhile its events go on to come here, and
/// are counted as unwanted: so it learns exactly what it missed.
struct Demand {
    /// How long interest is held after the last subscriber is gone, in nanoseconds.
    ///
    /// A cut cable may be noticed after four seconds, and a second may pass between two tries to connect again.
    static let hold: UInt64 = 10_000_000_000
    /// Patterns passed on at most: every source has to keep them, and every beat is held against them.
    ///
    /// Beyond, a router asks for everything.
    static let most = 1_024

    /// How many prefixes below need each pattern.
    private var counts: [Pattern: Int] = [:]
    private var leaving: [Pattern: UInt64] = [:]

    /// When the first held pattern ends, in monotonic nanoseconds; nil if none is held.
    var deadline: UInt64? { leaving.values.min() }

    /// What is asked for above.
    var patterns: Set<Pattern> {
        let all = Set(counts.keys).union(leaving.keys)
        if all.count <= Demand.most { return all }
        return Set(all.filter(\.reachesReserved).prefix(Demand.most - 1)).union([.everything])
    }

    /// Somebody began to want what these patterns serve.
    mutating func add(_ patterns: some Sequence<Pattern>) {
        for pattern in patterns {
            counts[pattern, default: 0] += 1
            leaving[pattern] = nil
        }
    }

    /// The last one who wanted what these patterns serve is gone.
    mutating func remove(_ patterns: some Sequence<Pattern>, now: UInt64) {
        for pattern in patterns {
            guard let count = counts[pattern] else { continue }
            if count > 1 {
                counts[pattern] = count - 1
                continue
            }
            counts[pattern] = nil
            // A flood of subscriptions is not worth being held.
            if leaving.count < Demand.most { leaving[pattern] = now + Demand.hold }
        }
    }

    /// Lets go what was held long enough; whether there was any.
    mutating func release(now: UInt64) -> Bool {
        guard let deadline, deadline <= now else { return false }
        leaving = leaving.filter { $0.value > now }
        return true
    }
}

extension Pattern {
    /// The narrowest pattern that selects everything a raw prefix selects.
    ///
    /// Foreign subscribers may send any bytes. What is not a pattern is widened at its last dot.
    init(selecting prefix: [UInt8]) {
        let name = prefix.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false).first ?? []
        if prefix.contains(0), let topic = try? Topic(String(decoding: name, as: UTF8.self)) {
            self.init(topic)
        } else if let dot = name.lastIndex(of: 0x2E),
            let topic = try? Topic(String(decoding: name[..<dot], as: UTF8.self))
        {
            self.init(below: topic)
        } else {
            self = .everything
        }
    }
}

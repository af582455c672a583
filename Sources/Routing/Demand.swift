// What a router subscribes to above, so that what is asked below can be served.
import Eventstorm

/// Follows the subscribers' interest, and holds what they cease to want for a while.
///
/// A subscriber whose connection breaks is usually back within a second. Meanwhile its events go on to come here, and
/// are counted as unwanted: so it learns exactly what it missed.
struct Demand {
    /// How long interest is held after the last subscriber is gone, in nanoseconds.
    static let hold: UInt64 = 5_000_000_000

    private(set) var patterns: Set<Pattern> = []
    private var leaving: [Pattern: UInt64] = [:]

    /// When the first held pattern ends, in monotonic nanoseconds; nil if none is held.
    var deadline: UInt64? { leaving.values.min() }

    /// Takes in what is wanted now.
    ///
    /// - Returns: Whether ``patterns`` changed.
    mutating func update(_ wanted: Set<Pattern>, now: UInt64) -> Bool {
        for pattern in patterns where !wanted.contains(pattern) && leaving[pattern] == nil {
            leaving[pattern] = now + Demand.hold
        }
        for pattern in wanted { leaving[pattern] = nil }
        let ended = leaving.filter { $0.value <= now }.map(\.key)
        for pattern in ended { leaving[pattern] = nil }
        let before = patterns
        patterns = patterns.union(wanted).subtracting(ended)
        return patterns != before
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

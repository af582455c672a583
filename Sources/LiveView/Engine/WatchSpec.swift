// What a client asks to be computed.

import Eventstorm

/// Where the value of an event is that is computed with.
enum ValueSource: Hashable, Sendable {
    /// A dotted path.
    case path(String)
    /// The topic, which is no field.
    case topic
}

/// Something computed of the events of a group in a bucket of time.
enum Measure: Hashable, Sendable {
    /// Events, those sampled away included.
    case count
    /// Events in a second.
    case rate
    case sum(ValueSource)
    case average(ValueSource)
    case minimum(ValueSource)
    case maximum(ValueSource)
    /// The value below which so many per cent of all lie.
    case quantile(ValueSource, percent: Double)
    /// Different values.
    case distinct(ValueSource)
    /// The most frequent values.
    case top(ValueSource, Int)
    /// How many values there are in intervals.
    case histogram(ValueSource)

    /// What it is computed of; nil if the events themselves are counted.
    var source: ValueSource? {
        switch self {
        case .count, .rate: nil
        case .sum(let source), .average(let source), .minimum(let source), .maximum(let source),
            .quantile(let source, _), .distinct(let source), .top(let source, _), .histogram(let source):
            source
        }
    }
}

/// A question about the events of a topic, complete: two clients with equal ones are given the same answers.
struct WatchSpec: Hashable, Sendable {
    /// By which time events are put into buckets.
    enum Clock: String, Hashable, Sendable {
        /// Their own, the field `timestamp`; that of arrival for events without.
        case event
        /// That of their arrival.
        case arrival
    }

    var pattern: Pattern
    /// The query as a document of BSON; empty for all events.
    var match: [UInt8] = []
    /// What tells groups apart; empty for one group of all.
    var groups: [ValueSource] = []
    var measures: [Measure] = [.count]
    /// Milliseconds of a bucket.
    var every: Int64 = 1_000
    /// Milliseconds that are kept.
    var last: Int64 = 300_000
    /// Milliseconds after its end in which a bucket still takes events.
    var late: Int64 = 10_000
    var clock = Clock.event
    /// Groups told apart; the events of all others are one.
    var limit = 20
    /// Whether the sums over all buckets are wanted too.
    var totals = false
    /// The milliseconds since 1970 that are asked about, if it is a fixed interval of the past.
    var range: Range<Int64>?

    /// Buckets that are kept: those of the past, the one that fills, and those of clocks that are ahead.
    var bucketCount: Int {
        if let range { return Int(bucket(of: range.upperBound - 1) - bucket(of: range.lowerBound)) + 1 }
        return Int(last / every) + 1 + Int(ahead / every)
    }

    /// Milliseconds that an event's clock may be ahead.
    var ahead: Int64 { max(every, min(late, 10_000)) }

    /// The number of the bucket of a time.
    @inline(__always)
    func bucket(of time: Int64) -> Int64 {
        let quotient = time / every
        return time < 0 && quotient * every != time ? quotient - 1 : quotient
    }
}

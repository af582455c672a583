// What a watch has to tell, as JSON that all its clients share.

import Eventstorm

/// The buckets of a watch that changed, ready to be sent.
struct WatchChange: Sendable {
    /// One bucket.
    struct BucketText: Sendable {
        var number: Int64
        var text: [UInt8]
    }

    /// A group that got its number.
    struct GroupText: Sendable {
        var number: Int
        var text: [UInt8]
    }

    var id: Int
    /// Buckets before this one are gone.
    var oldest: Int64
    var buckets: [BucketText] = []
    var groups: [GroupText] = []
    /// The sums over all buckets, if they are wanted.
    var totals: [UInt8]?
    var failed: UInt64
    /// Why the watch was ended.
    var failure: String?
    /// What history has come to, if that changed.
    var history: Seam.State?

    /// Takes over what changed since the last time.
    init(_ id: Int, _ watch: Watch) {
        self.id = id
        oldest = watch.oldest
        failed = watch.failed
        failure = watch.failure
        let round = watch.round
        if watch.historyChangedIn == round { history = watch.seam?.state }
        groups = Self.groups(watch) { $0 == round }
        let dirty = watch.takeDirty()
        buckets = dirty.map { BucketText(number: $0.number, text: Self.text($0, watch)) }
        if watch.spec.totals && !dirty.isEmpty { totals = Self.totals(watch) }
    }

    /// The groups that got their numbers in some rounds.
    fileprivate static func groups(_ watch: Watch, since: (Int) -> Bool) -> [GroupText] {
        watch.groups.groups.indices.compactMap { number in
            guard let group = watch.groups.groups[number], since(group.since) else { return nil }
            var text: [UInt8] = []
            text.json("[")
            text.json(number)
            text.json(",")
            for (index, value) in group.key.enumerated() {
                text.json(index == 0 ? "[" : ",")
                value.append(to: &text)
            }
            text.json("]]")
            return GroupText(number: number, text: text)
        }
    }

    fileprivate static func text(_ bucket: Bucket, _ watch: Watch) -> [UInt8] {
        var text: [UInt8] = []
        text.json("{\"time\":")
        let time = bucket.number * watch.spec.every
        text.json(time)
        if watch.seam != nil && time < watch.since { text.json(",\"past\":true") }
        text.json(",\"received\":")
        text.json(Int64(bucket.received))
        let sampled = bucket.sampled
        if sampled > 1e-9 {
            text.json(",\"sampled\":")
            text.json(sampled, digits: 12)
        }
        if bucket.late > 0 {
            text.json(",\"late\":")
            text.json(bucket.late)
        }
        if !bucket.losses.links.isEmpty {
            text.json(",\"missing\":[")
            bucket.losses.append(to: &text)
            text.json("]")
        }
        text.json(",\"rows\":[")
        appendRows(bucket, watch, seconds: Double(watch.spec.every) / 1_000, to: &text)
        text.json("]}")
        return text
    }

    fileprivate static func totals(_ watch: Watch) -> [UInt8] {
        let sum = Bucket(number: 0, layout: watch.layout, groups: watch.groups.capacity)
        for bucket in watch.buckets { sum.merge(bucket) }
        var text: [UInt8] = []
        let extent = watch.spec.range.map { $0.upperBound - $0.lowerBound } ?? watch.spec.last
        appendRows(sum, watch, seconds: Double(extent) / 1_000, to: &text)
        return text
    }

    /// Appends `[group, measure, …]` for each group that had events.
    private static func appendRows(_ bucket: Bucket, _ watch: Watch, seconds: Double, to text: inout [UInt8]) {
        var isFirst = true
        for group in 0..<bucket.capacity where bucket.has(group) {
            text.json(isFirst ? "[" : ",[")
            isFirst = false
            text.json(group)
            for (index, measure) in watch.spec.measures.enumerated() {
                text.json(",")
                bucket.append(measure, watch.layout.places[index], group, seconds: seconds, to: &text)
            }
            text.json("]")
        }
    }
}

/// Buckets of a watch as they stand, for a client that is new to it.
struct WatchPart: Sendable {
    /// Newest first.
    var buckets: [WatchChange.BucketText] = []
    var groups: [WatchChange.GroupText]
    var totals: [UInt8]?
    /// Milliseconds since 1970 from which on every event was seen.
    var since: Int64
    /// What history has come to, if there is one.
    var history: Seam.State?
    /// Whether there are older ones.
    var hasMore = false

    /// Takes the newest buckets before a number, as many as fit.
    init(_ watch: Watch, before number: Int64?, bytes: Int) {
        since = watch.since
        history = watch.seam?.state
        groups = WatchChange.groups(watch) { _ in true }
        if number == nil && watch.spec.totals { totals = WatchChange.totals(watch) }
        var sum = 0
        for bucket in watch.buckets.reversed() where number.map({ bucket.number < $0 }) ?? true {
            if sum > bytes {
                hasMore = true
                return
            }
            let text = WatchChange.text(bucket, watch)
            sum += text.count
            buckets.append(WatchChange.BucketText(number: bucket.number, text: text))
        }
    }
}

extension Bucket {
    /// Appends a result; null where there was no value.
    func append(_ measure: Measure, _ place: Int, _ group: Int, seconds: Double, to text: inout [UInt8]) {
        switch measure {
        case .top(_, let count): appendTop(tops[group * layout.tops.count + place].top(count), to: &text)
        case .histogram:
            text.json("[")
            var isFirst = true
            quantiles[group * layout.quantiles.count + place].forEachInterval { from, count in
                text.json(isFirst ? "[" : ",[")
                isFirst = false
                text.json(from, digits: 5)
                text.json(",")
                text.json(count, digits: 12)
                text.json("]")
            }
            text.json("]")
        default:
            guard let value = value(measure, place, group, seconds: seconds) else {
                text.json("null")
                return
            }
            text.json(value, digits: measure.digits)
        }
    }

    private func appendTop(_ entries: [(value: KeptValue, count: Double, error: Double)], to text: inout [UInt8]) {
        text.json("[")
        for (index, entry) in entries.enumerated() {
            text.json(index == 0 ? "[" : ",[")
            entry.value.append(to: &text)
            text.json(",")
            text.json(entry.count, digits: 12)
            if entry.error > 0 {
                text.json(",")
                text.json(entry.error, digits: 12)
            }
            text.json("]")
        }
        text.json("]")
    }

    /// A result that is one number; nil if there was no value, or it is a list.
    func value(_ measure: Measure, _ place: Int, _ group: Int, seconds: Double) -> Double? {
        let cell = cell(group)
        let start = Layout.head + Layout.perValue * place
        switch measure {
        case .count: return cell[1]
        case .rate: return cell[1] / seconds
        case .sum: return cell[start + 1]
        case .average: return cell[start] > 0 ? cell[start + 1] / cell[start] : nil
        case .minimum: return cell[start] > 0 ? cell[start + 2] : nil
        case .maximum: return cell[start] > 0 ? cell[start + 3] : nil
        case .quantile(_, let percent):
            return quantiles[group * layout.quantiles.count + place].quantile(percent / 100)
        case .distinct: return distincts[group * layout.distincts.count + place].count
        case .top, .histogram: return nil
        }
    }
}

extension Measure {
    /// Digits that are sent: more of an estimate would tell nothing.
    var digits: Int {
        switch self {
        case .quantile, .distinct: 5
        case .average, .rate: 9
        default: 15
        }
    }
}

// Where what was stored before a watch began meets what it sees live.

/// The part of a watch's answer that history gives, joined to what is seen live so that each event counts once.
///
/// Time is cut twice, at ``since``, when the watch began, and at ``end``, a little later, when every event surely
/// reaches it. What happened before the end is counted out of what was stored; what happened later is counted as it
/// comes. What comes live between the two is shown until history has caught up, and then forgotten. So it does not
/// matter how long a subscription takes to reach the sources, nor an event to reach the disk.
struct Seam {
    /// Which of the counts an event belongs to.
    enum Part { case live, interim, before, between }

    /// How far history is.
    enum State: Equatable {
        case reading, whole
        case failed(String)
    }

    /// The times at which it is cut.
    struct Times: Hashable, Sendable {
        /// Milliseconds from which on events are counted.
        var beginning: Int64
        /// Milliseconds at which the watch began.
        var since: Int64
        /// Milliseconds from which on what comes live counts.
        var end: Int64
    }

    let times: Times
    /// Whether this is the reader's side, which counts what was stored and nothing else.
    let isShadow: Bool
    var state = State.reading
    /// Whether all that was stored up to the end is counted.
    private(set) var isJoined = false
    /// The buckets of each part but the live one, by their numbers.
    private var buckets: [Part: [Int64: Bucket]] = [:]

    /// How long after its beginning a watch surely sees every event.
    ///
    /// A subscription passes a tree of routers in some milliseconds; clocks that are set by NTP differ by less.
    static let margin: Int64 = 3_000

    var since: Int64 { times.since }

    /// The reader's side of a seam.
    init(shadowOf times: Times) {
        self.times = times
        isShadow = true
    }

    /// The seam of a new watch; nil if its question has no past.
    init?(_ spec: WatchSpec, now: Int64) {
        if let range = spec.range {
            times = Times(beginning: range.lowerBound, since: range.upperBound, end: range.upperBound)
        } else if spec.clock == .event {
            let oldest = spec.bucket(of: now) &- spec.last / spec.every
            times = Times(beginning: oldest &* spec.every, since: now, end: now + Self.margin)
        } else {
            return nil
        }
        isShadow = false
    }

    // MARK: Counting

    /// Where an event of a time is counted, and for which times that holds; nil if it is not counted on this side.
    func part(of time: Int64) -> (part: Part, extent: Range<Int64>)? {
        let (since, end) = (times.since, times.end)
        if isShadow {
            if time < times.beginning || time >= end { return nil }
            return time < since ? (.before, times.beginning..<since) : (.between, since..<end)
        }
        if time >= end { return (.live, end..<Int64.max) }
        return time >= since && !isJoined ? (.interim, since..<end) : nil
    }

    /// The bucket that counts a part, made if need be.
    mutating func reach(_ number: Int64, _ part: Part, _ layout: Layout, groups: Int) -> Bucket {
        if let bucket = buckets[part]?[number] { return bucket }
        let bucket = Bucket(number: number, layout: layout, groups: groups)
        buckets[part, default: [:]][number] = bucket
        return bucket
    }

    // MARK: The answer

    /// The parts that count now.
    private var counted: [Part] { [.before, isJoined || isShadow ? .between : .interim] }

    /// A bucket of the answer: all its parts together.
    func bucket(_ number: Int64, with live: Bucket?, _ layout: Layout, groups: Int) -> Bucket? {
        let parts = counted.compactMap { buckets[$0]?[number] }
        if parts.isEmpty { return live }
        let sum = Bucket(number: number, layout: layout, groups: groups)
        for part in parts { sum.merge(part) }
        if let live {
            sum.merge(live)
            sum.losses = live.losses
        }
        return sum
    }

    /// The numbers of the buckets that have something of it.
    var numbers: Set<Int64> {
        counted.reduce(into: []) { numbers, part in numbers.formUnion(buckets[part, default: [:]].keys) }
    }

    /// Notes that a bucket was told as it is.
    func clean(_ number: Int64) {
        for part in buckets.values { part[number]?.isDirty = false }
    }

    /// Drops the buckets before a number.
    mutating func forget(before number: Int64) {
        for (part, kept) in buckets where kept.keys.contains(where: { $0 < number }) {
            buckets[part] = kept.filter { $0.key >= number }
        }
    }

    /// Bytes that it takes.
    var bytes: Int {
        buckets.values.reduce(0) { $0 + $1.values.reduce($1.count * 32) { $0 + $1.bytes } }
    }

    // MARK: Joining

    /// Calls a function with each bucket that a reader counted, and the part it is of.
    func forEach(_ body: (Part, Bucket) -> Void) {
        for (part, kept) in buckets { for bucket in kept.values { body(part, bucket) } }
    }

    /// Counts what was stored instead of what came live meanwhile; returns the numbers of the buckets that changes.
    mutating func join() -> Set<Int64> {
        if isJoined { return [] }
        isJoined = true
        let interim = buckets.removeValue(forKey: .interim) ?? [:]
        return Set(interim.keys).union(buckets[.between, default: [:]].keys)
    }
}

extension Watch {
    /// A watch that counts what was stored, for ``merge(past:)`` of the one that it is made for.
    convenience init(shadowOf wish: PastWish) {
        self.init(wish.spec, now: wish.times.since, seam: Seam(shadowOf: wish.times))
    }

    /// Adds what a reader counted.
    func merge(past shadow: Watch) {
        guard let theirs = shadow.seam else { return }
        let numbers = groups.takeOver(shadow.groups, round: round)
        failed &+= shadow.failed
        theirs.forEach { part, bucket in
            guard bucket.number >= oldest else { return }
            guard let own = seam?.reach(bucket.number, part, layout, groups: groups.capacity) else { return }
            own.merge(bucket, numbers: numbers)
            mark(own)
        }
    }

    /// Counts what was stored instead of what came live meanwhile.
    ///
    /// To be called when a reader has read all that was stored up to the seam's end.
    func join() {
        guard let changed = seam?.join() else { return }
        forgetCurrent()
        dirty += changed
        // A bucket that lost what it had must be told nevertheless.
        if spec.range == nil { for number in changed where number >= oldest { mark(reachBucket(number)) } }
    }

    /// Ends what history has to say.
    func finishHistory(_ failure: String?) {
        seam?.state = failure.map { .failed($0) } ?? .whole
        historyChangedIn = round
    }
}

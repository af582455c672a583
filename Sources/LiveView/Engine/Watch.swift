// A question while it is being answered: buckets of time, groups, cells.

import BSON
import Eventstorm
import Glibc

/// The running answer to one question, shared by all clients that ask it.
///
/// Belongs to whoever holds the engine's lock.
final class Watch {
    let spec: WatchSpec
    let layout: Layout
    /// Milliseconds since 1970 from which on every event was seen.
    let since: Int64
    var groups: GroupTable
    /// Events that the query failed on.
    var failed: UInt64 = 0
    /// Why it was ended; nil while it is answered.
    var failure: String?
    /// Where what was stored and what is seen live meet; nil if nothing is known of the past.
    var seam: Seam?
    /// The round of changes in which history ended.
    var historyChangedIn = 0
    private(set) var ring: [Bucket?]
    /// Buckets with changes that nobody was told of.
    var dirty: [Int64] = []
    private(set) var round = 1
    /// Buckets before this one are gone.
    private(set) var oldest: Int64
    // The bucket of the last event, and the times that belong to it.
    private var current: Unmanaged<Bucket>?
    private var currentStart: Int64 = 1
    private var currentEnd: Int64 = 0
    private var currentNumber: Int64 = 0
    private var now: Int64

    /// - Parameters:
    ///   - now: Milliseconds since 1970 from which on every event is seen.
    ///   - seam: Where that meets what was stored, if there is a history.
    init(_ spec: WatchSpec, now: Int64, seam: Seam? = nil) {
        self.spec = spec
        layout = Layout(spec.measures)
        groups = GroupTable(limit: spec.groups.isEmpty ? 0 : spec.limit)
        since = seam?.since ?? now
        self.now = now
        self.seam = seam
        ring = Array(repeating: nil, count: seam?.isShadow == true || spec.range != nil ? 0 : spec.bucketCount)
        oldest = spec.range.map { spec.bucket(of: $0.lowerBound) } ?? spec.bucket(of: since) &- spec.last / spec.every
    }

    // MARK: Time

    /// Where in the ring a bucket is.
    private func place(of number: Int64) -> Int {
        let remainder = Int(number % Int64(ring.count))
        return remainder < 0 ? remainder + ring.count : remainder
    }

    /// The bucket of this number, if it had events: what was seen live and what was stored together.
    func bucket(_ number: Int64) -> Bucket? {
        let live = liveBucket(number)
        return seam.map { $0.bucket(number, with: live, layout, groups: groups.capacity) } ?? live
    }

    private func liveBucket(_ number: Int64) -> Bucket? {
        guard !ring.isEmpty, let bucket = ring[place(of: number)], bucket.number == number else { return nil }
        return bucket
    }

    /// The bucket of this number, made if need be; one that was there before and is too old gives way.
    func reachBucket(_ number: Int64) -> Bucket {
        let place = place(of: number)
        if let bucket = ring[place], bucket.number == number { return bucket }
        let bucket = Bucket(number: number, layout: layout, groups: groups.capacity)
        ring[place] = bucket
        return bucket
    }

    /// Lets time pass: what is older than what is kept goes.
    func advance(to now: Int64) {
        self.now = now
        let wanted = spec.bucket(of: now) &- spec.last / spec.every
        guard wanted > oldest, spec.range == nil else { return }
        for place in ring.indices { if let bucket = ring[place], bucket.number < wanted { ring[place] = nil } }
        seam?.forget(before: wanted)
        oldest = wanted
        forgetCurrent()
        if !spec.groups.isEmpty { groups.release(before: oldest) }
    }

    func forgetCurrent() { (current, currentStart, currentEnd) = (nil, 1, 0) }

    /// Whether a bucket takes events still: its end is not too long ago, its beginning not too far ahead.
    private func takes(_ number: Int64) -> Bool {
        (number &+ 1) &* spec.every &+ spec.late > now && number &* spec.every <= now &+ spec.ahead && number >= oldest
    }

    /// What became of the wish to make the bucket of a time the current one.
    private enum Entry { case entered, late, elsewhere }

    /// Makes the bucket of a time the current one, unless the time is too late or too early, or another one counts it.
    @inline(never)
    private func enter(_ time: Int64) -> Entry {
        // Times beyond the year 100,000 are no times, and would overflow.
        guard time.magnitude < 1 << 52 else { return .late }
        let number = spec.bucket(of: time)
        (currentStart, currentEnd) = (number &* spec.every, (number &+ 1) &* spec.every)
        if let seam {
            guard let (part, extent) = seam.part(of: time) else { return refuse(.elsewhere) }
            (currentStart, currentEnd) = (max(currentStart, extent.lowerBound), min(currentEnd, extent.upperBound))
            if part != .live {
                guard seam.isShadow || takes(number) else { return refuse(.late) }
                guard let bucket = self.seam?.reach(number, part, layout, groups: groups.capacity) else {
                    return refuse(.elsewhere)
                }
                return enter(bucket)
            }
        }
        return takes(number) ? enter(reachBucket(number)) : refuse(.late)
    }

    private func enter(_ bucket: Bucket) -> Entry {
        mark(bucket)
        current = Unmanaged.passUnretained(bucket)
        currentNumber = bucket.number
        return .entered
    }

    private func refuse(_ why: Entry) -> Entry {
        forgetCurrent()
        return why
    }

    func mark(_ bucket: Bucket) {
        if bucket.isDirty { return }
        bucket.isDirty = true
        dirty.append(bucket.number)
    }

    /// The bucket that fills now, for what is counted by its arrival.
    private var bucketOfNow: Bucket {
        let bucket = reachBucket(spec.bucket(of: now))
        mark(bucket)
        return bucket
    }

    // MARK: Adding

    /// Adds the events of a chunk that the watch's query selects.
    func add(_ columns: Columns, _ binding: WatchBinding, _ payload: RawSpan, now: Int64) {
        if failure != nil { return }
        if now > self.now { self.now = now }
        if current != nil, seam?.isShadow != true, !takes(currentNumber) { forgetCurrent() }
        let byArrival = spec.clock == .arrival
        let selected = binding.query < 0 ? nil : columns.selected + binding.query * Columns.mostRows
        let (times, rows) = (columns.times, columns.rows)
        var (start, end) = (currentStart, currentEnd)
        var (late, count): (UInt64, Int) = (0, 0)
        for row in 0..<columns.count {
            if let selected, selected[row] == 0 { continue }
            let time = byArrival ? now : times[row]
            if time < start || time >= end {
                flush(count, columns, binding, payload)
                count = 0
                let entry = enter(time)
                if entry != .entered {
                    // Nothing is noted while there is no current bucket.
                    (start, end) = (1, 0)
                    if entry == .late { late &+= 1 }
                    continue
                }
                (start, end) = (currentStart, currentEnd)
            }
            rows[count] = Int32(truncatingIfNeeded: row)
            count &+= 1
        }
        flush(count, columns, binding, payload)
        if late > 0 && !ring.isEmpty { bucketOfNow.late &+= late }
    }

    /// Adds the first of the noted rows, all of the current bucket.
    private func flush(_ count: Int, _ columns: Columns, _ binding: WatchBinding, _ payload: RawSpan) {
        guard count > 0, let bucket = current?.takeUnretainedValue() else { return }
        if binding.groups.isEmpty {
            columns.groups.update(repeating: 0, count: count)
        } else {
            resolve(count, columns, binding, payload)
        }
        bucket.reserve(groups.capacity)
        bucket.add(count, columns, binding, payload)
    }

    // MARK: Groups

    /// Finds the numbers of the groups of the noted rows.
    private func resolve(_ count: Int, _ columns: Columns, _ binding: WatchBinding, _ payload: RawSpan) {
        let (rows, numbers) = (columns.rows, columns.groups)
        let single = binding.groups.count == 1 ? binding.groups[0] : -1
        let hashes = columns.hashes + max(0, single) * Columns.mostRows
        let (number, round) = (currentNumber, round)
        // Lent once, not for every row.
        func resolve(_ groups: inout GroupTable) {
            for place in 0..<count {
                let row = Int(rows[place])
                let hash = single >= 0 ? hashes[row] : binding.groupHash(columns, row)
                var group = groups.find(hash)
                if group < 0 {
                    group = groups.add(
                        hash, { binding.groupKey(columns, row, payload) }, bucket: number, round: round)
                }
                groups.note(group, bucket: number)
                numbers[place] = Int32(truncatingIfNeeded: group)
            }
        }
        resolve(&groups)
    }

    // MARK: What happened besides

    /// Notes that events went missing, which the bucket that fills now has to tell.
    func add(_ loss: LinkLoss) { if !ring.isEmpty { bucketOfNow.losses.add(loss) } }

    /// Takes over which buckets changed since the last call, in their order.
    func takeDirty() -> [Bucket] {
        defer {
            dirty.removeAll(keepingCapacity: true)
            round += 1
            forgetCurrent()
        }
        var buckets: [Bucket] = []
        for number in Set(dirty).sorted() where number >= oldest {
            guard let bucket = bucket(number) else { continue }
            liveBucket(number)?.isDirty = false
            seam?.clean(number)
            buckets.append(bucket)
        }
        return buckets
    }

    /// The numbers of all buckets, in their order.
    private var numbers: [Int64] {
        let live = ring.compactMap { $0?.number }
        return (seam.map { Array($0.numbers.union(live)) } ?? live).sorted()
    }

    /// All buckets, in their order.
    var buckets: [Bucket] { numbers.compactMap { bucket($0) } }

    /// Drops the oldest bucket; false if there is none but the newest.
    func dropOldest() -> Bool {
        let kept = numbers
        guard kept.count > 1, let first = kept.first else { return false }
        if liveBucket(first) != nil { ring[place(of: first)] = nil }
        seam?.forget(before: first + 1)
        oldest = max(oldest, first + 1)
        forgetCurrent()
        return true
    }

    /// Bytes that it takes.
    var bytes: Int {
        ring.reduce(groups.bytes + ring.count * 8 + 512 + (seam?.bytes ?? 0)) { $0 + ($1?.bytes ?? 0) }
    }
}

// What deduplication and throttling remember of keys, in tables whose size never changes.
internal import Glibc

/// A table of keys in rows of eight: a key has its place in one row, and the row's oldest entry makes room.
///
/// The memory is the kernel's zero pages until it is written to. No allocation after the first use.
struct KeyMemory<Entry: BitwiseCopyable>: ~Copyable {
    /// Entries of a row: two or three cache lines, which are read together.
    static var width: Int { 8 }
    private let entries: UnsafeMutablePointer<Entry>
    private let mask: UInt64

    /// Makes a table of `count` entries, a power of two, all bytes of which are zero.
    init(count: Int) {
        precondition(count >= Self.width && count & (count - 1) == 0, "the size is no power of two")
        guard let memory = calloc(count, MemoryLayout<Entry>.stride) else { fatalError("out of memory") }
        entries = memory.bindMemory(to: Entry.self, capacity: count)
        mask = UInt64(count / Self.width - 1)
    }

    deinit { free(entries) }

    /// The row of a key.
    func row(of key: UInt64) -> UnsafeMutableBufferPointer<Entry> {
        UnsafeMutableBufferPointer(start: entries + Int(key & mask) * Self.width, count: Self.width)
    }
}

/// The keys of a route's `dedupe`, each for as long as its window.
final class SeenKeys {
    /// Keys remembered at most, 16 MiB: a hundred thousand a second for ten seconds.
    ///
    /// Where more come within a window, the oldest of a row is forgotten early, and ``overflow`` counts. What it is
    /// the copy of then passes: deduplication that cannot remember lets through, it never drops what is new.
    static let most = 1 << 20

    private struct Entry: BitwiseCopyable {
        var key: UInt64
        /// When it was seen, in monotonic nanoseconds; 0 in an empty place.
        var seen: UInt64
    }

    private let memory: KeyMemory<Entry>
    private let window: UInt64
    /// Keys that were forgotten before their time.
    private(set) var overflow: UInt64 = 0

    init(window: UInt64, most: Int = SeenKeys.most) {
        memory = KeyMemory(count: most)
        self.window = window
    }

    /// Whether the key was not seen within the window before; from now on it was.
    ///
    /// A copy does not begin a new window: of an event that is repeated for ever, one passes in each window.
    func isNew(_ key: UInt64, now: UInt64) -> Bool {
        let now = max(now, 1)
        let row = memory.row(of: key)
        var oldest = 0
        for index in row.indices {
            let entry = row[index]
            if entry.key == key && entry.seen != 0 {
                if now &- entry.seen < window { return false }
                row[index].seen = now
                return true
            }
            if entry.seen < row[oldest].seen { oldest = index }
        }
        if row[oldest].seen != 0 && now &- row[oldest].seen < window { overflow += 1 }
        row[oldest] = Entry(key: key, seen: now)
        return true
    }
}

/// The token buckets of a route's `throttle`, one for each key.
final class TokenBuckets {
    /// Keys with a bucket of their own at most, 1.5 MiB.
    ///
    /// Where more come, the one of a row that was quiet for longest is forgotten; if its bucket was not full again by
    /// then, ``overflow`` counts, for it may get a full one too early.
    static let most = 1 << 16

    private struct Entry: BitwiseCopyable {
        var key: UInt64
        /// When it was last used, in monotonic nanoseconds; 0 in an empty place.
        var used: UInt64
        var tokens: Double
    }

    private let memory: KeyMemory<Entry>
    /// Tokens a nanosecond.
    private let rate: Double
    private let burst: Double
    /// Buckets that were forgotten before they were full again.
    private(set) var overflow: UInt64 = 0

    init(perSecond: Double, burst: Double, most: Int = TokenBuckets.most) {
        memory = KeyMemory(count: most)
        rate = perSecond / 1e9
        self.burst = burst
    }

    /// Whether the bucket of the key has a token, which is taken.
    func take(_ key: UInt64, now: UInt64) -> Bool {
        let now = max(now, 1)
        let row = memory.row(of: key)
        var oldest = 0
        for index in row.indices {
            if row[index].key == key && row[index].used != 0 { return take(&row[index], now) }
            if row[index].used < row[oldest].used { oldest = index }
        }
        if row[oldest].used != 0 && level(row[oldest], now) < burst { overflow += 1 }
        row[oldest] = Entry(key: key, used: now, tokens: burst)
        return take(&row[oldest], now)
    }

    private func level(_ entry: Entry, _ now: UInt64) -> Double {
        min(burst, entry.tokens + Double(now > entry.used ? now - entry.used : 0) * rate)
    }

    private func take(_ entry: inout Entry, _ now: UInt64) -> Bool {
        entry.tokens = level(entry, now)
        entry.used = max(entry.used, now)
        if entry.tokens < 1 { return false }
        entry.tokens -= 1
        return true
    }
}

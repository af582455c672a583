// What throttling remembers.
import Eventstorm

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

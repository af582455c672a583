// What deduplication remembers.

/// Keys that were seen, each for as long as a window.
package final class SeenKeys {
    /// Keys remembered at most, 16 MiB: a hundred thousand a second for ten seconds.
    ///
    /// Where more come within a window, the oldest of a row is forgotten early, and ``overflow`` counts. What it is
    /// the copy of then passes: deduplication that cannot remember lets through, it never drops what is new.
    package static let most = 1 << 20

    private struct Entry: BitwiseCopyable {
        var key: UInt64
        /// When it was seen, in monotonic nanoseconds; 0 in an empty place.
        var seen: UInt64
    }

    private let memory: KeyMemory<Entry>
    private let window: UInt64
    /// Keys that were forgotten before their time.
    package private(set) var overflow: UInt64 = 0

    package init(window: UInt64, most: Int = SeenKeys.most) {
        memory = KeyMemory(count: most)
        self.window = window
    }

    /// Whether the key was not seen within the window before; from now on it was.
    ///
    /// A copy does not begin a new window: of an event that is repeated for ever, one passes in each window.
    package func isNew(_ key: UInt64, now: UInt64) -> Bool {
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

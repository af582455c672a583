// The most frequent values, in little memory: Space-Saving.

/// Counts the most frequent values; two of them can be merged.
///
/// It follows so many values at once. While there are no more different ones, counts are exact. Beyond, a new value
/// takes the place of the least frequent one with its count, which is told as the new one's possible error: a count is
/// never too small, and never larger by more than the sum of all counts divided by the capacity. Every value more
/// frequent than that is among those followed.
///
/// Source: Metwally, Agrawal, El Abbadi, "Efficient computation of frequent and top-k elements in data streams".
struct TopSketch: Sendable {
    /// A value that is followed.
    struct Entry: Sendable {
        var value: KeptValue
        /// How much of the count may belong to others.
        var error: Double
    }

    let capacity: Int
    // Apart from each other: searching touches little memory.
    private var hashes: [UInt64] = []
    private var counts: [Double] = []
    private var entries: [Entry] = []
    /// Where the value was found last: frequent ones follow upon themselves.
    private var last = 0

    init(capacity: Int) { self.capacity = capacity }

    /// Bytes that it takes beside itself.
    var bytes: Int {
        entries.reduce(hashes.capacity * 16 + entries.capacity * MemoryLayout<Entry>.stride) {
            $0 + $1.value.bytes.capacity
        }
    }

    var isEmpty: Bool { entries.isEmpty }

    /// Adds a value by its hash; keeps the value itself only when it is new.
    @inline(__always)
    mutating func add(_ hash: UInt64, weight: Double, _ payload: RawSpan, _ place: ValuePlace) {
        if last < hashes.count && hashes[last] == hash {
            counts[last] += weight
            return
        }
        find(hash, weight, payload, place)
    }

    @inline(never)
    private mutating func find(_ hash: UInt64, _ weight: Double, _ payload: RawSpan, _ place: ValuePlace) {
        let found = hashes.withUnsafeBufferPointer { hashes in
            var index = 0
            while index < hashes.count && hashes[index] != hash { index &+= 1 }
            return index
        }
        last = found
        if found < hashes.count {
            counts[found] += weight
        } else if found < capacity {
            hashes.append(hash)
            counts.append(weight)
            entries.append(Entry(value: KeptValue(payload, place), error: 0))
        } else {
            replaceLeast(hash, weight, payload, place)
        }
    }

    private mutating func replaceLeast(_ hash: UInt64, _ weight: Double, _ payload: RawSpan, _ place: ValuePlace) {
        let least = counts.withUnsafeBufferPointer { counts in
            var least = 0
            for index in counts.indices where counts[index] < counts[least] { least = index }
            return least
        }
        last = least
        hashes[least] = hash
        entries[least].error = counts[least]
        entries[least].value.replace(by: payload, place)
        counts[least] += weight
    }

    /// Adds the counts of another sketch.
    ///
    /// A value that only one of them follows may have been as frequent in the other as that one's least.
    mutating func merge(_ other: TopSketch) {
        let own = isFull ? least : 0
        let theirs = other.isFull ? other.least : 0
        var merged: [UInt64: (entry: Entry, count: Double)] = [:]
        for index in entries.indices {
            var entry = entries[index]
            entry.error += theirs
            merged[hashes[index]] = (entry, counts[index] + theirs)
        }
        for index in other.entries.indices {
            var entry = other.entries[index]
            if let known = merged[other.hashes[index]] {
                entry.error += known.entry.error - theirs
                merged[other.hashes[index]] = (entry, known.count - theirs + other.counts[index])
            } else {
                entry.error += own
                merged[other.hashes[index]] = (entry, other.counts[index] + own)
            }
        }
        let kept = merged.sorted { ($0.value.count, $1.key) > ($1.value.count, $0.key) }.prefix(capacity)
        hashes = kept.map(\.key)
        counts = kept.map(\.value.count)
        entries = kept.map(\.value.entry)
        last = 0
    }

    private var isFull: Bool { entries.count >= capacity }
    private var least: Double { counts.min() ?? 0 }

    /// The most frequent values with their counts, those of equal counts in the order of their bytes.
    func top(_ most: Int) -> [(value: KeptValue, count: Double, error: Double)] {
        let sorted = entries.indices.sorted {
            counts[$0] != counts[$1]
                ? counts[$0] > counts[$1]
                : entries[$0].value.bytes.lexicographicallyPrecedes(entries[$1].value.bytes)
        }
        return sorted.prefix(most).map { (entries[$0].value, counts[$0], entries[$0].error) }
    }
}

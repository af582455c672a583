// The table of rows: found by origin and topic bytes, bounded, the one silent for longest makes room.

internal import Glibc

extension Ledger {
    /// Finds the row of an origin and the topic of these bytes.
    ///
    /// - Complexity: O(1), without allocation; the row found last is found again at once.
    public mutating func row(origin: UInt64, topic: RawSpan) -> RowIndex? {
        if lastRow >= 0, rows[lastRow].origin == origin, isTopic(lastRow, topic) { return RowIndex(value: lastRow) }
        let hash = hash(origin, topic)
        var place = buckets[bucket(hash)]
        while place >= 0 {
            if rows[place].hash == hash, rows[place].origin == origin, isTopic(place, topic) {
                lastRow = place
                return RowIndex(value: place)
            }
            place = rows[place].nextInBucket
        }
        return nil
    }

    /// Adds the row of an origin and a topic, or finds it; nil if no pattern in force asks for the topic.
    ///
    /// Its books begin with the first message, or at 0 if the origin has told all its topics before and this was none
    /// of them.
    public mutating func addRow(origin: UInt64, topic: Topic, now: UInt64) -> RowIndex? {
        if let known = row(origin: origin, topic: topic.utf8.span.bytes) { return known }
        guard isAskedFor(topic) else { return nil }
        let originPlace = addOrigin(origin, now: now)
        let place = insertRow(originPlace: originPlace, topic: topic, now: now)
        if isBornSinceFence(topic, originPlace) { beginBooks(place, at: 0, unwanted: 0) }
        return RowIndex(value: place)
    }

    /// Whether a pattern in force asks for the topic; nobody can ask for beats, which are consumed.
    func isAskedFor(_ topic: Topic) -> Bool {
        let bytes = topic.utf8.span.bytes
        return patterns.contains { $0.matches(bytes) } && topic != .beat
    }

    /// Begins the books of a row; `unwanted` is what the origin told, nil if it has not yet.
    mutating func beginBooks(_ place: Int, at sequence: UInt64, unwanted: UInt64?) {
        rows[place].hasBaseline = true
        rows[place].from = Int64(clamping: sequence)
        rows[place].next = sequence
        rows[place].knowsUnwanted = unwanted != nil
        rows[place].unwanted = unwanted ?? 0
    }

    /// Notes that a message of the row came.
    mutating func touch(_ place: Int, now: UInt64) {
        rows[place].lastHeard = now
        origins[rows[place].originPlace].lastHeard = now
        if place == newest { return }
        unlinkByAge(place)
        linkAsNewest(place)
    }
}

// MARK: - Adding and removing

extension Ledger {
    mutating func insertRow(originPlace: Int, topic: Topic, now: UInt64) -> Int {
        if usedRows == rowLimit { makeRoom() }
        let origin = origins[originPlace].id
        let hash = hash(origin, topic.utf8.span.bytes)
        var row = Row(origin: origin, originPlace: originPlace, topic: topic, hash: hash)
        row.lastHeard = now
        row.nextOfOrigin = origins[originPlace].firstRow
        let place: Int
        if let free = freeRows.popLast() {
            place = free
            rows[place] = row
        } else {
            place = rows.count
            rows.append(row)
        }
        if row.nextOfOrigin >= 0 { rows[row.nextOfOrigin].previousOfOrigin = place }
        origins[originPlace].firstRow = place
        usedRows += 1
        if usedRows > buckets.count { rehash(buckets.count * 2) } else { linkInBucket(place) }
        linkAsNewest(place)
        return place
    }

    /// Removes the row silent for longest.
    private mutating func makeRoom() {
        overflow.saturatingAdd(1)
        forgotten.add(rows[oldest].counts)
        origins[rows[oldest].originPlace].hasForgotten = true
        removeRow(oldest)
    }

    mutating func removeRow(_ place: Int) {
        lastRow = -1
        unlinkFromBucket(place)
        unlinkByAge(place)
        let (previous, next) = (rows[place].previousOfOrigin, rows[place].nextOfOrigin)
        if previous >= 0 {
            rows[previous].nextOfOrigin = next
        } else {
            origins[rows[place].originPlace].firstRow = next
        }
        if next >= 0 { rows[next].previousOfOrigin = previous }
        rows[place].isUsed = false
        rows[place].gaps = []
        rows[place].topic = .beat
        freeRows.append(place)
        usedRows -= 1
    }

    /// Removes the rows that no pattern asks for any more.
    mutating func removeRowsNotAskedFor() {
        for place in rows.indices where rows[place].isUsed && !isAskedFor(rows[place].topic) { removeRow(place) }
    }
}

// MARK: - Links

extension Ledger {
    private mutating func linkAsNewest(_ place: Int) {
        rows[place].older = newest
        rows[place].newer = -1
        if newest >= 0 { rows[newest].newer = place } else { oldest = place }
        newest = place
    }

    private mutating func unlinkByAge(_ place: Int) {
        let (older, newer) = (rows[place].older, rows[place].newer)
        if older >= 0 { rows[older].newer = newer } else { oldest = newer }
        if newer >= 0 { rows[newer].older = older } else { newest = older }
    }

    private func bucket(_ hash: UInt64) -> Int { Int(truncatingIfNeeded: hash) & (buckets.count - 1) }

    private mutating func linkInBucket(_ place: Int) {
        let bucket = bucket(rows[place].hash)
        rows[place].nextInBucket = buckets[bucket]
        buckets[bucket] = place
    }

    private mutating func unlinkFromBucket(_ place: Int) {
        let bucket = bucket(rows[place].hash)
        let next = rows[place].nextInBucket
        if buckets[bucket] == place {
            buckets[bucket] = next
            return
        }
        var previous = buckets[bucket]
        while previous >= 0 {
            if rows[previous].nextInBucket == place {
                rows[previous].nextInBucket = next
                return
            }
            previous = rows[previous].nextInBucket
        }
    }

    private mutating func rehash(_ count: Int) {
        buckets = [Int](repeating: -1, count: count)
        for place in rows.indices where rows[place].isUsed { linkInBucket(place) }
    }
}

// MARK: - Hashing

extension Ledger {
    private func isTopic(_ place: Int, _ bytes: RawSpan) -> Bool {
        if rows[place].topic.utf8.count != bytes.byteCount { return false }
        return rows[place].topic.utf8.withUnsafeBytes { own in
            bytes.withUnsafeBytes { bytes in
                guard let a = own.baseAddress, let b = bytes.baseAddress else { return true }
                return memcmp(a, b, bytes.count) == 0
            }
        }
    }

    /// Hashes origin and topic; seeded, since strangers choose both.
    private func hash(_ origin: UInt64, _ topic: RawSpan) -> UInt64 {
        var hash = Ledger.mix(hashSeed ^ UInt64(topic.byteCount), origin)
        var offset = 0
        while offset + 8 <= topic.byteCount {
            hash = Ledger.mix(hash, topic.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
            offset += 8
        }
        var rest: UInt64 = 0
        while offset < topic.byteCount {
            rest = rest << 8 | UInt64(topic.unsafeLoad(fromByteOffset: offset, as: UInt8.self))
            offset += 1
        }
        return Ledger.mix(hash, rest)
    }

    /// Folds the 128-bit product, whose every bit depends on every bit of `hash` and `word`.
    private static func mix(_ hash: UInt64, _ word: UInt64) -> UInt64 {
        let product = (hash ^ word).multipliedFullWidth(by: 0xD6E8_FEB8_6659_FD93)
        return product.high ^ product.low
    }
}

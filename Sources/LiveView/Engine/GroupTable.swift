// Which group is which number.

/// The groups of a watch by the hashes of their keys, and a number for each; 0 is everything else.
struct GroupTable {
    /// A group that has a number.
    struct Group {
        var key: [KeptValue]
        var hash: UInt64
        /// The round of changes in which it got its number.
        var since: Int
    }

    /// Groups at most, without the one of everything else.
    let limit: Int
    /// By number; the first is never used, and those without a group are free.
    private(set) var groups: [Group?] = [nil]
    /// By number, the last bucket that the group had an event in.
    private var lastSeen: [Int64] = [.max]
    private var free: [Int] = []
    private var used = 0
    // Open addressing: a hash of 0 is an empty place.
    private var hashes: [UInt64]
    private var numbers: [Int32]
    private var lastHash: UInt64 = 0
    private var lastNumber = 0

    init(limit: Int) {
        self.limit = limit
        var size = 16
        while size < limit * 2 { size *= 2 }
        hashes = [UInt64](repeating: 0, count: size)
        numbers = [Int32](repeating: 0, count: size)
    }

    /// Numbers in use and free ones below the highest.
    var capacity: Int { groups.count }

    var bytes: Int {
        groups.reduce(hashes.count * 12 + groups.count * MemoryLayout<Group?>.stride) {
            $0 + ($1?.key.reduce(0) { $0 + $1.bytes.capacity + 16 } ?? 0)
        }
    }

    /// The number of a group that is known, -1 of one that is not.
    @inline(__always)
    mutating func find(_ hash: UInt64) -> Int {
        if hash == lastHash { return lastNumber }
        let mask = hashes.count &- 1
        var place = Int(truncatingIfNeeded: hash) & mask
        while hashes[place] != 0 {
            if hashes[place] == hash {
                lastHash = hash
                lastNumber = Int(numbers[place])
                return lastNumber
            }
            place = (place &+ 1) & mask
        }
        return -1
    }

    /// Gives a group a number; 0 if there are too many already.
    mutating func add(_ hash: UInt64, _ key: () -> [KeptValue], bucket: Int64, round: Int) -> Int {
        guard used < limit, hash != 0 else { return 0 }
        let group = Group(key: key(), hash: hash, since: round)
        let number: Int
        if let freed = free.popLast() {
            number = freed
            groups[number] = group
            lastSeen[number] = bucket
        } else {
            number = groups.count
            groups.append(group)
            lastSeen.append(bucket)
        }
        used += 1
        insert(hash, number)
        return number
    }

    /// Takes over the groups of another table.
    ///
    /// - Returns: For each number there the number here; 0 for those beyond the limit.
    mutating func takeOver(_ other: GroupTable, round: Int) -> [Int] {
        other.groups.indices.map { theirs in
            guard let group = other.groups[theirs] else { return 0 }
            let seen = other.lastSeen[theirs]
            var number = find(group.hash)
            if number < 0 { number = add(group.hash, { group.key }, bucket: seen, round: round) }
            note(number, bucket: seen)
            return number
        }
    }

    /// Notes that a group has an event in a bucket.
    @inline(__always)
    mutating func note(_ number: Int, bucket: Int64) { if lastSeen[number] < bucket { lastSeen[number] = bucket } }

    private mutating func insert(_ hash: UInt64, _ number: Int) {
        let mask = hashes.count &- 1
        var place = Int(truncatingIfNeeded: hash) & mask
        while hashes[place] != 0 { place = (place &+ 1) & mask }
        hashes[place] = hash
        numbers[place] = Int32(number)
    }

    /// Frees the numbers of groups that had no event since a bucket.
    mutating func release(before bucket: Int64) {
        var isChanged = false
        for number in groups.indices {
            guard groups[number] != nil, lastSeen[number] < bucket else { continue }
            groups[number] = nil
            free.append(number)
            used -= 1
            isChanged = true
        }
        guard isChanged else { return }
        for place in hashes.indices { hashes[place] = 0 }
        (lastHash, lastNumber) = (0, 0)
        for number in groups.indices { if let group = groups[number] { insert(group.hash, number) } }
    }
}

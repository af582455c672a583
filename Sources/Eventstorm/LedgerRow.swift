// One origin's topic in the ledger, and the gaps it remembers.

extension Ledger {
    /// The books of one origin and topic.
    struct Row {
        var origin: UInt64
        var originPlace: Int
        var topic: Topic
        var hash: UInt64
        var isUsed = true

        var next: UInt64 = 0
        var from: Int64 = 0
        var hasBaseline = false
        var counts = ReceiveCounts()
        var resets: UInt64 = 0
        var unwanted: UInt64 = 0  // as the origin last said
        var knowsUnwanted = false
        var lastHeard: UInt64 = 0
        var gaps: [Range<UInt64>] = []  // ascending; what was counted as lost and may still come

        var nextInBucket = -1
        var older = -1
        var newer = -1
        var previousOfOrigin = -1
        var nextOfOrigin = -1
    }
}

extension Ledger.Row {
    /// Counts the documents of a good message that follows the one before; false, without a change, if it does not.
    @inline(__always)
    mutating func takeNext(_ stamp: Stamp) -> Bool {
        guard stamp.sequence == next, hasBaseline else { return false }
        next = stamp.next
        counts.received.saturatingAdd(UInt64(stamp.count))
        return true
    }

    /// Counts documents that arrived.
    mutating func take(_ count: UInt64, isGood: Bool) {
        if isGood { counts.received.saturatingAdd(count) } else { counts.malformed.saturatingAdd(count) }
    }

    /// Remembers a gap behind all others; the oldest is forgotten when there are too many.
    mutating func remember(_ gap: Range<UInt64>) {
        if let last = gaps.last, last.upperBound == gap.lowerBound {
            gaps[gaps.count - 1] = last.lowerBound..<gap.upperBound
            return
        }
        if gaps.count == Limits.gapsPerRow { gaps.removeFirst() }
        gaps.append(gap)
    }

    /// Takes what lies in `range` out of the gaps; appends the positions, counted from the start of `range`, to
    /// `filled`.
    mutating func fillGaps(_ range: Range<UInt64>, into filled: inout [Range<Int>]) {
        var index = gaps.count
        while index > 0, gaps[index - 1].upperBound > range.lowerBound { index -= 1 }
        while index < gaps.count, gaps[index].lowerBound < range.upperBound {
            let gap = gaps[index]
            let part = gap.clamped(to: range)
            filled.append(Int(part.lowerBound - range.lowerBound)..<Int(part.upperBound - range.lowerBound))
            let before = gap.lowerBound..<part.lowerBound
            let after = part.upperBound..<gap.upperBound
            switch (before.isEmpty, after.isEmpty) {
            case (true, true): gaps.remove(at: index)
            case (true, false):
                gaps[index] = after
                index += 1
            case (false, true):
                gaps[index] = before
                index += 1
            case (false, false):
                gaps[index] = after
                gaps.insert(before, at: index)
                index += 2
                if gaps.count > Limits.gapsPerRow { gaps.removeFirst() }
                return  // a message within one gap touches no other
            }
        }
    }

    /// Takes in what the origin says that nobody wanted.
    ///
    /// It cannot grow while this receiver is connected and asks for the topic, so growth is what was missed meanwhile.
    mutating func observe(unwanted said: UInt64) {
        if !knowsUnwanted {
            knowsUnwanted = true
        } else if said > unwanted {
            counts.absent.saturatingAdd(said - unwanted)
        } else {
            return
        }
        unwanted = said
    }
}

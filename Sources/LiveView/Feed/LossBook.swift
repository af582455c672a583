// What went missing between two looks at the books.

import Eventstorm

/// Compares the books with those before: counters become losses at a time.
struct LossBook {
    private struct Row: Hashable {
        var origin: UInt64
        var topic: String
    }

    private var before: [Row: LinkLoss] = [:]

    /// What each row tells beyond the books before; less, where what was late came after all.
    mutating func changes(to books: [LiveBook]) -> [(topic: Topic, loss: LinkLoss)] {
        var now: [Row: LinkLoss] = [:]
        var changes: [(topic: Topic, loss: LinkLoss)] = []
        for book in books {
            // What has no stamp has no topic of which it could be missing.
            guard let topic = try? Topic(book.topic) else { continue }
            let row = Row(origin: book.origin, topic: book.topic)
            let loss = LinkLoss(
                origin: book.origin, name: book.name, lost: Int64(clamping: book.lost),
                malformed: Int64(clamping: book.malformed), absent: Int64(clamping: book.absent),
                unknown: Int64(clamping: book.unknown))
            now[row] = loss
            var change = loss
            if let known = before[row] { change.subtract(known) }
            if !change.isEmpty { changes.append((topic, change)) }
        }
        before = now
        return changes
    }
}

extension LinkLoss {
    fileprivate mutating func subtract(_ other: LinkLoss) {
        lost &-= other.lost
        malformed &-= other.malformed
        absent &-= other.absent
        unknown &-= other.unknown
    }
}

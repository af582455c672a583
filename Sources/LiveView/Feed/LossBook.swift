// What went missing between two looks at the books.

import Eventstorm

/// Compares the books with those before: counters become losses at a time.
struct LossBook {
    private struct Row: Hashable {
        var origin: UInt64
        var receiver: UInt64
        var topic: String
    }

    private var before: [Row: LinkLoss] = [:]
    /// Whether what a row tells when it is first seen has only just happened.
    private let countsFirst: Bool

    init(countsFirst: Bool = true) { self.countsFirst = countsFirst }

    /// What each row tells beyond the books before; less, where what was late came after all.
    mutating func changes(to books: [(topic: String, loss: LinkLoss)]) -> [(topic: Topic, loss: LinkLoss)] {
        var now: [Row: LinkLoss] = [:]
        var changes: [(topic: Topic, loss: LinkLoss)] = []
        for (name, loss) in books {
            // What has no stamp has no topic of which it could be missing.
            guard let topic = try? Topic(name) else { continue }
            let row = Row(origin: loss.origin, receiver: loss.receiverOrigin, topic: name)
            now[row] = loss
            var change = loss
            if let known = before[row] {
                change.subtract(known)
            } else if !countsFirst {
                continue
            }
            if !change.isEmpty { changes.append((topic, change)) }
        }
        before = now
        return changes
    }
}

extension LinkLoss {
    init(_ book: LiveBook) {
        self.init(
            origin: book.origin, name: book.name, lost: Int64(clamping: book.lost),
            malformed: Int64(clamping: book.malformed), absent: Int64(clamping: book.absent),
            unknown: Int64(clamping: book.unknown))
    }

    fileprivate mutating func subtract(_ other: LinkLoss) {
        lost &-= other.lost
        malformed &-= other.malformed
        absent &-= other.absent
        unknown &-= other.unknown
    }
}

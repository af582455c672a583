// What the receiving loop and the threads behind it share.

internal import BSON
internal import Eventstorm
internal import Glibc
internal import Service
internal import Synchronization
internal import ZeroMQ

/// What the receiving loop and the threads behind it share: the queue, the counts, and word of the end.
final class SinkState: Sendable {
    /// Events of one topic that arrived together.
    struct Item: Sendable {
        var topic: Topic
        var documents: [UInt8]
        var events: Int
        /// Who sent them, and the sequence of the message's first; nil from a publisher that does not stamp.
        var origin: (id: UInt64, sequence: UInt64)?
        /// Which documents of the message these are; nil if they are all of it.
        var positions: [Range<Int>]?

        /// The bytes it takes in memory, about.
        var weight: Int { documents.count + 200 }
    }

    private struct Books {
        static let reasonLimit = 100
        var fates = FateTable()
        var reasons: [String: UInt64] = [:]
        /// Whether the books are closed: who still works on something says it to nobody.
        var isFinal = false

        mutating func change(_ body: (inout FateTable) -> Void) { if !isFinal { body(&fates) } }
    }

    let queue: ByteBoundedQueue<Item>
    private let books = Mutex(Books())
    private let threads = Atomic<Int>(0)
    private let ended: Wakeup

    init(queueLimit: Int, onFull: OnFull) throws(ZMQError) {
        queue = try ByteBoundedQueue(limit: queueLimit, onFull: onFull)
        ended = try Wakeup()
    }

    var counts: FateCounts { books.withLock { $0.fates.total } }
    var countsByTopic: [Topic: FateCounts] { books.withLock { $0.fates.rows } }
    /// Why events failed.
    var reasons: [String: UInt64] { books.withLock { $0.reasons } }

    func receive(_ item: Item) {
        books.withLock { books in books.change { $0.receive(item.topic, item.events) } }
        for lost in queue.put(item, bytes: item.weight) { settle(lost.topic, lost.events, .dropped) }
    }

    /// Gives events that were waiting their fate.
    func settle(_ topic: Topic, _ events: Int, _ fate: Fate) {
        books.withLock { books in books.change { $0.settle(topic, events, fate) } }
    }

    /// Gives all documents of a batch their fate.
    func settle(_ batch: Batch, _ fate: Fate) {
        books.withLock { books in
            books.change { fates in batch.forEachTopic { fates.settle($0, $1, fate) } }
        }
    }

    /// Gives events that failed their fate, by reason.
    func fail(_ topic: Topic, _ events: Int, reason: String) {
        settle(topic, events, .failed)
        books.withLock { books in
            let isNew = books.reasons[reason] == nil && books.reasons.count >= Books.reasonLimit
            books.reasons[isNew ? "other" : reason, default: 0] += UInt64(events)
        }
    }

    /// Closes the books: what still waits has failed; tells how many that are.
    func closeBooks() -> UInt64 {
        books.withLock { books in
            let left = books.fates.total[.queued]
            books.isFinal = true
            books.fates.failQueued()
            if left > 0 { books.reasons["end", default: 0] += left }
            return left
        }
    }

    /// Counts something that is beside the sum.
    func note(_ topic: Topic, _ events: Int, _ fate: Fate) {
        books.withLock { books in books.change { $0.update(topic) { $0.add(UInt64(events), to: fate) } } }
    }

    /// Says how many threads work; each calls ``end()`` once.
    func begin(_ count: Int) { threads.store(count, ordering: .relaxed) }

    func end() {
        if threads.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 { ended.signal() }
    }

    func waitUntilEnded(within duration: Duration) -> Bool { ended.wait(within: duration) }
}

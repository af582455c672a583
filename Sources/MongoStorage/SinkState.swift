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

    private struct Table {
        static let rowLimit = 10_000
        static let reasonLimit = 100
        var total = FateCounts()
        var rows: [Topic: FateCounts] = [:]
        var reasons: [String: UInt64] = [:]
        /// Whether the books are closed: who still works on something says it to nobody.
        var isFinal = false

        mutating func update(_ topic: Topic, _ change: (inout FateCounts) -> Void) {
            if isFinal { return }
            change(&total)
            if rows[topic] != nil || rows.count < Table.rowLimit { change(&rows[topic, default: FateCounts()]) }
        }
    }

    let queue: ByteBoundedQueue<Item>
    private let table = Mutex(Table())
    private let threads = Atomic<Int>(0)
    private let ended: Wakeup

    init(queueLimit: Int, onFull: OnFull) throws(ZMQError) {
        queue = try ByteBoundedQueue(limit: queueLimit, onFull: onFull)
        ended = try Wakeup()
    }

    var counts: FateCounts { table.withLock { $0.total } }
    var countsByTopic: [Topic: FateCounts] { table.withLock { $0.rows } }
    /// Why events failed.
    var reasons: [String: UInt64] { table.withLock { $0.reasons } }

    func receive(_ item: Item) {
        table.withLock { table in
            table.update(item.topic) {
                $0.add(UInt64(item.events), to: .received)
                $0.add(UInt64(item.events), to: .queued)
            }
        }
        for lost in queue.put(item, bytes: item.weight) { settle(lost.topic, lost.events, .dropped) }
    }

    /// Gives events that were waiting their fate.
    func settle(_ topic: Topic, _ events: Int, _ fate: Fate) {
        table.withLock { table in
            table.update(topic) {
                $0[.queued] -= UInt64(events)
                $0.add(UInt64(events), to: fate)
            }
        }
    }

    /// Gives all documents of a batch their fate.
    func settle(_ batch: Batch, _ fate: Fate) {
        table.withLock { table in
            batch.forEachTopic { topic, events in
                table.update(topic) {
                    $0[.queued] -= UInt64(events)
                    $0.add(UInt64(events), to: fate)
                }
            }
        }
    }

    /// Gives events that failed their fate, by reason.
    func fail(_ topic: Topic, _ events: Int, reason: String) {
        settle(topic, events, .failed)
        table.withLock { table in
            let isNew = table.reasons[reason] == nil && table.reasons.count >= Table.reasonLimit
            table.reasons[isNew ? "other" : reason, default: 0] += UInt64(events)
        }
    }

    /// Closes the books: what still waits has failed; tells how many that are.
    func closeBooks() -> UInt64 {
        table.withLock { table in
            let left = table.total[.queued]
            table.isFinal = true
            table.total.failQueued()
            for topic in table.rows.keys { table.rows[topic]?.failQueued() }
            if left > 0 { table.reasons["end", default: 0] += left }
            return left
        }
    }

    /// Counts something that is beside the sum.
    func note(_ topic: Topic, _ events: Int, _ fate: Fate) {
        table.withLock { table in table.update(topic) { $0.add(UInt64(events), to: fate) } }
    }

    /// Says how many threads work; each calls ``end()`` once.
    func begin(_ count: Int) { threads.store(count, ordering: .relaxed) }

    func end() {
        if threads.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 { ended.signal() }
    }

    func waitUntilEnded(within duration: Duration) -> Bool {
        var waiting = pollfd(fd: ended.fileDescriptor, events: Int16(POLLIN), revents: 0)
        let (seconds, attoseconds) = max(.zero, duration).components
        return poll(&waiting, 1, CInt(seconds * 1000 + attoseconds / 1_000_000_000_000_000)) > 0
    }
}

extension FateCounts {
    /// Turns events that wait into such that failed.
    fileprivate mutating func failQueued() {
        let events = self[.queued]
        self[.queued] = 0
        add(events, to: .failed)
    }
}

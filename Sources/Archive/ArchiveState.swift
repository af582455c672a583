// What the receiving loop and the writing thread share.

internal import Eventstorm
internal import Glibc
internal import Service
internal import Synchronization
internal import ZeroMQ

/// What the receiving loop and the writing thread share: the queue, the counts, and word of the end.
final class ArchiveState: Sendable {
    /// Events that wait.
    struct Item: Sendable {
        var topic: Topic
        var documents: [UInt8]
        var events: Int
        var arrival: Int64

        /// The bytes it takes in memory, about.
        var weight: Int { documents.count + 160 }
    }

    private struct Table {
        static let rowLimit = 10_000
        var total = FateCounts()
        var rows: [Topic: FateCounts] = [:]

        mutating func update(_ topic: Topic, _ change: (inout FateCounts) -> Void) {
            change(&total)
            if rows[topic] != nil || rows.count < Table.rowLimit { change(&rows[topic, default: FateCounts()]) }
        }
    }

    let queue: ByteBoundedQueue<Item>
    private let table = Mutex(Table())
    private let ended: Wakeup

    init(queueLimit: Int, onFull: OnFull) throws(ZMQError) {
        queue = try ByteBoundedQueue(limit: queueLimit, onFull: onFull)
        ended = try Wakeup()
    }

    var counts: FateCounts { table.withLock { $0.total } }
    var countsByTopic: [Topic: FateCounts] { table.withLock { $0.rows } }

    func receive(_ topic: Topic, _ documents: RawSpan, events: Int, arrival: Int64) {
        table.withLock { table in
            table.update(topic) {
                $0.add(UInt64(events), to: .received)
                $0.add(UInt64(events), to: .queued)
            }
        }
        let bytes = documents.withUnsafeBytes { [UInt8]($0) }
        let item = Item(topic: topic, documents: bytes, events: events, arrival: arrival)
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

    func end() { ended.signal() }

    func waitUntilEnded(within duration: Duration) -> Bool {
        var waiting = pollfd(fd: ended.fileDescriptor, events: Int16(POLLIN), revents: 0)
        let (seconds, attoseconds) = duration.components
        return poll(&waiting, 1, CInt(seconds * 1000 + attoseconds / 1_000_000_000_000_000)) > 0
    }
}

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

    let queue: ByteBoundedQueue<Item>
    private let table = Mutex(FateTable())
    private let ended: Wakeup

    init(queueLimit: Int, onFull: OnFull) throws(ZMQError) {
        queue = try ByteBoundedQueue(limit: queueLimit, onFull: onFull)
        ended = try Wakeup()
    }

    var counts: FateCounts { table.withLock { $0.total } }
    var countsByTopic: [Topic: FateCounts] { table.withLock { $0.rows } }

    func receive(_ topic: Topic, _ documents: RawSpan, events: Int, arrival: Int64) {
        table.withLock { $0.receive(topic, events) }
        let bytes = documents.withUnsafeBytes { [UInt8]($0) }
        let item = Item(topic: topic, documents: bytes, events: events, arrival: arrival)
        for lost in queue.put(item, bytes: item.weight) { settle(lost.topic, lost.events, .dropped) }
    }

    /// Gives events that were waiting their fate.
    func settle(_ topic: Topic, _ events: Int, _ fate: Fate) {
        table.withLock { $0.settle(topic, events, fate) }
    }

    func end() { ended.signal() }

    func waitUntilEnded(within duration: Duration) -> Bool { ended.wait(within: duration) }
}

// What a subscriber's thread and the program's threads share.
internal import CEventstorm
internal import Eventstorm
internal import Synchronization
internal import ZeroMQ

/// Events that wait for the program, and the counts.
final class Inbox: Sendable {
    /// Bytes of events that wait at most.
    private static let queueBytes = 64 << 20

    private struct State {
        /// Events, one behind the other.
        var bytes: [UInt8] = []
        /// Where each ends, and its topic.
        var events: [(topic: [CChar], end: Int)] = []
        var counts = es_received_t()
    }

    private let state = Mutex(State())
    private let over = Atomic<Bool>(false)
    /// Readable while events wait; nil without a queue.
    let filled: Wakeup?
    /// Readable when the thread has to end.
    let stop: Wakeup

    init(hasQueue: Bool) throws(ZMQError) {
        filled = hasQueue ? try Wakeup() : nil
        stop = try Wakeup()
    }

    /// Whether the thread has to end.
    var isOver: Bool { over.load(ordering: .relaxed) }

    /// Asks the thread to end.
    func end() {
        over.store(true, ordering: .relaxed)
        stop.signal()
    }

    /// What became of the events.
    var counts: es_received_t { state.withLock { $0.counts } }

    /// Takes over what the ledger has counted.
    func note(_ total: ReceiveCounts, unstamped: UInt64) {
        state.withLock { state in
            state.counts.received = total.received
            state.counts.lost = total.lost
            state.counts.malformed = total.malformed
            state.counts.absent = total.absent
            state.counts.unstamped = unstamped
        }
    }

    /// Lets an event wait, or drops it if too many do.
    func put(_ topic: [CChar], _ event: UnsafeRawBufferPointer) {
        let isFirst = state.withLock { state in
            guard state.bytes.count + event.count <= Inbox.queueBytes else {
                state.counts.dropped += 1
                return false
            }
            state.bytes.append(contentsOf: event)
            state.events.append((topic, state.bytes.count))
            return state.events.count == 1
        }
        if isFirst { filled?.signal() }
    }

    /// Passes on all events that wait; returns how many they were.
    ///
    /// Not under the lock: what comes meanwhile waits for the next call.
    func empty(into body: ([CChar], UnsafeRawBufferPointer) -> Void) -> Int {
        let (bytes, events) = state.withLock { state in
            filled?.drain()
            defer {
                state.bytes = []
                state.events.removeAll(keepingCapacity: false)
            }
            return (state.bytes, state.events)
        }
        bytes.withUnsafeBytes { bytes in
            var start = 0
            for event in events {
                body(event.topic, UnsafeRawBufferPointer(rebasing: bytes[start..<event.end]))
                start = event.end
            }
        }
        return events.count
    }
}

// A queue between the loop that receives and the thread whose work blocks.

internal import Glibc
internal import Synchronization
public import ZeroMQ

/// A queue bounded in bytes, between a loop that must not wait and a thread that may.
///
/// Putting never waits: when there is no room, the oldest elements or the new one give way, and the caller is handed
/// what was dropped, to count it. Any thread may put; one thread takes.
///
///     for lost in queue.put(message, bytes: message.count) { counts.dropped += lost.events }
public final class ByteBoundedQueue<Element: Sendable>: Sendable {
    /// The bytes it holds at most.
    public let limit: Int
    /// Which elements give way when there is no room.
    public let onFull: OnFull
    private let state = Mutex(Contents<Element>())
    private let wakeup: Wakeup

    /// Creates an empty queue.
    public init(limit: Int = QueueLimits.usualBytes, onFull: OnFull = .dropOldest) throws(ZMQError) {
        self.limit = limit
        self.onFull = onFull
        wakeup = try Wakeup()
    }

    /// The bytes in the queue.
    public var bytes: Int { state.withLock { $0.bytes } }
    /// The number of elements in the queue.
    public var count: Int { state.withLock { $0.count } }
    /// Whether nothing more is accepted.
    public var isClosed: Bool { state.withLock { $0.isClosed } }
    /// Whether nothing is left and nothing more will come.
    public var isFinished: Bool { state.withLock { $0.isClosed && $0.count == 0 } }

    /// Appends an element.
    ///
    /// - Parameters:
    ///   - element: Is dropped itself if it alone is larger than the limit, or if the queue was closed.
    ///   - bytes: What it counts for.
    /// - Returns: What was dropped.
    public func put(_ element: Element, bytes: Int) -> [Element] {
        let (dropped, wakes) = state.withLock { state in
            var dropped: [Element] = []
            let room = limit - state.bytes
            if state.isClosed || bytes > limit || bytes > room && onFull == .dropNewest { return ([element], false) }
            while bytes > limit - state.bytes, let oldest = state.removeFirst() { dropped.append(oldest) }
            state.append(element, bytes: bytes)
            return (dropped, state.endWait())
        }
        if wakes { wakeup.signal() }
        return dropped
    }

    /// Takes the oldest elements, one at least, as soon as there are any.
    ///
    /// - Parameters:
    ///   - bytes: No further element is taken once this is reached.
    ///   - duration: How long to wait for a first one.
    /// - Returns: Nothing when the time is over or the queue was closed.
    public func take(upTo bytes: Int, within duration: Duration) -> [Element] {
        let deadline = ContinuousClock.now + duration
        while true {
            let taken: [Element]? = state.withLock { state in
                let taken = state.removeFirst(upTo: bytes)
                if !taken.isEmpty || state.isClosed { return taken }
                state.isTakerWaiting = true
                return nil
            }
            if let taken { return taken }
            if !waitForSignal(until: deadline) { return [] }
        }
    }

    /// Refuses further elements; what is in the queue can still be taken.
    public func close() {
        state.withLock { $0.isClosed = true }
        wakeup.signal()
    }

    /// Sleeps until the queue is closed or the time is over, whatever is put meanwhile; tells whether it is closed.
    public func waitForClose(within duration: Duration) -> Bool {
        let deadline = ContinuousClock.now + duration
        while !isClosed, waitForSignal(until: deadline) {}
        return isClosed
    }

    /// False once the deadline has passed.
    private func waitForSignal(until deadline: ContinuousClock.Instant) -> Bool {
        let left = deadline - .now
        if left <= .zero { return false }
        let (seconds, attoseconds) = left.components
        let milliseconds = min(seconds, 3600) * 1000 + attoseconds / 1_000_000_000_000_000 + 1
        var waiting = pollfd(fd: wakeup.fileDescriptor, events: Int16(POLLIN), revents: 0)
        _ = poll(&waiting, 1, CInt(milliseconds))
        wakeup.drain()
        return true
    }
}

/// What the queue guards.
private struct Contents<Element: Sendable> {
    private var entries: [(element: Element?, bytes: Int)] = []
    /// Entries before this one were taken or dropped already.
    private var head = 0
    private(set) var bytes = 0
    var isClosed = false
    /// Whether the taker waits to be woken: nobody needs it otherwise.
    var isTakerWaiting = false

    var count: Int { entries.count - head }

    mutating func append(_ element: Element, bytes: Int) {
        entries.append((element, bytes))
        self.bytes += bytes
    }

    mutating func removeFirst() -> Element? {
        guard head < entries.count else { return nil }
        let element = entries[head].element.take()
        bytes -= entries[head].bytes
        head += 1
        // Moving the rest to the front once half of it is gone costs each element one move at most.
        if head >= 64, head * 2 >= entries.count {
            entries.removeSubrange(..<head)
            head = 0
        }
        return element
    }

    mutating func removeFirst(upTo limit: Int) -> [Element] {
        var taken: [Element] = []
        let before = bytes
        while before - bytes < limit, let element = removeFirst() { taken.append(element) }
        return taken
    }

    mutating func endWait() -> Bool {
        defer { isTakerWaiting = false }
        return isTakerWaiting
    }
}

/// Which elements give way when a queue is full: the values of `on_full`.
public enum OnFull: String, CaseIterable, Sendable {
    /// The oldest: what is new matters more, as in a live view.
    case dropOldest = "drop_oldest"
    /// The new one: what was accepted is kept.
    case dropNewest = "drop_newest"
}

/// What queues hold.
public enum QueueLimits {
    /// Usual limit: a minute of a thousand events of a kilobyte a second.
    public static let usualBytes = 64 << 20
}

// What the emitting threads and the publisher thread of one source share.
import CSystem
import Glibc
import Synchronization
import ZeroMQ

/// Which topics have batches, how many bytes wait, and who sleeps.
final class SourceQueue: @unchecked Sendable {
    /// Bytes of full batches that may wait before events are refused.
    let byteLimit: Int
    /// How long an emitter waits for room; nil when it must never wait.
    let patience: Duration?
    let wakeup: Wakeup

    fileprivate let lock = Lock()
    private let waitingBytes = Atomic<Int>(0)
    private let largeBytes = Atomic<Int>(0)
    /// Set while a paced source has lost patience with a full peer.
    private let impatient = Atomic<Bool>(false)

    // Guarded by `lock`.
    private var readyTopics: [OpenTopic] = []
    private var sealedCount = 0
    fileprivate var publisher = PublisherState.awake

    fileprivate enum PublisherState {
        case awake
        /// Sleeps until anything is emitted.
        case idle
        /// Waits a moment for batches to grow; only a full one wakes it.
        case lingering
    }

    init(byteLimit: Int, patience: Duration?, wakeup: Wakeup) {
        self.byteLimit = byteLimit
        self.patience = patience
        self.wakeup = wakeup
    }

    // MARK: The emitters' side

    /// Bytes of full batches that wait.
    var waitingByteCount: Int { waitingBytes.load(ordering: .relaxed) }

    /// Whether events must be refused, or wait.
    var isFull: Bool { waitingBytes.load(ordering: .relaxed) >= byteLimit }

    /// Waits until there is room; false if there is none and the caller must not wait longer.
    func waitForRoom() -> Bool {
        guard let patience, !impatient.load(ordering: .relaxed) else { return !isFull }
        let deadline = monotonicNanoseconds() &+ patience.nanoseconds
        lock.lock()
        defer { lock.unlock() }
        while isFull {
            if impatient.load(ordering: .relaxed) || !lock.wait(until: deadline) { return !isFull }
        }
        return true
    }

    /// Announces a topic whose first event came; wakes the publisher if it sleeps.
    func ready(_ topic: OpenTopic) {
        lock.lock()
        readyTopics.append(topic)
        let wake = publisher == .idle
        if wake { publisher = .awake }
        lock.unlock()
        if wake { wakeup.signal() }
    }

    /// Counts a full batch; wakes the publisher if it waits for one.
    func sealed(_ byteCount: Int) {
        waitingBytes.wrappingAdd(byteCount, ordering: .relaxed)
        lock.lock()
        sealedCount += 1
        let wake = publisher != .awake
        if wake { publisher = .awake }
        lock.unlock()
        if wake { wakeup.signal() }
    }

    /// Takes from the budget of large documents; false if it is spent.
    func reserveLarge(_ byteCount: Int) -> Bool {
        let result = largeBytes.wrappingAdd(byteCount, ordering: .relaxed)
        if result.newValue <= Limits.largeDocumentsBytes { return true }
        largeBytes.wrappingSubtract(byteCount, ordering: .relaxed)
        return false
    }

    // MARK: The publisher's side

    /// Gives back to the budget of large documents.
    func returnLarge(_ byteCount: Int) { largeBytes.wrappingSubtract(byteCount, ordering: .relaxed) }

    /// Counts a full batch as taken.
    ///
    /// Its bytes still wait until ``sent(_:)``.
    func unsealed() { lock.withLock { sealedCount -= 1 } }

    /// Gives the room of a full batch back and wakes who waits for it.
    func sent(_ byteCount: Int) {
        let before = waitingBytes.wrappingSubtract(byteCount, ordering: .relaxed)
        guard patience != nil, before.oldValue >= byteLimit, before.newValue < byteLimit else { return }
        lock.withLock {}  // whoever is between its look and its sleep is asleep now
        lock.broadcast()
    }

    /// Makes paced emitters stop waiting, or wait again.
    func setImpatient(_ value: Bool) {
        impatient.store(value, ordering: .relaxed)
        if value {
            lock.withLock {}
            lock.broadcast()
        }
    }

    /// Whether a stall made this paced source go on unpaced.
    var isImpatient: Bool { impatient.load(ordering: .relaxed) }

    /// Takes the topics that have something to send.
    func takeReady(into topics: inout [OpenTopic]) {
        lock.lock()
        swap(&topics, &readyTopics)
        publisher = .awake
        lock.unlock()
    }

    /// Declares the publisher asleep; false if there is something to do.
    func sleep() -> Bool {
        lock.lock()
        defer { lock.unlock() }
        guard readyTopics.isEmpty else { return false }
        publisher = .idle
        return true
    }

    /// Declares that the publisher waits for fuller batches; false if there is a full one.
    func linger() -> Bool {
        lock.lock()
        defer { lock.unlock() }
        guard sealedCount == 0 else { return false }
        publisher = .lingering
        return true
    }
}

extension SourceQueue {
    /// Sleeps until a batch is full or the time is over.
    func waitForFullBatch(nanoseconds: UInt64) {
        // A signal ends it early, which does no harm.
        if CSystem_wait_readable(wakeup.fileDescriptor, Int64(clamping: nanoseconds)) > 0 { wakeup.drain() }
    }

    /// Wakes the publisher whatever it does.
    func wake() {
        lock.withLock { publisher = .awake }
        wakeup.signal()
    }
}

extension Duration {
    /// The whole nanoseconds, at least 0.
    var nanoseconds: UInt64 {
        let parts = components
        guard parts.seconds >= 0, parts.attoseconds >= 0 else { return 0 }
        return UInt64(parts.seconds) &* 1_000_000_000 &+ UInt64(parts.attoseconds / 1_000_000_000)
    }
}

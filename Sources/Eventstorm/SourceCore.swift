// What a source's handle, its topics and its thread share.
import BSON
import Glibc
import Synchronization
import ZeroMQ

/// The state of an opened source.
///
/// The handle owns it, and so does the thread until it ends.
final class SourceCore: @unchecked Sendable {
    let identity: ProcessIdentity
    let queue: SourceQueue
    let pacing: Source.Pacing
    let context: Context
    /// Adds to a status what the program knows.
    let describe: (@Sendable (inout StatusDocument) -> Void)?
    /// The topic of this source's own status.
    let status: OpenTopic

    private(set) var origin: UInt64 = 0
    private(set) var bound: [String] = []
    private let state = Lock()

    // Guarded by `state`.
    private var topics: [Topic: OpenTopic] = [:]
    private var opened: [OpenTopic] = []
    private var isFenceAnswered = false
    /// How many of `opened` know whether they are wanted.
    private var told = 0
    private var subscribers = 0
    private var stallCount = 0
    private var stage = Stage.opening
    private var failure: ZMQError?
    private var closeDeadline: UInt64 = 0
    private var drained = false
    private var thread: OSThread?

    private enum Stage { case opening, running, closing, closed }

    init(
        identity: ProcessIdentity, endpoints: [Endpoint], pacing: Source.Pacing, queueBytes: Int, context: Context,
        describe: (@Sendable (inout StatusDocument) -> Void)?
    ) throws(ZMQError) {
        self.identity = identity
        self.pacing = pacing
        self.context = context
        var patience: Duration?
        if case .paced(let wait) = pacing { patience = wait }
        queue = SourceQueue(byteLimit: queueBytes, patience: patience, wakeup: try Wakeup())
        self.describe = describe
        status = OpenTopic(.status, filling: .all, queue: queue, mayWait: false)
        topics = [.status: status]
        opened = [status]
        thread = try OSThread(name: "es-publisher") { [self] in SourceThread.run(self, endpoints: endpoints) }
        state.lock()
        while stage == .opening { _ = state.wait(until: .max / 2) }
        let failure = failure
        state.unlock()
        if let failure {
            joinThread()
            throw failure
        }
    }

    // MARK: The handle's side

    func open(_ topic: Topic, filling: Filling) throws(TopicError) -> OpenTopic {
        state.lock()
        defer { state.unlock() }
        if let open = topics[topic] { return open }
        guard topics.count < Limits.topicsPerOrigin else { throw TopicError(text: topic.name, fault: .tooMany) }
        let open = OpenTopic(topic, filling: filling, queue: queue)
        topics[topic] = open
        opened.append(open)
        if stage != .running { open.close() }
        // The publisher tells it whether it is wanted.
        queue.wake()
        return open
    }

    /// Whether a subscriber is there, and every topic knows of all its subscriptions; within ``wait(within:until:)``.
    var isReady: Bool { isFenceAnswered && told == opened.count }

    func wait(within time: Duration, until condition: (SourceCore) -> Bool) -> Bool {
        let deadline = monotonicNanoseconds() &+ time.nanoseconds
        state.lock()
        defer { state.unlock() }
        while !condition(self) {
            if stage != .running || !state.wait(until: deadline) { return condition(self) }
        }
        return true
    }

    func flush(within time: Duration) -> Bool {
        wait(within: time) { core in !core.opened.contains { $0.hasQueued } }
    }

    @discardableResult
    func close(within time: Duration) -> Bool {
        state.lock()
        if stage == .running {
            stage = .closing
            closeDeadline = monotonicNanoseconds() &+ time.nanoseconds
            // The last status is still to be emitted.
            for topic in opened where !topic.topic.isReserved { topic.close() }
            queue.setImpatient(true)
            queue.wake()
        }
        state.unlock()
        joinThread()
        return state.withLock { drained }
    }

    private func joinThread() {
        state.lock()
        let thread = self.thread.take()
        state.unlock()
        thread?.join()
    }

    var subscriberCount: Int { state.withLock { subscribers } }
    var stalls: Int { state.withLock { stallCount } }
    var counts: SendCounts {
        state.withLock { opened }.reduce(into: SendCounts()) { if !$1.topic.isReserved { $0.add($1.counts) } }
    }

    // MARK: The thread's side

    func opened(origin: UInt64, bound: [String]) {
        self.origin = origin
        self.bound = bound
        state.withLock { stage = .running }
        state.broadcast()
    }

    func failed(_ error: ZMQError) {
        state.withLock {
            failure = error
            stage = .closed
        }
        state.broadcast()
    }

    func closed(drained: Bool) {
        state.withLock {
            self.drained = drained
            stage = .closed
        }
        state.broadcast()
    }

    /// The topics opened since `count`.
    func topics(from count: Int) -> ArraySlice<OpenTopic> { state.withLock { opened[count...] } }

    /// When to give up sending; nil while the source is open.
    var closing: UInt64? { state.withLock { stage == .closing ? closeDeadline : nil } }

    /// Tells who waits for subscribers or for a flush that something changed.
    func changed(subscribers: Int, fenceAnswered: Bool) {
        state.withLock {
            self.subscribers = subscribers
            isFenceAnswered = subscribers > 0 && (isFenceAnswered || fenceAnswered)
        }
        state.broadcast()
    }

    /// The first `topics` that were opened know whether they are wanted.
    func notify(topics: Int) {
        state.withLock { told = topics }
        state.broadcast()
    }

    func countStall() { state.withLock { stallCount += 1 } }
}

// A topic that a source has opened: where events are encoded and batched.
public import BSON
import CSystem
import Glibc
public import Synchronization
import ZeroMQ

/// A topic of a ``Source``, opened once and used from any thread.
///
///     let orders = try source.topic("shop.order")
///     orders.emit { $0["total"] = 129.9 }
///
/// Events are encoded on the caller's thread, straight into the batch that leaves next.
public final class OpenTopic: @unchecked Sendable {
    /// The topic.
    public let topic: Topic
    /// What the library writes in front of each event.
    public let filling: Filling

    /// Its bytes and the NUL behind them, as they lead an envelope.
    let leading: [UInt8]
    @usableFromInline let lock = Lock()
    @usableFromInline let writer: UnsafeMutablePointer<DocumentWriter>
    private let shared: SourceQueue
    /// False on the publisher's own thread, which would wait for itself.
    private let mayWait: Bool
    /// Whether anybody subscribes; set by the publisher thread.
    @usableFromInline let wantedFlag = Atomic<Bool>(false)
    private let unwantedCount = OwnedCounter()
    private let state: UnsafeMutablePointer<Guarded>

    /// What the lock guards.
    ///
    /// Behind a pointer, because each access to a class's own property is checked for overlap at run time, which the
    /// lock makes impossible.
    private struct Guarded {
        var identity = IdentityTemplate()
        var sealed: [Batch] = []
        var openCount = 0
        var largeOpen = false
        var isReady = false
        var isClosed = false
        var accepted: UInt64 = 0
        var refused: UInt64 = 0
        var sent: UInt64 = 0
        var queued: UInt64 { accepted &- sent }
    }

    init(_ topic: Topic, filling: Filling, queue: SourceQueue, mayWait: Bool = true) {
        self.topic = topic
        self.mayWait = mayWait
        self.filling = filling
        shared = queue
        leading = topic.utf8 + [0]
        state = .allocate(capacity: 1)
        state.initialize(to: Guarded())
        writer = .allocate(capacity: 1)
        writer.initialize(to: DocumentWriter(capacity: 0, limit: OpenTopic.bufferBytes))
    }

    deinit {
        writer.deinitialize(count: 1)
        writer.deallocate()
        for batch in state.pointee.sealed { batch.release() }
        state.deinitialize(count: 1)
        state.deallocate()
    }

    /// Whether somebody subscribes to this topic, as far as this source knows yet.
    public var wanted: Bool { wantedFlag.load(ordering: .relaxed) }

    /// Emits one event to every subscriber of this topic.
    ///
    /// Never waits (unless the source is paced) and never fails: an event that finds the queue full or that breaks a
    /// limit is refused, and ``counts`` says so. The closure does not run when nobody subscribes.
    ///
    ///     orders.emit { $0["total"] = 129.9 }
    ///
    /// - Parameter build: Writes the fields, after `_id` and `timestamp` where the library fills them in. Runs on the
    ///   caller's thread, under the topic's lock: keep it short, and do not emit on the same topic from within. What it
    ///   throws is passed on, and the event is refused.
    /// - Complexity: O(*n*) in the size of the event; no allocation.
    @inlinable
    public func emit<E: Error>(_ build: (inout DocumentWriter) throws(E) -> Void) throws(E) {
        guard isWanted(), begin(filling) else { return }
        do throws(E) {
            try build(&writer.pointee)
        } catch {
            abandon()
            throw error
        }
        commit()
    }

    /// Emits a value as a document.
    ///
    /// - Throws: What the value's `encode(to:)` throws, and values that are no document; the event is refused then.
    public func emit(_ value: some Encodable) throws {
        try emit { (writer: inout DocumentWriter) throws -> Void in try BSONEncoder().encode(value, to: &writer) }
    }

    /// Emits a ready document.
    ///
    /// Its own `_id` and `timestamp` stand; the library adds the ones that are missing.
    ///
    /// - Throws: `BSONError` if the bytes are not one whole document; the event is refused then.
    public func emit(bson bytes: RawSpan) throws(BSONError) {
        guard isWanted() else { return }
        do throws(BSONError) {
            try emit(validated: DocumentView(validating: bytes))
        } catch {
            countRefused()
            throw error
        }
    }

    /// Emits a document.
    ///
    /// Its own `_id` and `timestamp` stand; the library adds the ones that are missing.
    public func emit(_ document: Document) {
        if isWanted() { emit(validated: document.view) }
    }

    /// Emits a document that is known to be valid.
    ///
    /// - Parameter missing: What the library writes in front of it.
    @inline(__always)
    package func emit(trusted view: DocumentView, missing: Filling) {
        guard isWanted(), begin(missing) else { return }
        writer.pointee.append(contentsOf: view)
        commit()
    }

    private func emit(validated view: DocumentView) {
        var missing = filling
        if missing.contains(.id), view["_id"] != nil { missing.remove(.id) }
        if missing.contains(.timestamp), view["timestamp"] != nil { missing.remove(.timestamp) }
        guard begin(missing) else { return }
        writer.pointee.append(contentsOf: view)
        commit()
    }

    /// What became of the events emitted so far.
    public var counts: SendCounts {
        lock.lock()
        defer { lock.unlock() }
        let unwanted = unwantedCount.value
        return SendCounts(
            next: state.pointee.sent, emitted: state.pointee.accepted &+ state.pointee.refused &+ unwanted,
            unwanted: unwanted, refused: state.pointee.refused, queued: state.pointee.queued)
    }
}

// MARK: - The caller's side

extension OpenTopic {
    /// Whether somebody subscribes; if not, the event is counted as unwanted.
    @inlinable @inline(__always)
    func isWanted() -> Bool {
        if wantedFlag.load(ordering: .relaxed) { return true }
        countUnwanted()
        return false
    }

    @usableFromInline
    package func countUnwanted() { unwantedCount.increment() }

    /// Begins an event that is wanted, and takes the lock; false if the event's fate is already counted.
    @usableFromInline
    func begin(_ filling: Filling) -> Bool {
        if shared.isFull, !(mayWait && shared.waitForRoom()) {
            countRefused()
            return false
        }
        lock.lock()
        if state.pointee.isClosed {
            state.pointee.refused &+= 1
            lock.unlock()
            return false
        }
        writer.pointee.beginDocument()
        state.pointee.identity.write(filling, into: &writer.pointee)
        return true
    }

    /// Ends the event, counts it, and wakes the publisher if it sleeps.
    ///
    /// Releases the lock.
    @usableFromInline
    func commit() {
        let before = writer.pointee.openDocumentStart
        guard writer.pointee.endDocument() else {
            state.pointee.refused &+= 1
            lock.unlock()
            return
        }
        let end = writer.pointee.count
        if end > Limits.batchBytes {
            guard commitLarge(from: before, to: end) else { return }
        } else {
            state.pointee.openCount += 1
        }
        state.pointee.accepted &+= 1
        if end >= OpenTopic.sealByteCount { seal() }
        if state.pointee.isReady {
            lock.unlock()
            return
        }
        state.pointee.isReady = true
        lock.unlock()
        shared.ready(self)
    }

    /// Removes the event again and counts it as refused.
    ///
    /// Releases the lock.
    @usableFromInline
    func abandon() {
        writer.pointee.cancelDocument()
        state.pointee.refused &+= 1
        lock.unlock()
    }

    /// What a buffer may hold: the largest document behind a batch that is not full.
    private static let bufferBytes = Limits.payloadBytes + Limits.batchBytes

    /// A batch this full is not added to: most events are smaller than what is left.
    private static let sealByteCount = Limits.batchBytes - 4_096

    /// Parts a document that does not fit from those before it; false, with the lock released, if it is refused.
    private func commitLarge(from start: Int, to end: Int) -> Bool {
        let size = end - start
        if size > Limits.payloadBytes || (size > Limits.largeDocumentBytes && !shared.reserveLarge(size)) {
            writer.pointee.truncate(to: start)
            state.pointee.refused &+= 1
            lock.unlock()
            return false
        }
        if start > 0 {
            var alone = DocumentWriter(capacity: size, limit: OpenTopic.bufferBytes)
            writer.pointee.moveLastDocument(to: &alone)
            seal()
            writer.pointee = alone
        }
        state.pointee.openCount = 1
        state.pointee.largeOpen = size > Limits.largeDocumentBytes
        return true
    }

    /// Closes the open batch.
    ///
    /// The lock is held.
    private func seal() {
        guard state.pointee.openCount > 0, let batch = takeOpen(sealing: true) else { return }
        state.pointee.sealed.append(batch)
        shared.sealed(batch.byteCount)
    }

    private func takeOpen(sealing: Bool) -> Batch? {
        guard let storage = writer.pointee.takeStorage() else { return nil }
        let batch = Batch(
            base: storage.0, byteCount: storage.count, capacity: storage.capacity,
            documentCount: state.pointee.openCount,
            wasSealed: sealing, isLarge: state.pointee.largeOpen)
        state.pointee.openCount = 0
        state.pointee.largeOpen = false
        writer.pointee.adoptStorage(BufferPool.take(), capacity: BufferPool.capacity)
        return batch
    }

    package func countRefused() { lock.withLock { state.pointee.refused &+= 1 } }
}

// MARK: - The publisher's side

extension OpenTopic {
    /// Sets whether events are wanted.
    func setWanted(_ wanted: Bool) { wantedFlag.store(wanted, ordering: .relaxed) }

    /// Takes the oldest batch; nil leaves the topic not ready, so that the next event announces it again.
    ///
    /// - Parameter small: Receives the bytes of a batch so small that a copy costs less than a new buffer.
    func takeBatch(orCopySmall small: (RawSpan) -> Void) -> TakenBatch? {
        lock.lock()
        defer { lock.unlock() }
        if !state.pointee.sealed.isEmpty {
            let batch = state.pointee.sealed.removeFirst()
            shared.unsealed()
            return .batch(batch)
        }
        guard state.pointee.openCount > 0 else {
            state.pointee.isReady = false
            return nil
        }
        if writer.pointee.count < Limits.copiedPayloadBytes {
            let count = state.pointee.openCount
            writer.pointee.withBytes { small($0) }
            writer.pointee.removeAll()
            state.pointee.openCount = 0
            return .copied(documentCount: count)
        }
        return takeOpen(sealing: false).map { .batch($0) }
    }

    /// The number of the next document on the socket.
    ///
    /// Only for the publisher's thread, which alone changes it.
    var nextSequence: UInt64 { state.pointee.sent }

    /// Counts documents that were handed to the socket.
    func countSent(_ count: Int) {
        lock.withLock { state.pointee.sent &+= UInt64(count) }
    }

    /// Refuses events from now on.
    func close() { lock.withLock { state.pointee.isClosed = true } }

    /// Counts what can no longer be sent as refused.
    func refuseQueued() {
        lock.withLock {
            state.pointee.refused &+= state.pointee.queued
            state.pointee.accepted = state.pointee.sent
        }
    }

    /// Whether a batch waits.
    var hasQueued: Bool { lock.withLock { state.pointee.queued > 0 } }
}

/// What ``OpenTopic/takeBatch(orCopySmall:)`` found.
enum TakenBatch {
    /// The batch's buffer itself, to be handed over or given back.
    case batch(Batch)
    /// The bytes were lent to the closure and are gone.
    case copied(documentCount: Int)
}

/// The buffer of a batch that waits to be sent.
struct Batch {
    let base: UnsafeMutableRawPointer
    let byteCount: Int
    let capacity: Int
    let documentCount: Int
    /// Its bytes were counted as waiting.
    let wasSealed: Bool
    /// Its bytes count against the budget of large documents.
    let isLarge: Bool

    /// Gives the buffer back.
    func release() {
        if capacity == BufferPool.capacity { BufferPool.give(base) } else { free(base) }
    }
}

extension Batch {
    /// The batch as a message: handed over when it fills its buffer well, copied at its size when it does not.
    ///
    /// A message that pins much more memory than it has bytes would let one slow peer pin many times its queue.
    func message() -> Message {
        if byteCount * 2 < capacity {
            let message = Message(copying: UnsafeRawBufferPointer(start: base, count: byteCount).bytes)
            release()
            return message
        }
        let isPooled = capacity == BufferPool.capacity
        return Message(
            takingOwnership: base, count: byteCount,
            free: isPooled ? { pointer, _ in pointer.map(BufferPool.give) } : { pointer, _ in free(pointer) }, hint: nil
        )
    }
}

// The one thread of a source: sends batches, answers subscribers, beats.
import BSON
import Glibc
import ZeroMQ

/// The loop that owns a source's socket.
struct SourceThread: ~Copyable {
    private let core: SourceCore
    private var publisher: Publisher
    private var poller: Poller
    private var topics: [OpenTopic] = []
    private var ready: [OpenTopic] = []
    private var changes: [InterestChange] = []
    private var beats: BeatComposer
    /// When a full peer began to refuse; nil while none does.
    private var stalledSince: UInt64?

    /// Opens the socket on this thread and runs until the source is closed.
    static func run(_ core: SourceCore, endpoints: [Endpoint]) {
        do throws(ZMQError) {
            var thread = try SourceThread(core, endpoints: endpoints)
            core.opened(origin: thread.publisher.origin, bound: thread.publisher.bound)
            let drained = thread.loop()
            if !drained { for topic in thread.topics { topic.refuseQueued() } }
            try? thread.finish()
            thread.close()
            core.closed(drained: drained)
        } catch {
            core.failed(error)
        }
    }

    private init(_ core: SourceCore, endpoints: [Endpoint]) throws(ZMQError) {
        var publisher = try Publisher(
            in: core.context, endpoints: endpoints, settlesSubscriptions: false, linger: .seconds(1))
        if core.queue.patience != nil { try publisher.setRefusesWhenFull(true) }
        self.core = core
        beats = BeatComposer(core.identity, origin: publisher.origin, now: monotonicNanoseconds())
        poller = Poller()
        publisher.register(with: &poller)
        self.publisher = publisher
        poller.add(fileDescriptor: core.queue.wakeup.fileDescriptor)
    }

    /// Returns whether everything was sent when the source was closed.
    private mutating func loop() -> Bool {
        while true {
            do throws(ZMQError) {
                let read = try tend()
                let sent = try sendReady()
                if let deadline = core.closing {
                    if topics.allSatisfy({ !$0.hasQueued }) { return true }
                    if monotonicNanoseconds() >= deadline { return false }
                } else {
                    try rest(read: read, sent: sent)
                }
            } catch {
                // Only a context that was terminated under us ends here: the socket is of no more use.
                return false
            }
        }
    }

    /// Takes in subscriptions and new topics, answers fences, beats.
    ///
    /// Returns the subscriptions read.
    private mutating func tend() throws(ZMQError) -> Int {
        let known = topics.count
        topics.append(contentsOf: core.topics(from: known))
        let read = try publisher.readSubscriptions(&changes)
        if !changes.isEmpty || topics.count > known {
            for topic in changes.isEmpty ? topics[known...] : topics[...] {
                topic.setWanted(publisher.wants(topic.topic.utf8))
            }
            changes.removeAll(keepingCapacity: true)
            core.notify(topics: topics.count)
        }
        let now = monotonicNanoseconds()
        if publisher.fenceIsDue(now: now) {
            try publisher.answerFences(now: now, with: beats.full(beatRows()))
            core.changed(subscribers: publisher.subscriberCount, fenceAnswered: true)
        } else if read > 0 {
            core.changed(subscribers: publisher.subscriberCount, fenceAnswered: false)
        }
        if beats.isDue(now: now) {
            let beat = beats.next(beatRows(), now: now)
            try publisher.sendBeat(beat)
            emitStatus(beat)
        }
        return read
    }

    /// Sends what the topics hold; returns how many events left.
    private mutating func sendReady() throws(ZMQError) -> Int {
        core.queue.takeReady(into: &ready)
        var sent = 0
        for topic in ready {
            while true {
                var copy = Message()
                guard let taken = topic.takeBatch(orCopySmall: { copy = Message(copying: $0) }) else { break }
                switch taken {
                case .copied(let count):
                    try send(&copy, of: topic, count: count)
                    sent += count
                case .batch(let batch):
                    var message = batch.message()
                    try send(&message, of: topic, count: batch.documentCount)
                    sent += batch.documentCount
                    if batch.wasSealed { core.queue.sent(batch.byteCount) }
                    if batch.isLarge { core.queue.returnLarge(batch.byteCount) }
                }
            }
        }
        ready.removeAll(keepingCapacity: true)
        if sent > 0 { core.notify(topics: topics.count) }
        return sent
    }

    /// Hands a message to the socket; waits, tending everything else, while a full peer refuses it.
    private mutating func send(_ message: inout Message, of topic: OpenTopic, count: Int) throws(ZMQError) {
        let stamp = Stamp(
            origin: publisher.origin, sequence: topic.nextSequence, count: UInt16(truncatingIfNeeded: count))
        let leading = topic.leading
        while try !publisher.send(leading: leading.span.bytes, stamp: stamp, payload: &message) {
            try waitForPeer()
        }
        topic.countSent(count)
        if stalledSince != nil, !core.queue.isImpatient { stalledSince = nil }
    }

    /// A peer is full and this source is paced: wait a millisecond, or lose patience and let that peer lose events.
    private mutating func waitForPeer() throws(ZMQError) {
        let now = monotonicNanoseconds()
        let since = stalledSince ?? now
        stalledSince = since
        let patience = core.closing.map { $0 > now ? $0 - now : 0 } ?? core.queue.patience?.nanoseconds ?? 0
        if now &- since >= patience {
            core.countStall()
            core.queue.setImpatient(true)
            try publisher.setRefusesWhenFull(false)
            return
        }
        usleep(1_000)
        _ = try tend()
    }

    /// Waits for something to do.
    private mutating func rest(read: Int, sent: Int) throws(ZMQError) {
        if sent >= Limits.lingerEvents {
            if core.queue.linger() { core.queue.waitForFullBatch(nanoseconds: Limits.lingerInterval) }
            return
        }
        guard read == 0, core.queue.sleep() else { return }
        if stalledSince != nil {
            // Caught up: pace again.
            stalledSince = nil
            core.queue.setImpatient(false)
            try publisher.setRefusesWhenFull(core.queue.patience != nil)
        }
        let now = monotonicNanoseconds()
        let deadline = min(beats.deadline, publisher.fenceDeadline ?? .max)
        try poller.wait(.nanoseconds(Int64(clamping: deadline > now ? deadline - now : 0)))
        core.queue.wakeup.drain()
    }

    /// Emits this source's status, if anybody wants it.
    private func emitStatus(_ beat: Beat) {
        let rows = beatRows()  // not below, where the lock of one of them is held
        let refusedPeers = ClientList.refused(by: [publisher.clients])
        core.status.emit { event in
            var status = StatusDocument(beat)
            status.beat.topics = rows
            status.refusedPeers = refusedPeers
            status.usage = .current(queuedBytes: UInt64(core.queue.waitingByteCount))
            core.describe?(&status)
            status.write(into: &event)
        }
    }

    private func beatRows() -> [Beat.Row] { topics.map { Beat.Row($0.topic, $0.counts) } }

    /// The last words: a full beat and a final status, behind everything sent.
    private mutating func finish() throws(ZMQError) {
        emitStatus(beats.full(beatRows(), isFinal: true))
        _ = try sendReady()
        try publisher.sendBeat(beats.full(beatRows(), isFinal: true))
    }

    private consuming func close() { publisher.close() }
}

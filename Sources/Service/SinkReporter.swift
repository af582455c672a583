// The status of a program that only receives.

public import BSON
public import Eventstorm
internal import Synchronization
public import ZeroMQ

/// Publishes the status of a program that only receives, through a source of its own.
///
/// The program's loop hands over its books now and then; the source puts them into the status that it publishes once a
/// second if anybody wants it.
///
///     let reporter = try SinkReporter("archive", to: options.endpoints("report"))
///     reporter.update(subscriber.ledger, fates: archive.countsByTopic, queuedBytes: archive.queuedBytes,
///                     refusedPeers: subscriber.refusedPeers)
public final class SinkReporter: Sendable {
    private let books: Books
    private let source: Source

    /// Opens the source.
    ///
    /// - Parameters:
    ///   - name: What the program is called in the books.
    ///   - endpoints: Where to publish the status.
    public init(_ name: String, to endpoints: [Endpoint]) throws(ZMQError) {
        let books = Books()
        self.books = books
        source = try Source(name, to: endpoints, role: .sink) { books.describe(&$0) }
    }

    /// Hands over what was received, and what became of it.
    ///
    /// - Parameters:
    ///   - ledger: The subscriber's books.
    ///   - fates: What became of the events of each topic in this program.
    ///   - queuedBytes: Bytes that wait in its queue.
    ///   - refusedPeers: Peers that did not come in to the subscriber.
    public func update(
        _ ledger: borrowing Ledger, fates: [Topic: FateCounts], queuedBytes: Int,
        refusedPeers: RefusedPeers
    ) {
        // Only the receiver's side of this document is looked at.
        var side = StatusDocument(Beat(origin: 0, process: ProcessIdentity(role: "sink", name: ""), at: .now()))
        side.takeUpstream(ledger)
        var fates = fates
        for row in side.upstream where row.counts.duplicate > 0 {
            // What came by a second path never reached the sink, but it was received.
            fates[row.topic, default: FateCounts()].add(row.counts.duplicate, to: .received)
            fates[row.topic, default: FateCounts()].add(row.counts.duplicate, to: .duplicate)
        }
        side.fates = fates.sorted { $0.key < $1.key }.map { StatusDocument.FateRow($0.key, $0.value) }
        side.usage.queuedBytes = UInt64(queuedBytes)
        side.refusedPeers = refusedPeers
        books.side.withLock { $0 = side }
    }

    /// Opens a topic for events of the program's own.
    public func open(_ topic: Topic) throws(TopicError) { _ = try source.topic(topic.name) }

    /// Emits an event of the program's own, such as an alert.
    public func emit(_ event: Document, on topic: Topic) throws(TopicError) {
        try source.topic(topic.name).emit(event)
    }

    /// Publishes the last status and closes.
    public func close(within time: Duration) { source.close(within: time) }
}

/// The receiver's side as it was last handed over.
private final class Books: Sendable {
    let side = Mutex<StatusDocument?>(nil)

    /// Adds it to the status of the source.
    func describe(_ status: inout StatusDocument) {
        guard let side = side.withLock({ $0 }) else { return }
        status.upstream = side.upstream
        status.fates = side.fates
        status.malformed = side.malformed
        status.unstamped = side.unstamped
        status.overflow = side.overflow
        status.resets = side.resets
        status.usage.queuedBytes = side.usage.queuedBytes
        status.refusedPeers.unknown += side.refusedPeers.unknown
        status.refusedPeers.failed += side.refusedPeers.failed
    }
}

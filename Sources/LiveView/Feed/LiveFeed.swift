// Where events come in and ticks come out: the only thing that both threads touch.

public import Eventstorm
import Synchronization
public import ZeroMQ

/// Takes events from the thread that receives them and gives the server what changed, four times a second.
///
///     let feed = LiveFeed()
///     let server = try LiveServer(feed: feed, options: options)
///     while true {
///         try subscriber.subscribe(to: feed.isWatched ? patterns : [])
///         _ = subscriber.receive(within: .seconds(1), watching: [feed.change.fileDescriptor]) {
///             feed.ingest($0.topic, count: $0.count, payload: $0.payload)
///         }
///         _ = feed.change.drain()
///         feed.record(subscriber.ledger)
///     }
///
/// Ingesting costs a look-up per message, not per event, as long as nobody watches a field of the topic or its tail.
public final class LiveFeed: Sendable {
    private let state = Mutex(FeedState())
    private let clients = Atomic(0)
    /// Signalled when the first client came, the last one left, or the server was closed.
    public let change: Wakeup

    /// Creates a feed that nobody watches yet.
    public init() throws(ZMQError) { change = try Wakeup() }

    /// Whether somebody watches: while not, nothing need be received.
    public var isWatched: Bool { clients.load(ordering: .acquiring) > 0 }

    /// Counts one message.
    ///
    /// - Parameters:
    ///   - topic: The topic of its events.
    ///   - count: How many there are.
    ///   - payload: Their documents, one after another, already validated.
    public func ingest(_ topic: Topic, count: Int, payload: RawSpan) {
        state.withLock { $0.ingest(topic, count: count, payload: payload) }
    }

    /// Replaces the books.
    public func record(books: [LiveBook]) {
        state.withLock { $0.books = books }
    }

    /// What became of the events of each topic since the start: all that come in are counted, which is all that this
    /// sink does with them.
    public var fates: [Topic: FateCounts] {
        state.withLock { $0.events }.mapValues { events in
            var fates = FateCounts()
            fates[.received] = events
            fates[.stored] = events
            return fates
        }
    }

    // MARK: For the service thread

    func takeTick() -> Tick { state.withLock { $0.takeTick() } }

    func watch(fields: Set<FieldKey>) { state.withLock { $0.watch(fields: fields) } }

    func tail(_ patterns: Set<Pattern>) { state.withLock { $0.tail(patterns) } }

    /// Says how many clients there are.
    ///
    /// Without any, everything counted so far is forgotten: the next one begins anew.
    func setClients(_ count: Int) {
        let before = clients.exchange(count, ordering: .acquiringAndReleasing)
        if count == 0 { state.withLock { $0.reset() } }
        if (before == 0) != (count == 0) { change.signal() }
    }
}

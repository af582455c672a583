// Where events come in and ticks come out: the only thing that both threads touch.

public import Eventstorm
import Synchronization
public import ZeroMQ

/// Takes events from the thread that receives them, answers what clients ask, and gives the server what changed.
///
///     let feed = try LiveFeed()
///     let server = try LiveServer(feed: feed, options: options)
///     while true {
///         try subscriber.subscribe(to: feed.interest(within: patterns))
///         _ = subscriber.receive(within: .seconds(1), watching: [feed.change.fileDescriptor]) {
///             feed.ingest($0.topic, count: $0.count, payload: $0.payload)
///         }
///         _ = feed.change.drain()
///         feed.record(subscriber.ledger)
///     }
///
/// Events are looked into only as far as somebody asks for what is in them.
public final class LiveFeed: Sendable {
    let state: Mutex<FeedState>
    /// Signalled when what is to be subscribed to has changed, or the server was closed.
    public let change: Wakeup
    /// Signalled when something of the past is wanted.
    let wishes: Wakeup
    /// Whether older time can be had from what was stored.
    let hasHistory: Bool
    /// Whether there may be marks.
    let hasMarks: Bool
    /// The names of all alerts.
    let alertNames: [String]

    /// Creates a feed that nobody watches yet.
    ///
    /// - Parameters:
    ///   - hasHistory: Whether a ``HistoryReader`` fills older time.
    ///   - alerts: What to tell of.
    public init(settings: LiveSettings = LiveSettings(), hasHistory: Bool = false, alerts: [AlertRule] = []) throws {
        state = Mutex(FeedState(limits: settings.engineLimits, hasHistory: hasHistory, marks: settings.marks))
        self.hasHistory = hasHistory
        hasMarks = !settings.marks.isEmpty || !alerts.isEmpty
        alertNames = alerts.map(\.name)
        change = try Wakeup()
        wishes = try Wakeup()
        let now = realtimeMilliseconds()
        for rule in alerts {
            do throws(WatchError) {
                try state.withLock { state throws(WatchError) in try state.add(rule, now: now) }
            } catch {
                throw LiveError("watch for the alert \(rule.name)", error.message)
            }
        }
    }

    /// What clients ask about, as far as `patterns` allow it; nothing while nobody watches.
    public func interest(within patterns: Set<Pattern>) -> Set<Pattern> {
        var common: Set<Pattern> = []
        let interest = state.withLock { state in
            state.allowed = patterns
            return state.interest
        }
        for wanted in interest {
            for allowed in patterns {
                if allowed.covers(wanted) {
                    common.insert(wanted)
                } else if wanted.covers(allowed) {
                    common.insert(allowed)
                }
            }
        }
        return common
    }

    /// Whether somebody watches: while not, nothing need be received.
    public var isWatched: Bool { !state.withLock { $0.interest }.isEmpty }

    /// Takes one message.
    ///
    /// - Parameters:
    ///   - topic: The topic of its events.
    ///   - count: How many there are.
    ///   - payload: Their documents, one after another, already validated.
    public func ingest(_ topic: Topic, count: Int, payload: RawSpan) {
        ingest(topic, count: count, payload: payload, now: realtimeMilliseconds())
    }

    func ingest(_ topic: Topic, count: Int, payload: RawSpan, now: Int64) {
        state.withLock { $0.ingest(topic, count: count, payload: payload, now: now) }
    }

    /// Replaces the books.
    public func record(books: [LiveBook]) {
        state.withLock { $0.record(books, now: realtimeMilliseconds()) }
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

    /// Takes over which alerts began or ended since the last call; ``change`` is signalled when there are some.
    public func takeAlertChanges() -> [AlertChange] { state.withLock { $0.takeAlertChanges() } }

    // MARK: For the service thread

    func takeTick(now: Int64, elapsed: UInt64) -> Tick {
        let (tick, isOther) = state.withLock { state in
            let before = state.interest
            let tick = state.takeTick(now: now, elapsed: elapsed)
            return (tick, state.interest != before || !state.alertChanges.isEmpty)
        }
        if isOther { change.signal() }
        return tick
    }

    /// Writes `/api/topics`.
    func topics(now: Int64, _ rights: UserRights) -> [UInt8] {
        state.withLock { state in
            state.catalogue.ask(now: now)
            return state.catalogue.text(now: now, events: state.events, rights)
        }
    }

    /// Whether somebody asked for the catalogue a short time ago.
    func isAsked(now: Int64) -> Bool { state.withLock { $0.catalogue.isAsked(now: now) } }

    /// Writes `/metrics`.
    func metrics(now: Int64, clients: Int, sentBytes: UInt64) -> [UInt8] {
        let (statuses, own) = state.withLock { state in
            let own = MetricsText.Own(
                clients: clients, watches: state.engine.count, bytes: state.engine.bytes, sentBytes: sentBytes,
                total: state.total)
            return (state.catalogue.statuses, own)
        }
        return MetricsText(statuses, own, now: now).text
    }

    func add(_ spec: WatchSpec, now: Int64) throws(WatchError) -> Int {
        defer { if hasHistory { wishes.signal() } }
        return try changeInterest { state throws(WatchError) in try state.engine.add(spec, now: now) }
    }

    func remove(watch id: Int) { changeInterest { $0.engine.remove(id) } }

    func add(_ spec: TailSpec) throws(WatchError) -> Int {
        try changeInterest { state throws(WatchError) in try state.tails.add(spec) }
    }

    func remove(tail id: Int) { changeInterest { $0.tails.remove(id) } }

    /// Changes what is asked for, and wakes the program's loop if that changes what is to be subscribed to.
    private func changeInterest<Result: Sendable, E: Error>(
        _ body: @Sendable (inout FeedState) throws(E) -> Result
    ) throws(E) -> Result {
        let (result, hasChanged) = try state.withLock { state throws(E) in
            let before = state.interest
            let result = try body(&state)
            return (result, state.interest != before)
        }
        if hasChanged { change.signal() }
        return result
    }

    func matching(tail id: Int) -> UInt64 { state.withLock { $0.tails.matching(id) } }

    /// The newest buckets of a watch before a number, as many as fit some bytes.
    func part(ofWatch id: Int, before number: Int64?, bytes: Int) -> WatchPart? {
        state.withLock { state in state.engine.watch(id).map { WatchPart($0, before: number, bytes: bytes) } }
    }
}

// MARK: - For the thread that reads the past

extension LiveFeed {
    /// Hands a reader's counts to whoever holds the lock; nobody else has them.
    private struct Handed: @unchecked Sendable {
        let engine: LiveEngine
    }

    /// Takes over what is wanted of the past since the last call.
    func takeWishes() -> [PastWish] { state.withLock { $0.engine.takeWishes() } }

    /// Adds what was counted of the past; returns the watches that nobody wants any more.
    func merge(past shadows: LiveEngine) -> Set<Int> {
        let handed = Handed(engine: shadows)
        return state.withLock { $0.engine.merge(past: handed.engine) }
    }

    /// What history has come to for a watch; nil if there is none.
    func history(of id: Int) -> Seam.State? { state.withLock { $0.engine.watch(id)?.seam?.state } }

    /// Lets what was stored count instead of what came live meanwhile.
    func join(past ids: [Int]) {
        state.withLock { state in for id in ids { state.engine.watch(id)?.join() } }
    }

    /// Tells watches that their past is complete, or why it is not.
    func finishHistory(of ids: [Int], _ failure: String?) {
        state.withLock { state in for id in ids { state.engine.watch(id)?.finishHistory(failure) } }
    }
}

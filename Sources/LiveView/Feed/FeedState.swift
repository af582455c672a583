// What happens to events between two ticks: no locks, no clocks, no sockets.

import BSON
import Eventstorm

/// Events and bytes; they only grow.
struct Volume: Sendable {
    var events: UInt64 = 0
    var bytes: UInt64 = 0

    mutating func add(_ events: Int, _ bytes: Int) {
        self.events &+= UInt64(events)
        self.bytes &+= UInt64(bytes)
    }
}

/// What happened since the last tick, handed to the service thread.
struct Tick: Sendable {
    var total = Volume()
    var watches: [WatchChange] = []
    var tails: [TailChange] = []
    /// The books, if they were recorded since the last tick.
    var books: [LiveBook]?
    /// Marks that came since the last tick.
    var marks: [Mark] = []
    /// How alerts stand, if that changed since the last tick.
    var alerts: AlertText?
}

/// Counts events by topic, and gives them to watches and tails.
struct FeedState {
    var engine: LiveEngine
    var tails = TailSet()
    var catalogue = Catalogue()
    private var marks: MarkBook
    private var alerts = AlertBook()
    /// Alerts that began or ended, for whoever tells others of it.
    private(set) var alertChanges: [AlertChange] = []
    // What the clients were given.
    private var toldMark: UInt64 = 0
    private var toldAlerts = 0
    /// What may be subscribed to.
    var allowed: Set<Pattern> = []
    private(set) var total = Volume()
    /// Events since the start, by topic; those of topics beyond the limit are left out.
    private(set) var events: [Topic: UInt64] = [:]
    private var books: [LiveBook]?
    private var losses = LossBook()
    private var distantLosses = LossBook(countsFirst: false)

    init(limits: EngineLimits, hasHistory: Bool = false, marks: Set<Pattern> = []) {
        engine = LiveEngine(limits: limits, hasHistory: hasHistory)
        self.marks = MarkBook(patterns: marks)
    }

    /// Begins to watch for something to tell of.
    mutating func add(_ rule: AlertRule, now: Int64) throws(WatchError) { try alerts.add(rule, to: &engine, now: now) }

    var hasAlerts: Bool { !alerts.isEmpty }

    /// Takes over which alerts began or ended since the last call.
    mutating func takeAlertChanges() -> [AlertChange] {
        defer { alertChanges = [] }
        return alertChanges
    }

    /// Takes one message: `count` validated documents of one topic, one after another.
    mutating func ingest(_ topic: Topic, count: Int, payload: RawSpan, now: Int64) {
        if topic != .status { total.add(count, payload.byteCount) }
        catalogue.take(topic, payload, now: now)
        if events.count < LiveLimits.topics || events[topic] != nil { events[topic, default: 0] &+= UInt64(count) }
        engine.ingest(topic, payload: payload, now: now)
        tails.ingest(topic, count: count, payload: payload)
        marks.ingest(topic, payload: payload, now: now)
    }

    /// Takes over the books, and tells the watches what went missing since the last ones.
    mutating func record(_ books: [LiveBook], now: Int64) {
        self.books = books
        let own = books.map { ($0.topic, LinkLoss($0)) }
        for (topic, loss) in losses.changes(to: own) + distantLosses.changes(to: catalogue.statuses.losses) {
            engine.add(loss, of: topic, now: now)
        }
    }

    /// What is to be subscribed to.
    var interest: Set<Pattern> { engine.patterns.union(tails.patterns).union(catalogue.patterns).union(marks.patterns) }

    /// Hands over what changed since the last tick.
    mutating func takeTick(now: Int64, elapsed: UInt64) -> Tick {
        defer { books = nil }
        catalogue.advance(now: now, within: allowed)
        var tick = Tick(
            total: total, watches: engine.takeChanges(now: now, elapsed: elapsed), tails: tails.takeChanges(),
            books: books)
        judge(now: now)
        tick.marks = Array(marks.marks(since: toldMark))
        toldMark = marks.last
        if alerts.version != toldAlerts { tick.alerts = AlertText(alerts) }
        toldAlerts = alerts.version
        return tick
    }

    private mutating func judge(now: Int64) {
        for change in alerts.advance(engine, now: now) {
            marks.add(change.mark)
            // Nobody may take them over.
            if alertChanges.count < 10_000 { alertChanges.append(change) }
        }
    }
}

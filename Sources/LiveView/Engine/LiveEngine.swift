// All watches together: events in, changes out.

import BSON
import Eventstorm
import Glibc
import Query
import ZeroMQ

/// Answers the questions of all clients.
///
/// Pure: it knows no clock, no lock and no socket. Whoever uses it from several threads locks it.
struct LiveEngine {
    /// What was done on behalf of all queries in one go must not take longer, or the worst of them ends.
    static let queryBudget: UInt64 = 100_000_000

    private(set) var watches: [Int: RunningWatch] = [:]
    private var ids: [WatchSpec: Int] = [:]
    private var nextID = 1
    private var plans: [Topic: TopicPlan] = [:]
    private let columns = Columns()
    private let limits: EngineLimits
    /// Whether older time can be had from what was stored.
    private let hasHistory: Bool
    private var wishes: [PastWish] = []
    /// Nanoseconds of a clock that only grows; tests have their own.
    private let clock: () -> UInt64

    init(
        limits: EngineLimits = EngineLimits(), hasHistory: Bool = false,
        clock: @escaping () -> UInt64 = monotonicNanoseconds
    ) {
        self.limits = limits
        self.hasHistory = hasHistory
        self.clock = clock
    }

    var isEmpty: Bool { watches.isEmpty }

    var count: Int { watches.count }

    /// Bytes that all watches take.
    var bytes: Int { watches.values.reduce(0) { $0 + $1.watch.bytes } }

    /// What is to be subscribed to, so that every watch is given its events.
    var patterns: Set<Pattern> {
        Set(watches.values.lazy.map(\.watch.spec).filter { $0.range == nil }.map(\.pattern))
    }

    func watch(_ id: Int) -> Watch? { watches[id]?.watch }

    // MARK: Watches

    /// Begins a watch, or joins one that is the same.
    ///
    /// - Returns: Its number.
    mutating func add(_ spec: WatchSpec, now: Int64) throws(WatchError) -> Int {
        if let id = ids[spec], let known = watches[id] {
            known.holders += 1
            return id
        }
        guard hasHistory || spec.range == nil else {
            throw WatchError(message: "nothing of the past is known here: the server was told no --history")
        }
        guard watches.count < limits.watches else { throw WatchError(message: "all clients together watch too much") }
        let match = try Match.ofWish(spec.match)
        let id = nextID
        nextID += 1
        let seam = hasHistory ? Seam(spec, now: now) : nil
        watches[id] = RunningWatch(id: id, Watch(spec, now: now, seam: seam), match)
        ids[spec] = id
        plans.removeAll(keepingCapacity: true)
        if let seam { wishes.append(PastWish(id: id, spec: spec, times: seam.times)) }
        return id
    }

    // MARK: History

    /// Takes over what is wanted of the past since the last call.
    mutating func takeWishes() -> [PastWish] {
        defer { wishes = [] }
        return wishes
    }

    /// Begins to count what was stored for a watch of another engine, under the same number.
    mutating func add(shadowOf wish: PastWish) throws(WatchError) {
        watches[wish.id] = RunningWatch(id: wish.id, Watch(shadowOf: wish), try Match.ofWish(wish.spec.match))
        plans.removeAll(keepingCapacity: true)
    }

    /// Adds what a reader counted to the watches that still are; returns the numbers of the others.
    mutating func merge(past shadows: LiveEngine) -> Set<Int> {
        var ended: Set<Int> = []
        for (id, shadow) in shadows.watches {
            guard let watch = watches[id]?.watch else {
                ended.insert(id)
                continue
            }
            watch.merge(past: shadow.watch)
            if let failure = shadow.watch.failure { watch.failure = failure }
        }
        return ended
    }

    /// One client fewer wants a watch; that of the last ends.
    mutating func remove(_ id: Int) {
        guard let running = watches[id] else { return }
        running.holders -= 1
        guard running.holders <= 0 else { return }
        watches[id] = nil
        if ids[running.watch.spec] == id { ids[running.watch.spec] = nil }
        plans.removeAll(keepingCapacity: true)
    }

    // MARK: Events

    /// Adds the events of one message: validated documents of one topic, one after another.
    ///
    /// - Parameter now: Milliseconds since 1970 at which it arrived.
    mutating func ingest(_ topic: Topic, payload: RawSpan, now: Int64) {
        if watches.isEmpty { return }
        let plan = plan(of: topic)
        if plan.watches.isEmpty { return }
        columns.reserve(columns: plan.fields.fields.count, queries: plan.queries.count, keys: plan.fields.keys.count)
        var offset = 0
        while columns.take(payload, at: &offset, plan.fields, plan.finder, now: now) {
            if !plan.queries.isEmpty { select(plan, payload) }
            for (running, binding) in plan.watches { running.watch.add(columns, binding, payload, now: now) }
        }
    }

    private mutating func plan(of topic: Topic) -> TopicPlan {
        if let known = plans[topic] { return known }
        let plan = TopicPlan(topic, watches.values.filter(\.isFed).sorted { $0.id < $1.id })
        // A flood of topics costs time, not memory.
        if plans.count >= limits.plans { plans.removeAll(keepingCapacity: true) }
        plans[topic] = plan
        return plan
    }

    private func select(_ plan: TopicPlan, _ payload: RawSpan) {
        for (number, query) in plan.queries.enumerated() {
            let begin = clock()
            let (failed, gaveUp) = columns.select(number, query.match, payload) {
                clock() &- begin > Self.queryBudget
            }
            let spent = clock() &- begin
            for (running, binding) in plan.watches where binding.query == number {
                running.watch.failed &+= UInt64(failed)
                running.spent &+= spent
                if gaveUp { running.watch.failure = "the query takes too long" }
            }
        }
    }

    /// Tells the watches of a topic that events went missing.
    func add(_ loss: LinkLoss, of topic: Topic, now: Int64) {
        for running in watches.values where running.watch.spec.pattern.matches(topic) {
            running.watch.advance(to: now)
            running.watch.add(loss)
        }
    }

    // MARK: Changes

    /// Takes over what changed since the last call.
    ///
    /// - Parameter elapsed: Nanoseconds since that call; a query that took more than half of them is ended.
    mutating func takeChanges(now: Int64, elapsed: UInt64) -> [WatchChange] {
        var changes: [WatchChange] = []
        for running in watches.values.sorted(by: { $0.id < $1.id }) {
            let watch = running.watch
            if running.spent > max(elapsed / 2, Self.queryBudget) { watch.failure = "the query takes too long" }
            running.spent = 0
            watch.advance(to: now)
            changes.append(WatchChange(running.id, watch))
        }
        keepToMemory()
        return changes
    }

    /// Drops the oldest buckets of the largest watches until all fit.
    private func keepToMemory() {
        var sizes = watches.values.map { ($0.watch.bytes, $0.watch) }
        var sum = sizes.reduce(0) { $0 + $1.0 }
        while sum > limits.bytes {
            guard let largest = sizes.indices.max(by: { sizes[$0].0 < sizes[$1].0 }) else { return }
            guard sizes[largest].1.dropOldest() else {
                sum -= sizes[largest].0
                sizes.remove(at: largest)
                continue
            }
            let bytes = sizes[largest].1.bytes
            sum -= sizes[largest].0 - bytes
            sizes[largest].0 = bytes
        }
    }
}

/// Something wanted of the past.
struct PastWish: Sendable {
    /// The number of the watch.
    var id: Int
    var spec: WatchSpec
    var times: Seam.Times
}

/// The limits of an engine.
struct EngineLimits: Sendable {
    /// Different watches of all clients.
    var watches = 512
    /// Topics whose plans are remembered.
    var plans = 4_096
    /// Bytes of all buckets.
    var bytes = 256 << 20
}

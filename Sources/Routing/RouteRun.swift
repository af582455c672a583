// A route at work: what it remembers, and what it does with one event.
internal import BSON
internal import Eventstorm
internal import Query

/// What a route decides about an event before anything is written.
enum Verdict: Equatable {
    /// The route does not take it.
    case notTaken
    /// The route took it, and this is its fate here.
    case ends(Fate)
    /// The route took it, and it goes on with this weight; 0 leaves the weight as it is.
    case goesOn(weight: Double)
}

/// What time it is; asked once for a message.
struct Moment {
    /// Nanoseconds of a monotonic clock.
    var monotonic: UInt64
    /// What `$$NOW` stands for.
    var wall: Datetime
}

/// A route at work.
///
/// What it remembers of events lives here, so that a new table can take it over.
final class RouteRun {
    /// What a route does; plain bits, so that looking at them for each event counts no references.
    struct Actions: OptionSet {
        let rawValue: UInt8
        static let match = Actions(rawValue: 1)
        static let dedupe = Actions(rawValue: 2)
        static let sample = Actions(rawValue: 4)
        static let throttle = Actions(rawValue: 8)
        /// Redacts, updates or projects.
        static let reshape = Actions(rawValue: 16)
        /// Makes the topic of fields.
        static let name = Actions(rawValue: 32)
    }

    let route: Route
    let actions: Actions
    private let match: RouteMatch?
    private let sampling: Sampling
    private let seen: SeenKeys?
    private let seenKey: EventKey
    private let buckets: TokenBuckets?
    private let bucketKey: EventKey
    /// Topics that fields made, and the numbers of their outflows.
    var names = NameTable()
    /// Events that went to the overflow topic.
    var overflowed: UInt64 = 0
    /// Whether sampling takes every event, as in tests.
    var keepsSampled = false

    init(_ route: Route) {
        self.route = route
        match = route.match
        sampling = route.sample ?? Sampling(rate: 1)
        seen = route.dedupe.map { SeenKeys(window: $0.window) }
        seenKey = route.dedupe?.key ?? EventKey([])
        buckets = route.throttle.map { TokenBuckets(perSecond: $0.perSecond, burst: $0.burst) }
        bucketKey = route.throttle?.key ?? EventKey([])
        var actions: Actions = []
        if route.match != nil { actions.insert(.match) }
        if route.dedupe != nil { actions.insert(.dedupe) }
        if sampling.rate < 1 { actions.insert(.sample) }
        if route.throttle != nil { actions.insert(.throttle) }
        if route.reshapes { actions.insert(.reshape) }
        if case .computed = route.to { actions.insert(.name) }
        self.actions = actions
    }

    /// Keys that were forgotten before their time, because there were too many.
    var forgotten: UInt64 { (seen?.overflow ?? 0) + (buckets?.overflow ?? 0) }

    /// Whether verdicts depend on the time, or what is written does.
    var asksForTime: Bool { seen != nil || buckets != nil || route.project != nil }

    /// Decides about an event of a topic that the route takes.
    ///
    /// - Throws: Where the query fails on the event.
    @inline(__always)
    func judge(_ event: DocumentView, _ now: Moment, _ random: inout FastRandom) throws(QueryError) -> Verdict {
        if actions.contains(.match), let match, try !match.matches(event) { return .notTaken }
        if actions.isDisjoint(with: [.dedupe, .sample, .throttle]) { return .goesOn(weight: 0) }
        return select(event, now, &random)
    }

    private func select(_ event: DocumentView, _ now: Moment, _ random: inout FastRandom) -> Verdict {
        if actions.contains(.dedupe), let seen, let key = seenKey.hash(of: event),
            !seen.isNew(key, now: now.monotonic)
        {
            return .ends(.deduplicated)
        }
        var weight = 0.0
        if actions.contains(.sample) {
            let old = Weight.of(event)
            guard keepsSampled || sampling.takes(event, weight: old, random: &random) else { return .ends(.sampled) }
            weight = old / sampling.rate
        }
        // Events without the fields share a bucket, as those of a route without fields do.
        if actions.contains(.throttle), let buckets,
            !buckets.take(bucketKey.hash(of: event) ?? 0, now: now.monotonic)
        {
            return .ends(.throttled)
        }
        return .goesOn(weight: weight)
    }
}

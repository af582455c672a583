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
    let route: Route
    private var seen: SeenKeys?
    private var buckets: TokenBuckets?
    /// Topics that fields made, and the numbers of their outflows.
    var names = NameTable()
    /// Events that went to the overflow topic.
    var overflowed: UInt64 = 0
    /// Whether sampling takes every event, as in tests.
    var keepsSampled = false

    init(_ route: Route) {
        self.route = route
        if let dedupe = route.dedupe { seen = SeenKeys(window: dedupe.window) }
        if let throttle = route.throttle {
            buckets = TokenBuckets(perSecond: throttle.perSecond, burst: throttle.burst)
        }
    }

    /// Keys that were forgotten before their time, because there were too many.
    var forgotten: UInt64 { (seen?.overflow ?? 0) + (buckets?.overflow ?? 0) }

    /// Whether verdicts depend on the time, or what is written does.
    var asksForTime: Bool { seen != nil || buckets != nil || route.project != nil }

    /// Decides about an event of a topic that the route takes.
    ///
    /// - Throws: Where the query fails on the event.
    func judge(_ event: DocumentView, _ now: Moment, _ random: inout FastRandom) throws(QueryError) -> Verdict {
        if let match = route.match, try !match.match.matches(event) { return .notTaken }
        if let dedupe = route.dedupe, let key = dedupe.key.hash(of: event), let seen,
            !seen.isNew(key, now: now.monotonic)
        {
            return .ends(.deduplicated)
        }
        var weight = 0.0
        if let sample = route.sample, sample.rate < 1 {
            let old = Weight.of(event)
            guard keepsSampled || sample.takes(event, weight: old, random: &random) else { return .ends(.sampled) }
            weight = old / sample.rate
        }
        if let throttle = route.throttle, let buckets {
            // Events without the fields share a bucket, as those of a route without fields do.
            let key = throttle.key?.hash(of: event) ?? 0
            if !buckets.take(key, now: now.monotonic) { return .ends(.throttled) }
        }
        return .goesOn(weight: weight)
    }
}

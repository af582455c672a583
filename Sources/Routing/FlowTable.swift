// What a router counts: for each topic that comes in, and for each that goes out.
import BSON
import Eventstorm

/// The fates of the events that came in on one topic.
///
/// `received = forwarded + filtered + unwanted + refused + sampled + deduplicated + throttled + failed`.
struct FlowCounts: Hashable, Sendable {
    /// Events that came in.
    var received: UInt64 = 0
    /// At least one copy left.
    var forwarded: UInt64 = 0
    /// Copies that left.
    var copies: UInt64 = 0
    /// No route took it.
    var filtered: UInt64 = 0
    /// Nobody below wanted any of its topics.
    var unwanted: UInt64 = 0
    /// A limit was reached: there are too many topics.
    var refused: UInt64 = 0
    /// Sampling left it out.
    var sampled: UInt64 = 0
    /// It came before.
    var deduplicated: UInt64 = 0
    /// It was beyond the rate.
    var throttled: UInt64 = 0
    /// A query or an update failed on it, or it had passed as many routers as an event may.
    var failed: UInt64 = 0
    /// No route took it, whatever became of it then.
    var unmatched: UInt64 = 0

    /// Counts an event that came in: as forwarded if copies of it left, else by what the first route made of it.
    @inline(__always)
    mutating func count(copies: UInt64, else fate: Fate?) {
        received &+= 1
        self.copies &+= copies
        if copies > 0 {
            forwarded &+= 1
            return
        }
        switch fate {
        case .unwanted: unwanted &+= 1
        case .refused: refused &+= 1
        case .sampled: sampled &+= 1
        case .deduplicated: deduplicated &+= 1
        case .throttled: throttled &+= 1
        case .failed: failed &+= 1
        default: filtered &+= 1
        }
    }

    /// Adds other counts.
    mutating func add(_ other: FlowCounts) {
        received &+= other.received
        forwarded &+= other.forwarded
        copies &+= other.copies
        filtered &+= other.filtered
        unwanted &+= other.unwanted
        refused &+= other.refused
        sampled &+= other.sampled
        deduplicated &+= other.deduplicated
        throttled &+= other.throttled
        failed &+= other.failed
        unmatched &+= other.unmatched
    }

    /// The same, as status and books know them.
    var fates: FateCounts {
        var fates = FateCounts()
        fates[.received] = received
        fates[.forwarded] = forwarded
        fates[.copies] = copies
        fates[.filtered] = filtered
        fates[.unwanted] = unwanted
        fates[.refused] = refused
        fates[.sampled] = sampled
        fates[.deduplicated] = deduplicated
        fates[.throttled] = throttled
        fates[.failed] = failed
        fates[.unmatched] = unmatched
        return fates
    }
}

/// A topic that comes in.
struct Inflow {
    let topic: Topic
    var plan: Plan
    var counts = FlowCounts()

    /// Counts events that were not looked at, of which so many copies left.
    mutating func count(_ events: UInt64, copies: UInt64) {
        counts.received &+= events
        counts.copies &+= copies &* events
        if plan.isUnmatched { counts.unmatched &+= events }
        if copies > 0 {
            counts.forwarded &+= events
        } else if !plan.outputs.isEmpty {
            counts.unwanted &+= events
        } else if plan.isRefused {
            counts.refused &+= events
        } else {
            counts.filtered &+= events
        }
    }
}

/// What becomes of the events of one topic, as far as the topic tells.
struct Plan {
    /// A route that the events are offered to.
    struct Step {
        /// Its place in the table.
        let place: Int
        /// The number of its outflow, or ``Plan/computed`` or ``Plan/refused``.
        let output: Int
        /// Whether it is the last for those events that it takes.
        let stops: Bool
    }

    /// Fields decide about the outflow.
    static let computed = -1
    /// There are too many topics already, or the name would be too long.
    static let refused = -2
    /// There is no outflow: what no route takes ends here.
    static let none = -3

    /// The routes; empty if all events go to the same topics as they are.
    var steps: [Step] = []
    /// The outflows of all events, if there are no steps.
    var outputs: [Int] = []
    /// Whether one of these outflows could not be had.
    var isRefused = false
    /// The outflow of events that no step takes, or ``refused`` or ``none``.
    var unmatchedOutput = Plan.none
    /// Whether no route takes any of the events.
    var isUnmatched = false
    /// Whether one of the steps asks for the time.
    var asksForTime = false
}

/// A topic that goes out.
struct Outflow {
    let topic: Topic
    /// Where the table has the topic's bytes and the NUL behind them.
    let leading: Range<Int>
    var isWanted: Bool
    /// The sequence of the next document.
    var next: UInt64 = 0
    /// Copies that nobody wanted.
    var unwanted: UInt64 = 0
    /// The last event that was counted so: a second route does not make it two.
    var lastUnwanted: UInt64 = 0

    var counts: SendCounts { SendCounts(next: next, emitted: next &+ unwanted, unwanted: unwanted) }
}

/// The topics of a router, by number.
struct FlowTable {
    /// Topics that may come in; events of more are refused.
    static let mostInflows = 16_384

    var inflows: [Inflow] = []
    var outflows: [Outflow] = []
    /// What leads the envelopes of the outflows, one after another: to take it from the topics would count references
    /// for each message.
    private(set) var leadings: [UInt8] = []
    private var inflowNumbers: [Topic: Int] = [:]
    private var outflowNumbers: [Topic: Int] = [:]
    /// From the subscriber's numbers of topics to ours.
    private var byIncoming: [Int] = []
    private var generation = 0
    private var overflowNumber: Int?

    /// The number of an inflow that was met before, for a topic that the subscriber knows by another number; else -1.
    @inline(__always)
    func known(_ incoming: Int, in topics: borrowing TopicTable) -> Int {
        generation == topics.generation && incoming < byIncoming.count ? byIncoming[incoming] : -1
    }

    /// The number of the inflow for a topic that the subscriber knows by another number.
    mutating func inflow(
        _ incoming: Int, in topics: borrowing TopicTable, _ runs: [RouteRun], _ table: borrowing RouteTable,
        wants: (Topic) -> Bool
    ) -> Int {
        if generation != topics.generation {
            generation = topics.generation
            byIncoming.removeAll(keepingCapacity: true)
        }
        while byIncoming.count <= incoming { byIncoming.append(-1) }
        if byIncoming[incoming] >= 0 { return byIncoming[incoming] }
        let number = inflow(topics.topics[incoming], runs, table, wants: wants)
        byIncoming[incoming] = number
        return number
    }

    /// The number of the inflow of a topic.
    mutating func inflow(
        _ topic: Topic, _ runs: [RouteRun], _ table: borrowing RouteTable, wants: (Topic) -> Bool
    ) -> Int {
        if let number = inflowNumbers[topic] { return number }
        if inflows.count >= FlowTable.mostInflows { return overflow() }
        let plan = plan(topic, runs, table, wants: wants)
        inflows.append(Inflow(topic: topic, plan: plan))
        inflowNumbers[topic] = inflows.count - 1
        return inflows.count - 1
    }

    /// The inflow of all topics that came when there were too many.
    private mutating func overflow() -> Int {
        if let overflowNumber { return overflowNumber }
        inflows.append(Inflow(topic: .overflow, plan: Plan(isRefused: true)))
        overflowNumber = inflows.count - 1
        return inflows.count - 1
    }

    /// Makes all plans anew, for another table.
    mutating func replan(_ runs: [RouteRun], _ table: borrowing RouteTable, wants: (Topic) -> Bool) {
        for number in inflows.indices where number != overflowNumber {
            inflows[number].plan = plan(inflows[number].topic, runs, table, wants: wants)
        }
    }

    private mutating func plan(
        _ topic: Topic, _ runs: [RouteRun], _ table: borrowing RouteTable, wants: (Topic) -> Bool
    ) -> Plan {
        var plan = Plan()
        let places = table.places(for: topic)
        if places.allSatisfy({ runs[$0].route.isPlain }) {
            plan.isUnmatched = places.isEmpty && !topic.isReserved
            var topics = places.map { runs[$0].route.output(for: topic) }
            if places.isEmpty, let output = table.unmatchedOutput(for: topic) { topics = [output] }
            for output in topics {
                if let number = outflow(output, wants: wants) {
                    if !plan.outputs.contains(number) { plan.outputs.append(number) }
                } else {
                    plan.isRefused = true
                }
            }
            return plan
        }
        for place in places {
            let route = runs[place].route
            var output = Plan.computed
            if case .computed = route.to {
            } else {
                output = outflow(route.output(for: topic), wants: wants) ?? Plan.refused
            }
            plan.steps.append(Plan.Step(place: place, output: output, stops: route.stop))
            plan.asksForTime = plan.asksForTime || runs[place].asksForTime
        }
        if let output = table.unmatchedOutput(for: topic) {
            plan.unmatchedOutput = outflow(output, wants: wants) ?? Plan.refused
        }
        return plan
    }

    /// The number of the outflow of a topic; nil if there are as many as an origin may have, or there is no topic.
    mutating func outflow(_ topic: Topic?, wants: (Topic) -> Bool) -> Int? {
        guard let topic else { return nil }
        if let number = outflowNumbers[topic] { return number }
        guard outflows.count < Limits.topicsPerOrigin else { return nil }
        let start = leadings.count
        leadings += topic.utf8
        leadings.append(0)
        outflows.append(Outflow(topic: topic, leading: start..<leadings.count, isWanted: wants(topic)))
        outflowNumbers[topic] = outflows.count - 1
        return outflows.count - 1
    }
}

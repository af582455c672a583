// Routing without a network: for those who want to know what becomes of an event.
public import BSON
public import Eventstorm
import Query

/// Routes events one by one and tells what became of them, as if somebody wanted every topic.
///
/// Remembers what routes remember, so that copies and rates can be tried too.
public struct RouteTrial: ~Copyable {
    /// An event that left.
    public struct Output: Sendable {
        /// Where it went.
        public let topic: Topic
        /// What it had become.
        public let event: Document
    }

    /// What a route decided.
    public struct Step: Sendable {
        /// Its place among the routes, from 0.
        public let place: Int
        /// Whether it took the event.
        public let isTaken: Bool
        /// What became of the event by this route; nil if it was not taken.
        public let fate: Fate?
        /// Why it was not taken, or what failed; empty if it went on.
        public let reasons: [String]
    }

    /// What became of an event.
    public struct Result: Sendable {
        /// Its fate.
        public let fate: Fate
        /// What each route decided; those behind one that stopped it are not there.
        public let steps: [Step]
        /// Whether no route took it.
        public let isUnmatched: Bool
        /// What left.
        public let outputs: [Output]
    }

    private var engine: Engine

    /// What the routes had no room for so far.
    var limits: StatusDocument.RouteLimits { engine.limits }

    /// Makes a trial of a table.
    ///
    /// - Parameters:
    ///   - table: The routes.
    ///   - keepsSampled: Whether sampling takes every event; their weight is set all the same.
    public init(_ table: RouteTable, keepsSampled: Bool = false) {
        engine = Engine(table, seed: 1)
        for run in engine.runs { run.keepsSampled = keepsSampled }
    }

    /// Routes one event.
    ///
    /// - Parameters:
    ///   - event: The event.
    ///   - topic: Where it comes.
    ///   - now: Nanoseconds of a monotonic clock, as dedupe and throttle measure them.
    public mutating func run(_ event: Document, on topic: Topic, now: UInt64) -> Result {
        let number = engine.flows.inflow(topic, engine.runs, engine.table) { _ in true }
        let plan = engine.flows.inflows[number].plan
        engine.trace = []
        engine.failure = nil
        defer {
            engine.batches.removeAll()
            engine.changed.removeAll()
        }
        if plan.steps.isEmpty { return plain(event, topic, plan) }
        var counts = FlowCounts()
        let view = event.view
        engine.offer(view, at: 0, plan, Moment(monotonic: now, wall: .now()), &counts) { _ in true }
        let taken = Dictionary((engine.trace ?? []).map { ($0.place, $0) }) { first, _ in first }
        let last = engine.trace?.last?.place ?? -1
        let isStopped = last >= 0 && engine.table.routes[last].stop && taken[last]?.fate != nil
        var steps: [Step] = []
        for place in engine.runs.indices where !isStopped || place <= last {
            steps.append(step(place, taken[place]?.fate, event, topic))
        }
        let fate = Fate.allCases.first { $0 != .received && $0.isExclusive && counts.fates[$0] > 0 }
        return Result(
            fate: fate ?? .filtered, steps: steps, isUnmatched: counts.unmatched > 0, outputs: outputs(of: event))
    }

    /// An event whose topic alone decides.
    private func plain(_ event: Document, _ topic: Topic, _ plan: Plan) -> Result {
        let places = engine.table.places(for: topic)
        var steps: [Step] = []
        for place in engine.runs.indices
        where place <= places.last ?? .max || !engine.table.routes[places.last ?? 0].stop {
            steps.append(step(place, places.contains(place) ? .forwarded : nil, event, topic))
        }
        let outputs = plan.outputs.map { Output(topic: engine.flows.outflows[$0].topic, event: event) }
        let fate: Fate = !outputs.isEmpty ? .forwarded : plan.isRefused ? .refused : .filtered
        return Result(fate: fate, steps: steps, isUnmatched: plan.isUnmatched, outputs: outputs)
    }

    private func step(_ place: Int, _ fate: Fate?, _ event: Document, _ topic: Topic) -> Step {
        let route = engine.table.routes[place]
        var reasons: [String] = []
        if topic.isReserved {
            reasons = ["topics below _es. belong to the library; routes do not touch them"]
        } else if !route.takes(topic) {
            let from = route.from.map(\.description).joined(separator: ", ")
            reasons = ["the topic is \(topic.name), wanted \(from)"]
        } else if fate == nil, let match = route.match {
            let query = match.query
            reasons = MatchExplanation.reasons(query.view, event.view)
        } else if fate == .failed, let failure = engine.failure, failure.place == place {
            reasons = [failure.error.message]
        }
        return Step(place: place, isTaken: fate != nil, fate: fate, reasons: reasons)
    }

    private func outputs(of event: Document) -> [Output] {
        var outputs: [Output] = []
        for number in engine.batches.touched {
            var index = engine.batches.first(number)
            while index >= 0 {
                let piece = engine.batches.pieces[index]
                if piece.isChanged {
                    var offset = piece.start
                    while offset < piece.end {
                        let copy = document(at: offset)
                        outputs.append(Output(topic: engine.flows.outflows[number].topic, event: copy))
                        offset += copy.bytes.count
                    }
                } else {
                    outputs.append(Output(topic: engine.flows.outflows[number].topic, event: event))
                }
                index = piece.next
            }
        }
        return outputs
    }

    private func document(at offset: Int) -> Document {
        engine.changed.withBytes { bytes in
            Document(copying: DocumentView(unchecked: bytes.extracting(offset..<bytes.byteCount)))
        }
    }
}

extension Fate {
    /// Whether an event in a router has this fate and no other.
    fileprivate var isExclusive: Bool { self != .copies && self != .unmatched }
}

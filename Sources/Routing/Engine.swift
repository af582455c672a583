// The routes at work on messages, without sockets and clocks.
import BSON
import Eventstorm
import Query

/// Decides what becomes of each document of a message, and makes the documents that leave.
///
/// Pure: the time, and who wants which topic, are passed in.
struct Engine: ~Copyable {
    private(set) var table: RouteTable
    private(set) var runs: [RouteRun]
    var flows = FlowTable()
    /// What leaves, until it was sent.
    var batches = Batches()
    /// The changed documents among it.
    var changed = DocumentWriter(capacity: 4_096, limit: Engine.changedBytes + Limits.payloadBytes)
    /// Why a query or an update first failed since this was asked for.
    var failure: (place: Int, error: QueryError)?
    /// What each route decided about the last event, if that is wanted.
    var trace: [(place: Int, verdict: Verdict, fate: Fate?)]?

    private let bench = Workbench()
    private var random: FastRandom
    private var name: [UInt8] = []
    private var serial: UInt64 = 0

    /// Bytes of changed documents after which what there is should be sent: memory stays bounded however much a
    /// message grows.
    static let changedBytes = 4 << 20

    init(_ table: RouteTable, seed: UInt64) {
        self.table = table
        runs = table.routes.map { RouteRun($0) }
        random = FastRandom(seed: seed)
    }

    /// Takes another table; routes that say the same as one before remember what that did.
    mutating func replace(_ table: RouteTable, wants: (Topic) -> Bool) {
        var old = runs
        runs = table.routes.map { route in
            guard let place = old.firstIndex(where: { $0.route.identity == route.identity }) else {
                return RouteRun(route)
            }
            return old.remove(at: place)
        }
        self.table = table
        flows.replan(runs, table, wants: wants)
    }

    /// Whether what has to leave should leave before the next document.
    var isFull: Bool { changed.count > Engine.changedBytes }

    /// Offers an event to the routes of its topic, and counts its fate.
    ///
    /// - Parameters:
    ///   - event: A document of `payload`.
    ///   - start: Where it begins there.
    ///   - plan: That of the topic it came on; it has steps.
    ///   - wants: Whether anybody wants a topic that is new.
    @inline(__always)
    mutating func offer(
        _ event: DocumentView, at start: Int, _ plan: borrowing Plan, _ now: Moment, _ counts: inout FlowCounts,
        wants: (Topic) -> Bool
    ) {
        serial &+= 1
        let end = start + event.bytes.byteCount
        var copies: UInt64 = 0
        var fate: Fate?
        var isTaken = false
        for index in 0..<plan.steps.count {
            let step = plan.steps[index]
            let run = runs[step.place]
            let verdict = judge(event, step.place, run, now)
            var own: Fate?
            switch verdict {
            case .notTaken: break
            case .ends(let end): own = end
            case .goesOn(let weight):
                own = take(event, start, end, step, run, weight, now, &copies, wants: wants)
            }
            if trace != nil { trace?.append((step.place, verdict, own)) }
            guard let own else { continue }
            isTaken = true
            fate = fate ?? own
            if step.stops { break }
        }
        if !isTaken {
            counts.unmatched &+= 1
            fate = forward(start, end, to: plan.unmatchedOutput, &copies)
        }
        counts.count(copies: copies, else: fate)
    }

    @inline(__always)
    private mutating func judge(_ event: DocumentView, _ place: Int, _ run: RouteRun, _ now: Moment) -> Verdict {
        do throws(QueryError) {
            return try run.judge(event, now, &random)
        } catch {
            // Whether the route would have taken it is not known: it must not slip by what the route does.
            note(error, place)
            return .ends(.failed)
        }
    }

    private mutating func note(_ error: QueryError, _ place: Int) {
        if failure == nil { failure = (place, error) }
    }

    /// Sends the event as it is to an outflow.
    @inline(__always)
    private mutating func forward(_ start: Int, _ end: Int, to output: Int, _ copies: inout UInt64) -> Fate {
        if output < 0 { return output == Plan.none ? .filtered : .refused }
        guard flows.outflows[output].isWanted else {
            if flows.outflows[output].lastUnwanted != serial { flows.outflows[output].unwanted &+= 1 }
            flows.outflows[output].lastUnwanted = serial
            return .unwanted
        }
        if batches.add(output, start, end, isChanged: false) { copies &+= 1 }
        return .forwarded
    }

    /// Sends what the route makes of an event.
    @inline(__always)
    private mutating func take(
        _ event: DocumentView, _ start: Int, _ end: Int, _ step: Plan.Step, _ run: RouteRun, _ weight: Double,
        _ now: Moment, _ copies: inout UInt64, wants: (Topic) -> Bool
    ) -> Fate {
        if weight == 0 && run.actions.isDisjoint(with: [.reshape, .name]) {
            return forward(start, end, to: step.output, &copies)
        }
        return takeChanged(event, start, end, step, run, weight, now, &copies, wants: wants)
    }

    private mutating func takeChanged(
        _ event: DocumentView, _ start: Int, _ end: Int, _ step: Plan.Step, _ run: RouteRun, _ weight: Double,
        _ now: Moment, _ copies: inout UInt64, wants: (Topic) -> Bool
    ) -> Fate {
        var output = step.output
        let isLate = output == Plan.computed && !run.route.namesUnchangedFields
        if output == Plan.computed && !isLate { output = outflow(of: event, run, wants: wants) }
        if !isLate {
            if weight == 0 && !run.actions.contains(.reshape) { return forward(start, end, to: output, &copies) }
            if output < 0 { return .refused }
            // Nobody wants it: it is not made.
            if !flows.outflows[output].isWanted {
                flows.outflows[output].unwanted &+= 1
                return .unwanted
            }
        }
        let before = changed.count
        do throws(QueryError) {
            try bench.reshape(event, by: run.route, weight: weight, now, to: &changed)
        } catch {
            note(error, step.place)
            return .failed
        }
        if isLate {
            output = outflowOfChanged(from: before, run, wants: wants)
            if output < 0 || !flows.outflows[output].isWanted {
                changed.truncate(to: before)
                if output < 0 { return .refused }
                flows.outflows[output].unwanted &+= 1
                return .unwanted
            }
        }
        _ = batches.add(output, before, changed.count, isChanged: true)
        copies &+= 1
        return .forwarded
    }

    /// The outflow of the changed document that begins at `start`: fields that the route changed decide about it.
    private mutating func outflowOfChanged(from start: Int, _ run: RouteRun, wants: (Topic) -> Bool) -> Int {
        guard case .computed(let template) = run.route.to else { return Plan.refused }
        let isName = changed.withBytes { bytes in
            template.write(DocumentView(unchecked: bytes.extracting(start..<bytes.byteCount)), to: &name)
        }
        return outflow(isName: isName, template, run, wants: wants)
    }

    /// What the routes had no room for so far.
    var limits: StatusDocument.RouteLimits {
        runs.reduce(into: StatusDocument.RouteLimits()) { sum, run in
            sum.overflowed &+= run.overflowed
            sum.forgotten &+= run.forgotten
        }
    }

    private mutating func outflow(of event: DocumentView, _ run: RouteRun, wants: (Topic) -> Bool) -> Int {
        guard case .computed(let template) = run.route.to else { return Plan.refused }
        let isName = template.write(event, to: &name)
        return outflow(isName: isName, template, run, wants: wants)
    }

    /// The outflow of the topic in `name`, or of the overflow topic.
    private mutating func outflow(
        isName: Bool, _ template: TopicTemplate, _ run: RouteRun, wants: (Topic) -> Bool
    ) -> Int {
        if isName, let number = run.names.number(of: name) { return number }
        if isName, run.names.count < run.route.topics, let topic = try? Topic(validating: name.span.bytes) {
            let number = flows.outflow(topic, wants: wants) ?? Plan.refused
            run.names.add(name, number)
            return number
        }
        run.overflowed &+= 1
        return flows.outflow(template.overflow, wants: wants) ?? Plan.refused
    }
}

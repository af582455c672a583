// What a router counts: for each topic that comes in, and for each that goes out.
import Eventstorm

/// The fates of the events that came in on one topic.
///
/// `received = forwarded + filtered + unwanted + refused + failed`.
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
    /// It had passed as many routers as an event may, or the socket failed.
    var failed: UInt64 = 0

    /// The same, as status and books know them.
    var fates: FateCounts {
        var fates = FateCounts()
        fates[.received] = received
        fates[.forwarded] = forwarded
        fates[.copies] = copies
        fates[.filtered] = filtered
        fates[.unwanted] = unwanted
        fates[.refused] = refused
        fates[.failed] = failed
        return fates
    }
}

/// A topic that comes in.
struct Inflow {
    let topic: Topic
    /// The numbers of the topics it goes to; nil until asked for.
    var outputs: [Int]
    /// Topics it should go to, but there are too many already.
    var refusedOutputs: Int
    var counts = FlowCounts()

    /// Counts events of which so many copies left.
    mutating func count(_ events: UInt64, copies: UInt64) {
        counts.received &+= events
        counts.copies &+= copies &* events
        if copies > 0 {
            counts.forwarded &+= events
        } else if !outputs.isEmpty {
            counts.unwanted &+= events
        } else if refusedOutputs > 0 {
            counts.refused &+= events
        } else {
            counts.filtered &+= events
        }
    }
}

/// A topic that goes out.
struct Outflow {
    let topic: Topic
    var isWanted: Bool
    /// The sequence of the next document.
    var next: UInt64 = 0
    /// Copies that nobody wanted.
    var unwanted: UInt64 = 0

    var counts: SendCounts { SendCounts(next: next, emitted: next &+ unwanted, unwanted: unwanted) }
}

/// The topics of a router, by number.
struct FlowTable {
    /// Topics that may come in; events of more are refused.
    static let mostInflows = 16_384

    var inflows: [Inflow] = []
    var outflows: [Outflow] = []
    private var inflowNumbers: [Topic: Int] = [:]
    private var outflowNumbers: [Topic: Int] = [:]
    /// From the subscriber's numbers of topics to ours.
    private var byIncoming: [Int] = []
    private var generation = 0
    private var overflowNumber: Int?
    private static let overflowTopic = Topic.overflow

    /// The number of the inflow for a topic that the subscriber knows by another number.
    mutating func inflow(
        _ incoming: Int, in topics: borrowing TopicTable, _ table: borrowing RouteTable, wants: (Topic) -> Bool
    ) -> Int {
        if generation != topics.generation {
            generation = topics.generation
            byIncoming.removeAll(keepingCapacity: true)
        }
        while byIncoming.count <= incoming { byIncoming.append(-1) }
        if byIncoming[incoming] >= 0 { return byIncoming[incoming] }
        let topic = topics.topics[incoming]
        let isFull = inflows.count >= FlowTable.mostInflows
        let number = inflowNumbers[topic] ?? (isFull ? overflow() : addInflow(topic, table, wants: wants))
        byIncoming[incoming] = number
        return number
    }

    /// The inflow of all topics that came when there were too many.
    private mutating func overflow() -> Int {
        if let overflowNumber { return overflowNumber }
        inflows.append(Inflow(topic: FlowTable.overflowTopic, outputs: [], refusedOutputs: 1))
        overflowNumber = inflows.count - 1
        return inflows.count - 1
    }

    private mutating func addInflow(_ topic: Topic, _ table: borrowing RouteTable, wants: (Topic) -> Bool) -> Int {
        var flow = Inflow(topic: topic, outputs: [], refusedOutputs: 0)
        for output in table.outputs(for: topic) {
            if let number = outflow(output, wants: wants) {
                flow.outputs.append(number)
            } else {
                flow.refusedOutputs += 1
            }
        }
        inflows.append(flow)
        inflowNumbers[topic] = inflows.count - 1
        return inflows.count - 1
    }

    /// The number of the outflow of a topic; nil if there are as many as an origin may have.
    mutating func outflow(_ topic: Topic, wants: (Topic) -> Bool) -> Int? {
        if let number = outflowNumbers[topic] { return number }
        guard outflows.count < Limits.topicsPerOrigin else { return nil }
        outflows.append(Outflow(topic: topic, isWanted: wants(topic)))
        outflowNumbers[topic] = outflows.count - 1
        return outflows.count - 1
    }
}

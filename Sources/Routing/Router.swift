// The loop of a router: takes messages in, gives each to the topics that its routes say.
import BSON
public import Eventstorm
public import ZeroMQ

/// Subscribes above to what is wanted below, and republishes it.
///
/// Belongs to the thread that makes it. A payload goes on as it came, without a copy; only its envelope is new.
public struct Router: ~Copyable {
    /// The endpoints bound for sources, with the ports that the system chose for `*`.
    public var boundIn: [String] { subscriber.bound }
    /// The endpoints bound for subscribers.
    public var boundOut: [String] { publisher.bound }

    private var subscriber: Subscriber
    private var publisher: Publisher
    private var poller: Poller
    private let inPlace: Poller.Place
    private let outPlace: Poller.Place
    private let table: RouteTable
    private var flows = FlowTable()
    private var demand = Demand()
    private var beats: BeatComposer
    private var changes: [InterestChange] = []
    private var statusNumber: Int?

    /// Messages forwarded before subscriptions, beats and the caller's descriptors have their turn.
    private static let messagesPerRound = 1_000

    /// Opens a router.
    ///
    /// - Parameters:
    ///   - name: What it is called in beats and books; a restarted router keeps its name.
    ///   - incoming: Where sources and other routers publish.
    ///   - outgoing: Where subscribers come.
    ///   - table: Its routes.
    ///   - context: A context to share; needed for `inproc:` endpoints.
    /// - Throws: The error of the first endpoint that fails.
    public init(
        _ name: String, in incoming: [Endpoint], out outgoing: [Endpoint], routes table: RouteTable = RouteTable(),
        context: Context? = nil
    ) throws(ZMQError) {
        let context = if let context { context } else { try Context() }
        let subscriber = try Subscriber(name, from: incoming, patterns: [], role: .router, context: context)
        let publisher = try Publisher(
            in: context, endpoints: outgoing, settlesSubscriptions: true, linger: .seconds(1))
        var poller = Poller()
        inPlace = subscriber.register(with: &poller)
        outPlace = publisher.register(with: &poller)
        beats = BeatComposer(subscriber.process, origin: publisher.origin, now: monotonicNanoseconds())
        self.table = table
        self.subscriber = subscriber
        self.publisher = publisher
        self.poller = poller
    }

    /// Routes until told to stop.
    ///
    /// - Parameters:
    ///   - descriptor: Watched; when it is readable, `isOver` is asked.
    ///   - isOver: Whether to stop.
    /// - Throws: Only if the context was terminated.
    public mutating func run(watching descriptor: CInt, until isOver: () -> Bool) throws(ZMQError) {
        poller.keepFirst(2)
        let place = poller.add(fileDescriptor: descriptor)
        while true {
            let now = monotonicNanoseconds()
            let deadline = min(beats.deadline, publisher.fenceDeadline ?? .max, demand.deadline ?? .max)
            try poller.wait(.nanoseconds(Int64(clamping: deadline > now ? deadline - now : 0)))
            if poller.isReady(place), isOver() { return }
            try tend()
            try forward()
        }
    }

    /// Takes in subscriptions, passes interest up, answers fences, beats.
    private mutating func tend() throws(ZMQError) {
        let now = monotonicNanoseconds()
        _ = try publisher.readSubscriptions(&changes)
        for change in changes {
            let patterns = table.demand(for: [change.prefix]).map { Pattern(selecting: $0) }
            if change.isWanted { demand.add(patterns) } else { demand.remove(patterns, now: now) }
        }
        let isReleased = demand.release(now: now)
        if isReleased || !changes.isEmpty { try subscriber.subscribe(to: demand.patterns) }
        if !changes.isEmpty {
            for number in flows.outflows.indices {
                flows.outflows[number].isWanted = publisher.wants(flows.outflows[number].topic.utf8)
            }
            changes.removeAll(keepingCapacity: true)
        }
        if publisher.fenceIsDue(now: now) { try publisher.answerFences(now: now, with: beats.full(rows)) }
        if beats.isDue(now: now) {
            try publisher.sendBeat(beats.next(rows, now: now))
            try sendStatus(isFinal: false)
            try subscriber.tend(now: now)
        }
    }

    /// Forwards the messages that have arrived, a thousand at most.
    private mutating func forward() throws(ZMQError) {
        for _ in 0..<Router.messagesPerRound {
            guard let incoming = subscriber.next() else { return }
            try forward(incoming)
        }
    }

    private mutating func forward(_ incoming: Incoming) throws(ZMQError) {
        let number = flows.inflow(incoming.topic, in: subscriber.topicTable, table) { publisher.wants($0.utf8) }
        var count = incoming.count
        if let parts = incoming.parts {
            var writer = DocumentWriter(capacity: subscriber.payload.count, limit: Limits.payloadBytes)
            count = Subscriber.copy(parts, of: subscriber.payload.bytes, to: &writer)
            subscriber.payload.replace(copying: writer.bytes)
        }
        let events = UInt64(count)
        let hops = (incoming.stamp?.hops ?? 0) + 1
        guard hops <= Limits.hops else {
            flows.inflows[number].counts.received &+= events
            flows.inflows[number].counts.failed &+= events
            return
        }
        let outputs = flows.inflows[number].outputs
        let wanted = outputs.count { flows.outflows[$0].isWanted }
        var copies: UInt64 = 0
        for output in outputs {
            guard flows.outflows[output].isWanted else {
                flows.outflows[output].unwanted &+= events
                continue
            }
            let stamp = Stamp(
                origin: publisher.origin, sequence: flows.outflows[output].next, count: UInt16(clamping: count),
                hops: hops,
                replayed: incoming.stamp?.replayed ?? false)
            copies += 1
            flows.outflows[output].next &+= events
            let topic = flows.outflows[output].topic.utf8
            if copies == wanted {
                _ = try publisher.send(topic: topic, stamp: stamp, payload: &subscriber.payload)
            } else {
                var copy = subscriber.payload.copy()
                _ = try publisher.send(topic: topic, stamp: stamp, payload: &copy)
            }
        }
        flows.inflows[number].count(events, copies: copies)
    }

    /// What became of the events of each topic that came in.
    public var fates: [StatusDocument.FateRow] {
        flows.inflows.map { StatusDocument.FateRow($0.topic, $0.counts.fates) }
    }

    /// What was received, lost, malformed and absent, by origin and topic.
    public var ledger: Ledger {
        _read { yield subscriber.ledger }
    }

    private var rows: [Beat.Row] { flows.outflows.map { Beat.Row($0.topic, $0.counts) } }

    /// Forwards what has arrived, says good-bye in a last status and beat, and closes.
    public consuming func close() throws(ZMQError) {
        try forward()
        try sendStatus(isFinal: true)
        try publisher.sendBeat(beats.full(rows, isFinal: true))
        publisher.close()
        subscriber.close()
    }

    /// Publishes this router's status, if anybody wants it.
    private mutating func sendStatus(isFinal: Bool) throws(ZMQError) {
        guard let number = flows.outflow(.status, wants: { publisher.wants($0.utf8) }),
            flows.outflows[number].isWanted
        else { return }
        var status = StatusDocument(beats.full(rows, isFinal: isFinal))
        status.takeUpstream(subscriber.ledger)
        status.fates = fates
        status.usage = .current()
        let event = Document { event in
            event["_id"] = ObjectID()
            event["timestamp"] = Datetime.now()
            status.write(into: &event)
        }
        var payload = Message(copying: event.bytes.span.bytes)
        let stamp = Stamp(origin: publisher.origin, sequence: flows.outflows[number].next, count: 1)
        flows.outflows[number].next &+= 1
        _ = try publisher.send(topic: Topic.status.utf8, stamp: stamp, payload: &payload)
    }
}

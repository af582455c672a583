// The loop of a router: takes messages in, gives each to the topics that its routes say.
import BSON
public import Eventstorm
import Query
public import ZeroMQ

/// Subscribes above to what is wanted below, and republishes it.
///
/// Belongs to the thread that makes it. A payload goes on as it came, without a copy; only its envelope is new.
public struct Router: ~Copyable {
    /// The endpoints bound for sources, with the ports that the system chose for `*`.
    public var boundIn: [String] { subscriber.bound }
    /// The endpoints bound for subscribers.
    public var boundOut: [String] { publisher.bound }

    var subscriber: Subscriber
    var publisher: Publisher
    /// The routes at work.
    var engine: Engine
    /// What is being sent, where it is not the message that came.
    var outgoing = Message()
    private var poller: Poller
    /// Whether events without an `_id` get one.
    let fillsIDs: Bool
    private let endpoints: (incoming: String, outgoing: String)
    private let inPlace: Poller.Place
    private let outPlace: Poller.Place
    private var demand = Demand()
    private var beats: BeatComposer
    private var changes: [InterestChange] = []
    private(set) var loops: LoopWatch
    /// What happened since the caller was last told.
    private var news: [String] = []

    /// What the caller of ``run(watching:until:)`` wants.
    public enum Request: Sendable {
        /// Nothing.
        case goOn
        /// To stop.
        case stop
        /// To go on with other routes.
        case reload(RouteTable)
    }

    /// Messages forwarded before subscriptions, beats and the caller's descriptors have their turn.
    static let messagesPerRound = 1_000
    /// Messages after which it is looked whether the subscribers' queues have room again: a fraction of their length.
    static let messagesPerCredit = 64

    /// Opens a router.
    ///
    /// - Parameters:
    ///   - name: What it is called in beats and books; a restarted router keeps its name.
    ///   - incoming: Where sources and other routers publish.
    ///   - outgoing: Where subscribers come.
    ///   - table: Its routes.
    ///   - fillsIDs: Whether events that come without an `_id` get one.
    ///   - context: A context to share; needed for `inproc:` endpoints.
    /// - Throws: The error of the first endpoint that fails.
    public init(
        _ name: String, in incoming: [Endpoint], out outgoing: [Endpoint], routes table: RouteTable = RouteTable(),
        fillsIDs: Bool = false, context: Context? = nil
    ) throws(ZMQError) {
        let context = if let context { context } else { try Context() }
        let subscriber = try Subscriber(name, from: incoming, patterns: [], role: .router, context: context)
        let publisher = try Publisher(
            in: context, endpoints: outgoing, settlesSubscriptions: true, linger: .seconds(1))
        var poller = Poller()
        inPlace = subscriber.register(with: &poller)
        outPlace = publisher.register(with: &poller)
        beats = BeatComposer(subscriber.process, origin: publisher.origin, now: monotonicNanoseconds())
        beats.generation = 1
        engine = Engine(table, seed: publisher.origin)
        loops = LoopWatch(own: publisher.origin)
        endpoints = (
            incoming.map(\.address).joined(separator: ","), outgoing.map(\.address).joined(separator: ",")
        )
        self.fillsIDs = fillsIDs
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
        try run(watching: descriptor) { _ in isOver() ? .stop : .goOn }
    }

    /// Routes until told to stop, and changes its routes when told to.
    ///
    /// - Parameters:
    ///   - descriptor: Watched; when it is readable, and with every beat, `ask` is called.
    ///   - ask: Says what to do. Gets what people should know of: the first failure of a query or an update since the
    ///     last call, and loops of routers.
    /// - Throws: Only if the context was terminated.
    public mutating func run(watching descriptor: CInt, _ ask: ([String]) -> Request) throws(ZMQError) {
        poller.keepFirst(2)
        let place = poller.add(fileDescriptor: descriptor)
        while true {
            let now = monotonicNanoseconds()
            let deadline = min(beats.deadline, publisher.fenceDeadline ?? .max, demand.deadline ?? .max)
            try poller.wait(.nanoseconds(Int64(clamping: deadline > now ? deadline - now : 0)))
            let isDue = monotonicNanoseconds() >= deadline
            if poller.isReady(place) || isDue {
                switch ask(takeNews()) {
                case .goOn: break
                case .stop: return
                case .reload(let table): try reload(table)
                }
            }
            if poller.isReady(outPlace) || isDue { try tend() }
            try forward()
        }
    }

    private mutating func takeNews() -> [String] {
        defer { news = [] }
        guard let failure = engine.failure else { return news }
        engine.failure = nil
        return news + ["routes[\(failure.place)] failed on an event: \(failure.error.message)"]
    }

    /// Looks for routers above that get their events from here.
    private mutating func lookForLoops(now: UInt64) {
        let origins = subscriber.ledger.originEntries(now: now)
        let (cut, mended) = loops.look(at: origins, now: now)
        for loop in cut {
            let process = loop.process
            news.append(
                "a loop: router '\(process.name)' (process \(process.pid) on \(process.host)), whose events come to "
                    + "\(endpoints.incoming), gets them from \(endpoints.outgoing) of this router; what "
                    + "it sends is dropped from now on")
        }
        for origin in mended {
            news.append("router \(hexadecimal(origin)) stands in no loop any more; its events are taken again")
        }
        beats.via = loops.via(origins)
    }

    /// How often routes were loaded; beats and status say it.
    public var generation: UInt64 { beats.generation }

    /// Goes on with other routes.
    ///
    /// No event is lost: what is subscribed to before and after stays so, and what had arrived is routed by the new
    /// routes. Routes that did not change go on with what they remember of keys and topics.
    public mutating func reload(_ table: RouteTable) throws(ZMQError) {
        engine.replace(table) { publisher.wants($0.utf8) }
        beats.generation += 1
        demand = Demand()
        for prefix in publisher.wantedPrefixes {
            demand.add(table.demand(for: [prefix]).map { Pattern(selecting: $0) })
        }
        try subscriber.subscribe(to: demand.patterns)
    }

    /// Takes in subscriptions, passes interest up, answers fences, beats.
    private mutating func tend() throws(ZMQError) {
        let now = monotonicNanoseconds()
        _ = try publisher.readSubscriptions(&changes)
        for change in changes {
            let patterns = engine.table.demand(for: [change.prefix]).map { Pattern(selecting: $0) }
            if change.isWanted { demand.add(patterns) } else { demand.remove(patterns, now: now) }
        }
        let isReleased = demand.release(now: now)
        if isReleased || !changes.isEmpty { try subscriber.subscribe(to: demand.patterns) }
        if !changes.isEmpty {
            for number in engine.flows.outflows.indices {
                let isWanted = publisher.wants(engine.flows.outflows[number].topic.utf8)
                engine.flows.outflows[number].isWanted = isWanted
            }
            changes.removeAll(keepingCapacity: true)
        }
        if publisher.fenceIsDue(now: now) { try publisher.answerFences(now: now, with: beats.full(rows)) }
        if beats.isDue(now: now) {
            lookForLoops(now: now)
            try publisher.sendBeat(beats.next(rows, now: now))
            try sendStatus(isFinal: false)
            try subscriber.tend(now: now)
        }
    }

    /// What became of the events of each topic that came in.
    public var fates: [StatusDocument.FateRow] {
        engine.flows.inflows.map { StatusDocument.FateRow($0.topic, $0.counts.fates) }
    }

    /// What was received, lost, malformed and absent, by origin and topic.
    public var ledger: Ledger {
        _read { yield subscriber.ledger }
    }

    private var rows: [Beat.Row] { engine.flows.outflows.map { Beat.Row($0.topic, $0.counts) } }

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
        guard let number = engine.flows.outflow(.status, wants: { publisher.wants($0.utf8) }),
            engine.flows.outflows[number].isWanted
        else { return }
        var status = StatusDocument(beats.full(rows, isFinal: isFinal))
        status.takeUpstream(subscriber.ledger)
        status.fates = fates
        status.refusedPeers = ClientList.refused(by: [subscriber.clients, publisher.clients])
        status.routes = engine.limits
        status.usage = .current()
        let event = Document { event in
            event["_id"] = ObjectID()
            event["timestamp"] = Datetime.now()
            status.write(into: &event)
        }
        var payload = Message(copying: event.bytes.span.bytes)
        let leading = Topic.status.utf8 + [0]
        let stamp = Stamp(origin: publisher.origin, sequence: engine.flows.outflows[number].next, count: 1)
        engine.flows.outflows[number].next &+= 1
        _ = try publisher.send(leading: leading.span.bytes, stamp: stamp, payload: &payload)
    }
}

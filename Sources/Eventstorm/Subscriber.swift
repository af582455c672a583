// The receiving end that programs embed.
package import BSON
import Glibc
public import ZeroMQ

/// Receives the events of the topics it subscribes to, and keeps the books.
///
///     var subscriber = try Subscriber("viewer", from: Endpoint.list("tcp://127.0.0.1:5571", usual: .connect),
///         patterns: [Pattern("shop.*")])
///     while true {
///         _ = subscriber.receive(within: .seconds(1)) { delivery in
///             delivery.forEachDocument { event in print(delivery.topic, event["total"]?.number ?? 0) }
///         }
///     }
///
/// Each message is received once, validated once and lent. What is malformed is counted and dropped. Belongs to the
/// thread that makes it, which must keep receiving: it is there that a link which broke subscribes again.
public struct Subscriber: ~Copyable {
    /// The endpoints that were bound, with the port the system chose for `*`.
    public let bound: [String]
    /// Who this subscriber says it is in status events.
    public let process: ProcessIdentity

    /// Who may come in; nil if no endpoint is a server.
    package let clients: ClientList?

    private var socket: Socket
    /// Lets clients in; nil if no endpoint is a server.
    private let gate: LinkGate?
    private var poller: Poller
    private var envelope: Message
    /// The payload of the message that ``next()`` found.
    ///
    /// A router may take it out.
    package var payload: Message
    private var intake: Intake
    private var nonce: FenceNonce?
    private var seen: SeenEvents?
    private var nextTending: UInt64 = 0

    /// Messages delivered by one call at most, so that a caller's own descriptors have their turn.
    private static let messagesPerRound = 1_000

    /// Peers that did not come in through encrypted endpoints that this subscriber bound.
    public var refusedPeers: RefusedPeers { ClientList.refused(by: [clients]) }

    /// Opens a subscriber.
    ///
    /// - Parameters:
    ///   - name: What it is called in status events.
    ///   - endpoints: Where to connect or bind; at least one.
    ///   - patterns: What to subscribe to.
    ///   - role: What the program is.
    ///   - context: A context to share; needed for `inproc:` endpoints.
    /// - Throws: The error of the first endpoint that fails.
    public init(
        _ name: String, from endpoints: [Endpoint], patterns: [Pattern], role: Role = .sink, context: Context? = nil
    ) throws(ZMQError) {
        precondition(!endpoints.isEmpty, "a subscriber needs an endpoint")
        let context = if let context { context } else { try Context() }
        let socket = try Socket.linkSubscriber(in: context)
        try socket.subscribe(Interest.beat)
        let clients = endpoints.clients
        let gate: LinkGate?
        if let clients { gate = try LinkGate(socket, in: context, authority: clients) } else { gate = nil }
        // Bound and connected only after the first subscriptions, which are made below: no event is missed.
        let nonce = FenceNonce()
        for pattern in Set(patterns) { try socket.subscribe(pattern.subscription) }
        try socket.subscribe(nonce.subscription)
        bound = try socket.open(endpoints, gate: gate)
        process = ProcessIdentity(role: role, name: name)
        intake = Intake()
        self.clients = clients
        intake.senders = clients.map { Senders($0) }
        intake.begin(nonce, patterns: Set(patterns))
        self.nonce = nonce
        poller = Poller()
        poller.add(socket)
        envelope = Message()
        payload = Message()
        self.socket = socket
        self.gate = gate
    }

    /// What it subscribes to.
    public var patterns: Set<Pattern> { intake.patterns }

    /// What was received, lost, malformed and absent, by origin and topic.
    public var ledger: Ledger {
        _read { yield intake.ledger }
    }

    /// Subscribes to exactly these patterns from now on.
    ///
    /// What was subscribed to before and still is keeps its books.
    public mutating func subscribe(to wanted: Set<Pattern>) throws(ZMQError) {
        if wanted == patterns { return }
        for pattern in wanted.subtracting(patterns) { try socket.subscribe(pattern.subscription) }
        for pattern in patterns.subtracting(wanted) { try socket.unsubscribe(pattern.subscription) }
        try renewFence(wanted)
    }

    /// Delivers each event once from now on, though it comes by several paths.
    ///
    /// Copies are known by their topic and `_id`; events without one are all delivered. Each path counts its copies as
    /// `duplicate` in its row of the ``ledger``.
    ///
    /// - Parameter window: For how long an event is remembered. A million events are at most, in 16 MiB; where more
    ///   come within the window, copies of the oldest may pass.
    public mutating func deduplicate(within window: Duration) { seen = SeenEvents(window: window) }

    /// Subscribes to a new nonce, behind all patterns: its answer proves that they are in force.
    private mutating func renewFence(_ patterns: Set<Pattern>) throws(ZMQError) {
        let fresh = FenceNonce()
        try socket.subscribe(fresh.subscription)
        if let nonce { try socket.unsubscribe(nonce.subscription) }
        nonce = fresh
        intake.begin(fresh, patterns: patterns)
    }

    /// Waits for messages and lends each to `body`; returns when none is left, or a thousand were delivered.
    ///
    /// - Parameters:
    ///   - time: How long to wait for the first.
    ///   - descriptors: File descriptors that end the wait when they become readable.
    ///   - body: Gets one message at a time. What it throws ends the call; that message counts as received.
    /// - Returns: How many messages were delivered.
    public mutating func receive<E: Error>(
        within time: Duration, watching descriptors: [CInt] = [], _ body: (Delivery) throws(E) -> Void
    ) throws(E) -> Int {
        wait(time, descriptors)
        let now = monotonicNanoseconds()
        if now >= nextTending {
            nextTending = now + Limits.beatInterval
            try? tend(now: now)
        }
        var delivered = 0
        for _ in 0..<Subscriber.messagesPerRound {
            guard let found = next() else { break }
            let topic = intake.topics.topics[found.topic]
            guard let parts = found.parts else {
                try body(Delivery(topic: topic, stamp: found.stamp, count: found.count, payload: payload.bytes))
                delivered += 1
                continue
            }
            // Some of the documents came before: only the others are new.
            var writer = DocumentWriter(capacity: payload.count, limit: Limits.payloadBytes)
            let count = Subscriber.copy(parts, of: payload.bytes, to: &writer)
            let rest = Delivery(
                topic: topic, stamp: found.stamp, count: count, payload: writer.bytes, positions: parts)
            try body(rest)
            delivered += 1
        }
        return delivered
    }

    private mutating func wait(_ time: Duration, _ descriptors: [CInt]) {
        poller.keepFirst(1)
        for descriptor in descriptors { poller.add(fileDescriptor: descriptor) }
        // It fails only when the context was terminated under us; then nothing is received any more.
        _ = try? poller.wait(time)
    }

    /// Makes this thread the subscriber's.
    ///
    /// After it was moved there, before anything else is done with it.
    package mutating func adoptByCurrentThread() { socket.adoptByCurrentThread() }

    /// Closes.
    ///
    /// What publishers send from now on is lost to this subscriber, and their next receiver's books say so.
    public consuming func close() {
        gate?.end()
        socket.close()
    }
}

// MARK: - One message after another

extension Subscriber {
    /// The topic of a number, and the generation of the table: numbers of an older one mean nothing.
    package var topicTable: TopicTable {
        // Lent: a copy for every message would count references.
        _read { yield intake.topics }
    }

    /// Adds the socket to a poller's set.
    @discardableResult
    package func register(with poller: inout Poller) -> Poller.Place { poller.add(socket) }

    /// Renews the fence if a publisher's answer is overdue.
    ///
    /// To be called about once a second.
    package mutating func tend(now: UInt64) throws(ZMQError) {
        if intake.ledger.isFenceOverdue(now: now) { try renewFence(patterns) }
    }

    /// Takes the next message with events to deliver, if one has arrived.
    ///
    /// Beats and fences are consumed, malformed and repeated messages counted, on the way.
    package mutating func next() -> Incoming? {
        // A flood of what is not delivered must not keep the caller from its other work.
        for _ in 0..<Subscriber.messagesPerRound {
            guard (try? socket.receive(into: &envelope, wait: false)) == true else {
                intake.rest()
                return nil
            }
            guard receivePayload() else {
                intake.ledger.countMalformed(.frames)
                continue
            }
            guard let found = intake.take(envelope, payload) else { continue }
            guard let seen else { return found }
            let topic = intake.topics.topics[found.topic].utf8
            let (rest, duplicates) = seen.fresh(found, payload.bytes, topic: topic)
            intake.countDuplicates(duplicates, found, topic)
            if rest.parts?.isEmpty != true { return rest }
        }
        return nil
    }

    /// Receives the second frame; false if there is none or more.
    private mutating func receivePayload() -> Bool {
        guard envelope.more, (try? socket.receive(into: &payload, wait: false)) == true else { return false }
        if !payload.more { return true }
        _ = try? socket.discardRest(after: &payload)
        return false
    }
}

extension Subscriber {
    /// Copies the documents at these positions; returns how many they are.
    package static func copy(_ parts: [Range<Int>], of payload: RawSpan, to writer: inout DocumentWriter) -> Int {
        var offset = 0
        var position = 0
        var copied = 0
        while offset < payload.byteCount {
            let view = DocumentView(unchecked: payload.extracting(offset..<payload.byteCount))
            if parts.contains(where: { $0.contains(position) }) {
                writer.appendDocument(view)
                copied += 1
            }
            offset += max(view.bytes.byteCount, 5)
            position += 1
        }
        return copied
    }
}

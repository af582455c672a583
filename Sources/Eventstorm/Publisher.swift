// The sending end that sources and routers share: one XPUB socket, its interest, its fences and beats.
import BSON
import Glibc
package import ZeroMQ

/// One XPUB socket and what the wire asks of it.
///
/// Belongs to one thread.
package struct Publisher: ~Copyable {
    /// Identifies this publisher until it closes; a restart is a new origin.
    package let origin: UInt64
    /// The endpoints that were bound, with the port the system chose for `*`.
    package let bound: [String]
    /// Subscriptions that were refused: the table was full, or they begin with the fence byte and are no fence.
    package private(set) var subscriptionsRefused = 0

    /// Who may come in; nil if no endpoint is a server.
    package let clients: ClientList?

    private var socket: Socket
    /// Lets clients in; nil if no endpoint is a server.
    private let gate: LinkGate?
    /// What those with keys may read; nil if no endpoint is a server.
    private var readers: Readers?
    private var interest: Interest
    private var subscription: Message
    /// Where envelopes are made: as long as the longest.
    private var envelope = [UInt8](repeating: 0, count: Envelope.maximumByteCount)
    private var fences = FenceQueue()
    private var beatSequence: UInt64 = 0
    private var beatWriter: DocumentWriter

    /// Subscription messages taken in at once: a flood must not keep events from leaving.
    private static let subscriptionsPerRound = 1_000

    /// Opens the socket and binds or connects it to every endpoint.
    ///
    /// - Parameter settlesSubscriptions: Subscriptions take effect only when this publisher says so (XPUB_MANUAL).
    /// - Throws: The error of the first endpoint that fails.
    package init(
        in context: Context, endpoints: [Endpoint], settlesSubscriptions: Bool, linger: Duration
    ) throws(ZMQError) {
        var options = LinkOptions()
        options.linger = linger
        let clients = endpoints.clients
        // What each client may read can be enforced only where subscriptions wait for this publisher's word.
        let settles = settlesSubscriptions || clients != nil
        let socket = try Socket.linkPublisher(
            in: context, interest: settles ? .manual : .automatic, options: options)
        let gate: LinkGate?
        if let clients { gate = try LinkGate(socket, in: context, authority: clients) } else { gate = nil }
        bound = try socket.open(endpoints, gate: gate)
        origin = randomUInt64()
        interest = Interest(countsPeers: settles)
        subscription = Message()
        beatWriter = DocumentWriter(capacity: 1_024, limit: Limits.payloadBytes)
        self.clients = clients
        self.socket = socket
        self.gate = gate
        readers = clients.map { Readers($0) }
    }

    /// How many Eventstorm subscribers are connected.
    package var subscriberCount: Int { interest.fenceCount }

    /// The prefixes that subscribers asked for.
    package var wantedPrefixes: [[UInt8]] { Array(interest.prefixes) }

    /// Whether anybody asked for the topic.
    package func wants(_ topic: [UInt8]) -> Bool { interest.wants(topic) }

    /// Adds the socket to a poller's set.
    @discardableResult
    package func register(with poller: inout Poller) -> Poller.Place { poller.add(socket) }

    /// Lets a full peer refuse messages (XPUB_NODROP), or lets libzmq drop that peer's copies.
    package mutating func setRefusesWhenFull(_ refuses: Bool) throws(ZMQError) {
        try socket.set(.noDrop, to: refuses)
    }

    /// Makes this thread the socket's owner.
    package func adoptByCurrentThread() { socket.adoptByCurrentThread() }

    /// Takes in the subscription messages that have arrived.
    ///
    /// - Parameter changes: Gets each prefix that somebody began or ceased to want, in order.
    /// - Returns: How many were read; call again when it is not zero.
    package mutating func readSubscriptions(_ changes: inout [InterestChange]) throws(ZMQError) -> Int {
        var count = 0
        while count < Publisher.subscriptionsPerRound, try socket.receive(into: &subscription, wait: false) {
            count += 1
            let message = subscription.withBytes { bytes in bytes.withUnsafeBytes { Array($0) } }
            guard let first = message.first, first <= 1 else { continue }
            let subscribe = first == 1
            let prefix = Array(message.dropFirst())
            let ruling = readers?.rule(subscription, subscribe: subscribe, prefix: prefix, now: monotonicNanoseconds())
            switch ruling ?? .asAsked {
            case .asAsked: try take(subscribe, prefix, &changes)
            case .instead(let prefixes): for prefix in prefixes { try take(subscribe, prefix, &changes) }
            case .nothing: break
            }
        }
        for prefix in readers?.settle(now: monotonicNanoseconds()) ?? [] {
            note(interest.apply(subscribe: false, prefix: prefix), of: prefix, &changes)
            count += 1
        }
        return count
    }

    /// Takes in a subscription or its end, which the peer's message that was read last brought.
    private mutating func take(_ subscribe: Bool, _ prefix: [UInt8], _ changes: inout [InterestChange]) throws(ZMQError)
    {
        let change = interest.apply(subscribe: subscribe, prefix: prefix)
        if interest.countsPeers && change != .refused {
            if subscribe {
                try socket.acceptSubscription(prefix.span.bytes)
            } else {
                try socket.acceptUnsubscription(prefix.span.bytes)
            }
        }
        note(change, of: prefix, &changes)
    }

    private mutating func note(_ change: Interest.Change, of prefix: [UInt8], _ changes: inout [InterestChange]) {
        switch change {
        case .none: break
        case .refused: subscriptionsRefused += 1
        case .wanted: changes.append(InterestChange(prefix: prefix, isWanted: true))
        case .unwanted: changes.append(InterestChange(prefix: prefix, isWanted: false))
        case .fence(let nonce): fences.add(nonce)
        }
    }

    /// Learns what the peers have taken out of their queues meanwhile.
    ///
    /// While messages are handed over libzmq looks only every millisecond or so (`max_command_delay`), and takes a
    /// queue for full that has long had room: a burst would lose what need not be lost.
    package func takeCredit() { _ = try? socket.events }

    /// Hands one message to the socket.
    ///
    /// - Parameters:
    ///   - leading: The bytes of the topic and the NUL behind them.
    ///   - stamp: Its `origin` must be ``origin``.
    ///   - payload: Emptied when it was taken, kept when it was not.
    /// - Returns: False if a full peer refused it; nothing was sent then.
    package mutating func send(leading: RawSpan, stamp: Stamp, payload: inout Message) throws(ZMQError) -> Bool {
        envelope.withUnsafeMutableBytes { buffer in
            leading.withUnsafeBytes { buffer.copyMemory(from: $0) }
            stamp.write(into: buffer, at: leading.byteCount)
        }
        let count = leading.byteCount + Stamp.byteCount
        let bytes = envelope.span.bytes.extracting(first: count)
        guard try socket.send(copying: bytes, more: true, wait: false) else { return false }
        // The socket refuses whole messages only: after the first frame the second one is always taken.
        return try socket.send(&payload, more: false, wait: false)
    }

    /// Sends a beat to everyone.
    ///
    /// A peer that refuses it misses nothing: the next beat says the same and more.
    package mutating func sendBeat(_ beat: Beat) throws(ZMQError) {
        let count = write(beat)
        _ = try sendBeat(leading: Interest.beat, sequence: beatSequence, count: count)
        beatSequence += UInt64(count)
        // Those who may not know of all topics have no subscription to beats; theirs come under their own fences.
        for (allowed, nonces) in readers?.restrictedFences ?? [:] {
            let count = write(beat.only(allowed))
            for nonce in nonces { _ = try sendBeat(leading: nonce.subscription + [0], sequence: 0, count: count) }
        }
    }

    /// Whether a fence waits and the rate allows its answer.
    package func fenceIsDue(now: UInt64) -> Bool { fences.isDue(now: now) }

    /// Answers the fences that wait, as many as the rate allows.
    ///
    /// - Parameter beat: A full one.
    package mutating func answerFences(now: UInt64, with beat: Beat) throws(ZMQError) {
        var count = write(beat)
        while let nonce = fences.next(now: now) {
            if let readers {
                count = write(readers.allowed(nonce).map { beat.only($0) } ?? beat)
            }
            guard try sendBeat(leading: nonce.subscription + [0], sequence: 0, count: count) else {
                fences.putBack(nonce)
                return
            }
        }
    }

    /// When the next fence may be answered, in monotonic nanoseconds; nil if none waits.
    package var fenceDeadline: UInt64? { fences.deadline }

    private mutating func write(_ beat: Beat) -> Int {
        beatWriter.removeAll()
        return beat.write(into: &beatWriter)
    }

    private mutating func sendBeat(leading: [UInt8], sequence: UInt64, count: Int) throws(ZMQError) -> Bool {
        let stamp = Stamp(origin: origin, sequence: sequence, count: UInt16(clamping: count))
        var payload = Message(copying: beatWriter.bytes)
        return try send(leading: leading.span.bytes, stamp: stamp, payload: &payload)
    }

    /// Closes the socket; what it still holds is sent within its linger time.
    package consuming func close() {
        gate?.end()
        socket.close()
    }
}

/// A prefix that somebody began or ceased to want.
package struct InterestChange: Equatable {
    package let prefix: [UInt8]
    package let isWanted: Bool
}

/// Fences that wait for their answer, at most ``Limits/fencesPerSecond`` a second.
struct FenceQueue {
    /// Fences that wait at most: ten seconds of answers.
    ///
    /// More come only in a flood.
    private static let most = 10 * Limits.fencesPerSecond
    private var waiting: [FenceNonce] = []
    private var answered = 0
    private var began: UInt64 = 0

    /// Remembers a fence; a second request for the same one before its answer changes nothing.
    mutating func add(_ nonce: FenceNonce) {
        if waiting.count < FenceQueue.most && !waiting.contains(nonce) { waiting.append(nonce) }
    }

    /// Whether a fence waits and the rate allows an answer.
    func isDue(now: UInt64) -> Bool {
        !waiting.isEmpty && (answered < Limits.fencesPerSecond || now &- began >= 1_000_000_000)
    }

    /// When the next answer is allowed; nil if no fence waits.
    var deadline: UInt64? {
        if waiting.isEmpty { return nil }
        return answered < Limits.fencesPerSecond ? 0 : began + 1_000_000_000
    }

    /// Takes the next fence that may be answered now.
    mutating func next(now: UInt64) -> FenceNonce? {
        guard isDue(now: now) else { return nil }
        if now &- began >= 1_000_000_000 {
            began = now
            answered = 0
        }
        answered += 1
        return waiting.removeFirst()
    }

    /// Keeps a fence whose answer was refused for the next time.
    mutating func putBack(_ nonce: FenceNonce) { waiting.append(nonce) }
}

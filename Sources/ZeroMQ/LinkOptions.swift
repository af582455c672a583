// LinkOptions: how every link between programs behaves. Nobody else sets these.

/// The options of the sockets that carry events, and the two functions that make such sockets.
public struct LinkOptions: Sendable {
    /// Messages queued for each subscriber, and from each publisher.
    ///
    /// With batches of 64 KiB: 32 MiB per sleeping peer.
    public var queueLimit = 512
    /// How long a closed socket may take to get its last messages out.
    public var linger = Duration.seconds(1)
    /// Bytes that a publisher accepts in one frame: subscriptions are all it should get.
    public var maximumSubscription: Int64 = 512
    /// Bytes that a subscriber accepts in one frame: a payload of 8 MiB and the envelope's room.
    public var maximumFrame: Int64 = 8 << 20 + 64
    /// Time between a publisher's pings.
    public var heartbeat = Duration.seconds(1)
    /// Silence, or bytes that the peer does not take, after which a connection ends.
    public var silenceLimit = Duration.seconds(3)
    /// The shortest and the longest wait before connecting again.
    public var reconnect = Duration.milliseconds(100)...Duration.seconds(1)
    /// How long connecting, and then the handshake, may take: a machine that was cut off is tried anew.
    public var handshakeTimeout = Duration.seconds(5)

    /// The options of the design.
    public init() {}
}

extension Socket {
    /// Who decides which subscriptions count.
    public enum Interest: Sendable {
        /// Every subscription counts and is reported, repeated ones too (`ZMQ_XPUB_VERBOSE`).
        case automatic
        /// Each is reported, and counts once ``Socket/acceptSubscription(_:)`` says so (`ZMQ_XPUB_MANUAL`).
        case manual
    }

    /// Makes a publisher's socket, not yet bound or connected.
    ///
    /// A peer that dies takes its interest and its queue with it, also when this side connected; so does one that is
    /// silent, or whose queue is full, for as long as ``LinkOptions/silenceLimit``.
    public static func linkPublisher(
        in context: Context, interest: Interest = .automatic, options: LinkOptions = LinkOptions()
    ) throws(ZMQError) -> Socket {
        let socket = try Socket(.publisher, in: context)
        try socket.apply(options)
        // Without it libzmq keeps a queue, and the dead peer's subscriptions, for each endpoint it ever connected to.
        try socket.set(.immediate, to: true)
        try socket.set(.maximumFrame, to: options.maximumSubscription)
        // HEARTBEAT_TTL stays off: it makes the subscriber end the connection from its side; see linkSubscriber.
        try socket.set(.heartbeat, to: options.heartbeat)
        try socket.set(.heartbeatTimeout, to: options.silenceLimit)
        switch interest {
        case .automatic: try socket.set(.verbose, to: true)
        case .manual: try socket.set(.manual, to: true)
        }
        return socket
    }

    /// Makes a subscriber's socket, not yet bound or connected, without any subscription.
    ///
    /// A publisher's machine that vanishes is noticed after ``LinkOptions/silenceLimit``; one that merely stops is not.
    public static func linkSubscriber(
        in context: Context, options: LinkOptions = LinkOptions()
    ) throws(ZMQError) -> Socket {
        let socket = try Socket(.subscriber, in: context)
        try socket.apply(options)
        try socket.set(.maximumFrame, to: options.maximumFrame)
        // No heartbeat here. While its queue is full libzmq 4.3.4 does not read, so it misses the answers to its pings
        // and connects anew; then the next message taken from the queue ends the process with "Assertion failed:
        // _input_stopped" (libzmq issues 3937 and 4767, open). The kernel's probes notice a lost machine instead.
        try socket.set(.heartbeat, to: .zero)
        try socket.set(.keepAliveIdle, to: 2)
        try socket.set(.keepAliveInterval, to: 1)
        try socket.set(.keepAliveProbes, to: 3)
        return socket
    }

    private func apply(_ options: LinkOptions) throws(ZMQError) {
        try set(.sendLimit, to: options.queueLimit)
        try set(.receiveLimit, to: options.queueLimit)
        try set(.linger, to: options.linger)
        try set(.reconnect, to: options.reconnect.lowerBound)
        try set(.reconnectMaximum, to: options.reconnect.upperBound)
        try set(.connectTimeout, to: options.handshakeTimeout)
        try set(.handshakeTimeout, to: options.handshakeTimeout)
        try set(.unacknowledgedLimit, to: options.silenceLimit)
        try set(.keepAlive, to: 1)
    }
}

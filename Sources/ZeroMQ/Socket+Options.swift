// Socket: options as typed values.
internal import CZeroMQ

/// One option of a socket and the type of its value.
public struct SocketOption<Value>: Sendable {
    let rawValue: CInt
    let name: StaticString

    init(_ rawValue: CInt, _ name: StaticString) {
        self.rawValue = rawValue
        self.name = name
    }
}

extension SocketOption where Value == Bool {
    /// Queues only for finished connections, so that a peer's queue and interest end with it (`ZMQ_IMMEDIATE`).
    public static var immediate: Self { Self(ZMQ_IMMEDIATE, "ZMQ_IMMEDIATE") }
    /// Reports repeated subscriptions too (`ZMQ_XPUB_VERBOSE`).
    public static var verbose: Self { Self(ZMQ_XPUB_VERBOSE, "ZMQ_XPUB_VERBOSE") }
    /// Reports repeated unsubscriptions too, and repeated subscriptions (`ZMQ_XPUB_VERBOSER`).
    public static var verboser: Self { Self(ZMQ_XPUB_VERBOSER, "ZMQ_XPUB_VERBOSER") }
    /// Refuses a message instead of dropping it for the one peer that is full (`ZMQ_XPUB_NODROP`).
    ///
    /// The slowest peer then holds up all, except one that was full already when this was switched on. A poller cannot
    /// tell when the socket would take a message again: it calls a publisher writable at all times.
    public static var noDrop: Self { Self(ZMQ_XPUB_NODROP, "ZMQ_XPUB_NODROP") }
    /// Leaves it to the program which subscriptions count; see ``Socket/acceptSubscription(_:)`` (`ZMQ_XPUB_MANUAL`).
    public static var manual: Self { Self(ZMQ_XPUB_MANUAL, "ZMQ_XPUB_MANUAL") }
    /// Allows IPv6 beside IPv4 (`ZMQ_IPV6`).
    static var ipv6: Self { Self(ZMQ_IPV6, "ZMQ_IPV6") }
    /// Makes this the side that proves its identity by CURVE (`ZMQ_CURVE_SERVER`).
    static var curveServer: Self { Self(ZMQ_CURVE_SERVER, "ZMQ_CURVE_SERVER") }
    /// Lets nobody in while no ZAP handler answers for the domain (`ZMQ_ZAP_ENFORCE_DOMAIN`).
    static var zapEnforcesDomain: Self { Self(ZMQ_ZAP_ENFORCE_DOMAIN, "ZMQ_ZAP_ENFORCE_DOMAIN") }
}

extension SocketOption where Value == Int {
    /// Messages queued for each peer before sending waits or drops; 0 is no limit (`ZMQ_SNDHWM`).
    public static var sendLimit: Self { Self(ZMQ_SNDHWM, "ZMQ_SNDHWM") }
    /// Messages queued from each peer before the peer has to wait; 0 is no limit (`ZMQ_RCVHWM`).
    public static var receiveLimit: Self { Self(ZMQ_RCVHWM, "ZMQ_RCVHWM") }
    /// Bytes the kernel may hold for sending, -1 leaves it to the system (`ZMQ_SNDBUF`).
    public static var kernelSendBuffer: Self { Self(ZMQ_SNDBUF, "ZMQ_SNDBUF") }
    /// Bytes the kernel may hold of what came in, -1 leaves it to the system (`ZMQ_RCVBUF`).
    public static var kernelReceiveBuffer: Self { Self(ZMQ_RCVBUF, "ZMQ_RCVBUF") }
    /// Connections that may wait to be accepted (`ZMQ_BACKLOG`).
    public static var backlog: Self { Self(ZMQ_BACKLOG, "ZMQ_BACKLOG") }
    /// Whether the kernel probes idle connections: 1, 0, or -1 for the system's way (`ZMQ_TCP_KEEPALIVE`).
    public static var keepAlive: Self { Self(ZMQ_TCP_KEEPALIVE, "ZMQ_TCP_KEEPALIVE") }
    /// Seconds of silence before the kernel's first probe (`ZMQ_TCP_KEEPALIVE_IDLE`).
    public static var keepAliveIdle: Self { Self(ZMQ_TCP_KEEPALIVE_IDLE, "ZMQ_TCP_KEEPALIVE_IDLE") }
    /// Seconds between the kernel's probes (`ZMQ_TCP_KEEPALIVE_INTVL`).
    public static var keepAliveInterval: Self { Self(ZMQ_TCP_KEEPALIVE_INTVL, "ZMQ_TCP_KEEPALIVE_INTVL") }
    /// Probes without an answer before the kernel gives up (`ZMQ_TCP_KEEPALIVE_CNT`).
    public static var keepAliveProbes: Self { Self(ZMQ_TCP_KEEPALIVE_CNT, "ZMQ_TCP_KEEPALIVE_CNT") }
}

extension SocketOption where Value == Int64 {
    /// Bytes a received frame may have; -1 is no limit; a peer that sends a larger one is cut off (`ZMQ_MAXMSGSIZE`).
    public static var maximumFrame: Self { Self(ZMQ_MAXMSGSIZE, "ZMQ_MAXMSGSIZE") }
}

extension SocketOption where Value == Duration {
    /// How long closed sockets try to get their messages out (`ZMQ_LINGER`).
    public static var linger: Self { Self(ZMQ_LINGER, "ZMQ_LINGER") }
    /// Time between pings (`ZMQ_HEARTBEAT_IVL`).
    public static var heartbeat: Self { Self(ZMQ_HEARTBEAT_IVL, "ZMQ_HEARTBEAT_IVL") }
    /// Silence after a ping that ends the connection (`ZMQ_HEARTBEAT_TIMEOUT`).
    public static var heartbeatTimeout: Self { Self(ZMQ_HEARTBEAT_TIMEOUT, "ZMQ_HEARTBEAT_TIMEOUT") }
    /// Silence after which the peer shall end the connection on its side (`ZMQ_HEARTBEAT_TTL`).
    public static var heartbeatTTL: Self { Self(ZMQ_HEARTBEAT_TTL, "ZMQ_HEARTBEAT_TTL") }
    /// The first wait before connecting again (`ZMQ_RECONNECT_IVL`).
    public static var reconnect: Self { Self(ZMQ_RECONNECT_IVL, "ZMQ_RECONNECT_IVL") }
    /// The longest wait before connecting again (`ZMQ_RECONNECT_IVL_MAX`).
    public static var reconnectMaximum: Self { Self(ZMQ_RECONNECT_IVL_MAX, "ZMQ_RECONNECT_IVL_MAX") }
    /// How long sent bytes may wait for the peer's kernel, full windows included (`ZMQ_TCP_MAXRT`).
    public static var unacknowledgedLimit: Self { Self(ZMQ_TCP_MAXRT, "ZMQ_TCP_MAXRT") }
    /// How long one attempt to connect may take (`ZMQ_CONNECT_TIMEOUT`).
    public static var connectTimeout: Self { Self(ZMQ_CONNECT_TIMEOUT, "ZMQ_CONNECT_TIMEOUT") }
    /// How long the handshake may take (`ZMQ_HANDSHAKE_IVL`).
    public static var handshakeTimeout: Self { Self(ZMQ_HANDSHAKE_IVL, "ZMQ_HANDSHAKE_IVL") }
    /// How long receiving waits at most (`ZMQ_RCVTIMEO`).
    public static var receiveTimeout: Self { Self(ZMQ_RCVTIMEO, "ZMQ_RCVTIMEO") }
    /// How long sending waits at most (`ZMQ_SNDTIMEO`).
    public static var sendTimeout: Self { Self(ZMQ_SNDTIMEO, "ZMQ_SNDTIMEO") }
}

extension SocketOption where Value == String {
    /// The endpoint that was bound or connected last; read only (`ZMQ_LAST_ENDPOINT`).
    public static var lastEndpoint: Self { Self(ZMQ_LAST_ENDPOINT, "ZMQ_LAST_ENDPOINT") }
    /// What the ZAP handler is told about this socket (`ZMQ_ZAP_DOMAIN`).
    public static var zapDomain: Self { Self(ZMQ_ZAP_DOMAIN, "ZMQ_ZAP_DOMAIN") }
}

extension SocketOption where Value == [UInt8] {
    /// The name a router socket addresses this one by (`ZMQ_ROUTING_ID`).
    public static var routingID: Self { Self(ZMQ_ROUTING_ID, "ZMQ_ROUTING_ID") }
    /// The own public key, 32 bytes (`ZMQ_CURVE_PUBLICKEY`).
    static var curvePublicKey: Self { Self(ZMQ_CURVE_PUBLICKEY, "ZMQ_CURVE_PUBLICKEY") }
    /// The own secret key, 32 bytes (`ZMQ_CURVE_SECRETKEY`).
    static var curveSecretKey: Self { Self(ZMQ_CURVE_SECRETKEY, "ZMQ_CURVE_SECRETKEY") }
    /// The server's public key, 32 bytes (`ZMQ_CURVE_SERVERKEY`).
    static var curveServerKey: Self { Self(ZMQ_CURVE_SERVERKEY, "ZMQ_CURVE_SERVERKEY") }
}

extension Socket {
    /// Sets an option; most must be set before the first bind or connect.
    public func set(_ option: SocketOption<Bool>, to value: Bool) throws(ZMQError) {
        try set(option.rawValue, option.name, CInt(value ? 1 : 0))
    }

    /// Sets an option; most must be set before the first bind or connect.
    public func set(_ option: SocketOption<Int>, to value: Int) throws(ZMQError) {
        try set(option.rawValue, option.name, CInt(clamping: value))
    }

    /// Sets an option; most must be set before the first bind or connect.
    public func set(_ option: SocketOption<Int64>, to value: Int64) throws(ZMQError) {
        try set(option.rawValue, option.name, value)
    }

    /// Sets an option in milliseconds, rounded up; most must be set before the first bind or connect.
    public func set(_ option: SocketOption<Duration>, to value: Duration) throws(ZMQError) {
        try set(option.rawValue, option.name, CInt(clamping: value.millisecondsRoundedUp))
    }

    /// Sets an option; most must be set before the first bind or connect.
    public func set(_ option: SocketOption<String>, to value: String) throws(ZMQError) {
        try setBytes(option.rawValue, option.name, Array(value.utf8))
    }

    /// Sets an option; most must be set before the first bind or connect.
    public func set(_ option: SocketOption<[UInt8]>, to value: [UInt8]) throws(ZMQError) {
        try setBytes(option.rawValue, option.name, value)
    }

    /// Reads an option.
    public func get(_ option: SocketOption<Bool>) throws(ZMQError) -> Bool {
        try number(option.rawValue, option.name, CInt(0)) != 0
    }

    /// Reads an option.
    public func get(_ option: SocketOption<Int>) throws(ZMQError) -> Int {
        Int(try number(option.rawValue, option.name, CInt(0)))
    }

    /// Reads an option.
    public func get(_ option: SocketOption<Int64>) throws(ZMQError) -> Int64 {
        try number(option.rawValue, option.name, Int64(0))
    }

    /// Reads an option.
    public func get(_ option: SocketOption<Duration>) throws(ZMQError) -> Duration {
        .milliseconds(try number(option.rawValue, option.name, CInt(0)))
    }

    /// Reads an option.
    public func get(_ option: SocketOption<String>) throws(ZMQError) -> String {
        // 1,024 bytes hold any endpoint: libzmq allows no longer ones.
        var buffer = [UInt8](repeating: 0, count: 1_024)
        var count = buffer.count
        if zmq_getsockopt(handle.use(), option.rawValue, &buffer, &count) != 0 { throw failed(option.name, "get") }
        return String(decoding: buffer.prefix(max(count - 1, 0)), as: UTF8.self)
    }

    /// A descriptor that becomes readable when ``events`` may have changed; edge-triggered, see `ZMQ_FD`.
    public var fileDescriptor: CInt {
        get throws(ZMQError) { try number(ZMQ_FD, "ZMQ_FD", CInt(-1)) }
    }

    /// What the socket can do now without waiting.
    public var events: PollEvents {
        get throws(ZMQError) {
            PollEvents(rawValue: Int16(truncatingIfNeeded: try number(ZMQ_EVENTS, "ZMQ_EVENTS", CInt(0))))
        }
    }

    private func set<N: BitwiseCopyable>(_ option: CInt, _ name: StaticString, _ value: N) throws(ZMQError) {
        var value = value
        if zmq_setsockopt(handle.use(), option, &value, MemoryLayout<N>.size) != 0 { throw failed(name, "set") }
    }

    private func setBytes(_ option: CInt, _ name: StaticString, _ value: [UInt8]) throws(ZMQError) {
        if zmq_setsockopt(handle.use(), option, value, value.count) != 0 { throw failed(name, "set") }
    }

    private func number<N: BitwiseCopyable>(_ option: CInt, _ name: StaticString, _ initial: N) throws(ZMQError) -> N {
        var value = initial
        var count = MemoryLayout<N>.size
        if zmq_getsockopt(handle.use(), option, &value, &count) != 0 { throw failed(name, "get") }
        return value
    }

    private func failed(_ name: StaticString, _ verb: StaticString) -> ZMQError {
        let error = handle.lastError("")
        return ZMQError(error.code, call: "zmq_\(verb)sockopt(\(name))", endpoint: error.endpoint)
    }
}

extension Duration {
    /// Whole milliseconds, rounded up, so that a short wait does not become a busy loop.
    var millisecondsRoundedUp: Int64 {
        let (seconds, attoseconds) = components
        let milliseconds = (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000)
        if overflow { return seconds < 0 ? .min : .max }
        return product.addingReportingOverflow(milliseconds).overflow ? .max : product + milliseconds
    }
}

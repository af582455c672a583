// Socket: one libzmq socket, owned by one thread.
internal import CZeroMQ
internal import Glibc

/// A socket of one thread; use from any other thread ends the process with a clear text.
///
/// libzmq's sockets are not thread-safe and break silently when threads share them. The thread that makes a socket owns
/// it; another takes over with ``adoptByCurrentThread()`` after the socket was moved there. Errors name the C call and
/// the endpoints.
///
///     var socket = try Socket(.publisher, in: context)
///     let endpoint = try socket.bind("tcp://127.0.0.1:*")
public struct Socket: ~Copyable, @unchecked Sendable {
    /// What a socket does.
    public struct Kind: RawRepresentable, Hashable, Sendable {
        /// The C constant's value.
        public let rawValue: CInt
        /// Wraps a C constant.
        public init(rawValue: CInt) { self.rawValue = rawValue }
        /// Sends to all who subscribed, and receives their subscriptions (`ZMQ_XPUB`).
        public static let publisher = Kind(rawValue: ZMQ_XPUB)
        /// Receives what it subscribed to (`ZMQ_SUB`).
        public static let subscriber = Kind(rawValue: ZMQ_SUB)
        /// Receives everything published to it and sends subscriptions as messages (`ZMQ_XSUB`).
        public static let rawSubscriber = Kind(rawValue: ZMQ_XSUB)
        /// One to one (`ZMQ_PAIR`).
        public static let pair = Kind(rawValue: ZMQ_PAIR)
        /// Answers requests (`ZMQ_REP`).
        public static let reply = Kind(rawValue: ZMQ_REP)
        /// Sends round-robin, receives fair-queued (`ZMQ_DEALER`).
        public static let dealer = Kind(rawValue: ZMQ_DEALER)
        /// Addresses its peers by identity (`ZMQ_ROUTER`).
        public static let router = Kind(rawValue: ZMQ_ROUTER)
        /// Raw TCP (`ZMQ_STREAM`).
        public static let stream = Kind(rawValue: ZMQ_STREAM)
    }

    let handle: SocketHandle

    /// Makes a socket that belongs to the calling thread.
    public init(_ kind: Kind, in context: Context) throws(ZMQError) {
        guard let pointer = zmq_socket(context.pointer, kind.rawValue) else { throw .last("zmq_socket") }
        handle = SocketHandle(pointer, context)
    }

    // Closing is one message to libzmq's reaper, which any thread may send once nobody uses the socket any more.
    deinit { handle.close() }

    /// Closes the socket; messages not yet sent linger as long as the option says, in libzmq's threads.
    public consuming func close() {
        handle.checkOwner()
        handle.close()
    }

    /// Makes the calling thread the owner.
    ///
    /// The former owner must have handed the socket over, through a lock or the start of this thread, and not use it
    /// any more.
    public func adoptByCurrentThread() {
        handle.owner = pthread_self()
    }

    /// Binds to an endpoint and says which it became: `tcp://127.0.0.1:*` gets a free port.
    ///
    /// `tcp://*:5570` listens on all addresses, of IPv6 too.
    @discardableResult
    public func bind(_ endpoint: String) throws(ZMQError) -> String {
        try set(.ipv6, to: endpoint.hasPrefix("tcp://[") || endpoint.hasPrefix("tcp://*:"))
        if zmq_bind(handle.use(), endpoint) != 0 { throw .last("zmq_bind", endpoint: endpoint) }
        let actual = try get(.lastEndpoint)
        handle.remember(actual)
        return actual
    }

    /// Connects to an endpoint, now or as soon as somebody is there; libzmq connects again whenever the link breaks.
    ///
    /// Names mean IPv4 addresses; an IPv6 address stands in brackets.
    public func connect(_ endpoint: String) throws(ZMQError) {
        // With IPv6 on, libzmq tries a name's IPv6 address alone: `localhost` would never reach 127.0.0.1.
        try set(.ipv6, to: endpoint.hasPrefix("tcp://["))
        if zmq_connect(handle.use(), endpoint) != 0 { throw .last("zmq_connect", endpoint: endpoint) }
        handle.remember(endpoint)
    }

    /// Stops listening at an endpoint as ``bind(_:)`` returned it.
    public func unbind(_ endpoint: String) throws(ZMQError) {
        if zmq_unbind(handle.use(), endpoint) != 0 { throw .last("zmq_unbind", endpoint: endpoint) }
        handle.forget(endpoint)
    }

    /// Ends a connection made with ``connect(_:)``.
    public func disconnect(_ endpoint: String) throws(ZMQError) {
        if zmq_disconnect(handle.use(), endpoint) != 0 { throw .last("zmq_disconnect", endpoint: endpoint) }
        handle.forget(endpoint)
    }

    /// The endpoints this socket is bound or connected to, as one text for people.
    public var endpoints: String { handle.endpoints.joined(separator: ",") }
}

/// The C socket, its owner and its context; a class so that pollers can hold on to it.
final class SocketHandle: @unchecked Sendable {
    // Only the owning thread touches these, so the exclusivity checks of class properties would be pure cost.
    @exclusivity(unchecked) private(set) var pointer: UnsafeMutableRawPointer?
    @exclusivity(unchecked) var owner: pthread_t
    private(set) var endpoints: [String] = []
    let context: Context

    init(_ pointer: UnsafeMutableRawPointer, _ context: Context) {
        self.pointer = pointer
        self.context = context
        owner = pthread_self()
    }

    /// Checks the thread and gives the C socket.
    @inline(__always)
    func use() -> UnsafeMutableRawPointer {
        checkOwner()
        guard let pointer else { fatalError("a closed socket (\(names)) was used") }
        return pointer
    }

    @inline(__always)
    func checkOwner() {
        if pthread_self() != owner { wrongThread() }
    }

    @inline(never)
    private func wrongThread() -> Never {
        fatalError("a socket (\(names)) was used on a thread that does not own it; see adoptByCurrentThread()")
    }

    func close() {
        guard let pointer else { return }
        self.pointer = nil
        zmq_close(pointer)
    }

    func remember(_ endpoint: String) { endpoints.append(endpoint) }

    func forget(_ endpoint: String) {
        if let index = endpoints.firstIndex(of: endpoint) { endpoints.remove(at: index) }
    }

    var names: String { endpoints.isEmpty ? "not connected" : endpoints.joined(separator: ",") }

    @inline(never)
    func lastError(_ call: String) -> ZMQError {
        // The number first: joining the names may allocate and change it.
        let code = ZMQError.Code(rawValue: zmq_errno())
        return ZMQError(code, call: call, endpoint: endpoints.isEmpty ? nil : endpoints.joined(separator: ","))
    }
}

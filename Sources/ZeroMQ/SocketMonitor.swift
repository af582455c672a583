// SocketMonitor: tells what happens to a socket's links.
internal import CZeroMQ
internal import Glibc

/// What happened to one link of a monitored socket.
public struct LinkEvent: Hashable, Sendable, CustomStringConvertible {
    /// What happened.
    public enum Kind: Hashable, Sendable {
        /// The socket is bound.
        case listening
        /// A connection this side asked for is up; the handshake follows.
        case connected
        /// A peer's connection was accepted; the handshake follows.
        case accepted
        /// Accepting failed with an error number; too many open files, as a rule.
        case acceptFailed(CInt)
        /// Nobody answered; tried again after some milliseconds.
        case retrying(milliseconds: Int)
        /// The link is ready for messages.
        case ready
        /// The peer was refused, or refused us, or did not speak our language.
        case handshakeFailed(HandshakeFailure)
        /// The connection ended; before it was ready if there is a failure.
        case disconnected(after: HandshakeFailure?)
        /// The socket does not listen or does not try to connect any more.
        case closed
    }

    /// What happened.
    public let kind: Kind
    /// The endpoint of this socket that it happened to.
    public let endpoint: String
    /// The other side's address and port, if it is TCP and still known.
    public let peer: String?

    /// One line for people.
    public var description: String {
        let place = peer.map { "\(endpoint) with \($0)" } ?? endpoint
        switch kind {
        case .listening: return "\(place): listening"
        case .connected: return "\(place): connected"
        case .accepted: return "\(place): accepted"
        case .acceptFailed(let code): return "\(place): not accepted: \(String(cString: strerror(code)))"
        case .retrying(let milliseconds): return "\(place): nobody there, trying again in \(milliseconds) ms"
        case .ready: return "\(place): ready"
        case .handshakeFailed(let failure): return "\(place): \(failure)"
        case .disconnected(let failure): return "\(place): disconnected" + (failure.map { ", \($0)" } ?? "")
        case .closed: return "\(place): closed"
        }
    }
}

/// Why a link did not become ready.
public enum HandshakeFailure: Hashable, Sendable, CustomStringConvertible {
    /// The ZAP handler of the other or this side said no: 300 for now, 400 for good, 500 for its own failure.
    case refused(status: Int)
    /// One side broke the protocol; the number is one of libzmq's `ZMQ_PROTOCOL_ERROR_…`.
    case brokenProtocol(code: UInt32)
    /// The connection ended during the handshake, with this error number.
    case ended(CInt)

    /// The reason for people.
    public var description: String {
        switch self {
        case .refused(let status): "refused with status \(status)"
        case .brokenProtocol(let code): "handshake failed: \(HandshakeFailure.words(code))"
        case .ended(let code):
            code == 0
                ? "ended during the handshake" : "ended during the handshake: \(String(cString: zmq_strerror(code)))"
        }
    }

    private static func words(_ code: UInt32) -> String {
        switch code {
        case UInt32(ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC): "a key does not fit"
        case UInt32(ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH): "one side is encrypted, the other is not"
        case UInt32(ZMQ_PROTOCOL_ERROR_ZMTP_INVALID_METADATA): "sockets of kinds that do not fit"
        case UInt32(ZMQ_PROTOCOL_ERROR_ZMTP_UNEXPECTED_COMMAND): "an unexpected command"
        case UInt32(ZMQ_PROTOCOL_ERROR_ZMTP_INVALID_SEQUENCE): "commands out of order"
        case 0x2000_0000...0x2FFF_FFFF: "the ZAP handler's answer is malformed (\(String(code, radix: 16)))"
        default: "malformed (\(String(code, radix: 16)))"
        }
    }
}

/// Receives the events of one socket's links.
///
/// Belongs to the thread of the socket, which must keep reading: unread events are kept in memory. Ends before or after
/// the socket. Wait for ``socket`` in a poller, then call ``next(wait:)`` until it gives nil.
public struct SocketMonitor: ~Copyable, Sendable {
    /// Readable when an event is there.
    public let socket: Socket
    private let monitored: SocketHandle
    // libzmq names the other side only by a descriptor, so the names are kept from the beginning of each connection.
    private var peers: [CInt: String] = [:]
    private var failures: [String: HandshakeFailure] = [:]
    private var message = Message()
    /// Whether the socket was closed, or ceased to be monitored: no event comes any more.
    private(set) var isStopped = false
    private var isLent = false

    private static let wanted =
        ZMQ_EVENT_CONNECTED | ZMQ_EVENT_CONNECT_RETRIED | ZMQ_EVENT_LISTENING | ZMQ_EVENT_ACCEPTED
        | ZMQ_EVENT_ACCEPT_FAILED | ZMQ_EVENT_CLOSED | ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_HANDSHAKE_SUCCEEDED
        | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL
        | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH | ZMQ_EVENT_MONITOR_STOPPED

    /// Starts to watch `socket`, which can have one monitor; begin before the first bind or connect to miss nothing.
    public init(_ socket: borrowing Socket) throws(ZMQError) {
        monitored = socket.handle
        let reader = try Socket(.pair, in: monitored.context)
        // A full queue would stop libzmq's I/O thread, and with it every link of the context.
        try reader.set(.receiveLimit, to: 0)
        try reader.set(.linger, to: .zero)
        let endpoint = "inproc://monitor-\(String(randomUInt64(), radix: 16))"
        if zmq_socket_monitor(monitored.use(), endpoint, SocketMonitor.wanted) != 0 {
            throw monitored.lastError("zmq_socket_monitor")
        }
        try reader.connect(endpoint)
        self.socket = reader
    }

    deinit {
        // Without a reader, libzmq's I/O thread would wait for one at the next event: stop the events first.
        if !isLent, let pointer = monitored.pointer { zmq_socket_monitor(pointer, nil, 0) }
    }

    /// Leaves it to the owner of the socket to end the monitor; this one may then move to another thread.
    mutating func lend() -> SocketHandle {
        isLent = true
        return monitored
    }

    /// Gives the next event; nil if there is none, or none any more because the socket was closed.
    public mutating func next(wait: Bool = false) throws(ZMQError) -> LinkEvent? {
        while try socket.receive(into: &message, wait: wait) {
            // The first frame: a number in two bytes and a value in four, in the machine's order.
            guard message.count == 6, message.more else { continue }
            let number = CInt(message.bytes.unsafeLoadUnaligned(as: UInt16.self))
            let value = message.bytes.unsafeLoadUnaligned(fromByteOffset: 2, as: UInt32.self)
            try socket.receive(into: &message, wait: true)
            let endpoint = message.withBytes { span in
                span.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
            }
            if number == ZMQ_EVENT_MONITOR_STOPPED {
                isStopped = true
                return nil
            }
            if let event = event(number, value, endpoint) { return event }
        }
        return nil
    }

    private mutating func event(_ number: CInt, _ value: UInt32, _ endpoint: String) -> LinkEvent? {
        let signed = CInt(truncatingIfNeeded: value)
        var peer: String?
        let kind: LinkEvent.Kind
        switch number {
        case ZMQ_EVENT_LISTENING: kind = .listening
        case ZMQ_EVENT_CONNECTED, ZMQ_EVENT_ACCEPTED:
            peer = peerName(of: signed)
            peers[signed] = peer
            kind = number == ZMQ_EVENT_ACCEPTED ? .accepted : .connected
        case ZMQ_EVENT_ACCEPT_FAILED: kind = .acceptFailed(signed)
        case ZMQ_EVENT_CONNECT_RETRIED: kind = .retrying(milliseconds: Int(value))
        case ZMQ_EVENT_HANDSHAKE_SUCCEEDED: kind = .ready
        case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL: kind = failed(.ended(signed), endpoint)
        case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL: kind = failed(.brokenProtocol(code: value), endpoint)
        // The connection ends later, with a failure of its own: after status 300 when the handshake takes too long.
        case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH: kind = .handshakeFailed(.refused(status: Int(value)))
        case ZMQ_EVENT_DISCONNECTED:
            peer = peers.removeValue(forKey: signed)
            // libzmq ends a connection right after its handshake failed, so the next end at the endpoint is that one.
            kind = .disconnected(after: failures.removeValue(forKey: endpoint))
        case ZMQ_EVENT_CLOSED: kind = .closed
        default: return nil
        }
        return LinkEvent(kind: kind, endpoint: endpoint, peer: peer)
    }

    private mutating func failed(_ failure: HandshakeFailure, _ endpoint: String) -> LinkEvent.Kind {
        failures[endpoint] = failure
        return .handshakeFailed(failure)
    }
}

/// The other side's numeric address and port; nil if it is gone or not TCP.
private func peerName(of fileDescriptor: CInt) -> String? {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    var host = [CChar](repeating: 0, count: 64)
    var port = [CChar](repeating: 0, count: 8)
    let result = withUnsafeMutablePointer(to: &storage) { storage in
        storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
            if getpeername(fileDescriptor, address, &length) != 0 { return CInt(-1) }
            guard address.pointee.sa_family == AF_INET || address.pointee.sa_family == AF_INET6 else { return CInt(-1) }
            return getnameinfo(
                address, length, &host, socklen_t(host.count), &port, socklen_t(port.count),
                NI_NUMERICHOST | NI_NUMERICSERV)
        }
    }
    guard result == 0 else { return nil }
    let (full, service) = (text(host), text(port))
    // A socket for both kinds of addresses shows those of IPv4 in this form.
    let name = full.hasPrefix("::ffff:") && full.contains(".") ? String(full.dropFirst(7)) : full
    return name.contains(":") ? "[\(name)]:\(service)" : "\(name):\(service)"
}

private func text(_ characters: [CChar]) -> String {
    String(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

// ZMQError: what libzmq or the system refused, in which call, at which endpoint.
internal import CZeroMQ
internal import Glibc

/// The failure of one C call: its error number, its name and the endpoint it was about.
///
/// Compare by code: `error.code == .addressInUse`, `catch ZMQError.Code.addressInUse`. An error never holds payload.
public struct ZMQError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Names the reason: an `errno` value, or one of libzmq's own above 156384712.
    public struct Code: RawRepresentable, Hashable, Sendable {
        /// The number as C knows it.
        public let rawValue: CInt
        /// Wraps a number that C reported.
        public init(rawValue: CInt) { self.rawValue = rawValue }
    }

    /// The reason.
    public let code: Code
    /// The C function that failed; with the option's name if it set one.
    public let call: String
    /// The endpoint of the call, or those of the socket; nil when there is none yet.
    public let endpoint: String?

    /// Describes a failure of `call`.
    public init(_ code: Code, call: String, endpoint: String? = nil) {
        self.code = code
        self.call = call
        self.endpoint = endpoint
    }

    /// Takes the error number that the calling thread's last C call left.
    static func last(_ call: String, endpoint: String? = nil) -> ZMQError {
        ZMQError(Code(rawValue: zmq_errno()), call: call, endpoint: endpoint)
    }

    /// The reason in words, behind the call and the endpoint.
    public var description: String {
        let reason = String(cString: zmq_strerror(code.rawValue))
        guard let endpoint, !endpoint.isEmpty else { return "\(call): \(reason)" }
        return "\(call) (\(endpoint)): \(reason)"
    }
}

extension ZMQError.Code {
    /// It would have to wait (`EAGAIN`).
    public static let again = Self(rawValue: EAGAIN)
    /// A signal came (`EINTR`).
    public static let interrupted = Self(rawValue: EINTR)
    /// Somebody else is bound there (`EADDRINUSE`).
    public static let addressInUse = Self(rawValue: EADDRINUSE)
    /// This machine has no such address (`EADDRNOTAVAIL`).
    public static let addressNotAvailable = Self(rawValue: EADDRNOTAVAIL)
    /// No such interface or device (`ENODEV`).
    public static let noDevice = Self(rawValue: ENODEV)
    /// Not bound or connected there (`ENOENT`).
    public static let notFound = Self(rawValue: ENOENT)
    /// The endpoint or value is malformed (`EINVAL`).
    public static let invalid = Self(rawValue: EINVAL)
    /// libzmq does not know the transport (`EPROTONOSUPPORT`).
    public static let unknownTransport = Self(rawValue: EPROTONOSUPPORT)
    /// The socket's kind cannot do this (`ENOTSUP`).
    public static let notSupported = Self(rawValue: ENOTSUP)
    /// The peer cannot be reached (`EHOSTUNREACH`).
    public static let hostUnreachable = Self(rawValue: EHOSTUNREACH)
    /// The limit of sockets or files is reached (`EMFILE`).
    public static let tooMany = Self(rawValue: EMFILE)
    /// The context was shut down (`ETERM`).
    public static let terminated = Self(rawValue: 156_384_712 + 53)
    /// The socket is in the wrong state for this (`EFSM`).
    public static let wrongState = Self(rawValue: 156_384_712 + 51)

    /// Matches an error by its code.
    public static func ~= (code: ZMQError.Code, error: any Error) -> Bool {
        (error as? ZMQError)?.code == code
    }
}

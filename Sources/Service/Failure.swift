// How a program ends, and why.

/// How a program ends, as its parent sees it.
public enum ExitStatus: CInt, Sendable {
    /// It did what it was asked to.
    case done = 0
    /// It failed at run time.
    case failed = 1
    /// It was called wrongly. The number is EX_USAGE of sysexits.h.
    case usage = 64
    /// Its configuration is wrong. The number is EX_CONFIG of sysexits.h.
    case configuration = 78
}

/// Why a program ends before its work is done: what to tell people, and its exit status.
public struct Failure: Error, Equatable, CustomStringConvertible {
    /// The exit status that fits.
    public var status: ExitStatus
    /// What is wrong, one thing a line.
    public var messages: [String]

    /// Creates a failure with an exit status of its own.
    public init(_ status: ExitStatus, _ messages: [String]) {
        self.status = status
        self.messages = messages
    }

    /// The program was called wrongly: status 64.
    public static func usage(_ message: String) -> Failure { Failure(.usage, [message]) }
    /// The configuration is wrong: status 78.
    public static func configuration(_ message: String) -> Failure { Failure(.configuration, [message]) }
    /// Something failed at run time: status 1.
    public static func failed(_ message: String) -> Failure { Failure(.failed, [message]) }
    /// The system refused `call`, with the present `errno`: status 1.
    public static func system(_ call: String, _ code: CInt = systemError) -> Failure {
        Failure(.failed, ["\(call): \(systemErrorText(code))"])
    }

    /// All messages, one a line.
    public var description: String { messages.joined(separator: "\n") }
}

// What can keep the live view from starting.

/// Says what the live view could not do, and why.
public struct LiveError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was tried: "listen on 127.0.0.1:8080".
    public let operation: String
    /// Why it did not work.
    public let reason: String

    init(_ operation: String, _ reason: String) {
        self.operation = operation
        self.reason = reason
    }

    /// One line for people.
    public var description: String { "cannot \(operation): \(reason)" }
}

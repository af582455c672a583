// The limits of the sending end, each with its reason.

extension Limits {
    /// Payloads below this are copied into their message: that costs less than a buffer of their own.
    public static let copiedPayloadBytes = 4 << 10

    /// Documents above this share ``largeDocumentsBytes``.
    public static let largeDocumentBytes = 256 << 10

    /// Bytes of large documents that may wait in one source.
    public static let largeDocumentsBytes = 64 << 20

    /// Bytes of full batches that may wait in one source before events are refused.
    public static let queueBytes = 32 << 20

    /// How long batches may grow while the publisher is busy, in nanoseconds.
    ///
    /// Alone, an event never waits.
    static let lingerInterval: UInt64 = 250_000

    /// Events a round must have sent for the next one to wait for fuller batches.
    static let lingerEvents = 8
}

extension SendCounts {
    /// How many events were handed to the socket.
    public var sent: UInt64 { next }

    /// Adds each count of `other`.
    public mutating func add(_ other: SendCounts) {
        next &+= other.next
        emitted &+= other.emitted
        unwanted &+= other.unwanted
        refused &+= other.refused
        queued &+= other.queued
    }
}

// What became of the events that a sink received.

/// What became of the events that a sink received on a topic, or on all.
///
/// Each event has exactly one fate: `received = stored + duplicate + filtered + dropped + failed + queued`.
public struct SinkCounts: Hashable, Sendable {
    /// All events handed to the sink.
    public var received: UInt64 = 0
    /// Written.
    public var stored: UInt64 = 0
    /// Known already, so not written again.
    public var duplicate: UInt64 = 0
    /// Not wanted by the sink's own query.
    public var filtered: UInt64 = 0
    /// The sink's own queue was full.
    public var dropped: UInt64 = 0
    /// Could not be written.
    public var failed: UInt64 = 0
    /// Waiting to be written.
    public var queued: UInt64 = 0

    /// Creates counts of zero.
    public init() {}

    /// Adds each count of `other`.
    public mutating func add(_ other: SinkCounts) {
        received += other.received
        stored += other.stored
        duplicate += other.duplicate
        filtered += other.filtered
        dropped += other.dropped
        failed += other.failed
        queued += other.queued
    }

    /// Gives events that were waiting their fate.
    public mutating func settle(_ events: Int, as fate: WritableKeyPath<SinkCounts, UInt64>) {
        queued -= UInt64(events)
        self[keyPath: fate] += UInt64(events)
    }

    /// Whether the fates add up to what was received.
    public var balances: Bool { received == stored + duplicate + filtered + dropped + failed + queued }
}

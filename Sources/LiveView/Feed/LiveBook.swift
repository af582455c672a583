// A row of the books as the page shows it.

/// What became of the events of one origin on one topic, on their last hop to here.
public struct LiveBook: Hashable, Sendable {
    /// The origin, as a beat or a stamp tells it.
    public var origin: UInt64
    /// The name of the program that is the origin, if a beat told it.
    public var name: String
    /// The topic.
    public var topic: String
    /// Events that came.
    public var received: UInt64
    /// Events that went missing between two stamps.
    public var lost: UInt64
    /// Events that came damaged.
    public var malformed: UInt64
    /// Events that were not sent because nobody here was connected.
    public var absent: UInt64
    /// Events of which nothing can be known.
    public var unknown: UInt64

    /// How long the origin has not been heard: `alive`, `silent`, `gone` or `closed`.
    public var state: String

    /// Takes the numbers of a ledger's row.
    public init(
        origin: UInt64, name: String, topic: String, received: UInt64 = 0, lost: UInt64 = 0, malformed: UInt64 = 0,
        absent: UInt64 = 0, unknown: UInt64 = 0, state: String = "alive"
    ) {
        self.origin = origin
        self.name = name
        self.topic = topic
        self.received = received
        self.lost = lost
        self.malformed = malformed
        self.absent = absent
        self.unknown = unknown
        self.state = state
    }

    var missing: UInt64 { lost &+ malformed }
}

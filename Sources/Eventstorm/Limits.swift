// The limits of the wire, each with its reason.

/// The limits that every part of Eventstorm keeps to.
///
/// Going beyond one of them is an error that names it, or a counter where data is lost by design.
public enum Limits {
    /// Bytes of a topic's name: fits a file name and a length byte.
    public static let topicBytes = 255

    /// Bytes of a payload, and so of a single document.
    public static let payloadBytes = 8 << 20

    /// Bytes at which a batch is closed: beyond that a message gains nothing from growing, but its receivers wait
    /// longer.
    public static let batchBytes = 64 << 10

    /// Documents in one message: what the stamp's 16-bit `count` holds.
    public static let documentsPerMessage = 65_535

    /// Topics of one origin: bounds its beats, and what a program that puts user data into topics can cost its
    /// receivers.
    public static let topicsPerOrigin = 4_096

    /// Bytes of an inbound message on a publisher's socket: subscriptions are all that it should receive.
    public static let subscriptionBytes = 512

    /// Subscriptions a publisher keeps: bounds its memory under a flood of them.
    public static let subscriptionsPerPublisher = 65_536

    /// Bytes of an inbound frame on a subscriber's socket: a payload and room for a frame's own data.
    public static let subscriberFrameBytes = payloadBytes + 64

    /// Nesting depth of a BSON document.
    public static let documentDepth = 100

    /// Routers an event may pass, what the stamp's four bits hold: one that would pass more of them goes in a circle.
    public static let hops: UInt8 = 15

    /// Routers a router's beat names as those that its events came through.
    public static let viaRouters = 64

    /// Origins a ledger keeps: beyond, the one silent for longest makes room.
    public static let ledgerOrigins = 1_024

    /// Rows, that is (origin, topic) pairs, a ledger keeps: beyond, the one silent for longest makes room.
    public static let ledgerRows = 10_000

    /// Gaps a ledger's row remembers, so that documents arriving late are told from repeated ones.
    public static let gapsPerRow = 64

    /// Documents a sequence may jump ahead before it is taken for a `reset` instead of a loss.
    public static let sequenceJump: UInt64 = 1 << 32

    /// The highest value of `sequence + count`: beats carry it as a signed 64-bit integer.
    public static let sequenceEnd = UInt64(Int64.max)

    /// Bytes at which a beat is split into several documents: with it a beat stays small beside the events.
    public static let beatBytes = 64 << 10

    /// Answers to fences a publisher gives in a second: bounds what a flood of subscriptions can make it send.
    public static let fencesPerSecond = 100

    /// Nanoseconds between two beats.
    public static let beatInterval: UInt64 = 1_000_000_000

    /// Nanoseconds between two full beats.
    public static let fullBeatInterval: UInt64 = 60_000_000_000

    /// Nanoseconds for which a changed row is listed by the beats that are not full: a beat may be lost.
    public static let beatMemory: UInt64 = 5_000_000_000

    /// Nanoseconds without a beat after which an origin counts as silent.
    public static let silentAfter: UInt64 = 3_000_000_000

    /// Nanoseconds without a beat after which an origin counts as gone.
    public static let goneAfter: UInt64 = 10_000_000_000
}

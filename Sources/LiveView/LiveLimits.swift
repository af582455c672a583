// The limits of the live view, each with its reason.

/// Every bound that keeps the live server small, whatever clients and events do.
public enum LiveLimits {
    /// Clients at most: beyond, the upgrade is answered with 503.
    public static let clients = 256
    /// Connections at most: the clients, and some that fetch the page meanwhile.
    public static let connections = clients + 64
    /// Bytes of one message of a client: 64 watched fields with long names fit several times.
    public static let clientMessageBytes = 16 << 10
    /// Messages of one client in a second, on average over ten: a person clicks slower.
    public static let clientMessagesPerSecond = 20
    /// Bytes of all headers of a request: what nginx takes by default.
    public static let requestHeaderBytes = 8 << 10
    /// Topics counted each for itself; the events of the others are counted together.
    public static let topics = 1_000
    /// Topics beyond those that are told apart when they are counted.
    public static let otherTopics = 10_000
    /// Fields that one client watches.
    public static let fieldsPerClient = 64
    /// Different fields watched by all clients: each costs a look-up in every event of its topic.
    public static let fields = 512
    /// Bytes of a dotted path to a field.
    public static let fieldPathBytes = 256
    /// Events kept per topic and tick for the tails.
    public static let samplesPerTopic = 8
    /// Events in one message to a tail: four times that many a second is more than anyone reads.
    public static let tailEvents = 24
    /// Bytes of an event that a tail shows; of a larger one it shows the size.
    public static let tailEventBytes = 16 << 10
    /// Bytes of JSON in one message to a tail after which no further event is added.
    public static let tailBytes = 256 << 10
    /// Bytes kept for the tails between two ticks.
    public static let sampleBytes = 1 << 20
    /// Rows of the books in one message, those with most losses first.
    public static let bookRows = 200
    /// Milliseconds between two messages to a client.
    public static let tickMilliseconds = 250
}

/// How long the server waits for those who do not speak.
struct Patience: Sendable {
    /// Seconds without a sign of life after which a client is asked for one.
    var ping: UInt16 = 20
    /// Seconds without a sign of life after which a client is dropped.
    var silence: UInt16 = 30
    /// Seconds in which a request must be complete, and in which the next one must begin.
    var request: UInt32 = 10
}

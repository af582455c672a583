// The limits of the live view, each with its reason.

/// Every bound that keeps the live server small, whatever clients and events do.
public enum LiveLimits {
    /// Connections besides those of clients: some fetch the page meanwhile.
    public static let otherConnections = 64
    /// Bytes of one message of a client: a watch with a long query fits.
    public static let clientMessageBytes = 20 << 10
    /// Messages of one client in a second, on average over ten: a person clicks slower.
    public static let clientMessagesPerSecond = 20
    /// Bytes of all headers of a request: what nginx takes by default.
    public static let requestHeaderBytes = 8 << 10
    /// Topics counted each for itself.
    public static let topics = 1_000
    /// Bytes of the name that a client gives to a watch.
    public static let nameBytes = 64
    /// Bytes of buckets in one message about a watch: what is older comes in further ones.
    public static let partBytes = 64 << 10
    /// Ticks whose changes are kept: a client that was not sent any for longer begins anew.
    public static let keptTicks = 40
    /// Events kept per topic and tick for the tails.
    public static let samplesPerTopic = 8
    /// Topics of which a tail keeps events between two ticks.
    public static let sampleTopics = 64
    /// Events on which a tail's query may fail between two ticks.
    public static let tailFailures = 20
    /// Events in one message to a tail: four times that many a second is more than anyone reads.
    public static let tailEvents = 24
    /// Bytes of an event that a tail shows; of a larger one it shows the size.
    public static let tailEventBytes = 16 << 10
    /// Bytes of JSON in one message to a tail after which no further event is added.
    public static let tailBytes = 256 << 10
    /// Bytes kept for a tail between two ticks.
    public static let sampleBytes = 512 << 10
    /// Different tails of all clients.
    public static let tails = 64
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

// The emitting end that programs embed.
import Glibc
import Synchronization
public import ZeroMQ

/// Emits events to whoever subscribes.
///
///     let source = try Source("shop", to: Endpoint.list("tcp://127.0.0.1:5570", usual: .connect))
///     let orders = try source.topic("shop.order")
///     orders.emit { $0["total"] = 129.9 }
///
/// A source never waits for the network and never fails because of it, unless it is opened ``Pacing/paced(wait:)``. Its
/// only thread sends batches, answers subscribers and tells once a second what became of the events.
public final class Source: Sendable {
    /// What the source is called in beats and books; a restarted program keeps its name.
    public let name: String
    /// A random number, new for each opened source.
    public var origin: UInt64 { core.origin }
    /// The endpoints that were bound, with the port the system chose for `*`.
    public var bound: [String] { core.bound }

    private let core: SourceCore

    /// Whether emit may wait.
    public enum Pacing: Sendable, Hashable {
        /// Never: an event that finds the queue full is refused.
        case never
        /// While the queue is full, at most `wait` per stall; then the source goes on without waiting until it has
        /// caught up. For input that can wait, such as files.
        case paced(wait: Duration)
    }

    /// Opens a source.
    ///
    /// - Parameters:
    ///   - name: What the source is called in beats and books.
    ///   - endpoints: Where to connect or bind; at least one.
    ///   - role: What the program is, in beats.
    ///   - pacing: Whether emit may wait.
    ///   - queueBytes: Bytes of full batches that may wait; beyond, events are refused or emit waits.
    ///   - context: A context to share; needed for `inproc:` endpoints.
    ///   - describe: Adds to this source's status, once a second, what the program received and did with it. Runs on
    ///     the source's thread.
    /// - Throws: The error of the first endpoint that fails.
    public init(
        _ name: String, to endpoints: [Endpoint], role: Role = .source, pacing: Pacing = .never,
        queueBytes: Int = Limits.queueBytes, context: Context? = nil,
        describe: (@Sendable (inout StatusDocument) -> Void)? = nil
    ) throws(ZMQError) {
        precondition(!endpoints.isEmpty, "a source needs an endpoint")
        self.name = name
        let context = if let context { context } else { try Context() }
        core = try SourceCore(
            identity: ProcessIdentity(role: role, name: name), endpoints: endpoints, pacing: pacing,
            queueBytes: queueBytes,
            context: context, describe: describe)
    }

    deinit { core.close(within: .zero) }

    /// Opens a topic.
    ///
    /// Opening the same topic again returns the same object.
    ///
    /// - Parameters:
    ///   - name: Such as `shop.order`.
    ///   - filling: What the library writes in front of events that come without it.
    /// - Throws: ``TopicError`` if the name is no topic or the source has ``Limits/topicsPerOrigin`` already.
    public func topic(_ name: String, filling: Filling = .all) throws(TopicError) -> OpenTopic {
        let topic = try Topic(name)
        if topic.isReserved { throw TopicError(text: name, fault: .reserved) }
        return try core.open(topic, filling: filling)
    }

    /// Opens a topic that belongs to the library, for Eventstorm's own programs.
    package func reservedTopic(_ topic: Topic) throws(TopicError) -> OpenTopic {
        precondition(topic.isReserved, "\(topic) is not reserved")
        return try core.open(topic, filling: .all)
    }

    /// Waits until a subscriber is there and all its subscriptions are known.
    ///
    /// - Returns: False if there was none within that time.
    public func ready(within time: Duration) -> Bool { core.wait(within: time) { $0.isReady } }

    /// Waits until somebody wants the topic.
    ///
    /// - Returns: False if nobody did within that time.
    public func waitUntilWanted(_ topic: OpenTopic, within time: Duration) -> Bool {
        core.wait(within: time) { _ in topic.wanted }
    }

    /// Waits until everything emitted so far has been handed to the socket.
    ///
    /// - Returns: False if it took longer.
    public func flush(within time: Duration) -> Bool { core.flush(within: time) }

    /// Sends what waits, says good-bye in a last beat, and closes.
    ///
    /// - Parameter time: How long to wait for slow peers. What is still queued then is counted as refused.
    /// - Returns: True if everything was handed over.
    @discardableResult
    public func close(within time: Duration = .seconds(1)) -> Bool { core.close(within: time) }

    /// How many Eventstorm subscribers are connected.
    public var subscriberCount: Int { core.subscriberCount }

    /// Stalls after which this paced source went on without waiting.
    public var stalls: Int { core.stalls }

    /// What became of the events of all topics.
    public var counts: SendCounts { core.counts }
}

// What the tests of this module share: two sockets over TCP, and waiting for what happens.
import Testing
import ZeroMQ

extension Message {
    /// A copy of the bytes, to compare.
    borrowing func array() -> [UInt8] { withBytes { span in span.withUnsafeBytes { Array($0) } } }

    /// Where the bytes are.
    borrowing func address() -> UInt {
        withBytes { span in span.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) } }
    }
}

extension Socket {
    /// Sends one message of several frames.
    func send(frames: [[UInt8]], wait: Bool = false) throws -> Bool {
        for (index, frame) in frames.enumerated() {
            if try !send(copying: frame, more: index < frames.count - 1, wait: wait) { return false }
        }
        return true
    }

    /// Receives one message while `other`, of the same thread, does its part.
    ///
    /// A subscriber sends its subscriptions to a new peer, and lets go of an old one, only when its own thread looks at
    /// it; so both are waited for.
    func receiveFrames(lettingRun other: borrowing Socket) throws -> [[UInt8]]? {
        var poller = Poller()
        let place = poller.add(self)
        poller.add(other)
        while try poller.wait(.seconds(10)) > 0 {
            if poller.isReady(place) { return try receiveFrames(within: .zero) }
        }
        return nil
    }

    /// Receives one message of several frames; nil if none comes in time.
    func receiveFrames(within time: Duration = .seconds(10)) throws -> [[UInt8]]? {
        var poller = Poller()
        poller.add(self)
        guard try poller.wait(time) > 0 else { return nil }
        var message = Message()
        var frames: [[UInt8]] = []
        repeat {
            guard try receive(into: &message, wait: false) else { return frames.isEmpty ? nil : frames }
            frames.append(message.array())
        } while message.more
        return frames
    }
}

/// A publisher and a subscriber that are connected; the subscriber wants everything.
struct Link: ~Copyable {
    let context: Context
    let publisher: Socket
    let subscriber: Socket
    let endpoint: String

    /// Returns once the publisher knows the subscription.
    init(
        publisherConnects: Bool = false, interest: Socket.Interest = .automatic,
        publisherOptions: LinkOptions = LinkOptions(), subscriberOptions: LinkOptions = LinkOptions()
    ) throws {
        // Names of their own: an initializer that throws cannot leave half of a noncopyable value behind.
        let context = try Context()
        let publisher = try Socket.linkPublisher(in: context, interest: interest, options: publisherOptions)
        let subscriber = try Socket.linkSubscriber(in: context, options: subscriberOptions)
        try subscriber.subscribe([])
        let bound = try publisherConnects ? subscriber.bind("tcp://127.0.0.1:*") : publisher.bind("tcp://127.0.0.1:*")
        if publisherConnects { try publisher.connect(bound) } else { try subscriber.connect(bound) }
        let subscription = try publisher.receiveFrames(lettingRun: subscriber)
        #expect(subscription == [[1]])
        self.context = context
        self.publisher = publisher
        self.subscriber = subscriber
        endpoint = bound
    }
}

extension SocketMonitor {
    /// Waits for an event that `isIt` accepts; nil if nothing comes for so long.
    mutating func first(
        within time: Duration = .seconds(10), where isIt: (LinkEvent) -> Bool
    ) throws -> LinkEvent? {
        var poller = Poller()
        poller.add(socket)
        while try poller.wait(time) > 0 {
            while let event = try next() {
                if isIt(event) { return event }
            }
        }
        return nil
    }
}

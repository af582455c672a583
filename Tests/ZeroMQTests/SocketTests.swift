// Socket: sending, receiving, subscriptions and who may use it.
import Testing
import ZeroMQ

@Suite("Sockets", .timeLimit(.minutes(1)))
struct SocketTests {
    @Test("a published message arrives whole, and surplus frames are discarded", arguments: [false, true])
    func roundTrip(publisherConnects: Bool) throws {
        let link = try Link(publisherConnects: publisherConnects)
        #expect(try link.publisher.send(frames: [[1, 2], [UInt8](repeating: 7, count: 100), [9], [10]]))

        var envelope = Message()
        var payload = Message()
        try link.subscriber.receive(into: &envelope)
        #expect(envelope.array() == [1, 2] && envelope.more)
        try link.subscriber.receive(into: &payload)
        #expect(payload.array() == [UInt8](repeating: 7, count: 100))
        #expect(try link.subscriber.discardRest(after: &payload) == 2)
        #expect(try !link.subscriber.receive(into: &payload, wait: false))
    }

    @Test("a sent message is empty and can be filled again")
    func reuse() throws {
        let link = try Link()
        var message = Message(copying: [1, 2, 3])
        for round in 0..<3 {
            try link.publisher.send(&message)
            #expect(message.count == 0)
            message.replace(copying: [UInt8](repeating: UInt8(round), count: 50).span.bytes)
        }
        #expect(try link.subscriber.receiveFrames() == [[1, 2, 3]])
        #expect(try link.subscriber.receiveFrames() == [[UInt8](repeating: 0, count: 50)])
        #expect(try link.subscriber.receiveFrames() == [[UInt8](repeating: 1, count: 50)])
    }

    @Test("only what was subscribed to comes, until it is unsubscribed")
    func subscriptions() throws {
        let link = try Link()
        try link.subscriber.unsubscribe([])
        try link.subscriber.subscribe(Array("b".utf8))
        #expect(try link.publisher.receiveFrames() == [[0]])
        #expect(try link.publisher.receiveFrames() == [Array("\u{1}b".utf8)])
        for text in ["a1", "b1", "a2", "b2"] { try link.publisher.send(copying: Array(text.utf8)) }
        #expect(try link.subscriber.receiveFrames() == [Array("b1".utf8)])
        #expect(try link.subscriber.receiveFrames() == [Array("b2".utf8)])
    }

    @Test("a manual publisher sends only what it accepted, to whom it accepted it for")
    func manual() throws {
        let link = try Link(interest: .manual)
        try link.publisher.send(copying: Array("before".utf8))
        try link.subscriber.subscribe(Array("a".utf8))
        #expect(try link.publisher.receiveFrames() == [Array("\u{1}a".utf8)])
        try link.publisher.acceptSubscription(Array("a.public".utf8).span.bytes)
        for text in ["a.secret", "a.public", "b"] { try link.publisher.send(copying: Array(text.utf8)) }
        #expect(try link.subscriber.receiveFrames() == [Array("a.public".utf8)])

        try link.subscriber.unsubscribe(Array("a".utf8))
        #expect(try link.publisher.receiveFrames() == [Array("\u{0}a".utf8)])
        try link.publisher.acceptUnsubscription(Array("a.public".utf8).span.bytes)
        try link.publisher.send(copying: Array("a.public".utf8))
        #expect(try link.subscriber.receiveFrames(within: .milliseconds(200)) == nil)
    }

    @Test("a manual publisher reports the end of each peer's interest, also of what others still want")
    func manualEnds() throws {
        let link = try Link(interest: .manual)
        try link.publisher.acceptSubscription([UInt8]().span.bytes)
        let other = try Socket.linkSubscriber(in: link.context)
        try other.subscribe([])
        try other.connect(link.endpoint)
        #expect(try link.publisher.receiveFrames() == [[1]])
        try link.publisher.acceptSubscription([UInt8]().span.bytes)
        other.close()
        #expect(try link.publisher.receiveFrames() == [[0]])
        try link.publisher.send(copying: [5])
        #expect(try link.subscriber.receiveFrames() == [[5]])
    }

    @Test("an automatic publisher reports each subscription, and the end only when nobody is left")
    func automaticEnds() throws {
        let link = try Link()
        let other = try Socket.linkSubscriber(in: link.context)
        try other.subscribe([])
        try other.subscribe([0xFF, 1])
        try other.connect(link.endpoint)
        #expect(try link.publisher.receiveFrames() == [[1]])
        #expect(try link.publisher.receiveFrames() == [[1, 0xFF, 1]])
        other.close()
        #expect(try link.publisher.receiveFrames() == [[0, 0xFF, 1]])
        link.subscriber.close()
        #expect(try link.publisher.receiveFrames() == [[0]])
    }

    @Test("a full pair socket refuses without waiting and leaves the message whole")
    func refused() throws {
        let context = try Context()
        let one = try Socket(.pair, in: context)
        try one.set(.sendLimit, to: 1)
        let endpoint = try one.bind("inproc://refused")
        let other = try Socket(.pair, in: context)
        try other.set(.receiveLimit, to: 1)
        try other.connect(endpoint)
        var message = Message(copying: [UInt8](repeating: 5, count: 40))
        var sent = 0
        while try one.send(&message, wait: false) {
            sent += 1
            message.replace(copying: [UInt8](repeating: 5, count: 40).span.bytes)
        }
        #expect(sent == 2)
        #expect(message.array() == [UInt8](repeating: 5, count: 40))
        let back = try one.send(consuming: message, wait: false)
        let count = back?.count
        #expect(count == 40)
    }

    @Test("a socket handed over to a thread works there, and closes there")
    func handedOver() throws {
        let context = try Context()
        let one = try Socket(.pair, in: context)
        let endpoint = try one.bind("inproc://handed-over")
        let other = try Socket(.pair, in: context)
        try other.connect(endpoint)
        let thread = try OSThread(name: "test", handing: other) { socket in
            socket.adoptByCurrentThread()
            _ = try? socket.send(copying: [1, 2, 3])
            socket.close()
        }
        #expect(try one.receiveFrames() == [[1, 2, 3]])
        thread.join()
    }

    @Test("use on a thread that does not own the socket ends the process with a clear text")
    func wrongThread() async {
        let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
            let context = try Context()
            let socket = try Socket(.pair, in: context)
            let thread = try OSThread(name: "wrong", handing: socket) { socket in
                _ = try? socket.send(copying: [1], wait: false)
            }
            thread.join()
        }
        let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
        #expect(text.contains("on a thread that does not own it"))
    }

    @Test("a poller that still waits for a closed socket ends the process with a clear text")
    func closedInPoller() async {
        let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
            let context = try Context()
            var poller = Poller()
            let socket = try Socket(.pair, in: context)
            poller.add(socket)
            socket.close()
            try poller.wait(.zero)
        }
        let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
        #expect(text.contains("a closed socket"))
    }

    @Test("a shut down context ends waiting calls")
    func shutdown() throws {
        let context = try Context()
        let socket = try Socket(.pair, in: context)
        let thread = try OSThread(name: "waits", handing: socket) { socket in
            socket.adoptByCurrentThread()
            var message = Message()
            let error = #expect(throws: ZMQError.self) { try socket.receive(into: &message) }
            #expect(error?.code == .terminated)
        }
        context.shutdown()
        thread.join()
    }
}

@Suite("Endpoints", .timeLimit(.minutes(1)))
struct EndpointTests {
    @Test(
        "a link works over every kind of address",
        arguments: [
            ("tcp://127.0.0.1:*", "tcp://127.0.0.1:"), ("tcp://127.0.0.1:*", "tcp://localhost:"),
            ("tcp://*:*", "tcp://127.0.0.1:"), ("tcp://*:*", "tcp://[::1]:"), ("tcp://[::1]:*", "tcp://[::1]:"),
        ])
    func addresses(_ bound: String, _ connected: String) throws {
        let context = try Context()
        let publisher = try Socket.linkPublisher(in: context)
        let subscriber = try Socket.linkSubscriber(in: context)
        let endpoint = try publisher.bind(bound)
        let port = try #require(endpoint.split(separator: ":").last)
        try subscriber.connect(connected + port)
        try subscriber.subscribe([7])
        #expect(try publisher.receiveFrames() == [[1, 7]])
        #expect(publisher.endpoints == endpoint && subscriber.endpoints == connected + port)
        try publisher.unbind(endpoint)
        #expect(publisher.endpoints == "")
    }

    @Test("what was bound or connected can be taken back, once")
    func takenBack() throws {
        let link = try Link()
        try link.subscriber.disconnect(link.endpoint)
        #expect(try link.publisher.receiveFrames(lettingRun: link.subscriber) == [[0]])
        let error = #expect(throws: ZMQError.self) { try link.subscriber.disconnect(link.endpoint) }
        #expect(error?.code == .notFound)
        try link.subscriber.connect(link.endpoint)
        #expect(try link.publisher.receiveFrames(lettingRun: link.subscriber) == [[1]])
    }
}

@Suite("Errors", .timeLimit(.minutes(1)))
struct ZMQErrorTests {
    @Test("an error names the call, the endpoint and the reason")
    func addressInUse() throws {
        let context = try Context()
        let one = try Socket(.publisher, in: context)
        let endpoint = try one.bind("tcp://127.0.0.1:*")
        let other = try Socket(.publisher, in: context)
        let error = #expect(throws: ZMQError.self) { try other.bind(endpoint) }
        #expect(error?.code == .addressInUse)
        #expect(error?.description == "zmq_bind (\(endpoint)): Address already in use")
    }

    @Test(
        "a bad endpoint is refused by its reason",
        arguments: [
            ("", ZMQError.Code.invalid), ("tcp://", .invalid), ("tcp://127.0.0.1", .invalid), ("nonsense", .invalid),
            ("tcp://127.0.0.1:port", .invalid), ("xyz://a", .unknownTransport),
        ])
    func badEndpoint(_ endpoint: String, _ code: ZMQError.Code) throws {
        let context = try Context()
        let socket = try Socket(.subscriber, in: context)
        let error = #expect(throws: ZMQError.self) { try socket.connect(endpoint) }
        #expect(error?.code == code && error?.endpoint == endpoint)
    }

    @Test("an option's error names the option, and options read back as set")
    func options() throws {
        let context = try Context()
        let socket = try Socket.linkSubscriber(in: context)
        #expect(try socket.get(.maximumFrame) == 8 << 20 + 64)
        #expect(try socket.get(.linger) == .seconds(1))
        #expect(try socket.get(.sendLimit) == 512)
        try socket.set(.linger, to: .microseconds(1))
        #expect(try socket.get(.linger) == .milliseconds(1))
        let error = #expect(throws: ZMQError.self) { try socket.set(.noDrop, to: true) }
        #expect(error?.description == "zmq_setsockopt(ZMQ_XPUB_NODROP): Invalid argument")
    }
}

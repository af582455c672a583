// Links: what the options do when peers misbehave, die or are slow.
import Testing
import ZeroMQ

@Suite("Links", .timeLimit(.minutes(1)))
struct LinkTests {
    @Test("a frame above the limit ends the sender's connection, and the others stay")
    func maximumFrame() throws {
        let link = try Link()
        var monitor = try SocketMonitor(link.publisher)
        let flooder = try Socket.linkSubscriber(in: link.context)
        try flooder.connect(link.endpoint)
        #expect(try monitor.first { $0.kind == .ready } != nil)
        try flooder.subscribe([UInt8](repeating: 65, count: 4_000))
        let end = try monitor.first { $0.kind == .disconnected(after: nil) }
        #expect(end?.endpoint == link.endpoint && end?.peer?.hasPrefix("127.0.0.1:") == true)
        // It connects again and again, with the same subscription; the good one still gets everything.
        try link.publisher.send(copying: [1, 2])
        #expect(try link.subscriber.receiveFrames() == [[1, 2]])
    }

    @Test("the interest of a peer dies with its connection, whoever connected", arguments: [false, true])
    func interestDies(publisherConnects: Bool) throws {
        let link = try Link(publisherConnects: publisherConnects)
        link.subscriber.close()
        #expect(try link.publisher.receiveFrames() == [[0]])
    }

    @Test("what was sent before closing arrives, whoever connected", arguments: [false, true])
    func closing(publisherConnects: Bool) throws {
        let link = try Link(publisherConnects: publisherConnects)
        let payload = [UInt8](repeating: 3, count: 10_000)
        for _ in 0..<400 { try link.publisher.send(copying: payload) }
        link.publisher.close()
        for _ in 0..<400 { #expect(try link.subscriber.receiveFrames() == [payload]) }
    }

    @Test("a publisher that connects to nobody has nobody's interest, and sending costs nothing")
    func nobody() throws {
        let context = try Context()
        let publisher = try Socket.linkPublisher(in: context)
        // Port 1 of the own machine: nobody is there.
        try publisher.connect("tcp://127.0.0.1:1")
        #expect(try publisher.send(frames: [[1], [2]]))
        #expect(try publisher.receiveFrames(within: .milliseconds(50)) == nil)
    }

    @Test("a publisher that must not drop refuses whole messages at their first frame")
    func noDrop() throws {
        var options = LinkOptions()
        options.queueLimit = 4
        let link = try Link(publisherOptions: options, subscriberOptions: options)
        try link.publisher.set(.noDrop, to: true)
        let payload = [UInt8](repeating: 1, count: 1 << 20)
        var sent = 0
        while sent < 1_000 {
            if try !link.publisher.send(copying: [UInt8(truncatingIfNeeded: sent)], more: true, wait: false) { break }
            // Once the first frame is taken, the rest is too.
            #expect(try link.publisher.send(copying: payload, wait: false))
            sent += 1
        }
        #expect(sent < 1_000)
        // All that was taken arrives, in order and whole.
        for index in 0..<sent {
            let frames = try link.subscriber.receiveFrames()
            #expect(frames?.count == 2 && frames?[0] == [UInt8(truncatingIfNeeded: index)])
        }
        #expect(try link.publisher.send(frames: [[255], [1]]))
        #expect(try link.subscriber.receiveFrames() == [[255], [1]])
    }

    @Test("a subscriber that does not read is cut off, and reads on later without harm", arguments: [false, true])
    func stalled(publisherConnects: Bool) throws {
        var options = LinkOptions()
        options.queueLimit = 4
        options.heartbeat = .milliseconds(50)
        options.silenceLimit = .milliseconds(200)
        let link = try Link(
            publisherConnects: publisherConnects, publisherOptions: options, subscriberOptions: options)
        let payload = [UInt8](repeating: 1, count: 100_000)
        var monitor = try SocketMonitor(link.publisher)
        for _ in 0..<3 {
            // The publisher learns of the end, and later, when the subscriber's thread lives again, of the beginning.
            var end: [[UInt8]]?
            while end == nil {
                try link.publisher.send(copying: payload)
                end = try link.publisher.receiveFrames(within: .milliseconds(1))
            }
            #expect(end == [[0]])
            // With pings of its own the subscriber would connect anew now, and what it then reads would end the
            // process.
            _ = try monitor.first(within: .milliseconds(300)) { $0.kind == .ready }
            var received = 0
            while let frames = try link.subscriber.receiveFrames(within: .milliseconds(20)) {
                #expect(frames[0].count == payload.count)
                received += 1
            }
            #expect(received >= 4)
            #expect(try link.publisher.receiveFrames(lettingRun: link.subscriber) == [[1]])
        }
        try link.publisher.send(copying: [9])
        #expect(try link.subscriber.receiveFrames() == [[9]])
    }

    @Test("a publisher that must not drop waits for its slowest peer, and not for one that has gone")
    func slowest() throws {
        var options = LinkOptions()
        options.queueLimit = 4
        let link = try Link(publisherOptions: options, subscriberOptions: options)
        let slow = try Socket.linkSubscriber(in: link.context, options: options)
        try slow.subscribe([])
        try slow.connect(link.endpoint)
        #expect(try link.publisher.receiveFrames() == [[1]])
        try link.publisher.set(.noDrop, to: true)
        let payload = [UInt8](repeating: 1, count: 1 << 20)
        var (sent, received) = (0, 0)
        // Even the reader that has read all gets nothing more, as long as the slow one is there.
        var stalled = false
        while !stalled && sent < 1_000 {
            let taken = try link.publisher.send(frames: [[1], payload])
            if taken { sent += 1 }
            let frames = try link.subscriber.receiveFrames(within: taken ? .zero : .milliseconds(100))
            if frames != nil { received += 1 }
            stalled = !taken && frames == nil && received == sent
        }
        #expect(stalled)
        slow.close()
        while try !link.publisher.send(frames: [[2], payload]) { _ = try link.publisher.receiveFrames(within: .zero) }
        #expect(try link.subscriber.receiveFrames()?.first == [2])
    }

    @Test("a publisher that may drop never waits and never refuses")
    func drops() throws {
        var options = LinkOptions()
        options.queueLimit = 4
        let link = try Link(publisherOptions: options, subscriberOptions: options)
        let payload = [UInt8](repeating: 1, count: 1 << 20)
        for _ in 0..<50 { #expect(try link.publisher.send(frames: [[1], payload])) }
        var received = 0
        while let frames = try link.subscriber.receiveFrames(within: .milliseconds(300)) {
            #expect(frames.count == 2 && frames[1].count == payload.count)
            received += 1
        }
        #expect(received > 0 && received < 50)
    }
}

// SocketMonitor: what it tells of links, good and bad.
import Testing
import ZeroMQ

@Suite("Socket monitors", .timeLimit(.minutes(1)))
struct SocketMonitorTests {
    @Test("both sides see the link come and go, with the other's address")
    func comeAndGo() throws {
        let context = try Context()
        let publisher = try Socket.linkPublisher(in: context)
        var atPublisher = try SocketMonitor(publisher)
        let endpoint = try publisher.bind("tcp://127.0.0.1:*")
        #expect(try atPublisher.first { $0.kind == .listening }?.endpoint == endpoint)

        let subscriber = try Socket.linkSubscriber(in: context)
        var atSubscriber = try SocketMonitor(subscriber)
        try subscriber.connect(endpoint)
        let connected = try atSubscriber.first { $0.kind == .connected }
        #expect(connected?.endpoint == endpoint)
        #expect(connected?.peer == String(endpoint.dropFirst("tcp://".count)))
        let accepted = try atPublisher.first { $0.kind == .accepted }
        #expect(accepted?.endpoint == endpoint && accepted?.peer?.hasPrefix("127.0.0.1:") == true)
        #expect(try atPublisher.first { $0.kind == .ready } != nil)
        #expect(try atSubscriber.first { $0.kind == .ready } != nil)

        subscriber.close()
        let gone = try atPublisher.first { $0.kind == .disconnected(after: nil) }
        #expect(gone?.peer == accepted?.peer && gone?.endpoint == endpoint)
        #expect(try atSubscriber.next() == nil)
    }

    @Test("a peer that does not speak the protocol is told with its address")
    func stranger() throws {
        let context = try Context()
        let publisher = try Socket.linkPublisher(in: context)
        var monitor = try SocketMonitor(publisher)
        let endpoint = try publisher.bind("tcp://127.0.0.1:*")
        let stranger = try Socket(.stream, in: context)
        try stranger.connect(endpoint)
        // The address can be asked for only as long as the connection stands.
        let accepted = try monitor.first { $0.kind == .accepted }
        // A raw socket tells its own name for the connection first; each part is sent behind that name.
        let frames = try #require(try stranger.receiveFrames())
        let garbage = [UInt8](repeating: 0xFF, count: 9) + [0x7F] + [UInt8](repeating: 0xAA, count: 200)
        #expect(try stranger.send(frames: [frames[0], garbage], wait: true))
        let end = try monitor.first { event in
            if case .disconnected(let failure) = event.kind { return failure != nil }
            return false
        }
        #expect(end?.peer?.hasPrefix("127.0.0.1:") == true && end?.peer == accepted?.peer)
    }

    @Test("a monitor may end before its socket, which goes on")
    func endsFirst() throws {
        let link = try Link()
        do {
            var monitor = try SocketMonitor(link.publisher)
            let other = try Socket.linkSubscriber(in: link.context)
            try other.connect(link.endpoint)
            #expect(try monitor.first { $0.kind == .ready } != nil)
        }
        for _ in 0..<20 {
            let other = try Socket.linkSubscriber(in: link.context)
            try other.subscribe([1])
            try other.connect(link.endpoint)
            #expect(try link.publisher.receiveFrames() != nil)
        }
        try link.publisher.send(copying: [3])
        #expect(try link.subscriber.receiveFrames() == [[3]])
    }

    @Test("an unread monitor stops nothing")
    func unread() throws {
        let link = try Link()
        let monitor = try SocketMonitor(link.publisher)
        for _ in 0..<600 {
            let other = try Socket.linkSubscriber(in: link.context)
            try other.connect(link.endpoint)
        }
        try link.publisher.send(copying: [3])
        #expect(try link.subscriber.receiveFrames() == [[3]])
        _ = consume monitor
    }
}

// Socket: two sockets over TCP, from subscription to the freed payload.
import Testing
import ZeroMQ

extension Message {
    /// A copy of the bytes, to compare.
    borrowing func array() -> [UInt8] { withBytes { span in span.withUnsafeBytes { Array($0) } } }
}

@Suite("Sockets", .timeLimit(.minutes(1)))
struct SocketTests {
    @Test("a published message arrives whole, and surplus frames are discarded")
    func roundTrip() throws {
        let context = try Context()
        let publisher = try Socket.linkPublisher(in: context)
        let endpoint = try publisher.bind("tcp://127.0.0.1:*")
        let subscriber = try Socket.linkSubscriber(in: context)
        try subscriber.subscribe(Array("a.b\0".utf8))
        try subscriber.connect(endpoint)

        var subscription = Message()
        try publisher.receive(into: &subscription)
        #expect(subscription.array() == [1] + Array("a.b\0".utf8))

        try publisher.send(copying: Array("a.b\0stamp".utf8), more: true, wait: false)
        var payload = Message(copying: [UInt8](repeating: 7, count: 100))
        try publisher.send(&payload, more: true, wait: false)
        #expect(payload.count == 0)
        try publisher.send(copying: [9], wait: false)

        var envelope = Message()
        try subscriber.receive(into: &envelope)
        #expect(envelope.count == 9 && envelope.more)
        try subscriber.receive(into: &payload)
        #expect(payload.array() == [UInt8](repeating: 7, count: 100))
        #expect(try subscriber.discardRest(after: &payload) == 1)
        #expect(try subscriber.receive(into: &payload, wait: false) == false)
    }

    @Test("a socket handed over to a thread works there")
    func handedOver() throws {
        let context = try Context()
        let one = try Socket(.pair, in: context)
        let endpoint = try one.bind("inproc://handed-over")
        let other = try Socket(.pair, in: context)
        try other.connect(endpoint)
        let thread = try OSThread(name: "test", handing: other) { socket in
            socket.adoptByCurrentThread()
            _ = try? socket.send(copying: [1, 2, 3])
        }
        thread.join()
        #expect(try one.receive()?.count == 3)
    }
}

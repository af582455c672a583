// Curve: keys as text, encrypted links, and who is refused.
import Testing
import ZeroMQ

@Suite("CURVE", .timeLimit(.minutes(1)))
struct CurveTests {
    @Test("keys are different, and come back from their text")
    func keys() throws {
        let pair = try CurveKeyPair.generate()
        let other = try CurveKeyPair.generate()
        #expect(pair.publicKey != other.publicKey)
        let text = pair.publicKey.description
        #expect(text.utf8.count == 40 && CurveKey(text) == pair.publicKey)
        let secret = try #require(CurveSecret(pair.secret.reveal()))
        #expect(try CurveKeyPair(secret: secret).publicKey == pair.publicKey)
        #expect("\(pair)".contains(pair.secret.reveal()) == false)
    }

    @Test(
        "what is no key is refused",
        arguments: [
            "", "short", String(repeating: "a", count: 39), String(repeating: "ä", count: 20),
            String(repeating: "~", count: 40),
        ])
    func noKey(_ text: String) {
        #expect(CurveKey(text) == nil)
        #expect(CurveSecret(text) == nil)
    }

    @Test("an encrypted link carries messages; a wrong server key, and plain sockets, are refused")
    func links() throws {
        let context = try Context()
        let server = try CurveKeyPair.generate()
        let publisher = try Socket.linkPublisher(in: context)
        try publisher.setCurveServer(server, domain: "test")
        var monitor = try SocketMonitor(publisher)
        let endpoint = try publisher.bind("tcp://127.0.0.1:*")

        let good = try Socket.linkSubscriber(in: context)
        try good.setCurveClient(CurveKeyPair.generate(), server: server.publicKey)
        try good.subscribe([])
        try good.connect(endpoint)
        #expect(try publisher.receiveFrames() == [[1]])
        #expect(try monitor.first { $0.kind == .ready } != nil)

        let misled = try Socket.linkSubscriber(in: context)
        try misled.setCurveClient(CurveKeyPair.generate(), server: CurveKeyPair.generate().publicKey)
        try misled.subscribe([])
        try misled.connect(endpoint)
        let wrongKey = try monitor.first { event in
            if case .handshakeFailed = event.kind { return true }
            return false
        }
        #expect(wrongKey?.kind == .handshakeFailed(.brokenProtocol(code: 0x1100_0001)))
        misled.close()

        let plain = try Socket.linkSubscriber(in: context)
        try plain.subscribe([])
        try plain.connect(endpoint)
        #expect(
            try monitor.first { $0.kind == .handshakeFailed(.brokenProtocol(code: 0x1100_0002)) } != nil)

        try publisher.send(copying: [7])
        #expect(try good.receiveFrames() == [[7]])
        #expect(try plain.receiveFrames(within: .milliseconds(100)) == nil)
    }
}

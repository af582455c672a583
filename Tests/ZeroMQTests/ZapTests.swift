// Zap: who comes in through a gate, who does not, and what the gate hears of it.
import Glibc
import Synchronization
import Testing
import ZeroMQ

/// Lets the keys of a set in, and remembers what it was told.
private final class Doorman: ZAPAuthority {
    let keys: Mutex<Set<CurveKey>>
    let refusals = Mutex<[ZAPRequest]>([])
    let failures = Mutex<[(peer: String?, failure: HandshakeFailure)]>([])

    init(_ keys: Set<CurveKey> = []) { self.keys = Mutex(keys) }

    func admit(_ request: ZAPRequest) -> String? {
        if let key = request.key, keys.withLock({ $0.contains(key) }) { return key.description }
        refusals.withLock { $0.append(request) }
        return nil
    }

    func note(_ event: LinkEvent) {
        if case .disconnected(let failure?) = event.kind { failures.withLock { $0.append((event.peer, failure)) } }
    }

    /// Waits until `condition` holds, ten seconds at most.
    func wait(until condition: (Doorman) -> Bool) -> Bool {
        for _ in 0..<2_000 {
            if condition(self) { return true }
            usleep(5_000)
        }
        return false
    }
}

/// A publisher behind a gate.
private struct Guarded: ~Copyable {
    let context: Context
    let keys: CurveKeyPair
    let doorman: Doorman
    let gate: LinkGate
    let publisher: Socket
    let endpoint: String

    init(_ allowed: Set<CurveKey>) throws {
        let context = try Context()
        let keys = try CurveKeyPair.generate()
        let doorman = Doorman(allowed)
        let publisher = try Socket.linkPublisher(in: context)
        let gate = try LinkGate(publisher, in: context, authority: doorman)
        try publisher.setCurveServer(keys, domain: gate.domain)
        endpoint = try publisher.bind("tcp://127.0.0.1:*")
        self.context = context
        self.keys = keys
        self.doorman = doorman
        self.gate = gate
        self.publisher = publisher
    }

    func client(_ keys: CurveKeyPair, server: CurveKey? = nil) throws -> Socket {
        let socket = try Socket.linkSubscriber(in: Context())
        try socket.setCurveClient(keys, server: server ?? self.keys.publicKey)
        try socket.subscribe([])
        try socket.connect(endpoint)
        return socket
    }

    consuming func end() {
        gate.end()
        publisher.close()
    }
}

/// A connection that says it speaks ZMTP without security, and then waits.
private struct PlainPeer {
    private let descriptor: CInt

    init(_ endpoint: String) throws {
        let port = try #require(UInt16(endpoint.drop { $0 != ":" }.dropFirst().drop { $0 != ":" }.dropFirst()))
        descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try #require(connected == 0)
        // RFC 23: signature, version 3.0, mechanism in twenty bytes, as-server, filler.
        let greeting = [0xFF] + [UInt8](repeating: 0, count: 8) + [0x7F, 3, 0] + Array("NULL".utf8)
        let whole = greeting + [UInt8](repeating: 0, count: 64 - greeting.count)
        let sent = send(descriptor, whole, whole.count, CInt(MSG_NOSIGNAL))
        try #require(sent == whole.count)
    }

    func hangUp() { close(descriptor) }
}

@Suite("The ZAP handler", .timeLimit(.minutes(1)))
struct ZapTests {
    @Test(
        "a key on the list comes in and its messages bear it; another is refused with its address, until it is listed")
    func keys() throws {
        let (known, unknown) = (try CurveKeyPair.generate(), try CurveKeyPair.generate())
        let world = try Guarded([known.publicKey])
        let good = try world.client(known)
        var message = Message()
        #expect(try world.publisher.receive(into: &message))
        #expect(message.userID == known.publicKey.description)
        let isUser = [known, unknown].map { message.isUser(Array($0.publicKey.description.utf8)) }
        #expect(isUser == [true, false])
        let isNobody = message.isUser([])
        #expect(!isNobody)

        let stranger = try world.client(unknown)
        let isRefused = world.doorman.wait { !$0.refusals.withLock { $0.isEmpty } }
        #expect(isRefused)
        let refusal = world.doorman.refusals.withLock { $0.first }
        #expect(refusal?.key == unknown.publicKey && refusal?.address == "127.0.0.1" && refusal?.mechanism == "CURVE")
        try world.publisher.send(copying: [7])
        #expect(try good.receiveFrames() == [[7]])
        #expect(try stranger.receiveFrames(within: .milliseconds(100)) == nil)
        // The stranger tries again by itself.
        _ = world.doorman.keys.withLock { $0.insert(unknown.publicKey) }
        #expect(try world.publisher.receiveFrames(lettingRun: stranger) == [[1]])
        try world.publisher.send(copying: [8])
        #expect(try stranger.receiveFrames() == [[8]])
        #expect(try good.receiveFrames() == [[8]])
        world.end()
    }

    @Test("plain peers and wrong server keys are told with their addresses")
    func failures() throws {
        let known = try CurveKeyPair.generate()
        let world = try Guarded([known.publicKey])
        let misled = try world.client(known, server: CurveKeyPair.generate().publicKey)
        // A peer of libzmq's own could see the mismatch first and hang up before it is seen here.
        let plain = try PlainPeer(world.endpoint)
        let areTold = world.doorman.wait { doorman in
            doorman.failures.withLock { failures in
                let all = Set(failures.map(\.failure))
                return all.contains(.brokenProtocol(code: 0x1100_0001))
                    && all.contains(.brokenProtocol(code: 0x1100_0002))
            }
        }
        #expect(areTold)
        // Where the key was wrong the address is known; a plain peer's connection may be closed before it is asked for.
        let peers = world.doorman.failures.withLock { failures in
            failures.filter { $0.failure == .brokenProtocol(code: 0x1100_0001) }.map(\.peer)
        }
        #expect(peers.allSatisfy { $0?.hasPrefix("127.0.0.1:") == true })
        #expect(world.doorman.refusals.withLock { $0 }.isEmpty)
        misled.close()
        plain.hangUp()
        world.end()
    }

    @Test("without a gate, nobody comes in; the next gate of the context works again")
    func noGate() throws {
        let known = try CurveKeyPair.generate()
        let world = try Guarded([known.publicKey])
        world.gate.end()
        let early = try world.client(known)
        #expect(try world.publisher.receiveFrames(within: .milliseconds(200)) == nil)
        let second = try Socket.linkPublisher(in: world.context)
        let gate = try LinkGate(second, in: world.context, authority: world.doorman)
        try second.setCurveServer(world.keys, domain: gate.domain)
        let endpoint = try second.bind("tcp://127.0.0.1:*")
        let late = try Socket.linkSubscriber(in: Context())
        try late.setCurveClient(known, server: world.keys.publicKey)
        try late.subscribe([])
        try late.connect(endpoint)
        #expect(try second.receiveFrames() == [[1]])
        early.close()
        gate.end()
        second.close()
        world.end()
    }

    @Test("a connection that is cut comes again, and only that one")
    func cut() throws {
        let known = try CurveKeyPair.generate()
        let world = try Guarded([known.publicKey])
        let first = try world.client(known)
        var message = Message()
        #expect(try world.publisher.receive(into: &message))
        let found = message.connection
        let connection = try #require(found)
        let second = try world.client(known)
        #expect(try world.publisher.receive(into: &message))
        connection.cut()
        let isOver = world.doorman.wait { _ in !connection.isOpen }
        #expect(isOver)
        // The end of one of two equal subscriptions is not told, its return is.
        #expect(try world.publisher.receiveFrames(lettingRun: first) == [[1]])
        let other = message.connection
        #expect(other?.isOpen == true)
        second.close()
        world.end()
    }
}

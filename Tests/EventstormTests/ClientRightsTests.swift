// Encrypted endpoints: who comes in, who is cut off, and what each key may publish and read.
import BSON
import Glibc
import Testing
import ZeroMQ

@testable import Eventstorm

/// Keys of a server and the list of its clients.
private struct Keyring {
    let server: CurveKeyPair
    let list: ClientList

    init(_ clients: [Client] = []) throws {
        server = try CurveKeyPair.generate()
        list = ClientList(clients)
    }

    var bound: [Endpoint] {
        get throws {
            [try Endpoint("tcp://127.0.0.1:*", usual: .bind).secured(by: .server(server, list))]
        }
    }

    func to(_ address: String, as keys: CurveKeyPair) throws -> [Endpoint] {
        [try Endpoint(address, usual: .connect).secured(by: .client(keys, server: server.publicKey))]
    }
}

extension Subscriber {
    /// Receives until `condition` holds, ten seconds at most; counts the events by topic.
    fileprivate mutating func receive(
        into counts: inout [String: Int], until condition: ([String: Int], borrowing Ledger) -> Bool
    ) -> Bool {
        let end = ContinuousClock.now + .seconds(10)
        while ContinuousClock.now < end {
            if condition(counts, ledger) { return true }
            _ = receive(within: .milliseconds(20)) { delivery in
                counts[delivery.topic.name, default: 0] += delivery.count
            }
        }
        return condition(counts, ledger)
    }
}

@Suite("Encrypted endpoints", .timeLimit(.minutes(1)))
struct ClientRightsTests {
    @Test("an unknown key gets nothing and sends nothing until it is listed, and the others do not notice")
    func unknownKey() throws {
        let (known, unknown) = (try CurveKeyPair.generate(), try CurveKeyPair.generate())
        let ring = try Keyring([Client("known", key: known.publicKey)])
        var sink = try Subscriber("sink", from: ring.bound, patterns: [.everything])
        let honest = try Source("honest", to: ring.to(sink.bound[0], as: known))
        let stranger = try Source("stranger", to: ring.to(sink.bound[0], as: unknown))
        let (good, bad) = (try honest.topic("good"), try stranger.topic("bad"))
        var counts: [String: Int] = [:]
        let isWanted = sink.receive(into: &counts) { _, _ in good.wanted }
        #expect(isWanted)
        for _ in 0..<100 { good.emit { $0["n"] = 1 } }
        bad.emit { $0["n"] = 1 }
        let isThere = sink.receive(into: &counts) { counts, _ in
            counts["good"] == 100 && ring.list.refused.unknown > 0
        }
        #expect(isThere)
        #expect(sink.refusedPeers == ring.list.refused)
        #expect(counts["bad"] == nil && !bad.wanted && bad.counts.unwanted == 1 && stranger.subscriberCount == 0)

        ring.list.replace(with: [Client("known", key: known.publicKey), Client("new", key: unknown.publicKey)])
        let isIn = sink.receive(into: &counts) { _, _ in
            good.emit { $0["n"] = 2 }
            return bad.wanted
        }
        #expect(isIn)
        bad.emit { $0["n"] = 2 }
        let total = Int(good.counts.emitted)
        let isAll = sink.receive(into: &counts) { counts, _ in counts["good"] == total && counts["bad"] == 1 }
        #expect(isAll)
        let lost = sink.ledger.total.lost
        #expect(lost == 0 && good.counts.unwanted == 0)
    }

    @Test("a key that is taken off the list is cut off; who stays loses nothing")
    func removedKey() throws {
        let (first, second) = (try CurveKeyPair.generate(), try CurveKeyPair.generate())
        let ring = try Keyring([Client("first", key: first.publicKey), Client("second", key: second.publicKey)])
        var sink = try Subscriber("sink", from: ring.bound, patterns: [.everything])
        let sources = [
            try Source("first", to: ring.to(sink.bound[0], as: first)),
            try Source("second", to: ring.to(sink.bound[0], as: second)),
        ]
        let topics = [try sources[0].topic("first"), try sources[1].topic("second")]
        var counts: [String: Int] = [:]
        let areWanted = sink.receive(into: &counts) { _, _ in topics.allSatisfy(\.wanted) }
        #expect(areWanted)
        ring.list.replace(with: [Client("second", key: second.publicKey)])
        let isCut = sink.receive(into: &counts) { _, _ in
            for topic in topics { topic.emit { $0["n"] = 1 } }
            return !topics[0].wanted
        }
        #expect(isCut)
        #expect(counts["first"] == nil)
        let total = Int(topics[1].counts.emitted)
        let isAll = sink.receive(into: &counts) { counts, _ in counts["second"] == total }
        #expect(isAll)
        #expect(topics[1].counts.unwanted == 0)
    }

    @Test("what a key may not publish is counted as forbidden, in its row, and reaches nobody")
    func forbiddenTopics() throws {
        let keys = try CurveKeyPair.generate()
        let rights = ClientRights(publish: [try Pattern("a.*")], subscribe: [])
        let ring = try Keyring([Client("web", key: keys.publicKey, rights: rights)])
        var sink = try Subscriber("sink", from: ring.bound, patterns: [.everything, Pattern(.status)])
        let source = try Source("web", to: ring.to(sink.bound[0], as: keys))
        let (allowed, forbidden) = (try source.topic("a.x"), try source.topic("b.x"))
        var counts: [String: Int] = [:]
        let areWanted = sink.receive(into: &counts) { _, _ in allowed.wanted && forbidden.wanted }
        #expect(areWanted)
        for _ in 0..<10 {
            allowed.emit { $0["n"] = 1 }
            forbidden.emit { $0["n"] = 1 }
        }
        // Its own status it may always tell.
        let isThere = sink.receive(into: &counts) { counts, ledger in
            counts["a.x"] == 10 && counts[Topic.status.name] != nil
                && ledger.entries.contains { $0.topic.name == "b.x" && $0.counts.malformed == 10 }
        }
        #expect(isThere)
        #expect(counts["b.x"] == nil)
        let reasons = (sink.ledger.malformed[.forbidden], sink.ledger.malformed.total)
        #expect(reasons.0 > 0 && reasons.0 == reasons.1)
    }

    @Test("an origin belongs to the key first seen with it")
    func forgedOrigins() throws {
        let (owner, forger) = (try CurveKeyPair.generate(), try CurveKeyPair.generate())
        let ring = try Keyring([Client("owner", key: owner.publicKey), Client("forger", key: forger.publicKey)])
        var sink = try Subscriber("sink", from: ring.bound, patterns: [.everything])
        var sockets: [OwnedSocket] = []
        for keys in [owner, forger] {
            let context = try Context()
            let socket = try Socket.linkPublisher(in: context)
            try socket.setCurveClient(keys, server: ring.server.publicKey)
            try socket.connect(sink.bound[0])
            sockets.append(OwnedSocket(socket))
        }
        var counts: [String: Int] = [:]
        let areThere = sink.receive(into: &counts) { _, _ in sockets.allSatisfy { $0.isWanted() } }
        #expect(areThere)
        let event = Document { $0["n"] = 1 }
        let topic = try Topic("t")
        func send(_ socket: OwnedSocket, _ sequence: UInt64) throws {
            let stamp = Stamp(origin: 42, sequence: sequence, count: 1)
            try socket.socket.send(copying: Envelope.bytes(topic: topic, stamp: stamp), more: true)
            try socket.socket.send(copying: event.bytes)
        }
        try send(sockets[0], 0)
        let isFirst = sink.receive(into: &counts) { counts, _ in counts["t"] == 1 }
        #expect(isFirst)
        for sequence in [1, 500, 1 << 40] as [UInt64] { try send(sockets[1], sequence) }
        let isForged = sink.receive(into: &counts) { _, ledger in ledger.malformed[.forged] == 3 }
        #expect(isForged)
        try send(sockets[0], 1)
        let isSecond = sink.receive(into: &counts) { counts, _ in counts["t"] == 2 }
        #expect(isSecond)
        let total = sink.ledger.total
        #expect(total.lost == 0 && total.malformed == 0 && sink.ledger.resets == 0)
    }

    @Test("a restricted reader gets what it may read, whatever it asks for, and learns of nothing else")
    func restrictedReader() throws {
        let (full, some) = (try CurveKeyPair.generate(), try CurveKeyPair.generate())
        let rights = ClientRights(publish: [], subscribe: [try Pattern("a.*"), try Pattern("c")])
        let ring = try Keyring([
            Client("full", key: full.publicKey), Client("some", key: some.publicKey, rights: rights),
        ])
        let source = try Source("source", to: ring.bound)
        let topics = [try source.topic("a.x"), try source.topic("b.secret"), try source.topic("c")]
        var everything = try Subscriber("full", from: ring.to(source.bound[0], as: full), patterns: [.everything])
        var part = try Subscriber("some", from: ring.to(source.bound[0], as: some), patterns: [.everything])
        // What libzmq itself would hand out to somebody who does not keep to the library's ways.
        let context = try Context()
        let raw = try Socket.linkSubscriber(in: context)
        try raw.setCurveClient(some, server: ring.server.publicKey)
        for prefix in ["", "_es.", "_es.beat\0", "b.", "b.secret\0"] { try raw.subscribe(Array(prefix.utf8)) }
        try raw.subscribe([0xFF])
        try raw.connect(source.bound[0])
        var (counts, partCounts) = ([String: Int](), [String: Int]())
        var seen: [[UInt8]] = []
        var message = Message()
        let areThere = everything.receive(into: &counts) { _, _ in
            _ = part.receive(within: .zero) { _ in }
            _ = try? raw.receive(into: &message, wait: false)
            return source.subscriberCount == 2 && topics.allSatisfy(\.wanted)
        }
        #expect(areThere)
        let end = ContinuousClock.now + .milliseconds(2_500)  // two beats
        while ContinuousClock.now < end {
            for topic in topics { topic.emit { $0["n"] = 1 } }
            _ = everything.receive(within: .milliseconds(5)) { counts[$0.topic.name, default: 0] += $0.count }
            _ = part.receive(within: .milliseconds(5)) { partCounts[$0.topic.name, default: 0] += $0.count }
            while (try? raw.receive(into: &message, wait: false)) == true {
                seen.append(message.withBytes { span in span.withUnsafeBytes { Array($0) } })
            }
        }
        #expect(Set(counts.keys) == ["a.x", "b.secret", "c"] && Set(partCounts.keys) == ["a.x", "c"])
        let known = Set(part.ledger.entries.map(\.topic.name))
        #expect(known == ["a.x", "c"])
        let lost = part.ledger.total.lost + everything.ledger.total.lost
        #expect(lost == 0)
        let isNamed = part.ledger.originEntries(now: monotonicNanoseconds()).contains { $0.process?.name == "source" }
        #expect(isNamed)
        let secret = Array("secret".utf8)
        let leaks = seen.filter { bytes in bytes.indices.contains { bytes[$0...].starts(with: secret) } }
        #expect(seen.count > 10 && leaks.isEmpty)
        let beats = seen.filter { $0.starts(with: Interest.beat) || $0.first == 0xFF }
        #expect(beats.isEmpty)
    }

    @Test("when a restricted reader leaves, those who asked for the same keep their interest")
    func leavingReader() throws {
        let (full, some) = (try CurveKeyPair.generate(), try CurveKeyPair.generate())
        let rights = ClientRights(subscribe: [try Pattern("other")])
        let ring = try Keyring([
            Client("full", key: full.publicKey), Client("some", key: some.publicKey, rights: rights),
        ])
        let source = try Source("source", to: ring.bound)
        let (topic, other) = (try source.topic("a.x"), try source.topic("other"))
        var stays = try Subscriber("full", from: ring.to(source.bound[0], as: full), patterns: [Pattern("a.x")])
        do {
            var leaves = try Subscriber(
                "some", from: ring.to(source.bound[0], as: some), patterns: [Pattern("a.x"), Pattern("other")])
            var counts: [String: Int] = [:]
            let areThere = leaves.receive(into: &counts) { _, _ in
                _ = stays.receive(within: .zero) { _ in }
                return source.subscriberCount == 2 && topic.wanted && other.wanted
            }
            #expect(areThere)
            leaves.close()
        }
        var counts: [String: Int] = [:]
        let hasLeft = stays.receive(into: &counts) { _, _ in !other.wanted && source.subscriberCount == 1 }
        #expect(hasLeft)
        #expect(topic.wanted)
        topic.emit { $0["n"] = 1 }
        let isThere = stays.receive(into: &counts) { counts, _ in counts["a.x"] == 1 }
        #expect(isThere)
    }

    @Test("plain and encrypted endpoints stand side by side in one socket")
    func sideBySide() throws {
        let keys = try CurveKeyPair.generate()
        let ring = try Keyring([Client("known", key: keys.publicKey)])
        let plain = try Endpoint("plain:tcp://127.0.0.1:*", usual: .bind)
        var sink = try Subscriber("sink", from: ring.bound + [plain], patterns: [.everything])
        let sources = [
            try Source("encrypted", to: ring.to(sink.bound[0], as: keys)),
            try Source("plain", to: [Endpoint(sink.bound[1], usual: .connect)]),
            // Plain where it must be encrypted.
            try Source("wrong", to: [Endpoint(sink.bound[0], usual: .connect)]),
        ]
        let topics = [try sources[0].topic("encrypted"), try sources[1].topic("plain"), try sources[2].topic("wrong")]
        var counts: [String: Int] = [:]
        let areWanted = sink.receive(into: &counts) { _, _ in topics[0].wanted && topics[1].wanted }
        #expect(areWanted)
        for topic in topics { topic.emit { $0["n"] = 1 } }
        let areThere = sink.receive(into: &counts) { counts, _ in
            counts["encrypted"] == 1 && counts["plain"] == 1 && ring.list.refused.failed > 0
        }
        #expect(areThere)
        #expect(counts["wrong"] == nil)
    }

    @Test("a thousand strangers a second, plain, silent, or with random bytes, do not disturb who is in")
    func flood() throws {
        let keys = try CurveKeyPair.generate()
        let ring = try Keyring([Client("known", key: keys.publicKey)])
        var sink = try Subscriber("sink", from: ring.bound, patterns: [.everything])
        let source = try Source("known", to: ring.to(sink.bound[0], as: keys))
        let topic = try source.topic("t")
        var counts: [String: Int] = [:]
        let isWanted = sink.receive(into: &counts) { _, _ in topic.wanted }
        #expect(isWanted)
        let port = try #require(UInt16(sink.bound[0].split(separator: ":").last ?? ""))
        let greeting: [UInt8] = [0xFF, 0, 0, 0, 0, 0, 0, 0, 1, 0x7F, 3, 0]
        let names = ["NULL", "PLAIN", "CURVE"].map { Array($0.utf8) + [UInt8](repeating: 0, count: 20 - $0.utf8.count) }
        var random = SystemRandomNumberGenerator()
        var emitted = 0
        for number in 0..<2_000 {
            var bytes = greeting + names[number % 3] + [UInt8](repeating: 0, count: 32)
            bytes += (0..<(number % 4) * 100).map { _ in UInt8.random(in: 0...255, using: &random) }
            try #require(sendAndLeave(bytes, to: port))
            if number % 2 == 0 {
                topic.emit { $0["n"] = Int64(number) }
                emitted += 1
            }
            if number % 20 == 0 {
                _ = sink.receive(within: .milliseconds(20)) { counts[$0.topic.name, default: 0] += $0.count }
            }
        }
        let areThere = sink.receive(into: &counts) { counts, _ in
            counts["t"] == emitted && ring.list.refused.failed >= 1_000
        }
        #expect(areThere, "\(counts), \(ring.list.refused)")
        let total = (sink.ledger.total.lost, sink.ledger.malformed.total)
        #expect(total == (0, 0) && topic.counts.unwanted == 0)
    }
}

/// Connects to a port of this machine, sends and goes.
private func sendAndLeave(_ bytes: [UInt8], to port: UInt16) -> Bool {
    let descriptor = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { Glibc.close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let result = withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
    }
    return result == 0 && Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count
}

/// A socket in an array, of the thread that made it.
private final class OwnedSocket {
    let socket: Socket
    private var isThere = false

    init(_ socket: consuming Socket) { self.socket = socket }

    /// Whether somebody has subscribed.
    func isWanted() -> Bool {
        if !isThere { isThere = (try? socket.receive(wait: false)) ?? nil != nil }
        return isThere
    }
}

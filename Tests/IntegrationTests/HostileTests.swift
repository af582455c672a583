// Strangers at the sockets of a router: everything is counted by reason, nothing crashes, nothing reaches a sink.
//
// A real eventstorm-router; a peer that speaks ZeroMQ but sends rubbish; peers that do not even speak ZeroMQ; a flood of
// subscriptions. Beside them a source and a sink whose events must all arrive, and the router's status, which must name
// what came in.
import BSON
import Eventstorm
import Foundation
@testable import Service
import Testing
import ZeroMQ

@Suite("Strangers at a router's sockets", .timeLimit(.minutes(3)))
struct HostileTests {
    @Test("malformed messages are counted by reason and reach nobody, and the books of honest peers stand")
    func malformedMessages() throws {
        let world = try BesiegedRouter()
        let stranger = try Socket.linkPublisher(in: Context())
        try stranger.connect("tcp://127.0.0.1:\(world.ports.0)")
        try world.awaitInterest(stranger)
        for message in BesiegedRouter.rubbish {
            for (index, frame) in message.enumerated() {
                try stranger.send(copying: frame, more: index < message.count - 1)
            }
        }
        let status = try world.exchange(1_000) { $0.malformed.total >= UInt64(BesiegedRouter.rubbish.count) }
        #expect(status.malformed[.frames] == 2)
        #expect(status.malformed[.version] == 1)
        #expect(status.malformed[.count] == 1)
        #expect(status.malformed[.sequence] == 1)
        #expect(status.malformed[.topic] == 3)
        #expect(status.malformed[.envelope] == 2)
        #expect(status.malformed[.payload] == 4)
        #expect(status.malformed[.beat] == 1)
        #expect(world.topicsSeen == ["honest"])
        stranger.close()
        try world.end()
    }

    @Test("a forged stamp of an honest origin cannot make the sink lose or repeat what is honest")
    func forgedStamps() throws {
        let world = try BesiegedRouter()
        let stranger = try Socket.linkPublisher(in: Context())
        try stranger.connect("tcp://127.0.0.1:\(world.ports.0)")
        try world.awaitInterest(stranger)
        let topic = try Topic("forged")
        let event = Document { $0["n"] = 1 }
        for sequence in [UInt64(0), 5, 3, 1 << 40, 7, .max >> 2] {
            let stamp = Stamp(origin: 42, sequence: sequence, count: 1)
            try stranger.send(copying: Envelope.bytes(topic: topic, stamp: stamp), more: true)
            try stranger.send(copying: event.bytes)
        }
        let status = try world.exchange(1_000) { $0.resets > 0 }
        #expect(status.resets >= 2)
        #expect(world.lost == 0)
        stranger.close()
        try world.end()
    }

    @Test("bytes that are no ZeroMQ, endless frames and floods of subscriptions leave the router working and small")
    func rawBytes() throws {
        let world = try BesiegedRouter()
        var random = SystemRandomNumberGenerator()
        var connections: [Int32] = []
        for port in [world.ports.0, world.ports.1] {
            for kind in 0..<6 {
                let descriptor = try connectTCP(port)
                connections.append(descriptor)
                var bytes = (0..<4_096).map { _ in UInt8.random(in: 0...255, using: &random) }
                // The greeting of ZMTP 3, so that some get further.
                let greeting: [UInt8] = [0xFF, 0, 0, 0, 0, 0, 0, 0, 1, 0x7F, 3, 0] + Array("NULL".utf8)
                if kind % 2 == 1 { bytes.replaceSubrange(0..<greeting.count, with: greeting) }
                // A frame that claims to be endless.
                if kind == 5 {
                    bytes.replaceSubrange(64..<73, with: [2, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF])
                }
                _ = bytes.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            }
        }
        let flood = try Socket(.rawSubscriber, in: Context())
        try flood.set(.sendLimit, to: 0)
        try flood.connect("tcp://127.0.0.1:\(world.ports.1)")
        for number in 0..<80_000 { try flood.send(copying: [1] + Array("flood.\(number)\0".utf8)) }
        try flood.send(copying: [1] + [UInt8](repeating: 0x61, count: 100_000))
        let status = try world.exchange(1_000) { _ in true }
        #expect(status.usage.residentBytes < 200 << 20)
        #expect(world.lost == 0)
        for descriptor in connections { close(descriptor) }
        flood.close()
        try world.end()
    }
}

/// A router with an honest source and sink, and a port for strangers.
private final class BesiegedRouter {
    let ports: (Int, Int)
    private let router: RunningProgram
    private let source: Source
    private let topic: OpenTopic
    private var sink: Subscriber
    private var emitted = 0
    private var received = 0
    private var latest: StatusDocument?
    private(set) var topicsSeen: Set<String> = []

    init() throws {
        ports = (try freePort(), try freePort())
        router = try RunningProgram(
            "eventstorm-router", "--in", "tcp://127.0.0.1:\(ports.0)", "--out", "tcp://127.0.0.1:\(ports.1)",
            "--log-level", "error")
        source = try Source("honest", to: Endpoint.list("tcp://127.0.0.1:\(ports.0)", usual: .connect))
        topic = try source.topic("honest")
        sink = try Subscriber(
            "sink", from: Endpoint.list("tcp://127.0.0.1:\(ports.1)", usual: .connect),
            patterns: [.everything, Pattern(.status)])
        try #require(source.waitUntilWanted(topic, within: .seconds(10)))
    }

    /// Waits until the router has told the stranger what it wants.
    func awaitInterest(_ stranger: borrowing Socket) throws {
        var message = Message()
        var poller = Poller()
        poller.add(stranger)
        let deadline = ContinuousClock.now + .seconds(10)
        while ContinuousClock.now < deadline {
            try poller.wait(.milliseconds(100))
            while try stranger.receive(into: &message, wait: false) {
                // The fence comes last.
                if message.count == 10 && message.bytes.unsafeLoad(fromByteOffset: 1, as: UInt8.self) == 0xFF { return }
            }
        }
        Issue.record("the router did not subscribe")
    }

    /// Emits so many honest events, waits until all have arrived and the router's status says what is waited for.
    func exchange(_ count: Int, until isEnough: (StatusDocument) -> Bool) throws -> StatusDocument {
        let start = Datetime.now()
        for number in 0..<count { topic.emit { $0["n"] = Int64(number) } }
        emitted += count
        let deadline = ContinuousClock.now + .seconds(20)
        while ContinuousClock.now < deadline {
            receive()
            if received == emitted, let latest, latest.beat.at > start, isEnough(latest) { return latest }
        }
        Issue.record("received \(received) of \(emitted); the router says \(String(describing: latest?.malformed))")
        return try #require(latest)
    }

    private func receive() {
        _ = sink.receive(within: .milliseconds(50)) { delivery in
            delivery.forEachDocument { event in
                if delivery.topic == .status {
                    if let status = try? StatusDocument(event), status.beat.process.role == "router" { latest = status }
                    return
                }
                topicsSeen.insert(delivery.topic.name)
                if delivery.topic.name == "honest" { received += 1 }
            }
        }
    }

    var lost: UInt64 { sink.ledger.entries.filter { $0.topic.name == "honest" }.reduce(0) { $0 + $1.counts.lost } }

    func end() throws {
        source.close()
        router.signal(SIGTERM)
        #expect(router.waitForEnd() == 0)
    }

    /// Messages that are wrong, each in its own way.
    static let rubbish: [[[UInt8]]] = {
        let event = Document { $0["n"] = 1 }.bytes
        let topic = Array("evil".utf8)
        func stamp(version: UInt8 = 1, count: UInt16 = 1, sequence: UInt64 = 0) -> [UInt8] {
            var bytes = Stamp(origin: 7, sequence: 0, count: 1).bytes
            bytes[0] = version
            withUnsafeBytes(of: count.littleEndian) { bytes.replaceSubrange(2..<4, with: $0) }
            withUnsafeBytes(of: sequence.littleEndian) { bytes.replaceSubrange(12..<20, with: $0) }
            return bytes
        }
        return [
            [topic + [0] + stamp()],  // frames: only one
            [topic + [0] + stamp(), event, event],  // frames: three
            [topic + [0] + stamp(version: 2), event],  // version
            [topic + [0] + stamp(count: 0), event],  // count
            [topic + [0] + stamp(sequence: .max), event],  // sequence
            [[0] + stamp(), event],  // topic: empty
            [Array("a..b".utf8) + [0] + stamp(), event],  // topic: an empty segment
            [[0xC3] + [0] + stamp(), event],  // topic: cut UTF-8
            [topic + [0] + stamp().dropLast(), event],  // envelope: too short a stamp
            [[UInt8](repeating: 0x61, count: 300), event],  // envelope: too long
            [topic + [0] + stamp(), []],  // payload: none
            [topic + [0] + stamp(count: 2, sequence: 1), event],  // payload: fewer than said
            [topic + [0] + stamp(sequence: 3), event + event],  // payload: more than said
            [topic + [0] + stamp(sequence: 4), Array(event.dropLast())],  // payload: cut
            [Array("_es.beat".utf8) + [0] + stamp(), event],  // beat
        ]
    }()
}

/// A TCP connection to a port of the loopback interface.
private func connectTCP(_ port: Int) throws -> Int32 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let connected = withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
    }
    try #require(connected == 0)
    return descriptor
}

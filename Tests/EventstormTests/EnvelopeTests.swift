// Envelopes and endpoints: every kind, and every cut of one.
import Testing

@testable import Eventstorm

@Suite("Envelope")
struct EnvelopeTests {
    private let stamp = Stamp(origin: 0xA0B0_C0D0_E0F0_0001, sequence: 0, count: 1)

    @Test("an envelope's length tells its kind")
    func kinds() throws {
        let topic = try Topic("http.hit")
        let stamped = Envelope.bytes(topic: topic, stamp: stamp)
        #expect(stamped.count == Envelope.byteCount(topicByteCount: 8))
        for cut in 0...stamped.count {
            let part = Array(stamped[..<cut])
            let expected: Envelope.Kind =
                switch cut {
                case 0: .malformed(.envelope)
                case 1...9: .unstamped(topicByteCount: min(cut, 8))
                case stamped.count: .stamped(topicByteCount: 8, stamp: stamp)
                default: .malformed(.envelope)
                }
            #expect(Envelope.parse(part.span.bytes) == expected, "\(cut) bytes")
        }
        let longer = stamped + [0]
        #expect(Envelope.parse(longer.span.bytes) == .malformed(.envelope))
        let nameless = [UInt8](stamped.dropFirst(8))
        #expect(Envelope.parse(nameless.span.bytes) == .malformed(.topic))
    }

    @Test("writing into a buffer gives the same bytes")
    func writes() throws {
        let topic = try Topic("http.hit")
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64, alignment: 1)
        defer { buffer.deallocate() }
        let length = Envelope.write(topic: topic.utf8.span.bytes, stamp: stamp, into: buffer)
        #expect(Array(buffer[..<length]) == Envelope.bytes(topic: topic, stamp: stamp))
    }

    @Test("the longest topic fits, a longer one does not")
    func longest() throws {
        let topic = try Topic(String(repeating: "t", count: 255))
        let bytes = Envelope.bytes(topic: topic, stamp: stamp)
        #expect(bytes.count == Envelope.maximumByteCount)
        #expect(Envelope.parse(bytes.span.bytes) == .stamped(topicByteCount: 255, stamp: stamp))
        let tooLong = [UInt8](repeating: 0x74, count: 256)
        #expect(Envelope.parse(tooLong.span.bytes) == .malformed(.topic))
        let farTooLong = [UInt8](repeating: 0x74, count: 277)
        #expect(Envelope.parse(farTooLong.span.bytes) == .malformed(.envelope))
    }

    @Test("the answer to a fence is told by its first byte, even when the nonce has NUL in it")
    func fence() throws {
        let nonce = FenceNonce(value: 0x1100_2200_3300_4400)
        let bytes = Envelope.bytes(fence: nonce, stamp: stamp)
        #expect(bytes.count == 30)
        #expect(Envelope.parse(bytes.span.bytes) == .fence(nonce: nonce, stamp: stamp))
        for cut in 1..<bytes.count {
            let part = Array(bytes[..<cut])
            #expect(Envelope.parse(part.span.bytes) == .malformed(.envelope), "\(cut) bytes")
        }
        let subscription = nonce.subscription
        #expect(FenceNonce(subscription: subscription.span.bytes) == nonce)
        #expect(subscription.count == 9 && subscription[0] == 0xFF)
    }

    @Test("a stamp that is no good makes its envelope malformed")
    func badStamp() throws {
        let topic = try Topic("a")
        let zero = Envelope.bytes(topic: topic, stamp: Stamp(origin: 1, sequence: 1, count: 0))
        #expect(Envelope.parse(zero.span.bytes) == .malformed(.count))
    }
}

@Suite("Endpoint")
struct EndpointTests {
    @Test(
        "an endpoint says what to do, or the role does",
        arguments: [
            ("tcp://127.0.0.1:5570", Endpoint.Action.connect, "tcp://127.0.0.1:5570", true),
            ("bind:tcp://*:5570", .bind, "tcp://*:5570", false),
            ("bind:tcp://127.0.0.1:*", .bind, "tcp://127.0.0.1:*", true),
            ("connect:tcp://[::1]:1", .connect, "tcp://[::1]:1", true),
            ("ipc:///tmp/x", .connect, "ipc:///tmp/x", true),
            ("bind:inproc://x", .bind, "inproc://x", true),
            ("tcp://example.org:65535", .connect, "tcp://example.org:65535", false),
            ("tcp://127.evil.example.org:1", .connect, "tcp://127.evil.example.org:1", false),
        ])
    func reads(text: String, action: Endpoint.Action, address: String, isLocal: Bool) throws {
        let endpoint = try Endpoint(text, usual: .connect)
        #expect(endpoint.action == action && endpoint.address == address && endpoint.isLocal == isLocal)
        #expect(try Endpoint(endpoint.description, usual: .bind) == endpoint)
    }

    @Test(
        "what is not an endpoint is refused by name",
        arguments: [
            ("", "empty"), ("5570", "transport is missing"), ("127.0.0.1:5570", "transport is missing"),
            ("udp://x:1", "'udp'"), ("tcp://x", "port is missing"), ("tcp://:1", "host is missing"),
            ("tcp://x:0", "'0'"), ("tcp://x:65536", "'65536'"), ("tcp://x:+1", "'+1'"), ("tcp://x:http", "'http'"),
            ("tcp://*:1", "'*'"), ("tcp://x:*", "'*'"), ("tcp://::1:5570", "brackets"),
            ("tcp://[::1]", "port is missing"),
            ("ipc://", "path"), ("inproc://", "name"), ("tcp://a b:1", "space"), ("bind:", "transport"),
            ("tcp://x:1/", "'1/'"), ("bind:connect:tcp://x:1", "transport"),
        ])
    func refuses(text: String, part: String) throws {
        let error = try #require(throws: EndpointError.self) { try Endpoint(text, usual: .connect) }
        #expect("\(error)".contains(part), "\(error)")
        #expect("\(error)".contains("'\(text)'"))
    }

    @Test("several endpoints are joined by commas")
    func lists() throws {
        let list = try Endpoint.list("tcp://a:1, bind:tcp://*:2", usual: .connect)
        #expect(list.map(\.description) == ["connect:tcp://a:1", "bind:tcp://*:2"])
        for text in ["", "tcp://a:1,", ",tcp://a:1", "tcp://a:1,tcp://a:1"] {
            #expect(throws: EndpointError.self) { try Endpoint.list(text, usual: .connect) }
        }
    }
}

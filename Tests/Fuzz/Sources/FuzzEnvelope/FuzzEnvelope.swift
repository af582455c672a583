// Fuzzes all that reads received bytes before events are delivered: envelopes, stamps, topics, beats, status, the ledger.
//
// An input is a list of messages: a byte with the envelope's length, the envelope, two bytes with the payload's, the
// payload. A ledger so small that it is always full takes them in. Whatever comes, its rows must add up.
import CFuzzer
import Eventstorm

@main
enum FuzzEnvelope {
    static func main() {
        if let directory = CommandLine.arguments.last, CommandLine.arguments.count > 1 { Seed.write(into: directory) }
        var count = CommandLine.argc
        var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
        LLVMFuzzerRunDriver(&count, &arguments) { data, size in
            let bytes = UnsafeRawBufferPointer(start: data, count: size).bytes
            FuzzEnvelope.take(bytes)
            return 0
        }
    }

    private static func take(_ input: RawSpan) {
        var ledger = Ledger(originLimit: 3, rowLimit: 5)
        var now: UInt64 = 0
        var rest = input
        while rest.byteCount > 1 {
            now &+= 1_000_000_000
            let length = Int(rest.unsafeLoad(fromByteOffset: 0, as: UInt8.self))
            let envelope = rest.extracting(droppingFirst: 1).extracting(first: length)
            rest = rest.extracting(droppingFirst: 1 + length)
            var payload = rest.extracting(first: 0)
            if rest.byteCount > 1 {
                let length = Int(rest.unsafeLoadUnaligned(fromByteOffset: 0, as: UInt16.self))
                payload = rest.extracting(droppingFirst: 2).extracting(first: length)
                rest = rest.extracting(droppingFirst: 2 + length)
            }
            take(envelope, payload, &ledger, now: now)
        }
        check(ledger)
    }

    private static func take(_ envelope: RawSpan, _ payload: RawSpan, _ ledger: inout Ledger, now: UInt64) {
        switch Envelope.parse(envelope) {
        case .malformed(let reason):
            ledger.countMalformed(reason)
            // What is no message changes what is asked for.
            let first = envelope.isEmpty ? 0 : envelope.unsafeLoad(fromByteOffset: 0, as: UInt8.self)
            subscribe(first, &ledger, now: now)
        case .fence(let nonce, let stamp):
            ledger.observe(beats: payload, stamp: stamp, fence: nonce, now: now)
        case .unstamped(let count):
            _ = try? Topic(validating: Envelope.topicBytes(envelope, topicByteCount: count))
            ledger.countUnstamped(documents: 1)
        case .stamped(let count, let stamp):
            let bytes = Envelope.topicBytes(envelope, topicByteCount: count)
            guard let topic = try? Topic(validating: bytes) else { return ledger.countMalformed(.topic) }
            if topic == .beat {
                ledger.observe(beats: payload, stamp: stamp, fence: nil, now: now)
            } else if let row = ledger.row(origin: stamp.origin, topic: bytes)
                ?? ledger.addRow(origin: stamp.origin, topic: topic, now: now)
            {
                _ = ledger.observe(stamp, row: row, fault: payload.isEmpty ? .payload : nil, now: now)
            }
            precondition(Topic.unescape(Topic.escape(topic.name)) == topic.name)
        }
    }

    private static func subscribe(_ choice: UInt8, _ ledger: inout Ledger, now: UInt64) {
        let texts = ["*", "a", "a.*", "_es.status", "a.b", "b.*", "é", "a.b.*"]
        let patterns = texts.indices.filter { choice & (1 << UInt8($0)) != 0 }.compactMap { try? Pattern(texts[$0]) }
        // A nonce that the fuzzer can find.
        ledger.beginFence(FenceNonce(value: UInt64(choice)), patterns: patterns, now: now)
        _ = ledger.isFenceOverdue(now: now)
    }

    private static func check(_ ledger: borrowing Ledger) {
        precondition(ledger.rowCount <= 5 && ledger.originCount <= 3)
        for entry in ledger.entries {
            let row = StatusDocument.Upstream(entry)
            precondition(row.isBalanced, "\(entry)")
        }
    }
}

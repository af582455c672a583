// The specification's vectors, run against the library.
import BSON
import Testing
import ZeroMQ

@testable import Eventstorm

@Suite("docs/wire.md")
struct WireVectorTests {
    @Test("holds vectors of every kind")
    func found() {
        for kind in ["topic", "escape", "pattern", "stamp", "envelope", "beat", "ledger", "receiver"] {
            #expect(!WireVectors.blocks(kind).isEmpty, "\(kind)")
        }
    }

    @Test("topics", arguments: WireVectors.lines("topic"))
    func topic(vector: WireVector) throws {
        let bytes = try WireVectors.bytes(vector.fields[0])
        #expect(Topic.isValid(bytes.span.bytes) == (vector.fields[1] == "ok"))
    }

    @Test("escaping", arguments: WireVectors.lines("escape"))
    func escape(vector: WireVector) {
        #expect(Topic.escape(vector.fields[0]) == vector.fields[1])
        #expect(Topic.unescape(vector.fields[1]) == vector.fields[0])
    }

    @Test("patterns", arguments: WireVectors.lines("pattern"))
    func pattern(vector: WireVector) throws {
        if vector.fields[1] == "refused" {
            #expect(throws: PatternError.self) { try Pattern(vector.fields[0]) }
            return
        }
        let pattern = try Pattern(vector.fields[0])
        #expect(pattern.subscription == (try WireVectors.bytes(vector.fields[1])))
        for name in vector.fields[2].split(separator: " ") {
            #expect(pattern.matches(try Topic(String(name))), "\(name)")
        }
        for name in vector.fields[3].split(separator: " ") {
            #expect(!pattern.matches(try Topic(String(name))), "\(name)")
        }
    }

    @Test("stamps", arguments: WireVectors.lines("stamp"))
    func stamp(vector: WireVector) throws {
        var bytes = try WireVectors.bytes(vector.fields[0])
        do throws(MalformedReason) {
            let stamp = try Stamp(parsing: bytes.span.bytes)
            #expect(describe(stamp) == vector.fields[1])
            bytes[1] &= 0x8F
            #expect(stamp.bytes == bytes)
        } catch {
            #expect("malformed \(error)" == vector.fields[1])
        }
    }

    @Test("envelopes", arguments: WireVectors.lines("envelope"))
    func envelope(vector: WireVector) throws {
        let bytes = try WireVectors.bytes(vector.fields[0])
        let name = { (count: Int) -> String? in
            (try? Topic(validating: bytes.span.bytes.extracting(first: count)))?.name
        }
        let found =
            switch Envelope.parse(bytes.span.bytes) {
            case .stamped(let count, let stamp): name(count).map { "stamped topic=\($0) \(describe(stamp))" }
            case .unstamped(let count): name(count).map { "unstamped topic=\($0)" }
            case .fence(let nonce, let stamp): "fence nonce=\(nonce) \(describe(stamp))"
            case .malformed(let reason): "malformed \(reason)"
            }
        #expect(found ?? "malformed topic" == vector.fields[1])
        if case .stamped(let count, let stamp) = Envelope.parse(bytes.span.bytes), let topic = name(count) {
            #expect(Envelope.bytes(topic: try Topic(topic), stamp: stamp) == bytes)
        }
        if case .fence(let nonce, let stamp) = Envelope.parse(bytes.span.bytes) {
            #expect(Envelope.bytes(fence: nonce, stamp: stamp) == bytes)
        }
    }

    @Test("beats", arguments: WireVectors.lines("beat"))
    func beat(vector: WireVector) throws {
        let bytes = try WireVectors.bytes(vector.fields[0])
        let beat = try Beat(DocumentView(validating: bytes.span.bytes))
        #expect(describe(beat) == vector.fields[1])
        var writer = DocumentWriter()
        beat.write(into: &writer)
        #expect(writer.take() == bytes)
    }

    @Test("the ledger", arguments: WireVectors.blocks("ledger"))
    func ledger(steps: [WireVector]) throws {
        let bench = try LedgerBench(patterns: nil)
        for step in steps {
            let words = step.fields[0].split(separator: " ").map(String.init)
            let outcome = try bench.run(words)
            #expect(outcome == step.fields[1], "line \(step.line): \(step.fields[0])")
        }
    }

    @Test("the receiver", arguments: WireVectors.blocks("receiver"))
    func receiver(steps: [WireVector]) throws {
        var intake = Intake()
        for step in steps {
            let words = step.fields[0].split(separator: " ").map(String.init)
            let outcome = try run(words, &intake)
            #expect(outcome == step.fields[1], "line \(step.line): \(step.fields[0])")
        }
    }

    private func run(_ words: [String], _ intake: inout Intake) throws -> String {
        switch words[0] {
        case "subscribe":
            let nonce = try #require(FenceNonce(hexadecimal: words[1]))
            intake.begin(nonce, patterns: Set(try words.dropFirst(2).map(Pattern.init)))
            return "nothing"
        case "message":
            let before = intake.ledger.malformed
            let (first, second) = (try WireVectors.bytes(words[1]), try WireVectors.bytes(words[2]))
            let envelope = Message(copying: first.span.bytes)
            let payload = Message(copying: second.span.bytes)
            if let incoming = intake.take(envelope, payload) { return "delivered \(incoming.count)" }
            let after = intake.ledger.malformed
            let reasons = MalformedReason.allCases.filter { after[$0] != before[$0] }
            return reasons.isEmpty ? "nothing" : "malformed " + reasons.map(\.description).joined(separator: " ")
        case "row":
            let entries = intake.ledger.entries
            return entries.first { hexadecimal($0.origin) == words[1] && $0.topic.name == words[2] }.map(describe)
                ?? "none"
        case "counts":
            let malformed = intake.ledger.malformed
            let unstamped = intake.ledger.unstamped
            var counts = MalformedReason.allCases.filter { malformed[$0] > 0 }.map { "\($0)=\(malformed[$0])" }
            if unstamped > 0 { counts.append("unstamped=\(unstamped)") }
            return counts.sorted().joined(separator: " ")
        default: throw UnknownWord(word: words[0])
        }
    }
}

struct UnknownWord: Error { let word: String }

extension FenceNonce {
    /// The nonce of eight bytes as they travel.
    init?(hexadecimal text: String) {
        guard let bytes = try? WireVectors.bytes("ff" + text) else { return nil }
        self.init(subscription: bytes.span.bytes)
    }
}

// MARK: - Words of the vectors

func describe(_ stamp: Stamp) -> String {
    "origin=\(hexadecimal(stamp.origin)) sequence=\(stamp.sequence) count=\(stamp.count)"
        + (stamp.hops > 0 ? " hops=\(stamp.hops)" : "") + (stamp.replayed ? " replayed" : "")
}

func describe(_ beat: Beat) -> String {
    let process = beat.process
    let rows = beat.topics.map { row in
        let counts = [row.counts.next, row.counts.emitted, row.counts.unwanted, row.counts.refused, row.counts.queued]
        return ([row.topic.name] + counts.map { String($0) }).joined(separator: "/")
    }
    let words = [
        "origin=\(hexadecimal(beat.origin))", "role=\(process.role)", "name=\(process.name)", "host=\(process.host)",
        "pid=\(process.pid)", "version=\(process.version)", "started=\(process.started)", "at=\(beat.at)",
        "generation=\(beat.generation)",
    ]
    let flags = [("full", beat.full), ("more", beat.more), ("final", beat.final)].filter(\.1).map(\.0)
    return (words + flags + rows).joined(separator: " ")
}

func describe(_ entry: Ledger.Entry) -> String {
    let counts = entry.counts
    let numbers: [(String, UInt64)] = [
        ("received", counts.received), ("lost", counts.lost), ("malformed", counts.malformed),
        ("absent", counts.absent), ("unknown", counts.unknown), ("repeated", counts.repeated),
    ]
    return (["from=\(entry.from)", "next=\(entry.next)"] + numbers.filter { $0.1 > 0 }.map { "\($0.0)=\($0.1)" })
        .joined(separator: " ")
}

extension LedgerBench {
    /// Runs a step of the specification's vectors; returns what came of it.
    func run(_ words: [String]) throws -> String {
        func number(_ index: Int) throws -> UInt64 { try #require(UInt64(words[index]), "\(words)") }
        func rows(from index: Int) throws -> [(String, next: UInt64, unwanted: UInt64)] {
            try words.dropFirst(index).filter { $0.contains("/") }.map { word in
                let parts = word.split(separator: "/")
                return (String(parts[0]), try #require(UInt64(parts[1])), try #require(UInt64(parts[2])))
            }
        }
        switch words[0] {
        case "subscribe":
            nonce = FenceNonce(value: try number(1))
            ledger.beginFence(nonce, patterns: try words.dropFirst(2).map(Pattern.init), now: now)
            return ""
        case "stamp":
            let count = try #require(UInt16(words[4]))
            let verdict = try stamp(
                words[2], try number(3), count, origin: try number(1), fault: words.contains("bad") ? .payload : nil)
            return verdict.map { "\($0)" } ?? "none"
        case "beat":
            try beat(
                rows(from: 2), origin: try number(1), full: words.contains("full"), final: words.contains("final"))
            return ""
        case "answer":
            let part = words.first { $0.hasPrefix("part=") }.flatMap { UInt64($0.dropFirst(5)) }
            try answer(
                rows(from: 3), origin: try number(1), nonce: FenceNonce(value: try number(2)), part: part ?? 0,
                more: words.contains("more"))
            return ""
        case "row":
            let origin = try number(1)
            return ledger.entries.first { $0.origin == origin && $0.topic.name == words[2] }.map(describe) ?? "none"
        case "state":
            let origin = try number(1)
            let later = try #require(UInt64(words[2].dropFirst())) * 1_000_000_000
            return ledger.originEntries(now: now + later).first { $0.origin == origin }?.state.rawValue ?? "none"
        default: throw UnknownWord(word: words[0])
        }
    }
}

// Input that nobody meant: random bytes, damaged lines, NULs. Everything is counted, nothing is lost or invalid.
import BSON
import Glibc
import Testing

@testable import LogParsing

@Suite("Input that nobody meant")
struct RandomInputTests {
    private static let line =
        #"1.2.3.4 - bob [17/May/2015:10:05:03 +0000] "GET /a?b=\x22 HTTP/1.1" 200 17 "http://h/\xe4" "Mozilla \\ é""#

    /// Reads bytes through a file; returns the counts and the events.
    private func run(_ bytes: [UInt8], format: String = "combined") throws -> (LineCounts, [[String: Value]]) {
        let directory = TemporaryDirectory()
        let path = directory.path("a")
        let file = open(path, bytes)
        #expect(file)
        var options = Tail.Options()
        options.once = true
        var tail = Tail([path], options: options)
        let collector = Collector()
        var pump = LogPump(try LogFormat.plan(format), to: collector)
        while pump.read(from: &tail) != .finished {}
        #expect(pump.counts.read == pump.counts.emitted + pump.counts.refused)
        let bytes = collector.bytes
        // Every event is valid, with valid UTF-8.
        #expect(throws: Never.self) { try BSONValidator.validateSequence(bytes.span.bytes) }
        return (pump.counts, fields(of: bytes))
    }

    private func open(_ path: String, _ bytes: [UInt8]) -> Bool {
        guard let file = fopen(path, "w") else { return false }
        defer { fclose(file) }
        return fwrite(bytes, 1, bytes.count, file) == bytes.count
    }

    @Test(
        "a line cut at every byte, and with each byte changed, is an event or refused",
        arguments: ["combined", "common"])
    func damaged(format: String) throws {
        let bytes = Array(Self.line.utf8)
        var input: [UInt8] = []
        var count = 0
        for index in bytes.indices {
            input += bytes[..<index] + [10]
            count += 1
            for byte in [0, 9, 32, 34, 45, 48, 63, 91, 92, 93, 120, 0x80, 0xC3, 0xFF] as [UInt8] {
                var changed = bytes
                changed[index] = byte
                input += changed + [10]
                count += 1
            }
        }
        let (counts, events) = try run(input, format: format)
        #expect(counts.read == UInt64(count))
        #expect(events.count == Int(counts.emitted))
    }

    @Test("random bytes are refused by reason, and every line is counted")
    func random() throws {
        var generator = SeededGenerator(seed: 20_261_121)
        var bytes = (0..<1_000_000).map { _ in UInt8.random(in: 0...255, using: &generator) }
        bytes[bytes.count - 1] = 10
        let (counts, events) = try run(bytes)
        #expect(counts.read == UInt64(bytes.filter { $0 == 10 }.count))
        #expect(events.isEmpty && counts.refused == counts.read)
    }

    @Test("words of the format in random order are events or refused")
    func shuffled() throws {
        var generator = SeededGenerator(seed: 7)
        let words = [
            "1.2.3.4", " ", "-", "\"", "[17/May/2015:10:05:03 +0000]", "GET / HTTP/1.1", "200", "\\", "\\x", "\0", "?",
            "é",
        ]
        var text = ""
        for _ in 0..<100_000 { text += words.randomElement(using: &generator) ?? "" }
        for _ in 0..<3_000 {
            var parts = [
                " - ", " [17/May/2015:10:05:03 +0000] \"", "GET / HTTP/1.1", "\" 200 1 \"", "x", "\" \"", "y", "\"",
            ]
            parts.swapAt(.random(in: 0..<8, using: &generator), .random(in: 0..<8, using: &generator))
            text += "1.2.3.4 -" + parts.joined() + "\n"
        }
        let (counts, events) = try run(Array(text.utf8))
        #expect(counts.read == 3_000)
        #expect(events.count == Int(counts.emitted) && counts.emitted > 0)
    }

    @Test("unparsed lines are reported with reason and place, a bounded number at once")
    func reports() throws {
        let directory = TemporaryDirectory()
        let path = directory.write("bad\n\n" + String(repeating: "worse\n", count: 100), to: "a")
        var options = Tail.Options()
        options.once = true
        var tail = Tail([path], options: options)
        let collector = Collector()
        var pump = LogPump(try LogFormat.plan("combined"), to: collector)
        while pump.read(from: &tail) != .finished {}
        pump.reportUnparsed { tail.path(ofInput: $0) }
        #expect(collector.unparsed.count == LogPump.samplesAtOnce)
        #expect(collector.unparsed.prefix(2).map(\.place.offset) == [0, 5])
        #expect(collector.unparsed.allSatisfy { $0.reason == .noRequest })
        #expect(pump.counts[.empty] == 1 && pump.counts[.noRequest] == 101)
        #expect(pump.counts.reasons.map(\.reason) == [.noRequest, .empty])
    }
}

/// Random numbers that are the same in every run.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state = Hash64.finish(state)
        return state
    }
}

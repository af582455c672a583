// Mails over restarts: each is one event with the right ending, wherever in its lines the process ended, and however.
import BSON
import Foundation
import Testing

@testable import LogParsing

/// Emitted events: the last one of each `_id`, and how many there were.
private struct Emitted: Equatable {
    var last: [ObjectID: [UInt8]] = [:]
    var counts: [ObjectID: Int] = [:]
    var inOrder: [[UInt8]] = []

    mutating func add(_ bytes: [UInt8]) {
        var start = 0
        while start < bytes.count {
            let length = Int(bytes.span.bytes.unsafeLoadUnaligned(fromByteOffset: start, as: UInt32.self))
            let document = Array(bytes[start..<start + length])
            start += length
            guard let id = DocumentView(unchecked: document.span.bytes)["_id"]?.objectID else { continue }
            last[id] = document
            counts[id, default: 0] += 1
            inOrder.append(document)
        }
    }
}

@Suite("Mails over restarts", .timeLimit(.minutes(1)))
struct MailRestartTests {
    private let directory = TemporaryDirectory()
    private let state = TemporaryDirectory()

    private static func sample(_ name: String) throws -> [String] {
        let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Samples/\(name)")
        return try String(contentsOf: path, encoding: .utf8).split(separator: "\n").map(String.init)
    }

    // MARK: - Parsers

    private static func feed(_ lines: ArraySlice<String>, to pump: inout LogPump) {
        for index in lines.indices {
            let bytes = Array(lines[index].utf8)
            let place = LinePlace(file: FileIdentity(seed: 7), offset: UInt64(index))
            let output = pump.output
            _ = pump.plan.parsers[0].take(bytes.span.bytes, at: place, to: output)
        }
    }

    private static func pump(_ format: String, to output: Collector) throws -> LogPump {
        LogPump(try LogFormat.plan(format), to: output)
    }

    @Test(
        "a parser that was ended behind any line and begun again emits what it would have emitted, in the same order",
        arguments: ["postfix-short.log", "postfix-long.log"], ["postfix", "syslog", "auto"])
    func anyLine(name: String, format: String) throws {
        let lines = try Self.sample(name)[...]
        let whole = Collector()
        var uninterrupted = try Self.pump(format, to: whole)
        Self.feed(lines, to: &uninterrupted)
        uninterrupted.finish()
        let expected = whole.bytes
        var longest = 0
        for end in stride(from: 0, through: lines.count, by: format == "postfix" ? 7 : 61) {
            let output = Collector()
            var first = try Self.pump(format, to: output)
            Self.feed(lines[..<end], to: &first)
            let kept = first.state()
            let last = first.state(isLast: true)
            first.finish()
            var second = try Self.pump(format, to: output)
            second.restore(last)
            let again = second.state()
            Self.feed(lines[end...], to: &second)
            second.finish()
            let isSame = output.bytes == expected && kept == last && again == last
            #expect(isSame, "ended behind line \(end)")
            longest = max(longest, last.count)
        }
        #expect(longest > 300 && longest < 20_000)
    }

    @Test("a state that is damaged or of another format is none, and never half of one")
    func damaged() throws {
        let lines = try Self.sample("postfix-long.log")[...]
        var first = try Self.pump("postfix", to: Collector())
        Self.feed(lines[..<100], to: &first)
        let kept = first.state()
        let empty = try {
            var pump = try Self.pump("postfix", to: Collector()); return pump.state()
        }()
        #expect(kept.count > empty.count + 100)
        func restored(_ bytes: [UInt8], _ format: String = "postfix") throws -> [UInt8] {
            var pump = try Self.pump(format, to: Collector())
            pump.restore(bytes)
            let state = pump.state()
            // Whatever was believed, lines can follow.
            Self.feed(lines[100..<108], to: &pump)
            pump.finish()
            return state
        }
        for end in stride(from: 0, to: kept.count, by: 11) {
            let state = try restored(Array(kept[..<end]))
            #expect(state == empty)
        }
        for index in stride(from: 0, to: kept.count, by: 7) {
            for flip in [1, 0x80, 0xFF] as [UInt8] {
                var other = kept
                other[index] ^= flip
                _ = try restored(other)
            }
        }
        let longer = try restored(kept + [0])
        #expect(longer == empty)
        let stranger = try restored(kept, "combined")
        #expect(stranger.count < empty.count)
    }

    // MARK: - Processes

    /// Follows `mail.log` as one process, until it has read so many bytes or all of it.
    private func run(
        _ emitted: inout Emitted, once: Bool, saving: Bool = true, until isEnough: () -> Bool = { false }
    ) throws {
        var options = Tail.Options()
        options.once = once
        options.fromStart = true
        options.pieceSize = 500
        options.maximumLine = 1000
        let output = Collector()
        do {
            var follower = LogFollower(
                [directory.path("mail.log")], options: options, plan: try LogFormat.plan("postfix"), to: output,
                keeping: try PositionStore(directory: state.root), threads: once ? 2 : 1)
            let always = open(directory.path("mail.log"), O_RDONLY)  // readable: it does not wait long for lines
            defer { close(always) }
            _ = follower.run(watching: always, until: isEnough, hear: { _ in })
            if saving { follower.savePositions { _ in } }
        }
        emitted.add(output.bytes)
    }

    private func expected(_ lines: [String]) throws -> Emitted {
        directory.write(lines.map { $0 + "\n" }.joined(), to: "mail.log")
        var emitted = Emitted()
        try run(&emitted, once: true)
        unlink(state.path("positions.bson"))
        return emitted
    }

    @Test("clean stops, one after another: each line and each mail is one event")
    func cleanStops() throws {
        let lines = try Self.sample("postfix-short.log")
        let whole = try expected(lines)
        // The file stays the same one: it only grows.
        let place = directory.path("mail.log")
        truncate(place, 0)
        var emitted = Emitted()
        for start in stride(from: 0, to: lines.count, by: 9) {
            directory.append(lines[start..<min(start + 9, lines.count)].map { $0 + "\n" }.joined(), to: "mail.log")
            var rounds = 0
            try run(&emitted, once: start % 2 == 0) {
                rounds += 1
                return rounds > 20
            }
        }
        #expect(emitted.counts.values.allSatisfy { $0 == 1 })
        let isSame = emitted.last == whole.last
        #expect(isSame && whole.last.count > 300)
    }

    @Test("an end without warning: what is emitted again has the same _id and says the same")
    func crashes() throws {
        let lines = try Self.sample("postfix-long.log")
        let whole = try expected(lines)
        truncate(directory.path("mail.log"), 0)
        var emitted = Emitted()
        var saves = 0
        for start in stride(from: 0, to: lines.count, by: 51) {
            directory.append(lines[start..<min(start + 51, lines.count)].map { $0 + "\n" }.joined(), to: "mail.log")
            let begin = Monotonic.now
            var before = stat()
            stat(state.path("positions.bson"), &before)
            // It ends when positions of before its last lines are saved.
            try run(&emitted, once: false, saving: false) {
                var status = stat()
                let isSaved = stat(state.path("positions.bson"), &status) == 0 && status.st_ino != before.st_ino
                if isSaved { saves += 1 }
                return isSaved || Monotonic.now - begin > .seconds(5)
            }
            // What came after that was emitted, and is forgotten.
            directory.append("Nov 21 17:58:46 mx postfix/master[1]: a line\n", to: "mail.log")
            try run(&emitted, once: false, saving: false) { Monotonic.now - begin > .milliseconds(900) }
        }
        try run(&emitted, once: true)
        #expect(saves >= 4)
        var mails = 0
        let repeated = emitted.counts.values.count { $0 > 1 }
        #expect(repeated > 0)
        for (id, event) in whole.last {
            // What else there is has its _id from its place, which the lines in between have moved.
            let view = DocumentView(unchecked: event.span.bytes)
            let isMail = view["queue_id"] != nil && view["lines"] != nil
            guard isMail else { continue }
            mails += 1
            let isSame = emitted.last[id] == event
            #expect(isSame)
        }
        #expect(mails > 10)
    }
}

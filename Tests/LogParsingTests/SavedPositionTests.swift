// Restarts: reading goes on where it stood, whatever has happened to the files since.
import BSON
import Glibc
import Testing

@testable import LogParsing

/// Remembers the lines it is given, and gives up after some.
private struct Recorder: LineHandler {
    var lines: [String] = []
    var places: Set<LinePlace> = []
    var limit = Int.max

    mutating func take(_ line: RawSpan, at place: LinePlace) -> Bool {
        guard lines.count < limit else { return false }
        lines.append(line.withUnsafeBytes { String(decoding: $0, as: UTF8.self) })
        places.insert(place)
        return true
    }

    mutating func skip(at place: LinePlace) {}
}

@Suite("Positions over restarts", .timeLimit(.minutes(1)))
struct SavedPositionTests {
    private let directory = TemporaryDirectory()
    private let state = TemporaryDirectory()

    /// Follows for a while, as one process: reads what is there, at most some lines, and saves where it stands.
    private func run(_ pattern: String, limit: Int = .max, fromStart: Bool = false) throws -> (Recorder, [TailNotice]) {
        let store = try PositionStore(directory: state.root)
        var options = Tail.Options()
        options.fromStart = fromStart
        options.resuming = store.saved
        options.resumingSince = store.savedAt
        options.keepsPositions = true
        var recorder = Recorder(limit: limit)
        var tail = Tail([directory.path(pattern)], options: options)
        while tail.read(into: &recorder) == .more {}
        try store.save(tail.positions())
        return (recorder, tail.takeNotices())
    }

    private static func lines(_ range: Range<Int>) -> String { range.map { "line \($0)\n" }.joined() }
    private static func list(_ range: Range<Int>) -> [String] { range.map { "line \($0)" } }

    /// What happens to `a.log`, which has the lines 0 to 99, of which 60 were read, until the next start.
    enum Change: String, CaseIterable {
        case grown, renamed, renamedTwice, renamedAndMissing, copied, copiedAndEmpty, copiedTwice
        case zipped, zippedTwice, packed, copiedAndZipped
    }

    @Test("what was not read before is read afterwards, and nothing else", arguments: Change.allCases)
    func goesOn(change: Change) throws {
        directory.write(Self.lines(0..<100), to: "a.log")
        let before = try run("a.log", limit: 60, fromStart: true).0
        #expect(before.lines == Self.list(0..<60))
        switch change {
        case .grown: directory.append(Self.lines(100..<200), to: "a.log")
        case .renamed:
            directory.rename("a.log", to: "a.log.1")
            directory.append(Self.lines(100..<150), to: "a.log.1")
            directory.write(Self.lines(150..<200), to: "a.log")
        case .renamedTwice:
            directory.rename("a.log", to: "a.log.2")
            directory.write(Self.lines(100..<150), to: "a.log.1")
            directory.write(Self.lines(150..<200), to: "a.log")
        case .renamedAndMissing:
            directory.append(Self.lines(100..<200), to: "a.log")
            directory.rename("a.log", to: "a.log.1")
        case .copied:
            directory.copyAndTruncate("a.log", to: "a.log.1")
            directory.append(Self.lines(100..<200), to: "a.log")
        case .copiedAndEmpty:
            directory.append(Self.lines(100..<200), to: "a.log")
            directory.copyAndTruncate("a.log", to: "a.log.1")
        case .copiedTwice:
            directory.copyAndTruncate("a.log", to: "a.log.2")
            directory.append(Self.lines(100..<150), to: "a.log")
            directory.copyAndTruncate("a.log", to: "a.log.1")
            directory.append(Self.lines(150..<200), to: "a.log")
        case .zipped, .packed:
            directory.append(Self.lines(100..<150), to: "a.log")
            directory.compress("a.log", to: "a.log.2.\(change)", as: change == .packed ? .zstd : .gzip)
            directory.write(Self.lines(150..<200), to: "a.log")
        case .zippedTwice:
            directory.compress("a.log", to: "a.log.2.gz", as: .gzip)
            directory.write(Self.lines(100..<150), to: "a.log.1")
            directory.compress("a.log.1", to: "a.log.1.gz", as: .gzip)
            directory.write(Self.lines(150..<200), to: "a.log")
        case .copiedAndZipped:
            directory.append(Self.lines(100..<150), to: "a.log")
            directory.copyAndTruncate("a.log", to: "a.log.1")
            directory.compress("a.log.1", to: "a.log.1.gz", as: .gzip)
            directory.append(Self.lines(150..<200), to: "a.log")
        }
        let (after, notices) = try run("a.log")
        #expect(after.lines == Self.list(60..<200))
        let isMissing = change == .renamedAndMissing
        #expect(notices == (isMissing ? [.missing(path: directory.path("a.log"))] : []))
        #expect(before.places.isDisjoint(with: after.places))
        // And nothing is read a third time.
        directory.append("last\n", to: "a.log")
        #expect(try run("a.log").0.lines == ["last"])
    }

    @Test("a file that came while nobody read is read as a whole; without positions from its end")
    func newFiles() throws {
        directory.write("old\n", to: "a.log")
        #expect(try run("*.log").0.lines == [])
        directory.write("new\n", to: "b.log")
        directory.append("more\n", to: "a.log")
        #expect(try run("*.log").0.lines.sorted() == ["more", "new"])
    }

    @Test("a file that is gone is told, and one that was written anew is read from its beginning")
    func gone() throws {
        directory.write(Self.lines(0..<10), to: "a.log")
        _ = try run("a.log", limit: 5, fromStart: true)
        unlink(directory.path("a.log"))
        directory.write("other\n", to: "a.log")
        let (recorder, notices) = try run("a.log")
        #expect(recorder.lines == ["other"] && notices == [.gone(path: directory.path("a.log"), offset: 35)])
        directory.write("other\nand more\n", to: "a.log")
        #expect(try run("a.log").0.lines == ["and more"])
        directory.write("other\nand less\nthan there was\n", to: "a.log")
        #expect(try run("a.log").0.lines == ["other", "and less", "than there was"])
    }

    @Test("the files that came after one that is gone are read")
    func goneWithSuccessors() throws {
        directory.write(Self.lines(0..<10), to: "a.log")
        _ = try run("a.log", fromStart: true)
        unlink(directory.path("a.log"))
        usleep(20_000)  // a tick of the file system's clock
        directory.write("second\n", to: "a.log.1")
        directory.write("third\n", to: "a.log")
        #expect(try run("a.log").0.lines.sorted() == ["second", "third"])
    }

    @Test("a message that waits for its next line is read again")
    func held() throws {
        let path = directory.write(
            "2026/11/21 00:24:27 [error] 1#1: one\n2026/11/21 00:24:28 [error] 1#1: two\n", to: "e")
        var options = Tail.Options()
        options.fromStart = true
        var tail = Tail([path], options: options)
        var pump = LogPump(try LogFormat.plan("nginx-error"), to: Collector())
        while pump.read(from: &tail) == .more {}
        let all = tail.positions().files.map(\.position)
        #expect(all == [74] && tail.positions(holding: pump.held).files.map(\.position) == [37])
        pump.finish()
        #expect(pump.held.isEmpty)
    }

    @Test("positions are saved by the loop only when their events are gone")
    func waitsForEvents() throws {
        final class Slow: EventOutput {
            var isWanted = true
            var isNotedGone = false
            var notes = 0
            func wants(topic: Int) -> Bool { true }
            func emit(topic: Int, _ build: (inout DocumentWriter) -> Void) {}
            func note() { notes += 1 }
            func report(_ line: Unparsed, path: String) {}
        }
        let line = #"1.2.3.4 - - [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 1 "-" "-""# + "\n"
        let path = directory.write(line + line, to: "a")
        let saved = state.path("positions.bson")
        let output = Slow()
        var options = Tail.Options()
        options.fromStart = true
        var follower = LogFollower(
            [path], options: options, plan: try LogFormat.plan("combined"), to: output,
            keeping: try PositionStore(directory: state.root))
        let start = Monotonic.now
        let always = open(path, O_RDONLY)  // readable: it does not wait long for lines
        defer { close(always) }
        _ = follower.run(watching: always) {
            if Monotonic.now - start > .milliseconds(700) {
                if !output.isNotedGone { #expect(output.notes == 1 && access(saved, F_OK) != 0) }
                output.isNotedGone = true
            }
            return access(saved, F_OK) == 0 || Monotonic.now - start > .seconds(20)
        } hear: { _ in
        }
        #expect(access(saved, F_OK) == 0 && output.isNotedGone)
    }

    @Test("a directory has one reader at a time, and a damaged file is refused")
    func store() throws {
        do {
            let first = try PositionStore(directory: state.root)
            #expect(throws: PositionStore.Problem.self) { try PositionStore(directory: state.root) }
            #expect(first.saved.files.isEmpty)
        }
        for text in ["", "x", "\u{5}\0\0\0\0"] {
            state.write(text, to: "positions.bson")
            #expect(throws: PositionStore.Problem.self) { try PositionStore(directory: state.root) }
        }
    }
}

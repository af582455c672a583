// Rotation under load: a writer writes and rotates as fast as it can while a reader follows; each line comes once.
import Glibc
import Synchronization
import Testing

@testable import LogParsing

/// Remembers how often each numbered line came.
private struct Tally: LineHandler {
    var times: [Int: Int] = [:]
    var strange: [String] = []
    var places: Set<LinePlace> = []
    var count = 0
    /// Lines that came without a gap, from the first on.
    var complete = 0
    var notices: [TailNotice] = []

    mutating func take(_ line: RawSpan, at place: LinePlace) -> Bool {
        let text = line.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
        count += 1
        places.insert(LinePlace(file: place.file, offset: place.offset))
        if let words = text.split(separator: " ").first.flatMap({ Int($0) }) {
            times[words, default: 0] += 1
            while times[complete] != nil { complete += 1 }
        } else {
            strange.append(text)
        }
        return true
    }

    mutating func skip(at place: LinePlace) { strange.append("too long") }
}

/// What a writer and a reader tell each other.
private final class Board: Sendable {
    let linesWritten = Atomic<Int>(-1)  // all, when the writer is done
    let rotationsSeen = Atomic<Int>(-1)  // by the reader, once it has begun

    let linesRead = Atomic<Int>(0)

    /// Lets the writer wait until the reader has seen so many rotations and so many lines, for ten seconds at most.
    func wait(forRotations rotations: Int = 0, lines: Int) {
        let end = Monotonic.now + .seconds(10)
        while rotationsSeen.load(ordering: .acquiring) < rotations || linesRead.load(ordering: .acquiring) < lines {
            if Monotonic.now > end {
                Issue.record("the reader stands still")
                return
            }
            usleep(100)
        }
    }
}

@Suite("Rotation under load", .timeLimit(.minutes(3)))
struct RotationTests {
    private static let rotations = 200
    private static let linesBetween = 100

    /// Writes numbered lines and rotates; runs on a thread of its own.
    private static func write(_ directory: TemporaryDirectory, _ board: Board, rotate: (CInt, Int) -> CInt) {
        var log = open(directory.path("a.log"), O_WRONLY | O_CREAT | O_APPEND, 0o644)
        var line = 0
        board.wait(lines: 0)
        for rotation in 1...rotations {
            for _ in 0..<linesBetween {
                let text = "\(line) \(String(repeating: "x", count: line % 300))\n"
                precondition(Glibc.write(log, text, text.utf8.count) == text.utf8.count)
                line += 1
            }
            log = rotate(log, rotation)
        }
        close(log)
        board.linesWritten.store(line, ordering: .releasing)
    }

    /// Reads until everything that was written has come, or nothing more comes for two seconds.
    private static func read(_ directory: TemporaryDirectory, _ board: Board) -> Tally {
        var options = Tail.Options()
        options.fromStart = true
        options.lookEvery = .milliseconds(500)
        var tail = Tail([directory.path("a.log")], options: options)
        board.rotationsSeen.store(0, ordering: .releasing)
        var tally = Tally()
        var lastLine = Monotonic.now
        while Monotonic.now - lastLine < .seconds(2) {
            let before = tally.count
            if tail.read(into: &tally) == .idle {
                if tally.count == board.linesWritten.load(ordering: .acquiring) { break }
                tail.wait(atMost: .milliseconds(100))
            }
            board.linesRead.store(tally.complete, ordering: .releasing)
            board.rotationsSeen.store(Int(tail.counts.rotations + tail.counts.truncations), ordering: .releasing)
            if tally.count > before { lastLine = Monotonic.now }
        }
        // Each truncation is one, with its copy; files that are open for a while after they were read are no loss.
        tally.notices = tail.takeNotices().filter {
            switch $0 {
            case .truncated(_, _, copyFound: true), .abandoned(_, bytes: 0): false
            default: true
            }
        }
        return tally
    }

    private func run(_ rotate: @escaping @Sendable (TemporaryDirectory, Board, CInt, Int) -> CInt) {
        let directory = TemporaryDirectory()
        let board = Board()
        directory.write("", to: "a.log")
        let writer = Thread { Self.write(directory, board) { rotate(directory, board, $0, $1) } }
        let tally = Self.read(directory, board)
        writer.join()
        let lines = Self.rotations * Self.linesBetween
        #expect(board.linesWritten.load(ordering: .acquiring) == lines)
        #expect(tally.strange == [])
        #expect(tally.notices == [])
        #expect((0..<lines).filter { tally.times[$0] == nil }.prefix(5) == [], "lost")
        #expect(tally.times.filter { $0.value > 1 }.keys.sorted().prefix(5) == [], "repeated")
        #expect(tally.places.count == lines)
    }

    @Test("renaming: each line comes once, and no two have the same _id")
    func renaming() {
        run { directory, board, log, number in
            board.wait(lines: (number - 50) * Self.linesBetween)
            directory.rename("a.log", to: "a.log.\(number)")
            let new = open(directory.path("a.log"), O_WRONLY | O_CREAT | O_APPEND | O_EXCL, 0o644)
            close(log)
            return new
        }
    }

    @Test("renaming with numbers that move up, and the oldest files removed")
    func shifting() {
        run { directory, board, log, number in
            // Twenty files are kept; none is removed before it was read.
            board.wait(lines: (number - 15) * Self.linesBetween)
            for number in stride(from: 20, through: 1, by: -1) {
                Glibc.rename(directory.path("a.log.\(number)"), directory.path("a.log.\(number + 1)"))
            }
            directory.rename("a.log", to: "a.log.1")
            let new = open(directory.path("a.log"), O_WRONLY | O_CREAT | O_APPEND | O_EXCL, 0o644)
            close(log)
            return new
        }
    }

    @Test("copying and truncating, while the writer waits: each line comes once")
    func copying() {
        run { directory, board, log, number in
            // Two truncations between two looks of the reader leave a copy that it cannot know of: it must have seen
            // something of the file as it is.
            board.wait(forRotations: number - 1, lines: (number - 1) * Self.linesBetween + 1)
            directory.copyAndTruncate("a.log", to: "a.log.\(number)")
            return log
        }
    }
}

/// A thread, because a test's tasks must not block each other.
private final class Thread {
    private final class Body: Sendable {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    private var handle = pthread_t()

    init(_ run: @escaping @Sendable () -> Void) {
        let body = Unmanaged.passRetained(Body(run))
        let result = pthread_create(
            &handle, nil,
            { pointer in
                if let pointer { Unmanaged<Body>.fromOpaque(pointer).takeRetainedValue().run() }
                return nil
            }, body.toOpaque())
        precondition(result == 0)
    }

    func join() { pthread_join(handle, nil) }
}

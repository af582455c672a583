// Following files: beginnings, ends, long lines, and every way of rotating.
import Glibc
import Testing

@testable import LogParsing

/// Remembers the lines it is given.
private struct Recorder: LineHandler {
    var lines: [String] = []
    var places: [LinePlace] = []
    var skipped = 0
    /// Lines after which no more are taken.
    var limit = Int.max

    mutating func take(_ line: RawSpan, at place: LinePlace) -> Bool {
        guard lines.count < limit else { return false }
        lines.append(line.withUnsafeBytes { String(decoding: $0, as: UTF8.self) })
        places.append(place)
        return true
    }

    mutating func skip(at place: LinePlace) { skipped += 1 }
}

extension Tail {
    /// Reads until nothing is left, waiting for changes until `count` lines are there, for ten seconds at most.
    fileprivate mutating func read(_ recorder: inout Recorder, untilLines count: Int = 0) {
        let end = Monotonic.now + .seconds(10)
        while true {
            switch read(into: &recorder) {
            case .more: continue
            case .stopped, .finished: return
            case .idle:
                if recorder.lines.count >= count || Monotonic.now > end { return }
                wait(atMost: .milliseconds(100))
            }
        }
    }
}

@Suite("Following files", .timeLimit(.minutes(2)))
struct TailTests {
    private let directory = TemporaryDirectory()

    private func options(_ change: (inout Tail.Options) -> Void = { _ in }) -> Tail.Options {
        var options = Tail.Options()
        options.fromStart = true
        options.lookEvery = .milliseconds(200)
        change(&options)
        return options
    }

    private func once(_ paths: String...) -> (recorder: Recorder, notices: [TailNotice]) {
        var recorder = Recorder()
        var tail = Tail(paths, options: options { $0.once = true })
        while tail.read(into: &recorder) != .finished {}
        return (recorder, tail.takeNotices())
    }

    @Test(
        "reading once gives every line, and the last one without its end",
        arguments: [
            ("", []), ("a", ["a"]), ("a\n", ["a"]), ("a\nb", ["a", "b"]), ("\n\n", ["", ""]), ("a\r\nb\r", ["a", "b"]),
            ("a\rb\n", ["a\rb"]), ("\0\0a\0b\n\0\n", ["a\0b", ""]),
        ] as [(String, [String])])
    func readsOnce(text: String, lines: [String]) {
        let path = directory.write(text, to: "a.log")
        #expect(once(path).recorder.lines == lines)
    }

    @Test("reading once takes files one after another, those of a pattern in order of their names")
    func order() {
        for name in ["c", "a", "b"] { directory.write("\(name)1\n\(name)2", to: name + ".log") }
        let first = directory.write("first", to: "z")
        #expect(
            once(first, directory.path("*.log")).recorder.lines == ["first", "a1", "a2", "b1", "b2", "c1", "c2"])
    }

    @Test("what cannot be read is reported")
    func reports() {
        let path = directory.path("none")
        let result = once(path, directory.path(""))
        #expect(result.notices == [.missing(path: path), .unreadable(path: directory.path(""), code: EISDIR)])
    }

    @Test("a line of the greatest length is read, a longer one is skipped and counted", arguments: [10, 100, 70_000])
    func longLines(limit: Int) {
        let fits = String(repeating: "x", count: limit)
        let path = directory.write("a\n\(fits)\n\(fits)y\nb\n\(fits)\(fits)\(fits)\nc\n\(fits)yy", to: "a")
        var tail = Tail([path], options: options { ($0.once, $0.maximumLine) = (true, limit) })
        var recorder = Recorder()
        while tail.read(into: &recorder) != .finished {}
        #expect(recorder.lines == ["a", fits, "b", "c"])
        #expect(recorder.skipped == 3)
    }

    @Test("a line of a hundred megabytes is skipped in bounded memory, and the next one is read")
    func hugeLine() {
        let path = directory.write("a\n", to: "a")
        let piece = String(repeating: "x", count: 1 << 20)
        for _ in 0..<100 { directory.append(piece, to: "a") }
        directory.append("\nb\n", to: "a")
        let recorder = once(path).recorder
        #expect(recorder.lines == ["a", "b"])
        #expect(recorder.skipped == 1)
    }

    @Test("a partial last line is held back until its end comes")
    func partialLine() {
        let path = directory.write("a\nb", to: "a")
        var recorder = Recorder()
        var tail = Tail([path], options: options())
        tail.read(&recorder)
        #expect(recorder.lines == ["a"])
        directory.append("c", to: "a")
        tail.wait(atMost: .seconds(5))
        tail.read(&recorder)
        #expect(recorder.lines == ["a"])
        directory.append("d\n", to: "a")
        tail.read(&recorder, untilLines: 2)
        #expect(recorder.lines == ["a", "bcd"])
    }

    @Test(
        "following begins at the end, with the line that is being written", arguments: ["old\n", "old\nhal", "", "hal"])
    func startsAtEnd(text: String) {
        let path = directory.write(text, to: "a")
        var recorder = Recorder()
        var tail = Tail([path], options: options { $0.fromStart = false })
        tail.read(&recorder)
        #expect(recorder.lines == [])
        directory.append("f\n", to: "a")
        tail.read(&recorder, untilLines: 1)
        #expect(recorder.lines == [text.hasSuffix("hal") ? "half" : "f"])
    }

    @Test("a missing file is waited for and read from its beginning")
    func missing() {
        var recorder = Recorder()
        var tail = Tail([directory.path("a")], options: options { $0.fromStart = false })
        tail.read(&recorder)
        #expect(tail.takeNotices() == [.missing(path: directory.path("a"))])
        directory.write("1\n", to: "a")
        tail.read(&recorder, untilLines: 1)
        #expect(recorder.lines == ["1"])
        #expect(tail.takeNotices() == [.opened(path: directory.path("a"))])
    }

    @Test("new files of a pattern are followed, and a rotated one is not read again under its new name")
    func patterns() {
        directory.write("1\n", to: "a.log")
        var recorder = Recorder()
        var tail = Tail([directory.path("*.log*")], options: options { $0.keepRotated = .zero })
        tail.read(&recorder, untilLines: 1)
        directory.write("2\n", to: "b.log")
        tail.read(&recorder, untilLines: 2)
        directory.rename("a.log", to: "a.log.1")
        directory.write("3\n", to: "a.log")
        tail.read(&recorder, untilLines: 3)
        for _ in 0..<3 {
            tail.wait(atMost: .milliseconds(300))
            tail.read(&recorder)
        }
        directory.append("4\n", to: "a.log.1")
        directory.append("5\n", to: "a.log")
        tail.read(&recorder, untilLines: 5)
        #expect(recorder.lines.sorted() == ["1", "2", "3", "4", "5"])
    }

    @Test("a line that is not taken comes again")
    func stopping() {
        let path = directory.write("1\n2\n3\n", to: "a")
        var recorder = Recorder(limit: 1)
        var tail = Tail([path], options: options())
        #expect(tail.read(into: &recorder) == .stopped)
        #expect(tail.read(into: &recorder) == .stopped)
        recorder.limit = .max
        tail.read(&recorder)
        #expect(recorder.lines == ["1", "2", "3"])
        #expect(recorder.places.map(\.offset) == [0, 2, 4])
    }

    @Test("a file rotated twice while nobody wanted its lines is read completely afterwards", arguments: [true, false])
    func rotatedWhileUnwanted(copying: Bool) {
        let path = directory.write("1\n2\n", to: "a")
        var recorder = Recorder(limit: 1)
        var tail = Tail([path], options: options())
        #expect(tail.read(into: &recorder) == .stopped)
        for (number, text) in [(1, "3\n4\n"), (2, "5\n6\n")] {
            if copying {
                // A copy that is not read before the next one is made is behind the reader's back: one copy only.
                if number == 2 {
                    directory.append("5\n6\n", to: "a")
                } else {
                    directory.copyAndTruncate("a", to: "a.1")
                }
                if number == 1 { directory.append(text, to: "a") }
            } else {
                directory.rename("a", to: "a.\(number)")
                directory.write(text, to: "a")
            }
            tail.wait(atMost: .milliseconds(50), forLines: false)
        }
        recorder.limit = .max
        tail.read(&recorder, untilLines: 6)
        #expect(recorder.lines == ["1", "2", "3", "4", "5", "6"])
    }

    @Test("a writer that goes on in a renamed file, and one that ends it without a line's end, lose nothing")
    func lateWriter() {
        let path = directory.write("1\n", to: "a")
        var recorder = Recorder()
        var tail = Tail([path], options: options { $0.keepRotated = .milliseconds(500) })
        tail.read(&recorder, untilLines: 1)
        directory.rename("a", to: "a.1")
        directory.append("2\n", to: "a.1")
        tail.read(&recorder, untilLines: 2)
        directory.write("4\n", to: "a")
        directory.append("3\nlast", to: "a.1")
        tail.read(&recorder, untilLines: 5)
        #expect(recorder.lines.sorted() == ["1", "2", "3", "4", "last"])
    }

    @Test("a truncated file that has grown beyond the old position is read from its beginning")
    func regrown() {
        let path = directory.write("old 1\nold 2\n", to: "a")
        var recorder = Recorder()
        var tail = Tail([path], options: options())
        tail.read(&recorder, untilLines: 2)
        directory.write("new 1\nnew 2\nnew 3\n", to: "a")
        tail.read(&recorder, untilLines: 5)
        #expect(recorder.lines == ["old 1", "old 2", "new 1", "new 2", "new 3"])
        #expect(tail.takeNotices() == [.truncated(path: path, offset: 12, copyFound: false)])
    }

    @Test("a writer that goes on at its old place in a truncated file leaves a hole, and loses no line")
    func holes() {
        let path = directory.write("1\n", to: "a")
        let writer = open(path, O_WRONLY)
        var recorder = Recorder()
        var tail = Tail([path], options: options())
        tail.read(&recorder, untilLines: 1)
        #expect(ftruncate(writer, 0) == 0)
        tail.wait(atMost: .seconds(5))
        tail.read(&recorder)
        #expect(pwrite(writer, "2\n3\n", 4, 10_000_001) == 4)
        tail.read(&recorder, untilLines: 3)
        close(writer)
        #expect(recorder.lines == ["1", "2", "3"] && recorder.skipped == 0)
    }

    @Test("a file of a pattern that cannot be read is reported once")
    func unreadable() {
        let path = directory.path("a.log")
        #expect(symlink("/proc/self/mem", path) == 0)  // not even root reads it from its beginning
        var recorder = Recorder()
        var tail = Tail([directory.path("*.log")], options: options { $0.lookEvery = .milliseconds(10) })
        for _ in 0..<5 {
            tail.read(&recorder)
            tail.wait(atMost: .milliseconds(20))
        }
        #expect(tail.takeNotices() == [.unreadable(path: path, code: EIO)])
    }

    @Test("a copied line has the _id it had in the file that was truncated")
    func identityOfCopies() {
        let path = directory.write("1\n2\n3\n", to: "a")
        let before = once(path).recorder.places
        var recorder = Recorder(limit: 1)
        var tail = Tail([path], options: options())
        #expect(tail.read(into: &recorder) == .stopped)
        directory.copyAndTruncate("a", to: "a.1")
        recorder.limit = .max
        tail.read(&recorder, untilLines: 3)
        #expect(recorder.places == before)
    }

    @Test("a pipe is read to its end")
    func pipes() {
        let path = directory.path("pipe")
        #expect(mkfifo(path, 0o600) == 0)
        let writer = open(path, O_RDWR)
        let text = "1\n2\n3"
        #expect(write(writer, text, text.utf8.count) == text.utf8.count)
        var recorder = Recorder()
        var tail = Tail([path], options: options { $0.once = true })
        tail.read(&recorder, untilLines: 2)
        #expect(recorder.lines == ["1", "2"])
        close(writer)
        while tail.read(into: &recorder) != .finished { tail.wait(atMost: .seconds(1)) }
        #expect(recorder.lines == ["1", "2", "3"])
    }
}

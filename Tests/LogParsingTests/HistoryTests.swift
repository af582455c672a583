// Compressed history: read once, known again, and harmless whatever it holds.
import Glibc
import Testing

@testable import LogParsing

/// Remembers the lines it is given, and gives up after some.
private struct Recorder: LineHandler {
    var lines: [String] = []
    var places: [LinePlace] = []
    var skipped = 0
    var limit = Int.max

    mutating func take(_ line: RawSpan, at place: LinePlace) -> Bool {
        guard lines.count < limit else { return false }
        lines.append(line.withUnsafeBytes { String(decoding: $0, as: UTF8.self) })
        places.append(place)
        return true
    }

    mutating func skip(at place: LinePlace) { skipped += 1 }
}

@Suite("Compressed history", .timeLimit(.minutes(1)))
struct HistoryTests {
    private let directory = TemporaryDirectory()

    private static func lines(_ range: Range<Int>) -> String { range.map { "line \($0)\n" }.joined() }
    private static func bytes(hex: String) -> [UInt8] {
        let digits = hex.compactMap(\.hexDigitValue)
        return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] * 16 + digits[$0 + 1]) }
    }
    private static func list(_ range: Range<Int>) -> [String] { range.map { "line \($0)" } }

    private func once(
        _ paths: String..., maximumLine: Int = 1000, since: Int? = nil
    ) -> (recorder: Recorder, notices: [TailNotice], read: [UInt64]) {
        var options = Tail.Options()
        options.once = true
        options.maximumLine = maximumLine
        options.since = since
        var recorder = Recorder()
        var tail = Tail(paths.map { directory.path($0) }, options: options)
        while tail.read(into: &recorder) != .finished {}
        return (recorder, tail.takeNotices(), [tail.done, tail.size])
    }

    @Test("every line of a compressed file is read, in order", arguments: [Compression.gzip, .zstd])
    func everyLine(compression: Compression) {
        func pack(_ text: String) -> [UInt8] { TemporaryDirectory.compressed(Array(text.utf8), as: compression) }
        directory.write(pack(Self.lines(0..<100_000) + "end"), to: "a.log.1")
        let (recorder, notices, read) = once("a.log.1")
        #expect(recorder.lines == Self.list(0..<100_000) + ["end"] && notices.isEmpty && read[0] == read[1])
        // Several in one file, and one that is empty.
        directory.write(pack("one\ntw") + pack("") + pack("o\nthree\n"), to: "b")
        directory.write(pack(""), to: "c")
        #expect(once("b").recorder.lines == ["one", "two", "three"])
        #expect(once("c").recorder.lines == [])
        if compression == .gzip {
            directory.write(pack("one\n") + [UInt8](repeating: 0, count: 100), to: "d")
            #expect(once("d").recorder.lines == ["one"] && once("d").notices.isEmpty)
        }
    }

    @Test("the same history is the same events, whatever its name and however it is compressed")
    func identity() {
        let bytes = Array(Self.lines(0..<1000).utf8)
        directory.write(TemporaryDirectory.compressed(bytes, as: .gzip), to: "a.log.2.gz")
        directory.write(TemporaryDirectory.compressed(bytes, as: .zstd), to: "a.log.3.zst")
        directory.write(TemporaryDirectory.compressed(Array("x\n".utf8) + bytes, as: .zstd), to: "a.log.4.zst")
        let places = once("a.log.2.gz").recorder.places
        #expect(once("a.log.3.zst").recorder.places.map(\.file) == places.map(\.file))
        #expect(once("a.log.3.zst").recorder.places.map(\.offset) == places.map(\.offset))
        #expect(once("a.log.4.zst").recorder.places.first?.file != places.first?.file)
        // And within one reading it is read once.
        #expect(once("a.log.*").recorder.lines.count == 2001)
    }

    @Test("history of which something was read under another name goes on there, in the running process")
    func goesOn() {
        var options = Tail.Options()
        options.fromStart = true
        options.keepRotated = .milliseconds(1)
        var recorder = Recorder()
        let name = directory.write(Self.lines(0..<1000), to: "a.log")
        var tail = Tail([name + "*"], options: options)
        while tail.read(into: &recorder) == .more {}
        directory.rename("a.log", to: "a.log.1")
        directory.write("new\n", to: "a.log")
        tail.wait(atMost: .seconds(1))
        while tail.read(into: &recorder) == .more {}
        #expect(recorder.lines == Self.list(0..<1000) + ["new"])
        // gzip writes, and the file it reads stays until it is done.
        let bytes = TemporaryDirectory.compressed(Array(Self.lines(0..<1000).utf8), as: .gzip)
        for count in [0, 5, bytes.count / 2, bytes.count] {
            directory.write(Array(bytes[..<count]), to: "a.log.2.gz")
            tail.wait(atMost: .milliseconds(20))
            while tail.read(into: &recorder) == .more {}
        }
        unlink(directory.path("a.log.1"))
        directory.append("newer\n", to: "a.log")
        tail.wait(atMost: .seconds(1))
        while tail.read(into: &recorder) == .more {}
        #expect(recorder.lines == Self.list(0..<1000) + ["new", "newer"])
        #expect(tail.takeNotices().isEmpty)
    }

    @Test("history that is being written is read as it comes", arguments: [Compression.gzip, .zstd])
    func isWritten(compression: Compression) {
        var options = Tail.Options()
        options.fromStart = true
        var recorder = Recorder()
        var tail = Tail([directory.path("*")], options: options)
        let bytes = TemporaryDirectory.compressed(Array(Self.lines(0..<50_000).utf8), as: compression)
        directory.write([UInt8](), to: "a.gz")
        for end in stride(from: 0, through: bytes.count, by: 5000) + [bytes.count] {
            let size = end - (end == bytes.count ? bytes.count % 5000 : min(end, 5000))
            directory.append(bytes: Array(bytes[size..<end]), to: "a.gz")
            tail.wait(atMost: .milliseconds(20))
            while tail.read(into: &recorder) == .more {}
        }
        #expect(recorder.lines == Self.list(0..<50_000) && tail.takeNotices().isEmpty)
    }

    @Test("what is damaged or cut is read as far as it goes, and told", arguments: [Compression.gzip, .zstd])
    func damaged(compression: Compression) {
        let bytes = TemporaryDirectory.compressed(Array(Self.lines(0..<50_000).utf8), as: compression)
        directory.write(Array(bytes[..<(bytes.count / 2)]), to: "cut")
        let (recorder, notices, _) = once("cut")
        let count = recorder.lines.count
        #expect(count > 10_000 && recorder.lines.dropLast() == Self.list(0..<count - 1))
        guard case .damaged? = notices.first else { return #expect(Bool(false), "\(notices)") }
        // Whatever stands in it, nothing traps, and it ends.
        let small = TemporaryDirectory.compressed(Array(Self.lines(0..<100).utf8), as: compression)
        for index in small.indices {
            var other = small
            other[index] ^= 0x55
            directory.write(other, to: "flipped")
            #expect(once("flipped").recorder.lines.count < 100_000)
            directory.write(Array(small[..<index]), to: "shorter")
            #expect(once("shorter").recorder.lines.count <= 101)
        }
    }

    /// Lines, places and notices of a file that is read a few lines at a time.
    private func read(_ name: String, atOnce: Int) -> (lines: [String], places: [LinePlace], notices: [TailNotice]) {
        var options = Tail.Options()
        options.once = true
        var recorder = Recorder(limit: atOnce)
        var tail = Tail([directory.path(name)], options: options)
        var progress = Tail.Progress.more
        while progress != .finished {
            progress = tail.read(into: &recorder)
            if progress == .stopped { recorder.limit += atOnce }
        }
        return (recorder.lines, recorder.places, tail.takeNotices())
    }

    @Test(
        "what comes before a damage is read, the same in pieces and whole, and the damage has a place",
        arguments: [Compression.gzip, .zstd])
    func pieces(compression: Compression) {
        func pack(_ range: Range<Int>) -> [UInt8] {
            TemporaryDirectory.compressed(Array(Self.lines(range).utf8), as: compression)
        }
        let (good, text) = (pack(0..<20_000), Self.lines(0..<20_000))
        var bad = pack(0..<100)
        for index in 1...2 { bad[index] ^= 0x40 }
        for (name, garbage) in [("text", Array("no member".utf8)), ("member", bad), ("zeros", [0, 0, 0, 7, 7])] {
            directory.write(good + garbage + pack(20_000..<20_100), to: name)
            let whole = read(name, atOnce: .max - 1)
            #expect(whole.lines == Self.list(0..<20_000), "\(name)")
            guard case .damaged(_, let place, let offset)? = whole.notices.first else {
                #expect(Bool(false), "\(name): \(whole.notices)")
                continue
            }
            #expect(offset == UInt64(text.utf8.count), "\(name)")
            #expect((good.count...good.count + 10).contains(Int(place)), "\(name): \(place) of \(good.count)")
            for count in [1, 7, 9999] {
                let pieces = read(name, atOnce: count)
                #expect(pieces == whole, "\(name), \(count) lines at once")
            }
        }
        // Zeros alone are padding.
        directory.write(good + [UInt8](repeating: 0, count: 100_000), to: "padded")
        #expect(read("padded", atOnce: 999).lines == Self.list(0..<20_000))
        #expect(read("padded", atOnce: 999).notices.isEmpty)
    }

    @Test("a block of zstd that is damaged costs none of those before it, and what follows is not made up")
    func blocks() {
        let bytes = TemporaryDirectory.compressed(Array(Self.lines(0..<200_000).utf8), as: .zstd)
        for share in [3, 5, 9] {
            let place = bytes.count * share / 10
            directory.write(Array(bytes[..<place]), to: "cut")
            directory.write(Array(bytes[..<place]) + [UInt8](repeating: 0xFF, count: bytes.count - place), to: "broken")
            let (cut, broken) = (read("cut", atOnce: .max - 1), read("broken", atOnce: .max - 1))
            // The damaged block itself may still be one, of other text.
            #expect(cut.lines.count > 10_000 && broken.lines.starts(with: cut.lines.dropLast()))
            #expect(broken.notices.count == 1)
            let pieces = read("broken", atOnce: 1000)
            #expect(pieces == broken)
        }
        // What the fuzzer found: after a damaged frame the decoder, if it was asked again, gave lines of its own.
        let found = """
            28b52ffd00680a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0affffffffffff0b0a0af5f5f5f5dd010024026c696e652030
            0a31323334353637383931313132313331332135313631373118313913a810a8dd0cb0536b101a3d068d976d57807a03
            01220328b52ffd0068dd01002402676901046e6520380a313233343536373839313132313331343135313e3137313831
            3913a810a8dd0cb0536b1a3d068d976d57807a03012203
            """
        directory.write(Self.bytes(hex: found), to: "found")
        let whole = read("found", atOnce: .max - 1)
        for count in [1000, 9999, 70_000] {
            let pieces = read("found", atOnce: count)
            #expect(pieces == whole, "\(count) lines at once")
        }
    }

    @Test("a quarter of a gibibyte in a few kilobytes costs no memory", arguments: [Compression.gzip, .zstd])
    func bomb(compression: Compression) {
        let piece = TemporaryDirectory.compressed([UInt8](repeating: 65, count: 1 << 24), as: compression)
        directory.write(
            TemporaryDirectory.compressed(Array("first\n".utf8), as: compression)
                + [[UInt8]](repeating: piece, count: 16).joined()
                + TemporaryDirectory.compressed(Array("\nlast\n".utf8), as: compression), to: "bomb")
        let before = peak
        let recorder = once("bomb").recorder
        #expect(recorder.lines == ["first", "last"] && recorder.skipped == 1)
        #expect(peak - before < 32 << 10)
    }

    /// The most memory that this process has had, in kibibytes.
    private var peak: Int {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return usage.ru_maxrss
    }

    @Test("what changed last before a time is left out, and one that nobody wants now waits")
    func old() {
        directory.write("old\n", to: "a.log.1")
        var times = [timespec(tv_sec: 1000, tv_nsec: 0), timespec(tv_sec: 1000, tv_nsec: 0)]
        utimensat(AT_FDCWD, directory.path("a.log.1"), &times, 0)
        directory.compress("a.log.1", to: "a.log.2.gz", as: .gzip)
        directory.write("old\n", to: "a.log.1")
        utimensat(AT_FDCWD, directory.path("a.log.1"), &times, 0)
        directory.write("new\n", to: "a.log")
        #expect(once("a.log*", since: 1001).recorder.lines == ["new"])
        #expect(once("a.log*", since: 1000).recorder.lines == ["new", "old"])

        directory.write(Self.lines(0..<1000), to: "b.log")
        directory.compress("b.log", to: "b.gz", as: .gzip)
        var options = Tail.Options()
        options.once = true
        var recorder = Recorder(limit: 10)
        var tail = Tail([directory.path("b.gz")], options: options)
        while true {
            let progress = tail.read(into: &recorder)
            if progress == .finished { break }
            if progress == .stopped { recorder.limit += 400 }
        }
        #expect(recorder.lines == Self.list(0..<1000))
    }
}

// Fuzzes compressed files: whatever they hold, they are read to an end, and the same twice.
//
// An input is such a file, and its first byte how many lines are taken at once. Files of gzip and zstd are where the
// fuzzer begins.
import CFuzzer
import Glibc
import LogParsing

@main
enum FuzzHistory {
    static func main() {
        if let corpus = CommandLine.arguments.last, CommandLine.arguments.count > 1 { seed(corpus) }
        var count = CommandLine.argc
        var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
        LLVMFuzzerRunDriver(&count, &arguments) { data, size in
            FuzzHistory.take(UnsafeRawBufferPointer(start: data, count: size))
            return 0
        }
    }

    /// A file in memory, written anew for each input.
    private static let file: CInt = {
        var name = Array("/dev/shm/fuzz-history-XXXXXX".utf8CString)
        let file = mkstemp(&name)
        unlink(name)
        return file
    }()

    private static func take(_ input: UnsafeRawBufferPointer) {
        guard let first = input.first else { return }
        let bytes = UnsafeRawBufferPointer(rebasing: input.dropFirst())
        precondition(ftruncate(file, 0) == 0 && pwrite(file, bytes.baseAddress, bytes.count, 0) == bytes.count)
        let whole = read(atOnce: .max)
        precondition(read(atOnce: Int(first) + 1) == whole, "the same file was read differently")
    }

    private static func read(atOnce: Int) -> Reading {
        var options = Tail.Options()
        options.once = true
        options.maximumLine = 100
        var reading = Reading(limit: atOnce)
        var tail = Tail(["/proc/self/fd/\(file)"], options: options)
        // A few bytes may stand for gigabytes.
        for _ in 0..<200 {
            let progress = tail.read(into: &reading)
            if progress == .finished { break }
            if progress == .stopped { reading.limit = atOnce == .max ? .max : reading.count + atOnce }
        }
        guard tail.counts.bytes < 8 << 20 else { return Reading() }
        while atOnce != .max, tail.read(into: &reading) != .finished { reading.limit = .max }
        reading.limit = 0
        return reading
    }

    private static func seed(_ corpus: String) {
        let text = (0..<20).map { "line \($0)" }.joined(separator: "\n")
        for tool in ["gzip -c", "gzip -1 -c", "zstd -q -c", "zstd -q --no-check -19 -c"] {
            let name = "\(corpus)/seed-\(tool.filter { $0 != " " })"
            _ = system("{ printf A; printf '%s' '\(text)' | \(tool); } > '\(name)' 2>/dev/null")
            _ = system("{ cat '\(name)'; tail -c +2 '\(name)'; } > '\(name)-twice'")
        }
    }
}

/// What was read.
private struct Reading: LineHandler, Hashable {
    var hash = 0
    var count = 0
    var skipped = 0
    var limit = 0

    init(limit: Int = 0) { self.limit = limit }

    mutating func take(_ line: RawSpan, at place: LinePlace) -> Bool {
        guard count < limit else { return false }
        precondition(line.byteCount <= 100)
        count += 1
        let bytes = line.withUnsafeBytes { Array($0) }
        hash = (hash &* 31) ^ bytes.hashValue ^ place.hashValue
        return true
    }

    mutating func skip(at place: LinePlace) { skipped += 1 }
}

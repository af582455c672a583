// Fuzzes what reads log files: lines found in a file, and each line parsed in every format.
//
// An input is a file. It is read with a limit so small that lines are often too long, and every line is parsed by a
// parser that has seen all lines before and by a fresh one, which must agree.
import BSON
import CFuzzer
import Glibc
import LogParsing

@main
enum FuzzLog {
    static func main() {
        if let directory = CommandLine.arguments.last, CommandLine.arguments.count > 1 { writeSeed(into: directory) }
        var count = CommandLine.argc
        var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
        LLVMFuzzerRunDriver(&count, &arguments) { data, size in
            FuzzLog.take(UnsafeRawBufferPointer(start: data, count: size))
            return 0
        }
    }

    /// A file in memory, written anew for each input.
    private static let file: CInt = {
        var name = Array("/dev/shm/fuzz-log-XXXXXX".utf8CString)
        let file = mkstemp(&name)
        unlink(name)
        return file
    }()
    private static let maximumLine = 200

    private static func take(_ input: UnsafeRawBufferPointer) {
        precondition(ftruncate(file, 0) == 0 && pwrite(file, input.baseAddress, input.count, 0) == input.count)
        var options = Tail.Options()
        options.once = true
        options.maximumLine = maximumLine
        var tail = Tail(["/proc/self/fd/\(file)"], options: options)
        var checker = Checker()
        while tail.read(into: &checker) != .finished {}
        let lines = input.split(separator: 10, omittingEmptySubsequences: false).dropLast(input.last == 10 ? 1 : 0)
        let tooLong = lines.count { $0.count > maximumLine }
        precondition(checker.long == tooLong, "\(checker.long) lines are too long, of \(tooLong)")
        precondition(checker.taken == (input.isEmpty ? 0 : lines.count - tooLong))
    }

    private static func writeSeed(into directory: String) {
        let line =
            #"1.2.3.4 - bob [17/May/2015:10:05:03 +0000] "GET /a?b=\x22 HTTP/1.1" 200 17 "http://h/\xe4" "M \\ é""#
        let text = line + "\n" + #"::1 - "" [01/Jan/2026:00:00:59 -0130] "\x16\x03" 400 -"# + "\r\n\0\n\n" + line
        let seed = open(directory + "/seed", O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        _ = write(seed, text, text.utf8.count)
        close(seed)
    }
}

/// Parses every line, and checks what comes of it.
private struct Checker: LineHandler, ~Copyable {
    var taken = 0
    var long = 0
    private var parsers: [any LineParser] = LogFormat.names.compactMap { try? LogFormat.parser($0) }
    private var events = DocumentWriter()

    mutating func take(_ line: RawSpan, at place: LinePlace) -> Bool {
        taken += 1
        for index in parsers.indices {
            events.removeAll()
            let outcome = parsers[index].parse(line, at: place, into: &events)
            guard case .event(_, let milliseconds) = outcome else {
                precondition(events.count == 0, "a refused line left something behind")
                continue
            }
            check(events.bytes, milliseconds)
            guard var fresh = try? LogFormat.parser(parsers[index].format) else { fatalError("the format is gone") }
            var others = DocumentWriter()
            precondition(fresh.parse(line, at: place, into: &others) == outcome)
            precondition(
                events.withBytes { first in
                    others.withBytes { second in
                        first.withUnsafeBytes { first in second.withUnsafeBytes { first.elementsEqual($0) } }
                    }
                })
        }
        return true
    }

    mutating func skip(at place: LinePlace) { long += 1 }

    private func check(_ bytes: RawSpan, _ milliseconds: Int64) {
        guard let event = try? DocumentView(validating: bytes) else { fatalError("the event is not valid") }
        precondition(event["timestamp"]?.datetime?.millisecondsSinceEpoch == milliseconds)
        precondition(event["_id"]?.objectID != nil && event["remote_addr"]?.string?.isEmpty != true)
        precondition(event["request"] == nil || event["method"] == nil)
    }
}

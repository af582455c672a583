// Fuzzes what reads log files: lines found in a file, and each line parsed in the format that the first byte chooses.
//
// An input is a byte and a file. The file is read with a limit so small that lines are often too long. Every event must
// be valid BSON with an `_id` and a time, and reading the same file again must give the same events.
// With `ES_FORMATS=postfix,sshd` only formats are fuzzed whose names begin like that.
import BSON
import CFuzzer
import Glibc
import LogParsing

@main
enum FuzzLog {
    static func main() {
        if let directory = CommandLine.arguments.last, CommandLine.arguments.count > 1 { Seed.write(into: directory) }
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
    private static let maximumLine = 300
    private static let formats: [String] = {
        guard let chosen = getenv("ES_FORMATS").map({ String(cString: $0).split(separator: ",") }) else {
            return Seed.formats
        }
        let found = Seed.formats.filter { format in chosen.contains { format.hasPrefix($0) } }
        return found.isEmpty ? Seed.formats : found
    }()

    private static func take(_ input: UnsafeRawBufferPointer) {
        guard let first = input.first else { return }
        let bytes = UnsafeRawBufferPointer(rebasing: input.dropFirst())
        // Compressed files are FuzzHistory's.
        let magic = bytes.prefix(4).reversed().reduce(0) { $0 << 8 | UInt32($1) }
        let isSkippable = magic & 0xFFFF_FFF0 == 0x184D_2A50
        if bytes.count >= 4, magic & 0xFF_FFFF == 0x08_8B1F || magic == 0xFD2F_B528 || isSkippable { return }
        let format = formats[Int(first) % formats.count]
        if format == "log_format" {
            // The rest is a format instead of a file.
            let text = String(decoding: bytes, as: UTF8.self)
            guard !text.contains("/"), var plan = try? LogFormat.plan("nginx:" + text) else { return }
            _ = parse(Seed.access, &plan)
            return
        }
        guard var plan = try? LogFormat.plan(format), var again = try? LogFormat.plan(format) else {
            fatalError("\(format) is gone")
        }
        let events = parse(bytes, &plan)
        precondition(events.elementsEqual(parse(bytes, &again)), "the same lines were other events")
    }

    private static func parse(_ text: String, _ plan: inout LogPlan) -> [UInt8] {
        Array(text.utf8).withUnsafeBytes { parse($0, &plan) }
    }

    private static func parse(_ bytes: UnsafeRawBufferPointer, _ plan: inout LogPlan) -> [UInt8] {
        precondition(ftruncate(file, 0) == 0 && pwrite(file, bytes.baseAddress, bytes.count, 0) == bytes.count)
        var options = Tail.Options()
        options.once = true
        options.maximumLine = maximumLine
        var tail = Tail(["/proc/self/fd/\(file)"], options: options)
        let checker = Checker()
        var pump = LogPump(plan, to: checker)
        while pump.read(from: &tail) != .finished {}
        pump.pass(to: 1_800_000_000_000)
        pump.finish()
        let lines = bytes.split(separator: 10, omittingEmptySubsequences: false).dropLast(bytes.last == 10 ? 1 : 0)
        let tooLong = lines.count { $0.count > maximumLine }
        precondition(pump.counts[.tooLong] == UInt64(tooLong))
        precondition(pump.counts.read == UInt64(bytes.isEmpty ? 0 : lines.count))
        return checker.events.withBytes { $0.withUnsafeBytes { Array($0) } }
    }
}

/// Takes events, and checks each.
private final class Checker: EventOutput {
    let isWanted = true
    var events = DocumentWriter(limit: 64 << 20)

    func wants(topic: Int) -> Bool { true }

    func emit(topic: Int, _ build: (inout DocumentWriter) -> Void) {
        let start = events.count
        events.beginDocument()
        build(&events)
        precondition(events.endDocument(), "the event could not be written")
        let bytes = events.withBytes { $0.withUnsafeBytes { Array($0[start...]) } }
        guard let event = try? DocumentView(validating: bytes.span.bytes) else { fatalError("the event is not valid") }
        precondition(event["_id"]?.objectID != nil && event["timestamp"]?.datetime != nil)
    }

    func report(_ unparsed: Unparsed, path: String) {}
}

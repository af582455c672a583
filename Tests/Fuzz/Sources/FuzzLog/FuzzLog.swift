// Fuzzes what reads log files: lines found in a file, and each line parsed in the format that the first byte chooses.
//
// An input is a byte and a file. The file is read with a limit so small that lines are often too long. Every event must
// be valid BSON with an `_id` and a time, and three threads that read the same file in pieces of few lines must give
// the same events, counts and reports.
// With `ES_FORMATS=postfix,sshd` only formats are fuzzed whose names begin like that.
import BSON
import CFuzzer
import Glibc
@testable import LogParsing

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
            guard !text.contains("/"), let plan = try? LogFormat.plan("nginx:" + text) else { return }
            Array(Seed.access.utf8).withUnsafeBytes { check($0, plan) }
            return
        }
        guard let plan = try? LogFormat.plan(format) else { fatalError("\(format) is gone") }
        check(bytes, plan)
    }

    private static func check(_ bytes: UnsafeRawBufferPointer, _ plan: LogPlan) {
        let one = read(bytes, plan, threads: 1)
        let three = read(bytes, plan, threads: 3)
        precondition(one.bytes == three.bytes, "the same lines were other events")
        precondition(one.counts == three.counts, "the same lines were counted differently")
        precondition(one.reports == three.reports, "other lines were reported")
    }

    private static func read(_ bytes: UnsafeRawBufferPointer, _ plan: LogPlan, threads: Int) -> Reading {
        precondition(ftruncate(file, 0) == 0 && pwrite(file, bytes.baseAddress, bytes.count, 0) == bytes.count)
        var options = Tail.Options()
        options.once = true
        options.maximumLine = maximumLine
        options.pieceSize = 2 * maximumLine
        var tail = Tail(["/proc/self/fd/\(file)"], options: options)
        let checker = Checker()
        var pump = LogPump(plan, to: checker, threads: threads)
        pump.pass(to: 1_800_000_000_000)
        while pump.read(from: &tail) != .finished {}
        pump.pass(to: 1_800_000_000_000)
        pump.finish()
        pump.reportUnparsed { tail.path(ofInput: $0) }
        let lines = bytes.split(separator: 10, omittingEmptySubsequences: false).dropLast(bytes.last == 10 ? 1 : 0)
        let tooLong = lines.count { $0.count > maximumLine }
        precondition(pump.counts[.tooLong] == UInt64(tooLong))
        precondition(pump.counts.read == UInt64(bytes.isEmpty ? 0 : lines.count))
        return Reading(
            bytes: checker.events.withBytes { $0.withUnsafeBytes { Array($0) } }, counts: pump.counts,
            reports: checker.reports)
    }
}

/// What one reading gave.
private struct Reading {
    var bytes: [UInt8]
    var counts: LineCounts
    var reports: [Unparsed]
}

/// Takes events, and checks each.
private final class Checker: EventOutput, BlockOutput {
    let isWanted = true
    let start: Datetime? = nil
    var events = DocumentWriter(limit: 64 << 20)
    var reports: [Unparsed] = []
    var blocks: (any BlockOutput)? { self }

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

    /// Takes what threads made; each event was checked where one thread made it.
    func append(_ documents: RawSpan, leftOut: UInt64) { events.append(documents: documents) }

    func report(_ unparsed: Unparsed, path: String) { reports.append(unparsed) }
}

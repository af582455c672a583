// Lines parsed by several threads: the same events in the same order as by one.
import BSON
import Glibc
import Testing

@testable import LogParsing

/// Collects events, one by one or in blocks.
private final class BlockCollector: EventOutput, BlockOutput {
    let isWanted = true
    let start: Datetime? = nil
    var bytes: [UInt8] = []
    var reports: [String] = []
    /// Blocks that came as a whole.
    var appended = 0
    var blocks: (any BlockOutput)? { self }

    func wants(topic: Int) -> Bool { true }

    func emit(topic: Int, _ build: (inout DocumentWriter) -> Void) {
        var event = DocumentWriter()
        event.beginDocument()
        build(&event)
        event.endDocument()
        event.withBytes { bytes += $0.withUnsafeBytes { Array($0) } }
    }

    func append(_ documents: RawSpan, leftOut: UInt64) {
        bytes += documents.withUnsafeBytes { Array($0) }
        appended += 1
    }

    func report(_ unparsed: Unparsed, path: String) {
        reports.append("\(path) \(unparsed.reason.rawValue) \(unparsed.place.offset)")
    }
}

/// What one reading gave.
private struct Reading: Equatable {
    var bytes: [UInt8]
    var counts: LineCounts
    var reports: [String]
}

@Suite("Lines by several threads", .timeLimit(.minutes(1)))
struct LineBlockTests {
    private static let maximumLine = 2000
    private let directory = TemporaryDirectory()

    /// Reads files once, in pieces of a few thousand bytes.
    private func read(_ paths: [String], _ format: String, threads: Int) throws -> (Reading, blocks: Int) {
        var options = Tail.Options()
        options.once = true
        options.fromStart = true
        options.maximumLine = Self.maximumLine
        options.pieceSize = 8 << 10
        var tail = Tail(paths, options: options)
        let output = BlockCollector()
        var pump = LogPump(try LogFormat.plan(format), to: output, threads: threads)
        pump.pass(to: 1_700_000_000_000)
        while pump.read(from: &tail) == .more {}
        pump.finish()
        pump.reportUnparsed { tail.path(ofInput: $0) }
        return (Reading(bytes: output.bytes, counts: pump.counts, reports: output.reports), output.appended)
    }

    // MARK: - Lines

    private static func hit(_ number: Int) -> String {
        let agents = ["-", "curl/7.88", #"a \"quoted\" one"#, "Mozilla/5.0 (X11; Linux x86_64)", "\u{FFFD}\\xFF"]
        let day = 10 + number % 20
        return "10.0.\(number % 7).\(number % 250) - u\(number % 3) [\(day)/May/2015:10:05:\(10 + number % 50) +0000] "
            + "\"GET /a/\(number)?b=\(number % 9) HTTP/1.1\" 200 \(number) \"-\" \"\(agents[number % agents.count])\""
    }

    private static func json(_ number: Int) -> String {
        number % 5 == 0
            ? #"{"time": "2024-05-01T10:00:00Z", "level": "info", "n": \#(number)}"#
            : #"{"time_iso8601": "2024-05-01T10:00:00Z", "request": "GET /\#(number) HTTP/1.1", "status": 200}"#
    }

    private static func mail(_ number: Int) -> String {
        let time = "May \(10 + number / 500) 10:00:\(10 + number / 60 % 50)"
        let id = "4A\(1000 + number / 3)"
        switch number % 3 {
        case 0: return "\(time) mx postfix/qmgr[7]: \(id): from=<a@example.org>, size=\(number), nrcpt=1 (queue active)"
        case 1:
            return "\(time) mx postfix/smtp[8]: \(id): to=<b@example.org>, relay=none, delay=1, "
                + "delays=0/0/1/0, dsn=2.0.0, status=sent (ok)"
        default: return "\(time) mx postfix/qmgr[7]: \(id): removed"
        }
    }

    /// What different programs say, with times of each kind, of ten years.
    private static func message(_ number: Int) -> String {
        let months = ["Jan", "Mar", "May", "Aug", "Oct", "Dec"]
        let time =
            number % 70 < 9
            ? "\(2013 + number / 250)-0\(1 + number / 30 % 9)-1\(number % 9)T10:00:\(10 + number % 50).25+02:00"
            : "\(months[number / 40 % 6]) \(10 + number % 9) 1\(number / 9 % 9):00:\(10 + number % 50)"
        switch number % 5 {
        case 0: return "\(time) a sshd[\(number)]: Failed password for root from 10.0.0.\(number % 99) port 22 ssh2"
        case 1: return "<14>\(time) b cron[7]: (root) CMD (job \(number))"
        case 2: return "\(time) c nginx: " + (number / 300 % 2 == 0 ? hit(number) : "example.org:443 " + hit(number))
        case 3: return mail(number)
        default: return "<34>1 2016-05-01T10:00:00Z d app - ID\(number) [x@1 a=\"b\"] text \(number)"
        }
    }

    private static func journal(_ number: Int) -> String {
        let text = mail(number)
        let message = text.drop { $0 != "]" }.dropFirst(3)
        let program = number % 4 == 3 ? "sshd" : "postfix/\(number % 3 == 1 ? "smtp" : "qmgr")"
        return "{\"__REALTIME_TIMESTAMP\": \"17000\(10_000_000_000 + number * 90_000)\", \"_HOSTNAME\": \"mx\", "
            + "\"SYSLOG_IDENTIFIER\": \"\(program)\", \"PRIORITY\": \"6\", \"MESSAGE\": \"\(message)\"}"
    }

    private static func error(_ number: Int) -> String {
        "2026/05/11 00:24:27 [error] 18#0: *\(number) open() failed, client: ::1, server: a"
            + (number % 4 == 0 ? "\n  on a second line" : "")
    }

    /// Good lines, and among them what is broken, empty, too long for a line and too long for a piece.
    private static func text(_ lines: Range<Int>, _ line: (Int) -> String) -> String {
        var text = ""
        for number in lines {
            text += line(number) + (number % 13 == 0 ? "\r\n" : "\n")
            switch number % 101 {
            case 17: text += "no line of any format\n"
            case 31: text += "\n"
            case 47: text += line(number).prefix(60) + "\n"
            case 59: text += String(repeating: "x", count: maximumLine + number) + "\n"
            case 73: text += "\0\0\0" + line(number) + "\n"
            case 89: text += String(repeating: "y", count: 30_000) + "\n"
            default: break
            }
        }
        return text
    }

    private static let main =
        #"nginx:'$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "#
        + #""$http_referer" "$http_user_agent"'"#

    // MARK: - Tests

    @Test(
        "the events, the counts and the reports are those of one thread, byte for byte",
        arguments: [
            ("combined", Self.hit, true), (Self.main, Self.hit, true), ("auto", Self.hit, true),
            ("json", Self.json, true), ("auto", Self.json, true), ("syslog", Self.mail, true),
            ("postfix", Self.mail, true), ("auto", Self.mail, true), ("nginx-error", Self.error, true),
            ("auto", Self.error, false), ("common", Self.mail, true), ("syslog", Self.message, true),
            ("sshd", Self.message, true), ("auto", Self.message, true), ("journal", Self.journal, true),
            ("auto", Self.journal, false),
        ] as [(String, @Sendable (Int) -> String, Bool)])
    func same(format: String, line: @Sendable (Int) -> String, inBlocks: Bool) throws {
        let plain = directory.write(Self.text(0..<1500, line), to: "a.log")
        let unfinished = directory.write(Self.text(1500..<1600, line) + line(1600), to: "b.log")
        let bytes = Array(Self.text(1600..<2500, line).utf8)
        for (name, compression) in [("c.log.gz", Compression.gzip), ("d.log.zst", .zstd)] {
            directory.write(TemporaryDirectory.compressed(bytes, as: compression), to: name)
        }
        let long = directory.write(String(repeating: "z", count: 100_000), to: "e.log")
        let paths = [plain, unfinished, directory.path("c.log.gz"), directory.path("d.log.zst"), long]
        let (alone, _) = try read(paths, format, threads: 1)
        let (together, blocks) = try read(paths, format, threads: 3)
        #expect(together.counts == alone.counts && together.reports == alone.reports)
        let place = Self.difference(together.bytes, alone.bytes)
        #expect(place == nil)
        #expect(alone.counts.read > 3000 && alone.counts.refused > 0 && !alone.reports.isEmpty)
        #expect(inBlocks ? blocks > 20 : blocks < 20)
    }

    @Test("a log that changes its format again and again, and back, is read as by one thread")
    func changing() throws {
        func vhost(_ number: Int) -> String { "example.org:443 " + Self.hit(number) }
        let kinds: [(Int) -> String] = [Self.hit, vhost, Self.json, Self.hit, Self.error, vhost, Self.mail, Self.hit]
        var text = ""
        for (index, kind) in kinds.enumerated() { text += Self.text(index * 300..<index * 300 + 300, kind) }
        let path = directory.write(text, to: "a.log")
        let (alone, _) = try read([path], "auto", threads: 1)
        let (together, blocks) = try read([path], "auto", threads: 2)
        #expect(together == alone)
        #expect(blocks > 5)
    }

    @Test("messages of many lines, longer than a block of them, are one event each")
    func messages() throws {
        var text = "  a second line without a first one\n"
        for number in 0..<200 {
            text += Self.error(number) + "\n"
            for line in 0..<(number % 40 == 0 ? 400 : number % 7) { text += "  and so on, \(number) \(line)\n" }
        }
        let paths = [directory.write(text, to: "a.log"), directory.write("  not its message\n" + text, to: "b.log")]
        let (alone, _) = try read(paths, "nginx-error", threads: 1)
        let (together, blocks) = try read(paths, "nginx-error", threads: 3)
        let place = Self.difference(together.bytes, alone.bytes)
        #expect(place == nil && together.counts == alone.counts && blocks > 5)
        #expect(alone.counts[.badTimestamp] == 3)
    }

    @Test("mails of many blocks are one event each, between the lines' events as by one thread")
    func mails() throws {
        var text = ""
        for number in 0..<4000 {
            // A hundred mails at a time, of ten hosts, with rejections between.
            let time = "May 10 1\(number / 1000):\(10 + number / 60 % 50):\(10 + number % 50)"
            let (host, id) = ("mx\(number % 10)", "4A\(10_000 + number % 100 + number / 700 * 100)")
            switch number / 100 % 7 {
            case 0: text += "\(time) \(host) postfix/smtpd[1]: \(id): client=c\(number)[10.0.0.1]\n"
            case 1: text += "\(time) \(host) postfix/cleanup[2]: \(id): message-id=<\(number)@example.org>\n"
            case 2:
                text += "\(time) \(host) postfix/qmgr[3]: \(id): from=<a@b>, size=\(number), nrcpt=1 (queue active)\n"
            case 3, 4:
                text +=
                    "\(time) \(host) postfix/smtp[4]: \(id): to=<r\(number)@b>, relay=none, delay=1, "
                    + "delays=0/0/1/0, dsn=2.0.0, status=sent (250 ok queued as \(number)X)\n"
            case 5:
                text +=
                    "\(time) \(host) postfix/smtpd[1]: NOQUEUE: reject: RCPT from x[10.0.0.2]: 554 5.7.1 <r@b>: "
                    + "no; from=<a@b> to=<r@b> proto=ESMTP helo=<x>\n"
            default: text += "\(time) \(host) postfix/qmgr[3]: \(id): removed\n"
            }
        }
        let path = directory.write(text, to: "mail.log")
        for format in ["postfix", "syslog", "auto"] {
            let (alone, _) = try read([path], format, threads: 1)
            let (together, blocks) = try read([path], format, threads: 3)
            let place = Self.difference(together.bytes, alone.bytes)
            #expect(place == nil && together.counts == alone.counts && blocks > 100)
            let ends = Self.count("partly_delivered|delivered|rejected", in: alone.bytes)
            #expect(ends > 700)
        }
    }

    /// Where the first byte is that differs: texts so long are not to be compared in a message.
    private static func difference(_ left: [UInt8], _ right: [UInt8]) -> Int? {
        if left == right { return nil }
        return zip(left, right).enumerated().first { $1.0 != $1.1 }?.offset ?? min(left.count, right.count)
    }

    /// How many events have an outcome of several.
    private static func count(_ outcomes: String, in bytes: [UInt8]) -> Int {
        let names = outcomes.split(separator: "|").map(String.init)
        var count = 0
        var index = 0
        while index + 4 < bytes.count {
            let length = Int(bytes.span.bytes.unsafeLoadUnaligned(fromByteOffset: index, as: UInt32.self))
            let document = bytes[index..<index + length]
            let outcome = try? DocumentView(validating: Array(document).span.bytes)["outcome"]?.string
            if let outcome, names.contains(outcome) { count += 1 }
            index += length
        }
        return count
    }

    @Test("what a thread guessed of the lines before its block, and wrongly, is parsed again")
    func guessedWrongly() throws {
        // Why a line is refused depends on the format of the lines that fitted, of which only one thread sees any.
        let fitting = (0..<40).map { "example.org:443 " + Self.hit($0) + "\n" }.joined()
        let path = directory.write(fitting + String(repeating: "no line of any format\n", count: 10_000), to: "a.log")
        let (alone, _) = try read([path], "auto", threads: 1)
        let (together, _) = try read([path], "auto", threads: 4)
        #expect(alone.counts.emitted == 40 && alone.counts[.noRequest] == 0)
        #expect(together == alone)
    }

    @Test(
        "a file is the same whoever wrote it, of before --since as well", arguments: [nil, 1_432_000_000_000 as Int64])
    func file(since: Int64?) throws {
        let paths = (0..<3).map { directory.write(Self.text($0 * 4000..<$0 * 4000 + 4000, Self.hit), to: "\($0).log") }
        func write(_ name: String, threads: Int) throws -> (LineCounts, UInt64?) {
            var options = Tail.Options()
            options.once = true
            options.fromStart = true
            let output = try BSONFileOutput(path: directory.path(name))
            let late = since.map { SinceOutput(Datetime(millisecondsSinceEpoch: $0), before: output) }
            let plan = try LogFormat.plan("auto")
            var follower = LogFollower(paths, options: options, plan: plan, to: late ?? output, threads: threads)
            let isDone = follower.run(watching: -1, until: { output.problem != nil }, hear: { _ in })
            output.flush()
            #expect(isDone && output.problem == nil)
            return (follower.counts, late?.leftOut)
        }
        let alone = try write("alone", threads: 1)
        let together = try write("together", threads: 4)
        #expect(alone == together)
        let expected = bytes("alone")
        #expect(expected.count > 1 << 20 && bytes("together") == expected)
        if since != nil { #expect((alone.1 ?? 0) > 1000) }
    }

    private func bytes(_ name: String) -> [UInt8] {
        let file = open(directory.path(name), O_RDONLY)
        defer { close(file) }
        var status = stat()
        fstat(file, &status)
        return [UInt8](unsafeUninitializedCapacity: Int(status.st_size)) { buffer, count in
            count = max(0, Glibc.read(file, buffer.baseAddress, buffer.count))
        }
    }
}

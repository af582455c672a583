// Fuzzes the file that positions are kept in: whatever it holds, reading goes on or says that it is damaged.
//
// An input is that file. What is understood of it must be the same after it was written and read again, and a file is
// followed from the positions, each of its lines at most once. The mails that it holds are gone on with.
import CFuzzer
import Glibc
import LogParsing

@main
enum FuzzPositions {
    private static let directory: String = {
        var name = Array("/dev/shm/fuzz-positions-XXXXXX".utf8CString)
        _ = mkdtemp(&name)
        return String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }()
    private static let log = directory + "/a.log"
    private static let mails = directory + "/mails"
    private static let mailText = """
        Nov 21 17:58:46 mx postfix/smtpd[2]: 4jB0BLt6HQNz9w9N: client=localhost[127.0.0.1]
        Nov 21 17:58:46 mx postfix/qmgr[4]: 4jB0BLt6HQNz9w9N: from=<alice@es.test>, size=351, nrcpt=2 (queue active)
        Nov 21 17:58:46 mx postfix/smtp[5]: 4jB0BLt6HQNz9w9N: to=<u@ok.test>, relay=127.0.0.1[127.0.0.1]:25, \
        delay=0.01, delays=0.01/0.01/0/0, dsn=4.0.0, status=deferred (later)
        Nov 21 17:58:47 mx postfix/bounce[5]: 4jB0BLt6HQNz9w9N: sender non-delivery notification: 4jB0BLt6PFQz9w9Q
        Nov 21 17:58:48 mx postfix/qmgr[4]: 4jB0BLt6HQNz9w9N: removed

        """
    private static let text = Array("first\nsecond\nthird line\n".utf8)

    static func main() {
        write(text, to: log)
        write(Array("before\n".utf8), to: log + ".1")
        if let corpus = CommandLine.arguments.last, CommandLine.arguments.count > 1 { seed(corpus) }
        var count = CommandLine.argc
        var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
        LLVMFuzzerRunDriver(&count, &arguments) { data, size in
            FuzzPositions.take(Array(UnsafeRawBufferPointer(start: data, count: size)))
            return 0
        }
    }

    private static func take(_ input: [UInt8]) {
        write(input, to: directory + "/positions.bson")
        guard let saved = read(), let store = try? PositionStore(directory: directory) else { return }
        guard (try? store.save(saved)) != nil else { fatalError("what was read could not be written") }
        _ = consume store
        precondition(read() == saved, "other positions were read than were written")
        var options = Tail.Options()
        options.resuming = saved
        var tail = Tail([log], options: options)
        var counter = Counter()
        for _ in 0..<10 where tail.read(into: &counter) == .more {}
        precondition(counter.lines <= 4)
        followMails()
    }

    /// Goes on with the mails that were kept, and keeps them again.
    private static func followMails() {
        guard let store = try? PositionStore(directory: directory), let plan = try? LogFormat.plan("postfix"),
            let output = try? BSONFileOutput(path: "/dev/null")
        else { return }
        var options = Tail.Options()
        options.once = true
        var follower = LogFollower([mails], options: options, plan: plan, to: output, keeping: store)
        _ = follower.run(watching: -1, until: { false }, hear: { _ in })
        follower.savePositions { _ in }
    }

    private static func read() -> SavedPositions? { try? PositionStore(directory: directory).saved }

    /// Positions as a reader leaves them.
    private static func seed(_ corpus: String) {
        var options = Tail.Options()
        options.fromStart = true
        var tail = Tail([log], options: options)
        var counter = Counter()
        while tail.read(into: &counter) == .more {}
        guard let store = try? PositionStore(directory: directory), (try? store.save(tail.positions())) != nil else {
            return
        }
        _ = consume store
        copy(to: corpus + "/seed")
        unlink(directory + "/positions.bson")
        write(Array(mailText.utf8), to: mails)
        followMails()
        copy(to: corpus + "/seed-mails")
    }

    private static func copy(to path: String) {
        let file = open(directory + "/positions.bson", O_RDONLY)
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = Glibc.read(file, &bytes, bytes.count)
        close(file)
        write(Array(bytes[..<max(0, count)]), to: path)
    }

    private static func write(_ bytes: [UInt8], to path: String) {
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        precondition(Glibc.write(file, bytes, bytes.count) == bytes.count)
        close(file)
    }
}

private struct Counter: LineHandler {
    var lines = 0

    mutating func take(_ line: RawSpan, at place: LinePlace) -> Bool {
        lines += 1
        return true
    }

    mutating func skip(at place: LinePlace) { lines += 1 }
}

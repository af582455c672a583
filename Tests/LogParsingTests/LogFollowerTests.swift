// The loop of a log source: files wait while nobody wants their lines.
import BSON
import Glibc
import Testing

@testable import LogParsing

/// Wants events from a moment on that the test chooses.
private final class Subscriber: EventOutput {
    var isWanted = false
    var count = 0
    var unparsed: [String] = []

    func wants(topic: Int) -> Bool { true }
    func emit(topic: Int, _ build: (inout DocumentWriter) -> Void) { count += 1 }
    func report(_ line: Unparsed, path: String) { unparsed.append("\(path) \(line.reason.rawValue)") }
}

@Suite("The loop of a log source", .timeLimit(.minutes(1)))
struct LogFollowerTests {
    private let directory = TemporaryDirectory()
    private static let line = #"1.2.3.4 - - [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 1 "-" "-""# + "\n"

    private func follower(_ paths: [String], to output: Subscriber, once: Bool) throws -> LogFollower {
        var options = Tail.Options()
        options.once = once
        options.fromStart = true
        return LogFollower(paths, options: options, plan: try LogFormat.plan("combined"), to: output)
    }

    @Test("lines wait until somebody wants them, and are not counted before")
    func waits() throws {
        let path = directory.write(Self.line + "odd\n" + Self.line, to: "a")
        let output = Subscriber()
        var follower = try follower([path], to: output, once: true)
        var asked = 0
        var progress: [UInt64] = []
        let isDone = follower.run(watching: -1) {
            asked += 1
            if asked == 3 {
                #expect(output.count == 0)
                output.isWanted = true
            }
            return false
        } hear: { news in
            if case .progress(let read, _) = news { progress.append(read) }
        }
        #expect(isDone && asked > 3)
        #expect(output.count == 2 && output.unparsed == ["\(path) no_request"])
        #expect(follower.counts.read == 3 && follower.counts.emitted == 2 && follower.counts[.noRequest] == 1)
        #expect(progress.first == 0 && progress.last == UInt64(2 * Self.line.utf8.count + 4))
    }

    @Test("it stops when it is told to, wanted or not", arguments: [true, false])
    func stops(wanted: Bool) throws {
        let output = Subscriber()
        output.isWanted = wanted
        let path = directory.write(Self.line, to: "a")
        var follower = try follower([path], to: output, once: false)
        var asked = 0
        // A descriptor that is always readable ends every wait.
        let descriptor = open("/dev/zero", O_RDONLY)
        let isDone = follower.run(watching: descriptor) {
            asked += 1
            return asked > 5
        } hear: { _ in
        }
        close(descriptor)
        #expect(!isDone)
        #expect(output.count == (wanted ? 1 : 0))
    }

    @Test("what is missing is told")
    func tells() throws {
        let output = Subscriber()
        output.isWanted = true
        var follower = try follower([directory.path("a"), directory.path("*.log")], to: output, once: true)
        var missing: [String] = []
        let isDone = follower.run(watching: -1, until: { false }) { news in
            if case .file(.missing(let path)) = news { missing.append(path) }
        }
        #expect(isDone && missing == [directory.path("a"), directory.path("*.log")])
    }
}

// The examples in Python against our own source and subscriber.
import BSON
import Eventstorm
import Foundation
import Testing
import ZeroMQ

/// The Python that runs the examples.
enum Python {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardized

    /// A python3 that has pyzmq and pymongo: the one on the path, or the one that `make setup` installs.
    static let interpreter: URL? = {
        let paths = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        let places = paths.map { URL(filePath: String($0)) } + [root.appending(path: ".build/python/bin")]
        return places.map { $0.appending(path: "python3") }.first { python in
            guard FileManager.default.isExecutableFile(atPath: python.path) else { return false }
            let process = Process()
            process.executableURL = python
            process.arguments = ["-c", "import zmq, bson; bson.ObjectId"]
            process.standardError = FileHandle.nullDevice
            guard (try? process.run()) != nil else { return false }
            process.waitUntilExit()
            return process.terminationStatus == 0
        }
    }()

    /// Whether the tests run: where they must not be skipped, they fail for want of Python.
    static let isThere = interpreter != nil || ProcessInfo.processInfo.environment["ES_REQUIRE_SERVERS"] == "1"
}

/// There is no python3 with pyzmq and pymongo, and the test may not be skipped.
struct PythonIsMissing: Error {}

/// An example that runs.
final class PythonExample {
    private let process = Process()
    private let output = Pipe()
    private let errors = Pipe()

    init(_ name: String, _ arguments: String...) throws {
        guard let interpreter = Python.interpreter else { throw PythonIsMissing() }
        process.executableURL = interpreter
        let script = Python.root.appending(path: "examples/python/\(name)").path
        process.arguments = [script] + arguments
        process.standardOutput = output
        process.standardError = errors
        try process.run()
    }

    /// Waits for its end; what it printed and complained, by lines.
    func end() throws -> (status: Int32, lines: [String], complaints: [String]) {
        let printed = try output.fileHandleForReading.readToEnd() ?? Data()
        let complained = try errors.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        let lines = { (data: Data) in String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init) }
        return (process.terminationStatus, lines(printed), lines(complained))
    }

    deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }
}

@Suite(
    "The examples in Python", .enabled(if: Python.isThere, "python3 with pyzmq and pymongo is not installed"),
    .timeLimit(.minutes(1)))
struct PythonTests {
    @Test("our subscriber receives what publisher.py sends, and its books balance")
    func publisher() throws {
        var subscriber = try Subscriber(
            "python-test", from: Endpoint.list("tcp://127.0.0.1:*", usual: .bind), patterns: [Pattern("demo.*")])
        let example = try PythonExample("publisher.py", "connect:" + subscriber.bound[0], "100")
        var numbers: [Int64] = []
        let clock = ContinuousClock()
        let deadline = clock.now + .seconds(20)
        while numbers.count < 100, clock.now < deadline {
            _ = subscriber.receive(within: .milliseconds(100)) { delivery in
                delivery.forEachDocument { event in
                    if event["_id"]?.objectID != nil, event["timestamp"]?.datetime != nil, let n = event["n"]?.integer {
                        numbers.append(n)
                    }
                }
            }
        }
        #expect(numbers == Array(0..<100))
        #expect(try example.end().status == 0)
        let entries = subscriber.ledger.entries
        #expect(entries.map(\.topic.name) == ["demo.python"])
        let entry = try #require(entries.first)
        #expect(entry.from == 0 && entry.next == 100 && entry.counts.received == 100 && entry.counts.lost == 0)
        let malformed = subscriber.ledger.malformed.total
        #expect(malformed == 0)
    }

    @Test("subscriber.py receives what our source emits", arguments: ["demo.*", "demo.swift", "*"])
    func subscriber(pattern: String) throws {
        let source = try Source("python-test", to: Endpoint.list("tcp://127.0.0.1:*", usual: .bind))
        let topic = try source.topic("demo.swift")
        let example = try PythonExample("subscriber.py", source.bound[0], pattern, "200")
        #expect(source.waitUntilWanted(topic, within: .seconds(20)))
        for n in 0..<200 { topic.emit { $0["n"] = n } }
        let (status, lines, complaints) = try example.end()
        #expect(status == 0)
        let numbers = try lines.map { line in
            let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            return try #require(object?["n"] as? Int)
        }
        #expect(numbers == Array(0..<200))
        #expect(complaints.count == 1 && complaints[0].hasSuffix("demo.swift received 200 lost 0"), "\(complaints)")
    }

    @Test("subscriber.py counts what is missing")
    func gaps() throws {
        let context = try Context()
        let socket = try Socket.linkPublisher(in: context)
        let bound = try socket.bind("tcp://127.0.0.1:*")
        let example = try PythonExample("subscriber.py", bound, "demo.gaps", "5")
        var subscription = Message()
        _ = try socket.receive(into: &subscription, wait: true)
        let topic = try Topic("demo.gaps")
        let document = Document { $0["n"] = 1 }
        for sequence: UInt64 in [3, 4, 8, 2, 9, 20] {
            let envelope = Envelope.bytes(topic: topic, stamp: Stamp(origin: 0xAB, sequence: sequence, count: 1))
            var first = Message(copying: envelope.span.bytes)
            var second = Message(copying: document.bytes.span.bytes)
            _ = try socket.send(&first, more: true, wait: true)
            _ = try socket.send(&second, more: false, wait: true)
        }
        let (status, lines, complaints) = try example.end()
        #expect(status == 0 && lines.count == 5)
        #expect(complaints == ["00000000000000ab demo.gaps received 5 lost 13"])
        socket.close()
    }
}

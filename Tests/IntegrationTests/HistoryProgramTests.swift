// The seam between the archive and what comes live, with all programs.
import BSON
import BSONText
import Eventstorm
import Foundation
@testable import Service
import Testing
import ZeroMQ

/// Where events are stored that the live view is to show.
private final class Past {
    let place: String
    private let directory: String?
    private let mongod: Mongod?

    /// A directory.
    init() {
        let directory = NSTemporaryDirectory() + "es-seam-\(UUID().uuidString)"
        (place, self.directory, mongod) = (directory, directory, nil)
    }

    /// A database of a server.
    init(_ mongod: Mongod) { (place, directory, self.mongod) = (mongod.uri + "/seam", nil, mongod) }

    deinit { if let directory { try? FileManager.default.removeItem(atPath: directory) } }

    /// The sink that stores there.
    func sink(_ from: [String]) throws -> RunningProgram {
        guard let mongod else {
            return try RunningProgram("eventstorm-sink-archive", arguments: from + ["--dir", place, "test.*"])
        }
        return try RunningProgram(
            "eventstorm-sink-mongo",
            arguments: from + ["--uri", mongod.uri, "--database", "seam", "--log-level", "error", "test.*"])
    }

    /// What `eventstorm query` is to read.
    var path: String { mongod == nil ? place : place + ".test.tick" }
}

@Suite(
    "History and live", .serialized, .timeLimit(.minutes(3)),
    .enabled(if: Python.isThere && Mongod.isThere, "there is no python3, or no mongod"))
struct HistoryProgramTests {
    @Test("a range that spans an archive and what comes live is the same query over everything, to the event")
    func archive() throws { try expectSeamless(Past()) }

    @Test("a range that spans a database and what comes live is the same query over everything, to the event")
    func database() throws {
        let mongod = try Mongod()
        try expectSeamless(Past(mongod))
    }

    private func expectSeamless(_ past: Past) throws {
        let router = try RunningRouter("router")
        let from = ["--from", "tcp://127.0.0.1:\(router.outPort)", "--report", "tcp://127.0.0.1:\(router.inPort)"]
        let sink = try past.sink(from)
        let port = try freePort()
        let live = try RunningProgram(
            "eventstorm-sink-live",
            arguments: from + ["--listen", "127.0.0.1:\(port)", "--history", past.place, "--log-level", "error"])
        let source = try Source("source", to: Endpoint.list("tcp://127.0.0.1:\(router.inPort)", usual: .connect))
        let topic = try source.topic("test.tick")
        let begin = ContinuousClock.now
        while !topic.wanted, .now - begin < .seconds(20) { usleep(10_000) }
        #expect(topic.wanted)

        // Events all the time, some of them late: 3 s before the question, and until its past is whole.
        let address = "http://127.0.0.1:\(port)/"
        let question =
            #"{"topic": "test.tick", "every": "1s", "last": "60s", "late": "2s", "value": ["count", {"sum": "n"}], "group": "kind"}"#
        let script = Python.root.appending(path: "examples/python/watch.py").path
        let interpreter = try #require(Python.interpreter)
        let asked = Process()
        let answers = Pipe()
        asked.executableURL = interpreter
        asked.arguments = [script, address, question, "--whole"]
        asked.standardOutput = answers
        var emitted = 0
        var isAsked = false
        let reader = AnswerReader(answers)
        while .now - begin < .seconds(40), !(isAsked && !asked.isRunning) {
            for _ in 0..<20 {
                let time = realtimeMilliseconds() - (emitted % 17 == 0 ? 1_500 : 0)
                let event = Document {
                    $0["timestamp"] = Datetime(millisecondsSinceEpoch: time)
                    $0["second"] = time / 1_000
                    $0["n"] = Int64(emitted)
                    $0["kind"] = emitted % 3 == 0 ? "a" : "b"
                }
                topic.emit(event)
                emitted += 1
            }
            usleep(10_000)
            if !isAsked, .now - begin > .seconds(3) {
                try asked.run()
                reader.start()
                isAsked = true
            }
        }
        asked.waitUntilExit()
        #expect(asked.terminationStatus == 0)
        #expect(source.flush(within: .seconds(5)))
        #expect(source.counts.refused == 0)
        source.close(within: .seconds(2))
        let (buckets, end) = try reader.buckets()

        // Clean stops: everything that was received is in the files.
        for program in [sink, live] { program.signal(SIGTERM) }
        #expect(sink.waitForEnd() == 0 && live.waitForEnd() == 0)
        let tool = try #require(Executables.path(of: "eventstorm"))
        let pipeline = "[{$group: {_id: {second: '$second', kind: '$kind'}, count: {$sum: 1}, sum: {$sum: '$n'}}}]"
        let (text, status) = try output(
            of: URL(filePath: tool), ["query", past.path, "--pipeline", pipeline, "--format", "json"])
        #expect(status == 0)
        var exact: [String: [Double]] = [:]
        for line in text.split(separator: "\n") {
            let document = try BSONText.parse(String(line), dialect: .json).document
            let view = document.view
            let second = view["_id"]?.document?["second"]?.number ?? 0
            // What was emitted after the answer is no part of it; nor is a second that had just begun to be late.
            if Int64(second) * 1_000 >= end - 3_000 { continue }
            exact["\(Int64(second)) \(view["_id"]?.document?["kind"]?.string ?? "")"] = [
                view["count"]?.number ?? 0, view["sum"]?.number ?? 0,
            ]
        }
        #expect(exact.count >= 12)
        let told = buckets.filter { exact[$0.key] != nil || $0.value.isBefore(end - 3_000) }.mapValues(\.values)
        #expect(told == exact)
    }
}

/// Reads answers as they come, so that who gives them need not wait.
private final class AnswerReader: @unchecked Sendable {
    struct Row {
        var time: Int64
        var values: [Double]

        func isBefore(_ end: Int64) -> Bool { time < end }
    }

    private let pipe: Pipe
    private var text = Data()
    private let done = DispatchSemaphore(value: 0)

    init(_ pipe: Pipe) { self.pipe = pipe }

    func start() {
        Thread.detachNewThread { [self] in
            text = (try? pipe.fileHandleForReading.readToEnd()) ?? Data()
            done.signal()
        }
    }

    /// The last state of each bucket, by second and group, and when the last answer was given.
    func buckets() throws -> (rows: [String: Row], end: Int64) {
        done.wait()
        var names: [Int: String] = [:]
        var buckets: [Int64: [[Any]]] = [:]
        var end: Int64 = 0
        for line in text.split(separator: UInt8(ascii: "\n")) {
            let message = try #require(try JSONSerialization.jsonObject(with: line) as? [String: Any])
            end = (message["time"] as? NSNumber)?.int64Value ?? end
            for group in message["groups"] as? [[Any]] ?? [] {
                let number = try #require(group[0] as? NSNumber).intValue
                names[number] = try #require((group[1] as? [Any])?.first as? String)
            }
            for bucket in message["buckets"] as? [[String: Any]] ?? [] {
                let time = try #require(bucket["time"] as? NSNumber).int64Value
                buckets[time] = try #require(bucket["rows"] as? [[Any]])
            }
        }
        var rows: [String: Row] = [:]
        for (time, bucket) in buckets {
            for row in bucket {
                let values = row.compactMap { ($0 as? NSNumber)?.doubleValue }
                rows["\(time / 1_000) \(names[Int(values[0])] ?? "?")"] = Row(
                    time: time, values: Array(values.dropFirst()))
            }
        }
        return (rows, end)
    }
}

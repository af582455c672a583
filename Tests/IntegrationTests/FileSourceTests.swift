// The sources that read: log files and this host, as programs, to a subscriber.
import BSON
import Eventstorm
import Foundation
@testable import Service
import Testing
import ZeroMQ

/// Remembers what it receives.
private struct Listener: ~Copyable {
    private var subscriber: Subscriber
    let place: String
    /// The numbers of `path`, for lines made by ``line(_:)``.
    private(set) var numbers: [Int] = []
    private(set) var documents: [String: [Document]] = [:]

    init(_ patterns: String...) throws {
        let place = "tcp://127.0.0.1:\(try freePort())"
        let patterns = try patterns.map { try Pattern($0) }
        let endpoints = try Endpoint.list(place, usual: .bind)
        subscriber = try Subscriber("listener", from: endpoints, patterns: patterns)
        self.place = place
    }

    /// Whether a source has answered.
    var isConnected: Bool { subscriber.ledger.originCount > 0 }

    mutating func subscribe(_ pattern: String) throws {
        try subscriber.subscribe(to: subscriber.patterns.union([Pattern(pattern)]))
    }

    /// Receives until a condition holds, for twenty seconds at most.
    mutating func receive(until isDone: (borrowing Listener) -> Bool) {
        let end = ContinuousClock.now + .seconds(20)
        while !isDone(self), ContinuousClock.now < end {
            var received: [(String, Document)] = []
            _ = subscriber.receive(within: .milliseconds(50)) { delivery in
                let topic = delivery.topic.name
                delivery.forEachDocument { received.append((topic, Document(copying: $0))) }
            }
            for (topic, document) in received {
                documents[topic, default: []].append(document)
                if let path = document.view["path"]?.string, let number = Int(path.dropFirst()) {
                    numbers.append(number)
                }
            }
        }
    }

    consuming func close() { subscriber.close() }
}

private func line(_ number: Int) -> String {
    "127.0.0.1 - - [21/Nov/2026:00:23:13 +0000] \"GET /\(number) HTTP/1.1\" 200 5 \"-\" \"test\"\n"
}

private func lines(_ range: Range<Int>) -> String { range.map { line($0) }.joined() }

@Suite("Sources that read", .timeLimit(.minutes(3)))
struct FileSourceTests {
    private let directory = FileManager.default.temporaryDirectory.appending(path: "eventstorm-\(UUID().uuidString)")

    init() throws { try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true) }

    private func path(_ name: String) -> String { directory.appending(path: name).path }

    private func append(_ text: String, to name: String) throws {
        if !FileManager.default.fileExists(atPath: path(name)) { try Data().write(to: directory.appending(path: name)) }
        let file = try #require(FileHandle(forWritingAtPath: path(name)))
        try file.seekToEnd()
        try file.write(contentsOf: Data(text.utf8))
        try file.close()
    }

    @Test("a file becomes a file of documents, and one that is missing is a failure")
    func once() throws {
        defer { try? FileManager.default.removeItem(at: directory) }
        try append(lines(0..<2_500) + "odd\n", to: "a.log")
        let program = try RunningProgram(
            "eventstorm-source-log", "--once", "--to", "bson:\(path("a.bson"))", "--log-level", "error", path("a.log"))
        #expect(program.waitForEnd() == 0)
        let bytes = [UInt8](try Data(contentsOf: directory.appending(path: "a.bson")))
        #expect(try BSONValidator.validateSequence(bytes.span.bytes) == 2_500)
        let missing = try RunningProgram(
            "eventstorm-source-log", "--once", "--to", "bson:\(path("b.bson"))", "--log-level", "error", path("b.log"))
        #expect(missing.waitForEnd() == 1)
    }

    @Test("history is read with what is new, from a time on")
    func since() throws {
        defer { try? FileManager.default.removeItem(at: directory) }
        func at(_ second: String, _ number: Int) -> String {
            line(number).replacing("00:23:13", with: "00:23:\(second)")
        }
        try append(at("11", 0) + at("13", 1) + at("12", 2), to: "a.log.1")
        try ServerProcess.run("gzip", path("a.log.1"))
        try append(at("14", 3), to: "a.log")
        for (since, expected) in [("2026-11-21T00:23:12.5Z", ["/1", "/3"]), ("2026-11-20", ["/0", "/1", "/2", "/3"])] {
            let program = try RunningProgram(
                "eventstorm-source-log", "--once", "--since", since, "--to", "bson:\(path("a.bson"))", "--log-level",
                "error", path("a.log.1.gz"), path("a.log"))
            #expect(program.waitForEnd() == 0)
            #expect(try documents(in: path("a.bson")).map { $0.view["path"]?.string } == expected)
        }
    }

    @Test("lines wait for a subscriber, come once through a rotation, and what is no line is reported")
    func follows() throws {
        defer { try? FileManager.default.removeItem(at: directory) }
        try append(lines(0..<1_000), to: "a.log")
        var listener = try Listener("_es.unparsed")
        let program = try RunningProgram(
            "eventstorm-source-log", "--from-start", "--to", listener.place, "--log-level", "error", path("a.log"))
        // The listener is connected, and wants other things: nothing is read.
        listener.receive { !$0.documents.isEmpty || $0.isConnected }
        #expect(listener.documents.isEmpty)
        try listener.subscribe("http.hit")
        listener.receive { $0.numbers.count >= 1_000 }
        try FileManager.default.moveItem(atPath: path("a.log"), toPath: path("a.log.1"))
        try append(lines(1_000..<1_100) + "odd\n", to: "a.log.1")
        try append(lines(1_100..<1_300), to: "a.log")
        listener.receive { $0.numbers.count >= 1_300 && $0.documents["_es.unparsed"] != nil }
        #expect(listener.numbers.sorted() == Array(0..<1_300))
        let ids = Set((listener.documents["http.hit"] ?? []).compactMap { $0.view["_id"]?.objectID })
        #expect(ids.count == 1_300)
        let report = try #require(listener.documents["_es.unparsed"]?.first)
        #expect(report.view["reason"]?.string == "no_request" && report.view["file"]?.string == path("a.log"))
        program.signal(SIGTERM)
        #expect(program.waitForEnd() == 0)
        listener.close()
    }

    @Test("reading once ends when everything was taken")
    func onceToSubscriber() throws {
        defer { try? FileManager.default.removeItem(at: directory) }
        try append(lines(0..<20_000), to: "a.log")
        var listener = try Listener("http.*")
        let program = try RunningProgram(
            "eventstorm-source-log", "--once", "--to", listener.place, "--log-level", "error", path("a.log"))
        listener.receive { $0.numbers.count >= 20_000 }
        #expect(program.waitForEnd() == 0)
        #expect(listener.numbers == Array(0..<20_000))
        listener.close()
    }

    @Test("this host's figures come as often as asked for")
    func host() throws {
        var listener = try Listener("host.*")
        let program = try RunningProgram(
            "eventstorm-source-host", "--to", listener.place, "--every", "50ms", "--log-level", "error")
        let all = ["host.memory", "host.disk", "host.files"]
        listener.receive { it in
            (it.documents["host.cpu"]?.count ?? 0) >= 3 && all.allSatisfy { it.documents[$0] != nil }
        }
        let cpu = try #require(listener.documents["host.cpu"]?.last)
        let busy = cpu.view["busy"]?.double
        let host = cpu.view["host"]?.string
        #expect(try #require(busy) >= 0 && host != nil)
        #expect(listener.documents["host.memory"] != nil && listener.documents["host.files"] != nil)
        program.signal(SIGTERM)
        #expect(program.waitForEnd() == 0)
        listener.close()
    }
}

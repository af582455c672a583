// The live page in a real browser, with a real server and real events.

import BSON
import Eventstorm
import Foundation
import Synchronization
import Testing
import ZeroMQ

/// Chromium, and a Python that can drive it.
enum Browser {
    static let chromium: URL? = {
        let paths =
            (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(String.init) + ["/usr/bin"]
        let names = ["chromium", "chromium-browser", "google-chrome"]
        return names.flatMap { name in paths.map { URL(filePath: $0).appending(path: name) } }
            .first { FileManager.default.isExecutableFile(atPath: $0.path) }
    }()

    static let interpreter: URL? = {
        let paths = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        let places = paths.map { URL(filePath: String($0)) } + [Python.root.appending(path: ".build/python/bin")]
        return places.map { $0.appending(path: "python3") }.first { python in
            guard FileManager.default.isExecutableFile(atPath: python.path) else { return false }
            let process = Process()
            process.executableURL = python
            process.arguments = ["-c", "import playwright.sync_api"]
            process.standardError = FileHandle.nullDevice
            guard (try? process.run()) != nil else { return false }
            process.waitUntilExit()
            return process.terminationStatus == 0
        }
    }()

    /// Whether the test runs: where it must not be skipped, it fails for want of a browser.
    static let isThere =
        (chromium != nil && interpreter != nil) || ProcessInfo.processInfo.environment["ES_REQUIRE_SERVERS"] == "1"
}

/// Emits what the page is looked at with, on a thread of its own, until it is let go.
private final class PageEvents: Sendable {
    /// Events of a flood, and the bytes of each: together more than what queues and sockets between two programs hold.
    private static let flood = (events: 4_000, bytes: 8_000)

    let endpoint: String
    let lossyEndpoint: String
    private let source: Source
    private let tick: OpenTopic
    private let isDone = Atomic(false)
    private let floods = Atomic(0)
    private let isFailing = Atomic(false)

    /// - Parameter endpoint: Where to publish; a port of its own if there is no router.
    init(to endpoint: String? = nil) throws {
        // A name may be anything: it must stay text in the page, too.
        source = try Source(
            "<b>browser-test</b>", to: Endpoint.list(endpoint ?? "bind:tcp://127.0.0.1:*", usual: .connect))
        self.endpoint = source.bound.first ?? ""
        tick = try source.topic("test.tick")
        let evil = try source.topic("test.evil")
        let context = try Context()
        let socket = try Socket.linkPublisher(in: context)
        lossyEndpoint = try socket.bind("tcp://127.0.0.1:*")
        let skips = endpoint == nil
        let thread = try OSThread(name: "emitter", handing: socket) { [self] socket in
            socket.adoptByCurrentThread()
            var number: Int64 = 0
            var sequence: UInt64 = 0
            while !isDone.load(ordering: .relaxed) {
                emit(number, evil)
                if skips {
                    Self.send("test.lossy", UInt64(number) * 2, bytes: 0, socket)
                } else {
                    let isFlood = floods.load(ordering: .relaxed) > 0
                    for _ in 0..<(isFlood ? Self.flood.events : 1) {
                        Self.send("test.flood", sequence, bytes: isFlood ? Self.flood.bytes : 0, socket)
                        sequence += 1
                    }
                    if isFlood { floods.subtract(1, ordering: .relaxed) }
                }
                number += 1
                usleep(50_000)
            }
        }
        _ = consume thread
    }

    private func emit(_ number: Int64, _ evil: OpenTopic) {
        tick.emit { event in
            event["message"] = "tick number \(number)"
            event["n"] = number
            event["square"] = number * number
            event["host"] = number % 3 == 0 ? "h2" : "h1"
            event["status"] = [Int32(200), 200, 404, 500][Int(number % 4)]
            if isFailing.load(ordering: .relaxed) { event["failing"] = true }
        }
        evil.emit { event in
            for markup in [
                "<script>window.pwned = 1</script>", "<img src=x onerror='window.pwned = 1'>", "\"><b>", "__proto__",
                "constructor", "</li></ol><svg onload='window.pwned = 1'>",
            ] {
                event[markup] = markup
            }
            event["message"] = "<script>window.pwned = 1</script>"
            event["severity"] = "<b>error</b>"
            event["host"] = "<img src=x onerror='window.pwned = 1'>"
        }
    }

    /// Publishes as a program does that says nothing about itself.
    private static func send(_ name: String, _ sequence: UInt64, bytes: Int, _ socket: borrowing Socket) {
        guard let topic = try? Topic(name) else { return }
        let stamp = Stamp(origin: 0xE5, sequence: sequence, count: 1)
        let head = Envelope.bytes(topic: topic, stamp: stamp)
        let document = Document {
            $0["n"] = Int64(sequence)
            $0["text"] = String(repeating: "x", count: bytes)
        }
        var envelope = Message(copying: head.span.bytes)
        var payload = Message(copying: document.bytes.span.bytes)
        _ = try? socket.send(&envelope, more: true, wait: false)
        _ = try? socket.send(&payload, more: false, wait: false)
    }

    /// Sends more at once than a reader who stands still is kept, and returns when that is done.
    func pour() {
        floods.store(1, ordering: .relaxed)
        while floods.load(ordering: .relaxed) > 0 { usleep(10_000) }
    }

    /// Lets the events of `test.tick` tell of failures, or no more.
    func fail(_ isFailing: Bool) { self.isFailing.store(isFailing, ordering: .relaxed) }

    /// Whether somebody subscribes to what is emitted.
    var isWanted: Bool { tick.wanted }

    func close() {
        isDone.store(true, ordering: .relaxed)
        source.close(within: .zero)
    }
}

/// The program that is looked at.
private final class LiveProgram {
    private let process = Process()
    let address: String

    /// - Parameters:
    ///   - history: A directory of the archive.
    ///   - options: More words of the command line.
    init(from endpoints: String, listen: String, history: URL? = nil, options: [String] = []) throws {
        process.executableURL = EmitterTests.programs.appending(path: "eventstorm-sink-live")
        process.arguments = ["--from", endpoints, "--listen", listen, "--report", "tcp://127.0.0.1:1"] + options
        if let history { process.arguments?.append(contentsOf: ["--history", history.path]) }
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        address = String(decoding: output.fileHandleForReading.availableData.dropLast(), as: UTF8.self)
    }

    func signal(_ number: CInt) { kill(process.processIdentifier, number) }

    /// Ends it as an administrator would, and says how it went.
    func end() -> Int32 {
        process.terminate()
        process.waitUntilExit()
        return process.terminationStatus
    }
}

/// A script that drives the browser, and what the test does for it.
private struct BrowserScript {
    let name: String
    let address: String

    /// Runs it: every step must be as it should be.
    ///
    /// - Parameters:
    ///   - expected: How many steps there are.
    ///   - answer: Does what the script asks for by a word.
    func run(steps expected: Int, answer: (String) throws -> Void) throws {
        let process = Process()
        let (input, output) = (Pipe(), Pipe())
        process.executableURL = Browser.interpreter
        process.arguments = [
            Python.root.appending(path: "Tests/IntegrationTests/Browser/\(name).py").path,
            Browser.chromium?.path ?? "", address,
        ]
        if let shots = ProcessInfo.processInfo.environment["ES_SHOTS"] { process.arguments?.append(shots) }
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        var steps = 0
        for line in LineSequence(output.fileHandleForReading) {
            let report = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            if let word = report["ask"] as? String {
                try answer(word)
                input.fileHandleForWriting.write(Data("done\n".utf8))
                continue
            }
            steps += 1
            #expect(report["ok"] as? Bool == true, "\(report["step"] ?? ""): \(report["why"] ?? "")")
        }
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        #expect(steps == expected)
    }
}

@Suite(
    "The live page in a browser", .enabled(if: Browser.isThere, "chromium or python3 with playwright is not installed"),
    .timeLimit(.minutes(5)))
struct BrowserTests {
    @Test("moves, tells, stays safe, and comes back")
    func look() throws {
        let emitter = try PageEvents()
        defer { emitter.close() }
        let endpoints = "\(emitter.endpoint),\(emitter.lossyEndpoint)"
        let directory = FileManager.default.temporaryDirectory.appending(path: "page-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: directory) }
        let archive = try RunningProgram(
            "eventstorm-sink-archive",
            arguments: ["--from", endpoints, "--dir", directory.path, "--report", "tcp://127.0.0.1:1"])
        defer { archive.signal(SIGTERM) }
        var program = try LiveProgram(from: endpoints, listen: "127.0.0.1:0")
        try #require(program.address.hasPrefix("http://127.0.0.1:"))
        try BrowserScript(name: "look", address: program.address).run(steps: 20) { _ in
            let listen = String(program.address.dropFirst("http://".count).dropLast())
            #expect(program.end() == 0)
            program = try LiveProgram(from: endpoints, listen: listen, history: directory)
        }
        archive.signal(SIGTERM)
        _ = archive.waitForEnd()
        let end = ContinuousClock.now + .seconds(5)
        while emitter.isWanted, ContinuousClock.now < end { usleep(10_000) }
        #expect(!emitter.isWanted, "the browser is closed, and the events still flow")
        #expect(program.end() == 0)
    }

    @Test("computes what it shows: scales, units, queries, what is known")
    func units() throws {
        let program = try LiveProgram(from: "tcp://127.0.0.1:1", listen: "127.0.0.1:0")
        try BrowserScript(name: "units", address: program.address).run(steps: 6) { _ in }
        #expect(program.end() == 0)
    }

    @Test("does what people do, by mouse and by keyboard alone")
    func hands() throws {
        let emitter = try PageEvents()
        defer { emitter.close() }
        let program = try LiveProgram(from: "\(emitter.endpoint),\(emitter.lossyEndpoint)", listen: "127.0.0.1:0")
        try BrowserScript(name: "hands", address: program.address).run(steps: 19) { _ in }
        #expect(program.end() == 0)
    }

    @Test("keeps dashboards on the server for several people, and tells of its alerts")
    func boards() throws {
        let emitter = try PageEvents()
        defer { emitter.close() }
        let directory = FileManager.default.temporaryDirectory.appending(path: "boards-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: directory) }
        let boards = directory.appending(path: "boards")
        try FileManager.default.createDirectory(at: boards, withIntermediateDirectories: true)
        let configuration = directory.appending(path: "fabric.json5")
        let alert =
            "{name: 'failing', title: 'Failing ticks', topic: 'test.tick', match: {failing: true}, every: '1s', above: 0}"
        try Data("{sinks: [{live: {alerts: [\(alert)]}}]}".utf8).write(to: configuration)
        let users = directory.appending(path: "users.json5")
        // The password is `secret`.
        let hash = "$6$pagetest$kS3Mw2sDGpw5zRsbhVWkH2bb0TqSWS9AUwp13HXtfDuvKKN5GMatTEZiLVi6Pue.d0hfpRX1Tzx2hbvMs0nGk/"
        try Data("{alice: {password: \"\(hash)\"}}".utf8).write(to: users)
        let program = try LiveProgram(
            from: emitter.endpoint, listen: "127.0.0.1:0",
            options: ["--config", configuration.path, "--dashboards", boards.path, "--users", users.path])
        try BrowserScript(name: "boards", address: program.address).run(steps: 10) { emitter.fail($0 == "fail") }
        #expect(program.end() == 0)
    }

    @Test("hatches what was really lost: its program stood still, a router died")
    func losses() throws {
        let router = try RunningRouter("<i>router</i>")
        let emitter = try PageEvents(to: "tcp://127.0.0.1:\(router.inPort)")
        defer { emitter.close() }
        let program = try LiveProgram(
            from: "tcp://127.0.0.1:\(router.outPort),\(emitter.lossyEndpoint)", listen: "127.0.0.1:0")
        try BrowserScript(name: "losses", address: program.address).run(steps: 4) { word in
            if word == "flood" {
                program.signal(SIGSTOP)
                emitter.pour()
                program.signal(SIGCONT)
            } else {
                router.signal(SIGKILL)
                _ = router.waitForEnd()
                try router.start()
            }
        }
        #expect(program.end() == 0)
    }
}

/// The lines of a pipe as they come.
private struct LineSequence: Sequence, IteratorProtocol {
    private let file: FileHandle
    private var rest = Data()

    init(_ file: FileHandle) { self.file = file }

    mutating func next() -> String? {
        while true {
            if let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                defer { rest = Data(rest[(end + 1)...]) }
                return String(decoding: rest[..<end], as: UTF8.self)
            }
            let more = file.availableData
            if more.isEmpty { return nil }
            rest += more
        }
    }
}

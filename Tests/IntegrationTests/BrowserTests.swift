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
    let endpoint: String
    let lossyEndpoint: String
    private let source: Source
    private let tick: OpenTopic
    private let isDone = Atomic(false)

    init() throws {
        // A name may be anything: it must stay text in the page, too.
        source = try Source("<b>browser-test</b>", to: Endpoint.list("tcp://127.0.0.1:*", usual: .bind))
        endpoint = source.bound[0]
        tick = try source.topic("test.tick")
        let evil = try source.topic("test.evil")
        let context = try Context()
        let socket = try Socket.linkPublisher(in: context)
        lossyEndpoint = try socket.bind("tcp://127.0.0.1:*")
        let thread = try OSThread(name: "emitter", handing: socket) { [self] socket in
            socket.adoptByCurrentThread()
            var number: Int64 = 0
            while !isDone.load(ordering: .relaxed) {
                emit(number, evil)
                Self.skip(number, socket)
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
        }
    }

    /// A publisher that sends every second of its numbers.
    private static func skip(_ number: Int64, _ socket: borrowing Socket) {
        guard let topic = try? Topic("test.lossy") else { return }
        let stamp = Stamp(origin: 0xE5, sequence: UInt64(number) * 2, count: 1)
        let head = Envelope.bytes(topic: topic, stamp: stamp)
        let document = Document { $0["n"] = number }
        var envelope = Message(copying: head.span.bytes)
        var payload = Message(copying: document.bytes.span.bytes)
        _ = try? socket.send(&envelope, more: true, wait: false)
        _ = try? socket.send(&payload, more: false, wait: false)
    }

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

    init(from endpoints: String, listen: String) throws {
        process.executableURL = EmitterTests.programs.appending(path: "eventstorm-sink-live")
        process.arguments = ["--from", endpoints, "--listen", listen, "--report", "tcp://127.0.0.1:1"]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        address = String(decoding: output.fileHandleForReading.availableData.dropLast(), as: UTF8.self)
    }

    /// Ends it as an administrator would, and says how it went.
    func end() -> Int32 {
        process.terminate()
        process.waitUntilExit()
        return process.terminationStatus
    }
}

@Suite(
    "The live page in a browser", .enabled(if: Browser.isThere, "chromium or python3 with playwright is not installed"),
    .timeLimit(.minutes(5)))
struct BrowserTests {
    @Test("moves, tells, stays safe, and comes back")
    func page() throws {
        let chromium = try #require(Browser.chromium)
        let interpreter = try #require(Browser.interpreter)
        let emitter = try PageEvents()
        defer { emitter.close() }
        let endpoints = "\(emitter.endpoint),\(emitter.lossyEndpoint)"
        var program = try LiveProgram(from: endpoints, listen: "127.0.0.1:0")
        try #require(program.address.hasPrefix("http://127.0.0.1:"))
        #expect(!emitter.isWanted)

        let script = Process()
        let (input, output) = (Pipe(), Pipe())
        script.executableURL = interpreter
        script.arguments = [
            Python.root.appending(path: "Tests/IntegrationTests/Browser/page.py").path, chromium.path, program.address,
        ]
        if let shots = ProcessInfo.processInfo.environment["ES_SHOTS"] { script.arguments?.append(shots) }
        script.standardInput = input
        script.standardOutput = output
        try script.run()
        var steps = 0
        for line in LineSequence(output.fileHandleForReading) {
            let report = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            if report["ask"] != nil {
                let listen = String(program.address.dropFirst("http://".count).dropLast())
                #expect(program.end() == 0)
                program = try LiveProgram(from: endpoints, listen: listen)
                input.fileHandleForWriting.write(Data("done\n".utf8))
                continue
            }
            steps += 1
            #expect(report["ok"] as? Bool == true, "\(report["step"] ?? ""): \(report["why"] ?? "")")
        }
        script.waitUntilExit()
        #expect(script.terminationStatus == 0)
        #expect(steps == 18)
        let end = ContinuousClock.now + .seconds(5)
        while emitter.isWanted, ContinuousClock.now < end { usleep(10_000) }
        #expect(!emitter.isWanted, "the browser is closed, and the events still flow")
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

// Routes as their users see them: explained, tested, and changed while the router runs.
import BSON
import Eventstorm
import Foundation
@testable import Service
import Testing
import ZeroMQ

@Suite("Routes on the command line", .serialized, .timeLimit(.minutes(2)))
struct RouteProgramTests {
    /// Runs eventstorm to its end; returns what it printed, what it complained of, and its status.
    private func run(_ arguments: [String], input: String = "") throws -> (String, String, CInt) {
        let process = Process()
        process.executableURL = URL(filePath: try #require(Executables.path(of: "eventstorm")))
        process.arguments = arguments
        let (given, output, errors) = (Pipe(), Pipe(), Pipe())
        process.standardInput = given
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        try given.fileHandleForWriting.write(contentsOf: Data(input.utf8))
        try given.fileHandleForWriting.close()
        let text = output.fileHandleForReading.readDataToEndOfFile()
        let complaints = errors.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (
            String(decoding: text, as: UTF8.self), String(decoding: complaints, as: UTF8.self),
            process.terminationStatus
        )
    }

    static let routes = """
        routes: [
          {from: 'http.*', match: {status: {$gte: 500, $lt: 600}, path: /^\\/api/}, set: {bad: true}, to: 'bad.{host}'},
          {from: 'http.hit', sample: 0.5},
        ], unmatched: 'drop',
        """

    @Test("explain shows for each route why it took an event or not, and what came out")
    func explain() throws {
        let file = try ConfigurationFile("{router: {\(Self.routes)}}")
        let input = """
            {"topic": "http.hit", "event": {"_id": 1, "status": 200, "path": "/x"}}
            {"topic": "http.error", "event": {"status": 503, "path": "/api/1", "host": "a.b"}}
            {"topic": "smtp", "event": {}}

            """
        let pretty = try run(["explain", file.path, "--format", "pretty"], input: input)
        let verdict = pretty.0.contains("http.hit {\"_id\":1,\"status\":200,\"path\":\"/x\",\"weight\":2.0}")
        #expect(
            pretty.0 == """
                http.hit {"_id":1,"status":200,"path":"/x"}
                  route 1: no: status is 200, wanted $gte 500 and path is "/x", wanted {"$regularExpression":\
                {"pattern":"^\\\\/api","options":""}}
                  route 2: yes\(verdict ? "" : ", and it is sampled")
                  \(verdict ? "→ http.hit {\"_id\":1,\"status\":200,\"path\":\"/x\",\"weight\":2.0}" :
                "nothing leaves: sampled")

                http.error {"status":503,"path":"/api/1","host":"a.b"}
                  route 1: yes
                  route 2: no: the topic is http.error, wanted http.hit
                  → bad.a%2Eb {"status":503,"path":"/api/1","host":"a.b","bad":true}

                smtp {}
                  route 1: no: the topic is smtp, wanted http.*
                  route 2: no: the topic is smtp, wanted http.hit
                  no route took it: filtered
                  nothing leaves: filtered


                """)
        let json = try run(
            ["explain", file.path, "--topic", "http.error"], input: "{\"status\": 404, \"path\": \"/api\"}\n")
        #expect(
            json.0 == """
                {"topic":"http.error","fate":"filtered","unmatched":true,"routes":[{"route":1,"taken":false,\
                "because":["status is 404, wanted $gte 500"]},{"route":2,"taken":false,"because":\
                ["the topic is http.error, wanted http.hit"]}],"out":[]}

                """)
        #expect(pretty.2 == 0 && json.2 == 0)
        let wrong = try run(["explain", file.path], input: "{\"topic\": \"x\"}\n")
        #expect(wrong.2 == 1 && wrong.1.contains("stdin:1:1: found another document, expected {topic: …, event: {…}}"))
    }

    @Test("check runs the tests of the file, and says what differs")
    func check() throws {
        let tests = """
            tests: [
              {topic: 'http.hit', input: {status: 500, path: '/api/x', host: 'h'},
               expect: [{topic: 'bad.h', event: {host: 'h', path: '/api/x', status: 500, bad: true}}, {topic: 'http.hit'}]},
              {topic: 'http.x', input: [{}, {status: 1}], expect: []},
            ]
            """
        let good = try ConfigurationFile("{router: {\(Self.routes) \(tests)}}")
        let fine = try run(["check", good.path])
        #expect(fine.0.hasSuffix("2 tests passed\n") && fine.2 == 0, "\(fine)")
        let bad = try ConfigurationFile(
            """
            {router: {\(Self.routes)
            tests: [
              {topic: 'http.hit', input: {status: 500, path: '/api/x', host: 'h'}, expect: [
                {topic: 'bad.g', event: {status: 501, path: '/api/x', more: 1, bad: true}},
              ]},
              {topic: 'http.x', input: {}, expect: [{topic: 'y'}]},
            ]}}
            """)
        let failed = try run(["check", bad.path])
        #expect(failed.2 == 78)
        let messages = failed.1.split(separator: "\n").map { line in
            line.split(separator: bad.path + ":", maxSplits: 1).last.map(String.init) ?? ""
        }
        #expect(
            messages.prefix(5) == [
                "6:80: router.tests[0].expect: not expected: http.hit "
                    + "{\"status\":500,\"path\":\"/api/x\",\"host\":\"h\",\"weight\":2.0}",
                "7:5: router.tests[0].expect[0]: the topic is bad.h, expected bad.g",
                "7:22: router.tests[0].expect[0].event: status is 500, expected 501",
                "7:22: router.tests[0].expect[0].event: more is missing, expected 1",
                "7:22: router.tests[0].expect[0].event: host is \"h\", expected none",
            ])
        #expect(messages.last == "9:41: router.tests[1].expect[0]: nothing left on y; the input was filtered")
    }

    @Test("routes change under load by SIGHUP or by the file alone; nothing is lost, wrong files change nothing")
    func reload() throws {
        let world = try ReloadedWorld()
        try world.receive { $0.version == 1 && $0.generation == 1 }
        for next in 2...20 {
            if next % 3 == 0 {
                try world.file.write("{router: {routes: [{from: 'load', set: {v: 99}, match: {v: {$gtt: 1}}}]}}")
                world.router.signal(SIGHUP)
            }
            let before = world.received
            try world.receive { $0.received > before + 100 }
            try world.file.write(world.text(version: next))
            if next % 10 != 0 { world.router.signal(SIGHUP) }
            try world.receive { $0.version == next }
        }
        try world.receive { $0.generation == 20 }
        let emitted = world.emitter.stop()
        #expect(world.source.flush(within: .seconds(5)))
        try world.receive { $0.received == emitted }
        let total = world.total
        #expect(total.lost == 0 && total.absent == 0 && world.received == emitted)
        world.source.close()
        world.router.signal(SIGTERM)
        #expect(world.router.waitForEnd() == 0)
    }
}

/// A source, a router that writes the version of its routes into events, and a sink that reads it.
private final class ReloadedWorld {
    let file: ConfigurationFile
    let router: RunningProgram
    let source: Source
    let emitter: Emitter
    private let ports: (Int, Int)
    private var sink: Subscriber
    private(set) var version: Int64 = 0
    private(set) var generation: UInt64 = 0
    private(set) var received: UInt64 = 0

    var total: ReceiveCounts { sink.ledger.total }

    init() throws {
        let ports = (try freePort(), try freePort())
        self.ports = ports
        file = try ConfigurationFile(Self.text(ports, 1))
        router = try RunningProgram("eventstorm-router", "--config", file.path, "--log-level", "error")
        source = try Source(
            "source", to: Endpoint.list("tcp://127.0.0.1:\(ports.0)", usual: .connect),
            pacing: .paced(wait: .seconds(5)))
        let topic = try source.topic("load")
        sink = try Subscriber(
            "sink", from: Endpoint.list("tcp://127.0.0.1:\(ports.1)", usual: .connect),
            patterns: [Pattern("load"), Pattern(.status)])
        #expect(source.waitUntilWanted(topic, within: .seconds(10)))
        emitter = try Emitter(topic)
    }

    private static func text(_ ports: (Int, Int), _ version: Int) -> String {
        "{router: {in: 'tcp://127.0.0.1:\(ports.0)', out: 'tcp://127.0.0.1:\(ports.1)', "
            + "routes: [{from: 'load', set: {v: \(version)}}]}}"
    }

    func text(version: Int) -> String { Self.text(ports, version) }

    /// Receives until something has come to pass.
    func receive(until isDone: (ReloadedWorld) -> Bool) throws {
        let end = ContinuousClock.now + .seconds(20)
        while !isDone(self) && ContinuousClock.now < end {
            var version = version
            var generation = generation
            var received = received
            _ = sink.receive(within: .milliseconds(20)) { delivery in
                delivery.forEachDocument { event in
                    guard delivery.topic == .status else {
                        received += 1
                        let found = event["v"]?.integer ?? 0
                        #expect(found >= version)
                        version = found
                        return
                    }
                    if let status = try? StatusDocument(event) { generation = status.beat.generation }
                }
            }
            self.version = version
            self.generation = generation
            self.received = received
        }
        try #require(isDone(self), "version \(version), generation \(generation), received \(received)")
    }
}

// Configuration files: what is read, and what is said about wrong ones.

import Eventstorm
import Glibc
import Testing

@testable import Service

private func read(_ text: String) -> Configuration { Configuration(path: "f", text: text) }

@Suite("Configuration")
struct ConfigurationTests {
    static let whole = """
        // All there is.
        {
          name: "demo",
          sources: [
            {log: {file: ["a.log", "b*.log"], format: "combined", on_unwanted: "skip", to: "bson:x.bson"}},
            {host: {every: "500ms"}},
          ],
          router: {
            in: ["tcp://*:6000", "ipc:///tmp/in"], out: "tcp://[::]:6001", insecure: true,
            routes: [{from: "http.*"}, {from: ["a", "b.*"], to: "c"}], unmatched: "drop",
          },
          sinks: [
            {live: {listen: 8081, access_log: "hits.log"}},
            {archive: {dir: "archive", subscribe: ["http.*", "host.*"], log_level: "debug"}},
          ],
        }
        """

    @Test("every section becomes the options of its program")
    func sections() throws {
        let configuration = read(Self.whole)
        #expect(configuration.problems == [])
        #expect(configuration.name == "demo")
        #expect(
            configuration.sections.map(\.label) == [
                "sources[0].log", "sources[1].host", "router", "sinks[0].live", "sinks[1].archive",
            ])
        #expect(configuration.sections.map(\.stage) == [.source, .source, .router, .sink, .sink])
        let log = configuration.sections[0].options
        #expect(log.command.name == "eventstorm-source-log")
        #expect(log.texts("file") == ["a.log", "b*.log"] && log.text("on-unwanted") == "skip")
        #expect(log.bsonFiles("to") == ["x.bson"] && log.endpoints("to").isEmpty)
        #expect(configuration.sections[1].options.duration("every") == .milliseconds(500))
        let live = configuration.sections[3].options
        #expect(live.listen("listen").description == "127.0.0.1:8081" && live.text("access-log") == "hits.log")
        let archive = configuration.sections[4].options
        #expect(archive.patterns("subscribe").map(\.description) == ["http.*", "host.*"])
        #expect(archive.text("log-level") == "debug")
    }

    @Test("a router's routes are a table")
    func routes() throws {
        let routes = read(Self.whole).sections[2].options.table("routes")
        #expect(routes.map { $0.patterns("from").map(\.description) } == [["http.*"], ["a", "b.*"]])
        #expect(routes.map { $0.topicIfGiven("to")?.name } == [nil, "c"])
    }

    @Test("sources and reports go to the router of the same file, sinks come from it")
    func neighbours() {
        let sections = read(Self.whole).sections
        #expect(sections[1].options.endpoints("to").map(\.description) == ["connect:tcp://127.0.0.1:6000"])
        #expect(sections[3].options.endpoints("from").map(\.description) == ["connect:tcp://[::1]:6001"])
        #expect(sections[4].options.endpoints("report").map(\.description) == ["connect:tcp://127.0.0.1:6000"])
    }

    @Test("an empty router and sections without settings have the usual ones")
    func usual() {
        let configuration = read("{router: {}, sources: [{host: {}}], sinks: [{live: {}}]}")
        #expect(configuration.problems == [])
        #expect(configuration.sections[1].options.endpoints("to").map(\.address) == ["tcp://127.0.0.1:5570"])
        #expect(configuration.sections[2].options.endpoints("from").map(\.address) == ["tcp://127.0.0.1:5571"])
    }

    static let wrong: [(String, [String])] = [
        ("{}", ["f:1:1: nothing to run: sources, router or sinks is wanted"]),
        ("{sinks: [{live: {lisen: 1}}]}", ["f:1:18: unknown key \"lisen\" in sinks[0].live; did you mean \"listen\"?"]),
        ("{\n  sink: []}", ["f:2:3: unknown key \"sink\"; did you mean \"sinks\"?"]),
        ("{xyzzy: 1}", ["f:1:2: unknown key \"xyzzy\"; known are name, sources, router and sinks"]),
        ("{sources: [{hots: {}}]}", ["f:1:13: unknown key \"hots\" in sources[0]; did you mean \"host\"?"]),
        (
            "{sinks: [{mongo: {meta_field: \"host\"}}]}",
            ["f:1:31: sinks[0].mongo.meta_field: is about time series and needs time_field"]
        ),
        ("{sinks: {live: {}}}", ["f:1:9: sinks: a list such as [{archive: {…}}] is wanted, not a document"]),
        (
            "{sources: [\"host\"]}",
            ["f:1:12: sources[0]: a document such as {log: {…}} is wanted, not the text \"host\""]
        ),
        ("{sources: [{}]}", ["f:1:12: sources[0] is empty; one of log or host is wanted"]),
        (
            "{sources: [{log: {file: \"x\"}, host: {}}]}",
            ["f:1:12: sources[0] has 2 keys; one of log or host is wanted"]
        ),
        ("{sources: [{host: 5}]}", ["f:1:19: sources[0].host: a document is wanted, not 5"]),
        ("{router: []}", ["f:1:10: router: a document is wanted, not a list"]),
        ("{name: 5, router: {}}", ["f:1:8: name: a text is wanted, not 5"]),
        (
            "{sources: [{host: {every: 5}}]}",
            ["f:1:27: sources[0].host.every: \"5\" has no unit; write 5s, 5ms or 5m"]
        ),
        (
            "{sources: [{host: {every: \"1ms\"}}]}",
            ["f:1:27: sources[0].host.every: 1ms is too short; at least 10ms"]
        ),
        (
            "{sources: [{host: {every: {s: 1}}}]}",
            ["f:1:27: sources[0].host.every: a time such as \"10s\" is wanted, not a document"]
        ),
        (
            "{sources: [{host: {every: [\"1s\"]}}]}",
            ["f:1:27: sources[0].host.every: a time such as \"10s\" is wanted, not a list"]
        ),
        (
            "{sources: [{log: {}}]}",
            ["f:1:18: sources[0].log: which files?"]
        ),
        (
            "{sources: [{log: {file: []}}]}",
            ["f:1:25: sources[0].log.file: the list is empty"]
        ),
        (
            "{sources: [{log: {file: 'x', format: 5}}]}",
            ["f:1:38: sources[0].log.format: a text is wanted, not 5"]
        ),
        (
            "{sources: [{log: {listen: [\"udp:1\", \"unix:/a\", \"tcp:[::1]:3\"], since: \"now\"}}]}",
            [
                "f:1:28: sources[0].log.listen[0]: \"udp:1\" is not udp:HOST:PORT, tcp:HOST:PORT or unix:PATH",
                "f:1:71: sources[0].log.since: \"now\" is no date such as 2026-11-21T07:00:00Z and no age such as 2h",
            ]
        ),
        (
            "{sources: [{log: {listen: \"udp:*:1\", since: \"2h\"}}]}",
            ["f:1:27: sources[0].log.listen: udp:*:1: other machines could reach it, which needs --insecure"]
        ),
        (
            "{sources: [{log: {file: [\"a\", 7]}}]}",
            ["f:1:31: sources[0].log.file[1]: the name of a file is wanted, not 7"]
        ),
        (
            "{sources: [{log: {file: \"a\", once: true}}]}",
            ["f:1:30: \"once\" in sources[0].log is for the command line only: --once"]
        ),
        (
            "{router: {in: \"udp://x:1\"}}",
            ["f:1:15: router.in: endpoint 'udp://x:1': unknown transport 'udp'; known are tcp, ipc and inproc"]
        ),
        (
            "{router: {in: \"tcp://0.0.0.0:5570\"}}",
            [
                "f:1:15: router.in: tcp://0.0.0.0:5570 is open to other machines, unencrypted; "
                    + "bind to 127.0.0.1 or permit it with insecure: true"
            ]
        ),
        ("{router: {insecure: \"yes\"}}", ["f:1:21: router.insecure: true or false is wanted, not the text \"yes\""]),
        (
            "{router: {unmatched: \"dorp\"}}",
            ["f:1:22: router.unmatched: \"dorp\" is not forward or drop or a topic; did you mean \"drop\"?"]
        ),
        ("{router: {routes: {from: \"a\"}}}", ["f:1:19: router.routes: a list of documents is wanted, not a document"]),
        (
            "{router: {routes: [{from: \"a\"}, {form: \"b\"}]}}",
            [
                "f:1:33: router.routes[1]: \"from\" is missing: topics that take this route",
                "f:1:34: unknown key \"form\" in router.routes[1]; did you mean \"from\"?",
            ]
        ),
        (
            "{router: {routes: [{from: [\"a.*\", \"b\"], to: \"c.*\"}]}}",
            ["f:1:45: router.routes[0].to: \"c.*\" keeps what a * stood for, but \"b\" has none"]
        ),
        (
            "{router: {routes: [{from: \"a.*\", to: \"*\"}]}}",
            ["f:1:38: router.routes[0].to: \"*\" is no topic; leave it out to keep the names"]
        ),
        (
            "{router: {routes: [{from: \"a.*\", to: \"_es.x\"}]}}",
            ["f:1:38: router.routes[0].to: topics below _es. belong to the library"]
        ),
        (
            "{sources: [{log: {file: \"a\", format: \"comined\"}}]}",
            [
                "f:1:38: sources[0].log.format: unknown format \"comined\"; known are auto, combined, common, "
                    + "main, vhost_combined, json, nginx-error, syslog, journal, "
                    + "postfix, sshd and nginx; "
                    + "did you mean \"combined\"?"
            ]
        ),
        (
            "{sources: [{log: {file: \"a\", to: \"bson:x,tcp://h:1\"}}]}",
            ["f:1:34: sources[0].log.to: either endpoints or one bson:FILE"]
        ),
        ("{router: {routes: [7]}}", ["f:1:20: router.routes[0]: a document is wanted, not 7"]),
        (
            "{sinks: [{live: {listen: \"0.0.0.0:80\"}}]}",
            [
                "f:1:26: sinks[0].live.listen: 0.0.0.0:80 is open to other machines, unencrypted; "
                    + "bind to 127.0.0.1 or permit it with insecure: true"
            ]
        ),
        (
            "{sinks: [{live: {listen: true}}]}",
            ["f:1:26: sinks[0].live.listen: an address such as \"127.0.0.1:8080\" is wanted, not true"]
        ),
        (
            "{sinks: [{live: {listen: 80800}}]}",
            ["f:1:26: sinks[0].live.listen: \"80800\" is not HOST:PORT such as 127.0.0.1:8080"]
        ),
        ("{sinks: [{live: {access-log: \"x\"}}]}", ["f:1:24: found '-', expected ':'"]),
        (
            "{sinks: [{live: {\"access-log\": \"x\"}}]}",
            ["f:1:18: unknown key \"access-log\" in sinks[0].live; did you mean \"access_log\"?"]
        ),
        (
            "{sinks: [{archive: {dir: null}}]}",
            ["f:1:26: sinks[0].archive.dir: the name of a directory is wanted, not null"]
        ),
        ("{sinks: [{archive: {dir: \"\"}}]}", ["f:1:26: sinks[0].archive.dir: is empty"]),
        ("{name: \"x\", name: \"y\"}", ["f:1:13: found field 'name' again, expected it once (first at 1:2)"]),
        ("[]", ["f:1:1: found '[', expected '{'"]),
        ("", ["f:1:1: found the end of the text, expected '{'"]),
    ]

    @Test("what is wrong in a file is told with its place and what would be right", arguments: wrong)
    func refused(text: String, messages: [String]) {
        #expect(read(text).problems.map(\.message) == messages)
    }

    @Test("everything that is wrong is told, in the order of the file")
    func all() {
        let configuration = read(
            """
            {
              sources: [{host: {every: "x", evry: 1}}, {lgo: {}}],
              router: {in: "x", unmatched: 5},
              sinks: [{live: {listen: "y"}}, {archive: {}}],
              sources2: 1,
            }
            """)
        #expect(configuration.problems.map(\.line) == [2, 2, 2, 3, 3, 4, 4, 5])
    }

    @Test("a program takes its section from the file; options of the command line win")
    func section() throws {
        let file = try TemporaryFile(Self.whole)
        guard
            case .run(let host) = try Options.read(
                .sourceHost, ["x", "--config", file.path, "--every", "2s", "--name", "n"])
        else { return }
        #expect(host.section == "sources[1].host")
        #expect(host.duration("every") == .seconds(2) && host.text("name") == "n")
        #expect(host.endpoints("to").map(\.address) == ["tcp://127.0.0.1:6000"])
        for name in ["sources[0]", "sources[0].log"] {
            guard
                case .run(let log) = try Options.read(.sourceLog, ["x", "--config", file.path, "--section", name])
            else { return }
            #expect(log.texts("file") == ["a.log", "b*.log"])
        }
    }

    @Test("a section that is not there or not the program's is refused by name")
    func noSection() throws {
        let file = try TemporaryFile("{sources: [{host: {}}, {host: {}}]}")
        let cases: [(Command, [String], String)] = [
            (
                .sourceHost, [],
                "\(file.path) has sources[0].host and sources[1].host for eventstorm-source-host; "
                    + "say which with --section sources[0]"
            ),
            (.router, [], "\(file.path) has no section for eventstorm-router"),
            (
                .sourceHost, ["--section", "sources[2]"],
                "--section: \"sources[2]\" is not in \(file.path); there is sources[0].host and sources[1].host"
            ),
            (.router, ["--section", "sources[0]"], "--section: \"sources[0]\" is for eventstorm-source-host"),
        ]
        for (command, words, message) in cases {
            #expect(throws: Failure.configuration(message)) {
                try Options.read(command, ["x", "--config", file.path] + words)
            }
        }
        #expect(throws: Failure.usage("--section NAME needs --config FILE")) {
            try Options.read(.router, ["x", "--section", "router"])
        }
        #expect(throws: Failure.configuration("/nonexistent: No such file or directory")) {
            try Options.read(.router, ["x", "--config", "/nonexistent"])
        }
    }

    @Test("a file whose section is wrong ends the program with the status for wrong configurations")
    func wrongSection() throws {
        let file = try TemporaryFile("{router: {in: 5}}")
        let failure = #expect(throws: Failure.self) { try Options.read(.router, ["x", "--config", file.path]) }
        #expect(failure?.status == .configuration)
    }
}

/// A file that is there for one test.
final class TemporaryFile {
    let path: String

    init(_ text: String) throws {
        var template = Array("/tmp/eventstorm-test-XXXXXX".utf8CString)
        let descriptor = mkstemp(&template)
        try #require(descriptor >= 0)
        path = template.withUnsafeBufferPointer {
            String(decoding: $0.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
        defer { close(descriptor) }
        try #require(writeAll(descriptor, Array(text.utf8)))
    }

    /// Replaces the file as editors do, by a new one of the same name.
    func write(_ text: String) throws {
        let new = try TemporaryFile(text)
        try #require(rename(new.path, path) == 0)
    }

    deinit { unlink(path) }
}

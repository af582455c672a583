// Command lines: what is understood, what is refused, and how.

import Eventstorm
import LogParsing
import Testing

@testable import Service

private let probe = Command(
    "probe", "tries everything",
    settings: [
        .inputFiles("file", "files", required: false),
        .flag("once", "one run", reach: .commandLine),
        .flag("insecure", "let strangers in"),
        .text("title", "TEXT", "a title"),
        .integer("count", in: 1...100, "how many", usual: "3"),
        .duration("every", in: .milliseconds(10) ... .seconds(3600), "how often", usual: "1s"),
        .size("room", in: 1024...(1 << 20), "how much", usual: "64KiB"),
        .choice("format", ["json", "bson", "pretty"], "how", usual: "json"),
        .connecting("to", "where to", usual: "tcp://127.0.0.1:5570", takesFiles: true),
        .binding("in", "where from", usual: "tcp://127.0.0.1:5571"),
        .patterns("subscribe", "what", usual: "*"),
        Setting("listen", .listen, "HOST:PORT", "where to serve", usual: "127.0.0.1:8080"),
    ],
    words: "file", examples: ["probe --once"], takesConfiguration: true)

private func read(_ words: String..., command: Command = probe) throws -> Options? {
    guard case .run(let options) = try Options.read(command, [command.name] + words) else { return nil }
    return options
}

@Suite("Options")
struct OptionsTests {
    @Test("without options the usual values hold")
    func usual() throws {
        let options = try #require(try read())
        #expect(options.integer("count") == 3)
        #expect(options.duration("every") == .seconds(1))
        #expect(options.size("room") == 65536)
        #expect(options.text("format") == "json")
        #expect(options.endpoints("to").map(\.description) == ["connect:tcp://127.0.0.1:5570"])
        #expect(options.endpoints("in").map(\.description) == ["bind:tcp://127.0.0.1:5571"])
        #expect(options.patterns("subscribe") == [.everything])
        #expect(options.listen("listen") == Listen("127.0.0.1:8080"))
        #expect(!options.flag("once") && !options.has("title") && options.textIfGiven("title") == nil)
        #expect(options.texts("file").isEmpty)
    }

    @Test("options and words may stand in any order, --name=value and unique beginnings are understood")
    func given() throws {
        let options = try #require(
            try read(
                "a.log", "--every=500ms", "--cou", "7", "-", "--once", "--to", "bson:x.bson,bind:ipc:///tmp/x", "--to",
                "tcp://h:1", "--", "--b.log"))
        #expect(options.texts("file") == ["a.log", "-", "--b.log"])
        #expect(options.duration("every") == .milliseconds(500))
        #expect(options.integer("count") == 7)
        #expect(options.flag("once"))
        #expect(options.endpoints("to").map(\.description) == ["bind:ipc:///tmp/x", "connect:tcp://h:1"])
        #expect(options.bsonFiles("to") == ["x.bson"])
    }

    static let wrong: [([String], String)] = [
        (["--evry", "1s"], "unknown option \"--evry\"; did you mean \"--every\"?"),
        (["--zzzzz=3"], "unknown option \"--zzzzz\""),
        (
            ["--in", "x"],
            "--in: endpoint 'x': the transport is missing; "
                + "write it as 'tcp://127.0.0.1:5570', with 'bind:' or 'connect:' before it if needed"
        ),
        (["--s", "x"], "option \"--s\" could be --subscribe or --section"),
        (["-x"], "unknown option \"-x\"; options are words: --help lists them"),
        (["--every"], "--every TIME: the value is missing"),
        (["--once=3"], "--once takes no value"),
        (["--every", "10"], "--every: \"10\" has no unit; write 10s, 10ms or 10m"),
        (["--every", "soon"], "--every: \"soon\" is not a time; write it like 10s, 500ms or 5m"),
        (["--every", "1ms"], "--every: 1ms is too short; at least 10ms"),
        (["--every", "2h"], "--every: 2h is too long; at most 1h"),
        (["--count", "x"], "--count: \"x\" is not a whole number; from 1 to 100"),
        (["--count", "101"], "--count: 101 is out of range; from 1 to 100"),
        (["--room", "64K"], "--room: \"64K\" is not a size; write it like 64KiB, 2MB or 4096"),
        (["--room", "2MiB"], "--room: 2MiB is too large; at most 1MiB"),
        (["--room", "12"], "--room: 12 is too small; at least 1KiB"),
        (["--format", "josn"], "--format: \"josn\" is not one of json, bson or pretty; did you mean \"json\"?"),
        (["--title", ""], "--title: is empty"),
        (["--listen", "a:b"], "--listen: \"a:b\" is not HOST:PORT such as 127.0.0.1:8080"),
        (
            ["--in", "tcp://*:5570"],
            "--in: tcp://*:5570 is open to other machines, unencrypted; bind to 127.0.0.1 or permit it with --insecure"
        ),
        (
            ["--listen", "0.0.0.0:80"],
            "--listen: 0.0.0.0:80 is open to other machines, unencrypted; "
                + "bind to 127.0.0.1 or permit it with --insecure"
        ),
        (["--in", "bson:x"], "--in: bson:FILE can only be published to, by a source"),
    ]

    @Test("what is wrong is named with what would be right, and is wrong usage", arguments: wrong)
    func refused(words: [String], message: String) {
        let failure = #expect(throws: Failure.self) { try Options.read(probe, ["probe"] + words) }
        #expect(failure == Failure(.usage, [message]))
    }

    @Test("all wrong options are reported, not just the first")
    func all() {
        let failure = #expect(throws: Failure.self) {
            try Options.read(probe, ["probe", "--evry", "1", "--x", "--once=1"])
        }
        #expect(failure?.messages.count == 3)
    }

    @Test("a program without words refuses them, and one that needs some says which")
    func words() {
        let none = Command("none", "", settings: [], examples: [])
        #expect(throws: Failure.usage("unexpected word \"x\"")) { try Options.read(none, ["none", "x"]) }
        #expect(throws: Failure.usage("FILE is missing: the fabric, e.g. fabric.json5")) {
            try Options.read(.up, ["eventstorm up"])
        }
        #expect(throws: Failure.usage("--dir DIR is missing: where the files are written")) {
            try Options.read(.sinkArchive, ["x"])
        }
    }

    @Test("insecure lets plain endpoints be open")
    func insecure() throws {
        let options = try #require(try read("--in", "tcp://*:5570", "--insecure"))
        #expect(options.endpoints("in").map(\.address) == ["tcp://*:5570"])
    }

    static let programs: [Command] = [
        .sourceLog, .sourceHost, .router, .sinkArchive, .sinkLive, .sinkMongo, .up, .check,
    ]

    @Test("the help of every program fits a screen, ends with examples that are understood", arguments: programs)
    func help(command: Command) throws {
        let lines = command.help.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count <= 40)
        for line in lines { #expect(line.count <= 80, "\(line)") }
        #expect(!command.examples.isEmpty)
        for example in command.examples {
            #expect(example.hasPrefix(command.name))
            var words = example.dropFirst(command.name.count).split(separator: " ").map(String.init)
            words = words.map { $0.filter { $0 != "'" } }
            if words.contains("--config") { continue }
            guard case .run = try Options.read(command, [command.name] + words) else {
                Issue.record("\(example)")
                continue
            }
        }
    }

    @Test("examples are broken where a shell goes on reading them")
    func brokenExamples() {
        let line =
            "eventstorm tap http.hit --match '{status: {$gte: 500}, path: \"/a\"}' --project '{path: 1, status: 1}'"
        let broken = Wrapping.command(line, indent: 6, used: 2)
        #expect(
            broken == """
                eventstorm tap http.hit --match '{status: {$gte: 500}, path: "/a"}' \\
                      --project '{path: 1, status: 1}'
                """)
        #expect(Wrapping.text("one", indent: 2) == "one" && Wrapping.text("", indent: 2) == "")
    }

    @Test("a program that cannot read its command line, as without /proc, does not run as if it had no options")
    func noArguments() {
        let status = Program.status(of: .router, arguments: []) { _, _ in Issue.record("it runs") }
        #expect(status == .failed)
    }

    @Test("the log formats that the table names are those that there are")
    func logFormats() {
        #expect(Command.logFormats == LogFormat.names)
    }

    @Test("the usual values of every program are right values", arguments: programs)
    func usualValues(command: Command) {
        for setting in command.allSettings {
            if let usual = setting.usual { #expect(setting.kind.problem(with: usual) == nil) }
        }
    }
}

@Suite("Quantities")
struct QuantityTests {
    static let times: [(String, Duration?)] = [
        ("10s", .seconds(10)), ("500ms", .milliseconds(500)), ("5m", .seconds(300)), ("1.5h", .seconds(5400)),
        ("0s", .zero), ("10", nil), ("s", nil), ("1.s", nil), (".5s", nil), ("1e3s", nil), ("-1s", nil), ("1 s", nil),
        ("1s ", nil), ("999999999999999999d", nil), ("0.1ns", nil), ("٣s", nil), ("", nil),
    ]

    @Test("a time is a number with a unit", arguments: times)
    func time(text: String, value: Duration?) { #expect(Quantity.duration(text) == value) }

    static let sizes: [(String, Int?)] = [
        ("4096", 4096), ("64KiB", 65536), ("2MB", 2_000_000), ("1.5KiB", 1536), ("64K", nil), ("", nil), ("x", nil),
        ("9223372036854775807TiB", nil),
    ]

    @Test("a size is a number with or without a unit", arguments: sizes)
    func size(text: String, value: Int?) { #expect(Quantity.size(text) == value) }

    @Test(
        "times are written as they are read", arguments: ["0s", "10ms", "1s", "90s", "5m", "1h", "2d", "1500us", "7ns"])
    func timeText(text: String) throws { #expect(Quantity.text(try #require(Quantity.duration(text))) == text) }

    @Test("sizes are written as they are read", arguments: ["0B", "1000B", "1KiB", "64KiB", "3MiB", "1TiB"])
    func sizeText(text: String) throws { #expect(Quantity.text(bytes: try #require(Quantity.size(text))) == text) }

    static let listens: [(String, String?)] = [
        ("127.0.0.1:8080", "127.0.0.1:8080"), ("8080", "127.0.0.1:8080"), (":8080", "127.0.0.1:8080"),
        ("[::1]:80", "[::1]:80"), ("localhost:0", "localhost:0"), ("*:80", "*:80"), ("a b:80", nil), ("host", nil),
        ("host:", nil), ("host:70000", nil), ("::1:80", nil), ("[x]:80", nil), ("http://h:80", nil),
    ]

    @Test("an address to serve on is HOST:PORT", arguments: listens)
    func listen(text: String, value: String?) { #expect(Listen(text)?.description == value) }
}

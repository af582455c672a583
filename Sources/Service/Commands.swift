// The tables of the programs that a fabric consists of.

/// The tables stand here, not beside the programs, because `eventstorm check` reads the sections of all of them.
extension Command {
    /// `eventstorm-source-log`.
    public static let sourceLog = Command(
        "eventstorm-source-log", "turns the lines of log files into events",
        settings: [
            .inputFiles("file", "files to follow, missing ones when they come; - is stdin", required: true),
            .text("format", "NAME[:SPEC]", "what the lines are", usual: "combined"),
            .connecting("to", "where to publish; bson:FILE writes a file", usual: routerInput, takesFiles: true),
            Setting("topic", .topic, "TOPIC", "topic of the events, instead of the format's own"),
            .flag("once", "read to the end of the files and exit", reach: .commandLine),
            .flag("from-start", "begin at the start of files that are there already, not at their ends"),
            .choice("on-unwanted", ["wait", "skip"], "what to do with a file nobody wants", usual: "wait"),
            .wait, .programName, .insecure,
        ],
        words: "file",
        examples: [
            "eventstorm-source-log --format combined /var/log/nginx/access.log",
            "eventstorm-source-log --once --to bson:hits.bson access.log",
        ],
        takesConfiguration: true
    )
    .obeying { options in
        var problems: [(setting: String, problem: String)] = []
        let parts = options.text("format").split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let format = parts.first.map(String.init) ?? ""
        if !logFormats.contains(format) {
            let hint = suggestion(for: format, among: logFormats)
            problems.append(("format", "unknown format \(quoted(format)); known are \(list(logFormats, "and"))\(hint)"))
        }
        let files = options.bsonFiles("to").count
        if files > 1 || files == 1 && !options.endpoints("to").isEmpty {
            problems.append(("to", "either endpoints or one bson:FILE"))
        }
        return problems
    }

    /// The names of the log formats.
    static let logFormats = ["common", "combined"]

    /// `eventstorm-source-host`.
    public static let sourceHost = Command(
        "eventstorm-source-host", "publishes CPU, memory, disk and network figures of this host",
        settings: [
            .connecting("to", "where to publish", usual: routerInput),
            .duration(
                "every", in: .milliseconds(10) ... .seconds(3600), "time between two readings", usual: "1s"),
            .programName, .insecure,
        ],
        examples: [
            "eventstorm-source-host --to tcp://127.0.0.1:5570",
            "eventstorm-source-host --to bind:tcp://127.0.0.1:6000 --every 100ms",
        ],
        takesConfiguration: true)

    /// `eventstorm-router`.
    public static let router = Command(
        "eventstorm-router", "subscribes to sources, chooses and renames topics, publishes again",
        settings: [
            .binding("in", "where sources publish to", usual: routerInput),
            .binding("out", "where sinks subscribe", usual: routerOutput),
            Setting(
                "routes",
                .table(route),
                "", "what becomes of which topic"),
            .choice(
                "unmatched", ["forward", "drop"], "what to do with topics that no route takes", usual: "forward"),
            .programName, .insecure,
        ],
        examples: [
            "eventstorm-router",
            "eventstorm-router --in bind:tcp://127.0.0.1:6000,connect:tcp://10.0.0.7:5571 --out tcp://127.0.0.1:6001",
            "eventstorm-router --config fabric.json5",
        ],
        takesConfiguration: true)

    /// One of a router's routes.
    private static let route = {
        var command = Command(
            "route", "what becomes of some topics",
            settings: [
                Setting(
                    "from", .pattern, "PATTERN", "topics that take this route", required: true, repeatable: true),
                Setting("to", .pattern, "TOPIC", "their new name; with .* below it what the * of from stood for"),
            ], examples: [])
        command.common = []
        return command.obeying { route in
            guard let to = route.textIfGiven("to") else { return [] }
            if to == "*" { return [("to", "\"*\" is no topic; leave it out to keep the names")] }
            if to == "_es" || to.hasPrefix("_es.") { return [("to", "topics below _es. belong to the library")] }
            guard to.hasSuffix(".*") else { return [] }
            return route.texts("from").filter { !$0.hasSuffix("*") }.map { from in
                ("to", "\(quoted(to)) keeps what a * stood for, but \(quoted(from)) has none")
            }
        }
    }()

    /// `eventstorm-sink-archive`.
    public static let sinkArchive = Command(
        "eventstorm-sink-archive", "writes events to BSON files, by topic and time",
        settings: [
            .from, .subscribe,
            Setting("dir", .directory, "DIR", "where the files are written", required: true),
            .queue, .onFull, .report, .programName, .insecure,
        ],
        words: "subscribe",
        examples: [
            "eventstorm-sink-archive --dir /var/lib/eventstorm",
            "eventstorm-sink-archive --dir hits --from tcp://127.0.0.1:5571 'http.*'",
        ],
        takesConfiguration: true)

    /// `eventstorm-sink-live`.
    public static let sinkLive = Command(
        "eventstorm-sink-live", "shows events as moving graphs in a browser",
        settings: [
            .from, .subscribe,
            Setting("listen", .listen, "HOST:PORT", "where to serve the page", usual: "127.0.0.1:8080"),
            .text("host", "NAME", "a name the page may be asked for by, besides this machine's", repeatable: true),
            Setting("access-log", .outputFile, "FILE", "where to log its own hits, combined format"),
            .report, .programName, .insecure,
        ],
        words: "subscribe",
        examples: [
            "eventstorm-sink-live --listen 127.0.0.1:8080",
            "eventstorm-sink-live --from tcp://127.0.0.1:5571 'http.*' 'host.*'",
        ],
        takesConfiguration: true)

    /// `eventstorm up`.
    public static let up = Command(
        "eventstorm up", "runs a whole fabric on this machine",
        settings: [.fabricFile], words: "file",
        examples: ["eventstorm up examples/demo/fabric.json5"])

    /// `eventstorm check`.
    public static let check = Command(
        "eventstorm check", "finds what is wrong with a configuration before `up` does",
        settings: [.fabricFile], words: "file",
        examples: ["eventstorm check examples/demo/fabric.json5"])
}

extension Command {
    /// Where a router takes events in, and where sources publish.
    public static let routerInput = "tcp://127.0.0.1:5570"
    /// Where a router publishes, and where sinks and people subscribe.
    public static let routerOutput = "tcp://127.0.0.1:5571"
}

/// Settings that mean the same in every program that has them.
extension Setting {
    /// `--from`: where to subscribe.
    public static let from = Setting.connecting("from", "where to subscribe", usual: Command.routerOutput)
    /// `--subscribe`: which topics.
    public static let subscribe = Setting.patterns("subscribe", "which topics: a.b, a.* or *", usual: "*")
    /// `--match`: which events, by MongoDB's query language.
    public static let match = Setting(
        "match", .query, "QUERY", "only these, in MongoDB's query language, e.g. '{status: {$gte: 500}}'")
    /// `--report`: where a program that only receives publishes its status.
    public static let report = Setting.connecting(
        "report", "where to publish the status of this program", usual: Command.routerInput)
    /// `--name`: what the program is called in beats and status.
    public static let programName = Setting.text(
        "name", "NAME", "what it is called in the books, instead of its usual name")
    /// `--queue`: how much may wait for work that blocks.
    public static let queue = Setting.size(
        "queue", in: 1 << 20...1 << 40, "bytes that may wait to be stored",
        usual: Quantity.text(bytes: QueueLimits.usualBytes))
    /// `--on-full`: which events give way in a full queue.
    public static let onFull = Setting.choice(
        "on-full", OnFull.allCases.map(\.rawValue), "which events give way when more wait",
        usual: OnFull.dropOldest.rawValue)
    /// `--wait`: how long paced input waits for room.
    public static let wait = Setting.duration(
        "wait", "how long to wait for room in a full queue, or for interest", usual: "5s")
    /// `--insecure`: whether plain endpoints may be open to other machines.
    public static let insecure = Setting.flag("insecure", "let plain endpoints be open to other machines")

    static let fabricFile = Setting("file", .inputFile, "FILE", "the fabric, e.g. fabric.json5", required: true)
}

// The tables of the programs that a fabric consists of.

/// The tables stand here, not beside the programs, because `eventstorm check` reads the sections of all of them.
extension Command {
    /// `eventstorm-source-log`.
    public static let sourceLog = Command(
        "eventstorm-source-log", "turns the lines of log files into events",
        settings: [
            .inputFiles("file", "files to follow, missing ones when they come; - is stdin"),
            .text("format", "NAME[:SPEC]", "what the lines are", usual: "auto"),
            .connecting("to", "where to publish; bson:FILE writes a file", usual: routerInput, takesFiles: true),
            Setting("topic", .topic, "TOPIC", "topic of the events, instead of the format's own"),
            .flag("once", "read to the end of the files and exit", reach: .commandLine),
            .flag("from-start", "begin at the start of files that are there already, not at their ends"),
            Setting("since", .past, "TIME", "leave out events of before then: a date, or an age such as 2h"),
            Setting(
                "listen", .lineSocket, "SOCKET", "udp:HOST:PORT, tcp:HOST:PORT or unix:PATH for lines", repeatable: true
            ),
            Setting("state", .directory, "DIR", "where positions are kept over restarts"),
            .choice("on-unwanted", ["wait", "skip"], "what to do with a file nobody wants", usual: "wait"),
            .wait, .programName, .keys, .clients, .serverKey, .insecure,
        ],
        words: "file",
        examples: [
            "eventstorm-source-log --once --to bson:hits.bson access.log"
        ],
        takesConfiguration: true
    )
    .explained(
        """
        Follows log files through every kind of rotation, reads stdin or takes datagrams, and publishes an event for \
        each line. Each line has an _id made of its place, so that one that is read twice is the same event.

        A file that nobody wants waits: its position stands still until somebody subscribes. With `--state` positions \
        outlast restarts.
        """,
        environment: [("STATE_DIRECTORY", "Where positions are kept, without `--state`; systemd sets it.")]
    )
    .obeying { problemsOfLog($0) }

    /// `eventstorm-source-host`.
    public static let sourceHost = Command(
        "eventstorm-source-host", "publishes CPU, memory, disk and network figures of this host",
        settings: [
            .connecting("to", "where to publish", usual: routerInput),
            .duration(
                "every", in: .milliseconds(10) ... .seconds(3600), "time between two readings", usual: "1s"),
            .programName, .keys, .clients, .serverKey, .insecure,
        ],
        examples: [
            "eventstorm-source-host --to tcp://127.0.0.1:5570",
            "eventstorm-source-host --to bind:tcp://127.0.0.1:6000 --every 100ms",
        ],
        takesConfiguration: true
    )
    .explained(
        """
        Reads /proc at even times and publishes what it finds as `host.cpu`, `host.memory`, `host.disk` and \
        `host.network`. Events that nobody subscribes to are not built.
        """)

    /// `eventstorm-sink-archive`.
    public static let sinkArchive = Command(
        "eventstorm-sink-archive", "writes events to BSON files, by topic and time",
        settings: [
            .from, .subscribe, .dedupe,
            Setting("dir", .directory, "DIR", "where the files are written", required: true),
            .queue, .onFull, .report, .programName, .keys, .clients, .serverKey, .insecure,
        ],
        words: "subscribe",
        examples: [
            "eventstorm-sink-archive --dir /var/lib/eventstorm",
            "eventstorm-sink-archive --dir hits --from tcp://127.0.0.1:5571 'http.*'",
        ],
        takesConfiguration: true
    )
    .explained(
        """
        Writes `DIR/2026-11-21/0735-3k9ej/http.hit.bson`: the day, the time at which five minutes began, the topic. \
        `.part` ends the name of a file that is not complete. `bsondump`, `mongorestore` and `eventstorm query` read \
        these files.
        """)

    /// `eventstorm-sink-live`.
    public static let sinkLive = Command(
        "eventstorm-sink-live", "shows events as moving graphs in a browser",
        settings: [
            .from, .subscribe, .dedupe,
            Setting("listen", .listen, "HOST:PORT", "where to serve the page", usual: "127.0.0.1:8080"),
            .text("host", "NAME", "a name the page may be asked for by, besides this machine's", repeatable: true),
            Setting("access-log", .outputFile, "FILE", "where to log its own hits, combined format"),
            Setting("users", .inputFile, "FILE", "who may come in, with hashed passwords; needed beyond this machine"),
            Setting("tls", .inputFile, "FILE", "certificate and key in one PEM file, to serve https"),
            .text("history", "PLACE", "an archive's directory or mongodb://HOST/DATABASE: graphs show the past"),
            Setting("alerts", .table(alert), "", "what to tell of, see below"),
            Setting("dashboards", .directory, "DIR", "where dashboards are saved; usually they are not"),
            Setting(
                "mark", .pattern, "PATTERN", "topics whose events are marks on every graph, as deploys",
                repeatable: true),
            .integer("max-clients", in: 1...10_000, "WebSockets at the same time", usual: "256"),
            .size("memory", in: 1 << 20...1 << 40, "bytes kept to answer questions", usual: "256MiB"),
            .report, .programName, .keys, .clients, .serverKey, .insecure,
        ],
        words: "subscribe",
        examples: [
            "eventstorm-sink-live --from tcp://127.0.0.1:5571 'http.*' 'host.*'",
            "eventstorm-sink-live --history /var/lib/eventstorm --dashboards /etc/eventstorm/dashboards",
        ],
        takesConfiguration: true
    )
    .explained(
        """
        Serves a page that draws moving graphs of what it is asked for. It subscribes to what somebody looks at, and \
        to nothing else. Without `--users` it serves this machine only; the list of users is read again on SIGHUP.
        """,
        seldom: ["dedupe", "host", "access-log", "dashboards", "mark", "max-clients", "memory"])

    /// `eventstorm up`.
    public static let up = Command(
        "eventstorm up", "runs a whole fabric on this machine",
        settings: [.fabricFile], words: "file",
        examples: ["eventstorm up examples/demo/fabric.json5"])

    /// `eventstorm explain`.
    public static let explain = Command(
        "eventstorm explain", "shows which routes of a configuration take the events on stdin, and why not",
        settings: [
            .fabricFile,
            Setting("topic", .topic, "TOPIC", "the topic of all events; else each line is {topic: …, event: {…}}"),
            .choice("input", ["json", "bson"], "what stdin holds; BSON documents need --topic", usual: "json"),
            .choice("format", ["pretty", "json"], "how to show it; usually pretty on a terminal, else json"),
        ], words: "file",
        examples: [
            "eventstorm explain fabric.json5 < events.jsonl",
            "eventstorm tap http.hit --format json | eventstorm explain fabric.json5 --topic http.hit",
        ])

    /// `eventstorm check`.
    public static let check = Command(
        "eventstorm check", "finds what is wrong with a configuration before `up` does, and runs its tests",
        settings: [.fabricFile], words: "file",
        examples: ["eventstorm check examples/demo/fabric.json5"])
}

extension Command {
    /// The programs of a fabric, in the order in which events come to them.
    static let programs: [Command] = [.sourceLog, .sourceHost, .router, .sinkArchive, .sinkMongo, .sinkLive]

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
    /// `--dedupe`: for how long an event that comes by another path is known.
    public static let dedupe = Setting.duration(
        "dedupe", in: .milliseconds(1) ... .seconds(3600),
        "drop copies, by topic and _id, that come by another path within this time")
    /// `--wait`: how long paced input waits for room.
    public static let wait = Setting.duration(
        "wait", "how long to wait for room in a full queue, or for interest", usual: "5s")
    /// `--insecure`: whether plain endpoints may be open to other machines.
    public static let insecure = Setting.flag("insecure", "let plain endpoints be open to other machines")

    static let fabricFile = Setting("file", .inputFile, "FILE", "the fabric, e.g. fabric.json5", required: true)
}

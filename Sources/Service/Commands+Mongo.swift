// The table of the MongoDB sink's settings.

extension Command {
    /// `eventstorm-sink-mongo`.
    public static let sinkMongo = Command(
        "eventstorm-sink-mongo", "stores events in MongoDB",
        settings: [
            .from, .subscribe, .dedupe,
            .text("uri", "URI", "the servers; else EVENTSTORM_MONGO_URI, else mongodb://127.0.0.1"),
            .text("uri-file", "FILE", "a file with the URI, which keeps its password out of sight"),
        ] + storage + [
            Setting("collections", .table(collection), "", "which events go where; the first entry that takes one"),
            .integer("max-collections", in: 1...100_000, "how many collections names may make", usual: "1000"),
            .text("write-concern", "W", "0, 1, more, majority or a tag: who must have stored before it counts"),
            .flag("journal", "stored is what the server has written to its journal"),
            .integer("writers", in: 1...64, "connections that store at the same time", usual: "2"),
            .integer("batch", in: 1...100_000, "events that are stored at once at most", usual: "5000"),
            .size("batch-size", in: 1 << 10...12 << 20, "bytes that are stored at once at most", usual: "4MiB"),
            .duration(
                "batch-time", in: .zero ... .seconds(60), "how long an event waits for others at most",
                usual: "20ms"),
            .text("dead-letter", "DB.COLLECTION", "where refused events are kept; bson:FILE is a file"),
            .queue, .onFull, .drain, .report, .programName, .keys, .clients, .serverKey, .insecure,
        ],
        words: "subscribe",
        examples: [
            "eventstorm-sink-mongo --uri mongodb://127.0.0.1 --database events",
            "eventstorm-sink-mongo --uri-file /etc/eventstorm/mongo --collection 'logs_{timestamp:%Y_%m}' 'log.*'",
            "eventstorm-sink-mongo --time-field timestamp --meta-field host --expire-after 30d 'host.*'",
        ],
        takesConfiguration: true
    )
    .explained(
        """
        Stores events in MongoDB by unordered bulk inserts, from several connections. An event that is there already, \
        by its _id, is counted as duplicate, so that storing one again after an error stores it once.

        Collections are made when they are first needed: ordinary, capped, time-series or expiring ones, with the \
        indexes that are asked for. While the server is away events wait in the queue; what is more than \
        that gives way and is counted as dropped.

        `uri`, `database` and `collection` of several kinds of events are told in `collections` of a fabric file.
        """,
        seldom: [
            "subscribe", "uri-file", "dedupe", "match", "project", "meta-field", "granularity", "expire-field",
            "capped",
            "capped-events", "bypass-validation", "max-collections", "write-concern", "journal", "writers", "batch",
            "batch-size", "batch-time", "dead-letter", "queue", "on-full", "drain", "report", "name", "log-level",
        ],
        environment: [("EVENTSTORM_MONGO_URI", "The servers, where neither `--uri` nor `--uri-file` names them.")]
    )
    .obeying { options in
        var problems = storageProblems(options)
        if options.has("uri"), options.has("uri-file") {
            problems.append(("uri-file", "either uri or uri_file"))
        }
        if options.has("collections") {
            for setting in storage where setting.name != "database" && options.has(setting.name) {
                problems.append((setting.name, "belongs into an entry of \"collections\" where there are some"))
            }
        }
        return problems
    }

    /// Where events go, and what is made of them: for all, or for one entry of `collections`.
    private static let storage: [Setting] = [
        .match,
        Setting("project", .query, "FIELDS", "which fields to store, as in a projection, e.g. '{path: 1, status: 1}'"),
        .text("database", "NAME", "{topic} and {field} in it are values; usually that of the URI, else eventstorm"),
        .text("collection", "NAME", "{topic}, {field} and {field:%Y_%m} in it are values", usual: "{topic}"),
        .text("time-field", "FIELD", "store in time-series collections, by this field"),
        .text("meta-field", "FIELD", "what the time series are told apart by"),
        .choice("granularity", ["seconds", "minutes", "hours"], "how far apart events of one series are"),
        .duration(
            "expire-after", in: .seconds(1) ... .seconds(3_155_760_000), "remove events so long after their time"),
        .text("expire-field", "FIELD", "which time `expire-after` counts from", usual: "timestamp"),
        .size("capped", in: 4096...1 << 50, "make collections that keep only the newest events, of so many bytes"),
        .integer("capped-events", in: 1...Int(Int32.max) - 1, "make them keep so many events at most"),
        .flag("bypass-validation", "store also what a collection's validator refuses; needs the right to"),
        .value(
            "indexes", "a list such as [{keys: {host: 1, timestamp: -1}, unique: true}]",
            "indexes to make; what exists besides is left alone"),
    ]

    private static let collection: Command = {
        let from = Setting("from", .pattern, "PATTERN", "topics of this entry", usual: "*", repeatable: true)
        var command = Command("collection", "where some events go", settings: [from] + storage, examples: [])
        command.common = []
        return command.obeying(storageProblems)
    }()

    @Sendable private static func storageProblems(_ options: Options) -> [(setting: String, problem: String)] {
        var problems: [(setting: String, problem: String)] = []
        if !options.has("time-field") {
            for name in ["meta-field", "granularity"] where options.has(name) {
                problems.append((name, "is about time series and needs time_field"))
            }
        } else {
            for name in ["capped", "expire-field"] where options.has(name) {
                problems.append((name, "is not for time series, which expire by their time field"))
            }
        }
        if options.has("capped-events"), !options.has("capped") {
            problems.append(("capped-events", "needs capped as well: MongoDB wants the bytes"))
        }
        if options.has("capped"), options.has("expire-after") {
            problems.append(("expire-after", "does not go with capped: MongoDB removes nothing else from those"))
        }
        return problems
    }
}

extension Setting {
    /// `--drain`: how long a program that ends still stores what waits.
    public static let drain = Setting.duration(
        "drain", in: .zero ... .seconds(600), "how long to go on storing what waits when it is to end", usual: "2s")
}

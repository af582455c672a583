// The table of the router's settings.

internal import BSONText

extension Command {
    /// `eventstorm-router`.
    public static let router = Command(
        "eventstorm-router", "subscribes to sources, filters and reshapes events, publishes again",
        settings: [
            .binding("in", "where sources publish to", usual: routerInput),
            .binding("out", "where sinks subscribe", usual: routerOutput),
            Setting("routes", .table(route), "", "what becomes of which events, see below"),
            .text(
                "unmatched", "forward|drop|TOPIC", "what to do with events that no route takes", usual: "forward"),
            .flag("ids", "give an _id to events without one, so that storing one twice is known"),
            Setting("tests", .table(routeTest), "", "what should become of some events; run by `eventstorm check`"),
            .programName, .keys, .clients, .serverKey, .insecure,
        ],
        examples: [
            "eventstorm-router",
            "eventstorm-router --in bind:tcp://127.0.0.1:6000,connect:tcp://10.0.0.7:5571 --out tcp://127.0.0.1:6001",
            "eventstorm-router --config fabric.json5",
        ],
        takesConfiguration: true
    )
    .explained(
        """
        Takes events from the sources that publish to `--in`, and publishes them again on `--out` to whoever \
        subscribes there. What nobody below subscribes to is not asked for above. Without routes everything is \
        forwarded as it is.

        Routes stand in a fabric file. Each takes the events of some topics, and may leave out, change or rename them. \
        The file is read again when it changes, or on SIGHUP; if it is wrong then, the routes of before hold.
        """
    )
    .reloading(["routes", "unmatched"])
    .obeying { router in
        let words = ["forward", "drop"]
        let word = router.text("unmatched")
        if words.contains(word) { return [] }
        // Any word is a topic: one that is nearly one of these two is more likely a slip.
        if !word.contains("."), Spelling.nearest(to: word, among: words) != nil {
            let hint = suggestion(for: word, among: words)
            return [("unmatched", "\(quoted(word)) is not \(list(words)) or a topic\(hint)")]
        }
        return Setting.Kind.topic.problem(with: word).map { [("unmatched", $0)] } ?? []
    }

    /// One of a router's routes; the settings stand in the order in which they take effect.
    private static let route = part(
        "route", "what becomes of some events",
        [
            Setting("from", .pattern, "PATTERN", "topics that take this route", required: true, repeatable: true),
            Setting("match", .query, "QUERY", "only these events, in MongoDB's query language"),
            Setting("dedupe", .document(dedupe), "", "leave out events that came before"),
            .number("sample", in: 0.000_001...1, "take this part of the events; `weight` says how many one stands for"),
            Setting("throttle", .document(throttle), "", "leave out events beyond a rate"),
            .value(
                "redact", "a list of fields such as [\"client.address\", {field: \"user\", mask: \"***\"}]",
                "fields to remove, or to mask, through arrays too"),
            .value("set", "a document such as {service: \"shop\"}", "fields to set, as with $set"),
            .value("unset", "a list of fields such as [\"cookie\"]", "fields to remove, as with $unset"),
            .value("rename", "a document such as {ip: \"address\"}", "fields to rename, as with $rename"),
            Setting("project", .query, "FIELDS", "fields to keep or to compute, as in a projection"),
            .text("to", "TOPIC", "their new topic; `x.*` keeps what the * of from stood for, {field} is a value"),
            .integer("topics", in: 1...4_000, "how many topics the fields in `to` may make", usual: "1000"),
            .flag("stop", "do not offer the events that this route takes to the routes behind it"),
        ]
    )
    .obeying { route in
        if route.has("topics"), !(route.textIfGiven("to")?.contains("{") ?? false) {
            return [("topics", "is for a `to` with fields such as http.error.{host}")]
        }
        guard let to = route.textIfGiven("to") else { return [] }
        if to == "*" { return [("to", "\"*\" is no topic; leave it out to keep the names")] }
        if to == "_es" || to.hasPrefix("_es.") { return [("to", "topics below _es. belong to the library")] }
        guard to.hasSuffix(".*") else { return [] }
        return route.texts("from").filter { !$0.hasSuffix("*") }.map { from in
            ("to", "\(quoted(to)) keeps what a * stood for, but \(quoted(from)) has none")
        }
    }

    private static let dedupe = part(
        "dedupe", "leaves out events that came before",
        [
            .text("by", "FIELD", "fields that make an event the same", usual: "_id", repeatable: true),
            .duration(
                "window", in: .milliseconds(1) ... .seconds(86_400), "for how long an event is remembered",
                required: true),
        ])

    private static let throttle = part(
        "throttle", "leaves out events beyond a rate",
        [
            Setting("per-second", .number(0.001...1e9), "N", "events a second that may pass", required: true),
            .text("by", "FIELD", "fields whose values each have a rate of their own", repeatable: true),
            .number("burst", in: 1...1e9, "events that may pass at once; usually those of a second"),
        ])

    /// One of a router's tests.
    private static let routeTest = part(
        "test", "what should become of some events",
        [
            Setting("topic", .topic, "TOPIC", "the topic on which the events come", required: true),
            .value(
                "input", "an event or a list of events", "the event, or several that come one after another",
                required: true),
            .value(
                "expect", "a list such as [{topic: \"http.error\", event: {status: 500}}]",
                "what leaves, in order; without event only the topic is compared", required: true),
        ])

    private static func part(_ name: String, _ summary: String, _ settings: [Setting]) -> Command {
        var command = Command(name, summary, settings: settings, examples: [])
        command.common = []
        return command
    }
}

// The table of the live view's alerts.

extension Command {
    /// What `value` of an alert may be, besides percentiles such as p99.
    static let alertValues = ["count", "rate", "sum", "avg", "min", "max", "distinct"]

    /// One of the live view's alerts.
    static let alert: Command = {
        var command = Command(
            "alert", "tells when a value is beyond a threshold",
            settings: [
                .text("name", "NAME", "what it is called; its events have the topic alert.NAME", required: true),
                .text("title", "TEXT", "what people call it; usually the name"),
                Setting("topic", .pattern, "PATTERN", "the topics that are looked at", required: true),
                Setting("match", .query, "QUERY", "only these events, in MongoDB's query language"),
                .text("value", "VALUE", "count, rate, sum, avg, min, max, distinct, p99 …", usual: "count"),
                .text("field", "FIELD", "the field that is computed with; not for count and rate"),
                .text("group", "FIELD", "fields whose values each have an alert of their own", repeatable: true),
                .duration("every", in: .seconds(1) ... .seconds(86_400), "the time one value is of", usual: "10s"),
                .number("above", in: -1e15...1e15, "tell when the value is greater"),
                .number("below", in: -1e15...1e15, "tell when the value is less"),
                .duration("for", in: .zero ... .seconds(86_400), "for how long that must be so", usual: "0s"),
                .text("severity", "WORD", "of its events", usual: "warning"),
                .text("link", "URL", "where to read more, `view_link` of its events"),
                .text("webhook", "URL", "where to post its events, by curl(1)"),
                .text("command", "WORD", "a program with its words, which gets its events on stdin", repeatable: true),
            ], examples: [])
        command.common = []
        return command.obeying { alert in problems(alert) }
    }()

    private static func problems(_ alert: Options) -> [(setting: String, problem: String)] {
        var problems: [(setting: String, problem: String)] = []
        let name = alert.text("name")
        let isName = name.utf8.allSatisfy { byte in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "_")
                || byte == UInt8(ascii: "-")
        }
        if !isName || name.utf8.count > 64 { problems.append(("name", "\(quoted(name)) is not [A-Za-z0-9_-]{1,64}")) }
        let value = alert.text("value")
        let isPercentile = value.first == "p" && Double(value.dropFirst()).map { $0 > 0 && $0 < 100 } == true
        if !alertValues.contains(value) && !isPercentile {
            problems.append(
                ("value", "\(quoted(value)) is none of \(list(alertValues)), or a percentile such as p99"))
        } else if ["count", "rate"].contains(value) == alert.has("field") {
            let what = alert.has("field") ? "takes no field" : "needs a field"
            problems.append((alert.has("field") ? "field" : "value", "\(quoted(value)) \(what)"))
        }
        if !alert.has("above") && !alert.has("below") {
            problems.append(("above", "an alert needs a threshold: `above` or `below`"))
        }
        if let webhook = alert.textIfGiven("webhook"), !webhook.hasPrefix("http://"), !webhook.hasPrefix("https://") {
            problems.append(("webhook", "\(quoted(webhook)) does not begin with https:// or http://"))
        }
        if let program = alert.texts("command").first, !program.hasPrefix("/") {
            problems.append(("command", "\(quoted(program)) is not the whole path of a program"))
        }
        return problems
    }
}

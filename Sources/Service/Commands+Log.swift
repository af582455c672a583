// What the settings of eventstorm-source-log have to obey.

extension Command {
    /// The names of the log formats.
    static let logFormats = [
        "auto", "combined", "common", "main", "vhost_combined", "json", "nginx-error", "syslog", "journal", "postfix",
        "sshd", "nginx",
    ]

    /// What is wrong with the settings of `eventstorm-source-log`, beyond each for itself.
    static func problemsOfLog(_ options: Options) -> [(setting: String, problem: String)] {
        var problems: [(setting: String, problem: String)] = []
        let parts = options.text("format").split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let format = parts.first.map(String.init) ?? ""
        if !logFormats.contains(format) {
            let hint = suggestion(for: format, among: logFormats)
            problems.append(("format", "unknown format \(quoted(format)); known are \(list(logFormats, "and"))\(hint)"))
        }
        // A configuration of nginx names its files.
        if options.texts("file").isEmpty && options.texts("listen").isEmpty && format != "nginx" {
            problems.append(("file", "which files?"))
        }
        for text in options.texts("listen") where !options.flag("insecure") {
            let place = text.split(separator: ":", maxSplits: 1).last.map(String.init) ?? ""
            if !text.hasPrefix("unix:"), Listen(place)?.isLoopback == false {
                problems.append(("listen", "\(text): other machines could reach it, which needs --insecure"))
            }
        }
        let files = options.bsonFiles("to").count
        if files > 1 || files == 1 && !options.endpoints("to").isEmpty {
            problems.append(("to", "either endpoints or one bson:FILE"))
        }
        return problems
    }
}

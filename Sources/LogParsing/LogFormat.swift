// The formats by name.

/// A log format as it is chosen on the command line and in configurations: `NAME` or `NAME:SPEC`.
public enum LogFormat {
    /// Why a format cannot be used.
    public enum Problem: Error, Hashable, Sendable, CustomStringConvertible {
        /// There is no format of that name.
        case unknown(String)
        /// The format takes no specification.
        case unexpectedSpecification(String)
        /// The specification of a format is wrong.
        case badSpecification(String, String)

        /// What is wrong, and what would be right.
        public var description: String {
            switch self {
            case .unknown(let name): "unknown log format \"\(name)\"; known: \(LogFormat.names.joined(separator: ", "))"
            case .unexpectedSpecification(let name): "the log format \(name) takes no specification after a colon"
            case .badSpecification(let name, let problem): "the log format \(name): \(problem)"
            }
        }
    }

    /// A format and how its parser is made.
    private struct Entry: Sendable {
        let name: String
        let make: @Sendable (inout LogTopics) throws(Problem) -> any LineParser
    }

    /// All formats but `nginx`, which needs a specification.
    private static let entries: [Entry] = [
        Entry(name: "auto") { topics throws(Problem) in try AutoParser(topics: &topics) },
        Entry(name: "combined") { AccessLogParser(.combined, topics: &$0) },
        Entry(name: "common") { AccessLogParser(.common, topics: &$0) },
        Entry(name: "main") { topics throws(Problem) in try access("main", main, &topics) },
        Entry(name: "vhost_combined") { topics throws(Problem) in try access("vhost_combined", vhost, &topics) },
        Entry(name: "json") { JSONLineParser(topics: &$0) },
        Entry(name: "nginx-error") { NginxErrorParser(topics: &$0) },
        Entry(name: "syslog") { topics throws(Problem) in try SyslogParser(topics: &topics) },
        Entry(name: "journal") { topics throws(Problem) in try JournalParser(topics: &topics) },
        Entry(name: "postfix") { topics throws(Problem) in try SyslogParser(only: "postfix", topics: &topics) },
        Entry(name: "sshd") { topics throws(Problem) in try SyslogParser(only: "sshd", topics: &topics) },
    ]

    /// What the packages of nginx.org and of most distributions configure.
    private static let main = NginxLogFormat.combined.text + #" "$http_x_forwarded_for""#
    /// Apache's, in the words of nginx.
    private static let vhost =
        #"$server_name:$server_port $remote_addr $remote_ident $remote_user [$time_local] "$request" $status "#
        + #"$bytes_sent "$http_referer" "$http_user_agent""#

    private static func access(
        _ name: String, _ text: String, _ topics: inout LogTopics
    ) throws(Problem) -> any LineParser {
        try NginxAccessParser(NginxLogFormat(text: text), named: name, topics: &topics)
    }

    /// The names of all formats.
    public static let names = entries.map(\.name) + ["nginx"]

    /// The parsers of a format, and the files that it names itself.
    ///
    /// - Parameters:
    ///   - text: `NAME` or `NAME:SPEC`. The specification of `nginx` is a `log_format` as nginx.conf has it, or the
    ///     path of an nginx.conf, with `#NAME` behind it for one of its formats.
    ///   - topic: Where the events go, instead of the format's own first topic.
    public static func plan(_ text: String, topic: String? = nil) throws(Problem) -> LogPlan {
        var topics = LogTopics(main: topic)
        if let path = nginxPath(text) { return try .nginx(path, topics: topics) }
        let parser = try parser(text, topics: &topics)
        return LogPlan(parser, topics: topics)
    }

    /// The path of an nginx.conf, if `text` is `nginx:PATH`.
    private static func nginxPath(_ text: String) -> String? {
        guard text.hasPrefix("nginx:") else { return nil }
        let path = text.dropFirst(6)
        let isPath = !path.contains("$") && !path.isEmpty && !path.contains("\n")
        return isPath && (path.contains("/") || path.contains(".conf")) ? String(path) : nil
    }

    /// Makes the parser of a format, which enters its topics.
    public static func parser(_ text: String, topics: inout LogTopics) throws(Problem) -> any LineParser {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let name = String(parts.first ?? "")
        if name == "nginx" {
            guard parts.count > 1, let log = NginxLogFormat(pasted: String(parts[1])) else {
                throw .badSpecification("nginx", parts.count > 1 ? "a quotation does not end" : "which log_format?")
            }
            return try NginxAccessParser(log, topics: &topics)
        }
        guard let entry = entries.first(where: { $0.name == name }) else { throw .unknown(name) }
        guard parts.count == 1 else { throw .unexpectedSpecification(name) }
        return try entry.make(&topics)
    }
}

// The formats by name.

/// A log format as it is chosen on the command line and in configurations: `NAME` or `NAME:SPEC`.
public enum LogFormat {
    /// Why a format cannot be used.
    public enum Problem: Error, Hashable, Sendable, CustomStringConvertible {
        /// There is no format of that name.
        case unknown(String)
        /// The format takes no specification.
        case unexpectedSpecification(String)

        /// What is wrong, and what would be right.
        public var description: String {
            switch self {
            case .unknown(let name): "unknown log format \"\(name)\"; known: \(LogFormat.names.joined(separator: ", "))"
            case .unexpectedSpecification(let name): "the log format \(name) takes no specification after a colon"
            }
        }
    }

    /// The names of all formats.
    public static let names = AccessLogParser.Layout.allCases.map(\.rawValue)

    /// Makes the parser of a format.
    ///
    /// - Parameter topic: Where the events go, instead of the format's own topic.
    public static func parser(_ text: String, topic: String? = nil) throws(Problem) -> any LineParser {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let name = String(parts.first ?? "")
        guard let layout = AccessLogParser.Layout(rawValue: name) else { throw .unknown(name) }
        guard parts.count == 1 else { throw .unexpectedSpecification(name) }
        return topic.map { AccessLogParser(layout, topic: $0) } ?? AccessLogParser(layout)
    }
}

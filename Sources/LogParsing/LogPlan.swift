// Which parser reads which file.
internal import Glibc

/// The parsers of a reader, and which of them reads which file.
public struct LogPlan: Sendable {
    var parsers: [any LineParser] = []
    var topicTable: LogTopics
    /// The files that the format itself names, as patterns, with their parsers.
    var files: [(path: String, parser: Int)] = []
    /// The parser of every other file.
    var usual = 0

    init(topics: LogTopics) { topicTable = topics }

    /// Reads every file with one parser.
    init(_ parser: any LineParser, topics: LogTopics) {
        topicTable = topics
        parsers = [parser]
    }

    /// The names of the topics, which ``EventOutput`` knows by number.
    public var topics: [String] { topicTable.names }

    /// Files that the format itself names, such as those that nginx.conf mentions.
    public var paths: [String] {
        var paths: [String] = []
        for file in files where !paths.contains(file.path) { paths.append(file.path) }
        return paths
    }

    mutating func add(_ parser: any LineParser) -> Int {
        parsers.append(parser)
        return parsers.count - 1
    }

    /// The number of the parser for a file; rotated files are read like those they were.
    func parser(for path: String) -> Int {
        if let exact = files.first(where: { $0.path == path || fnmatch($0.path, path, 0) == 0 }) { return exact.parser }
        let rotated = files.filter { path.hasPrefix($0.path + ".") || path.hasPrefix($0.path + "-") }
        return rotated.max { $0.path.utf8.count < $1.path.utf8.count }?.parser ?? usual
    }
}

// What nginx.conf says about logs: formats, files, includes.
internal import Glibc

/// The logs that a configuration of nginx writes.
struct NginxConfiguration {
    /// A file that nginx writes, with the name of its format.
    struct AccessLog: Hashable {
        /// A path, or a pattern where the path has variables.
        var path: String
        var format: String
    }

    private static let fileLimit = 1000
    private static let depthLimit = 16
    private static let sizeLimit = 8 << 20

    /// All formats by name; `combined` is always there.
    private(set) var formats = ["combined": NginxLogFormat.combined]
    private(set) var accessLogs: [AccessLog] = []
    private(set) var errorLogs: [String] = []
    private let directory: String
    private var files = 0

    /// Reads a configuration and all that it includes.
    ///
    /// Relative names count from the directory of the file, as those of nginx do when it is started with `-p` for it.
    init(path: String) throws(LogFormat.Problem) {
        directory = Path.split(path).directory
        try read(path, depth: 0)
    }

    private mutating func read(_ path: String, depth: Int) throws(LogFormat.Problem) {
        files += 1
        guard depth < Self.depthLimit, files <= Self.fileLimit else {
            throw .badSpecification("nginx", "\(path): too many files are included")
        }
        var lexer = NginxLexer(try Self.text(of: path))
        var words: [String] = []
        var blocks: [String] = []
        while let token = lexer.next() {
            switch token {
            case .word(let word): words.append(word)
            case .open:
                blocks.append(words.first ?? "")
                words.removeAll()
            case .close:
                if blocks.popLast() == nil { throw .badSpecification("nginx", "\(path):\(lexer.line): unexpected }") }
                words.removeAll()
            case .end:
                // The logs of stream and mail have other variables and are no hits.
                let isHTTP = blocks.first != "stream" && blocks.first != "mail"
                if isHTTP { try take(words, depth) }
                words.removeAll()
            }
        }
        if lexer.isBroken { throw .badSpecification("nginx", "\(path): a quotation does not end") }
    }

    private mutating func take(_ words: [String], _ depth: Int) throws(LogFormat.Problem) {
        guard let directive = words.first else { return }
        switch directive {
        case "include":
            guard words.count == 2 else { return }
            let pattern = absolute(words[1])
            let paths = Path.isPattern(pattern) ? Path.matching(pattern).sorted() : [pattern]
            for path in paths { try read(path, depth: depth + 1) }
        case "log_format":
            guard let format = NginxLogFormat(words: Array(words.dropFirst())), let name = format.name else { return }
            formats[name] = format
        case "access_log":
            guard words.count > 1, words[1] != "off", !words[1].hasPrefix("syslog:"), words[1] != "/dev/null" else {
                return
            }
            let isNamed = words.count > 2 && !words[2].contains("=")
            let log = AccessLog(path: Self.pattern(absolute(words[1])), format: isNamed ? words[2] : "combined")
            if !accessLogs.contains(log) { accessLogs.append(log) }
        case "error_log":
            guard words.count > 1, words[1] != "stderr", !words[1].contains(":"), words[1] != "/dev/null" else {
                return
            }
            let path = absolute(words[1])
            if !errorLogs.contains(path) { errorLogs.append(path) }
        default: break
        }
    }

    private func absolute(_ path: String) -> String {
        path.hasPrefix("/") ? path : Path.join(directory, path)
    }

    /// A path with `*` for each variable.
    private static func pattern(_ path: String) -> String {
        var result = ""
        var rest = path[...]
        while let dollar = rest.firstIndex(of: "$") {
            result += rest[..<dollar] + "*"
            rest = rest[rest.index(after: dollar)...]
            if rest.first == "{" {
                rest = rest.drop { $0 != "}" }.dropFirst()
            } else {
                rest = rest.drop { $0.isLetter || $0.isNumber || $0 == "_" }
            }
        }
        return result + rest
    }

    private static func text(of path: String) throws(LogFormat.Problem) -> String {
        guard let file = fopen(path, "r") else {
            throw .badSpecification("nginx", "\(path): \(String(cString: strerror(errno)))")
        }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: sizeLimit)
        let count = fread(&bytes, 1, bytes.count, file)
        if ferror(file) != 0 { throw .badSpecification("nginx", "\(path): \(String(cString: strerror(errno)))") }
        guard count < sizeLimit else { throw .badSpecification("nginx", "\(path) is too large") }
        return String(decoding: bytes[..<count], as: UTF8.self)
    }
}

extension LogPlan {
    /// The logs of a configuration of nginx: `PATH`, or `PATH#NAME` for one of its formats.
    static func nginx(_ text: String, topics: LogTopics) throws(LogFormat.Problem) -> LogPlan {
        let parts = text.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
        let configuration = try NginxConfiguration(path: String(parts[0]))
        var plan = LogPlan(topics: topics)
        let only = parts.count > 1 ? String(parts[1]) : nil
        var numbers: [String: Int] = [:]
        func parser(of name: String) throws(LogFormat.Problem) -> Int {
            if let number = numbers[name] { return number }
            guard let format = configuration.formats[name] else {
                let known = configuration.formats.keys.sorted().joined(separator: ", ")
                throw .badSpecification("nginx", "\(parts[0]) has no log_format \"\(name)\"; it has \(known)")
            }
            let number = plan.add(try NginxAccessParser(format, topics: &plan.topicTable))
            numbers[name] = number
            return number
        }
        if let only { plan.usual = try parser(of: only) }
        for log in configuration.accessLogs where only == nil || log.format == only {
            plan.files.append((log.path, try parser(of: log.format)))
        }
        if plan.parsers.isEmpty { plan.usual = try parser(of: "combined") }
        return plan
    }
}

// The configuration file of a whole fabric.

internal import BSONText
internal import Eventstorm
internal import Glibc

/// The configuration of a whole fabric: one JSON5 file with the sections of all programs.
///
/// The keys of a section are the words of the program's options, joined by `_`. A program reads its own section of the
/// file; `eventstorm up` runs them all.
///
///     {
///       name: "demo",
///       sources: [{host: {every: "1s"}}, {log: {file: ["/var/log/nginx/access.log"]}}],
///       router: {in: "tcp://127.0.0.1:5570", out: "tcp://127.0.0.1:5571"},
///       sinks: [{live: {listen: "127.0.0.1:8080"}}, {archive: {dir: "archive"}}],
///     }
public struct Configuration: Sendable {
    /// One program of the fabric.
    public struct Section: Sendable {
        /// Where it is in the file, as `--section` takes it: `sources[0]`, `router`.
        public let name: String
        /// The key below: `log`, `host`, `router`, `live`, `archive`, `mongo`.
        public let kind: String
        /// Its settings; ``Options/command`` says which program it is.
        public internal(set) var options: Options
        /// Where its value begins in the file.
        let origin: Origin

        /// How messages call it: `sources[0].log`, `router`.
        public var label: String { name == kind ? name : "\(name).\(kind)" }
        /// Where it stands in the flow of events.
        public var stage: ChildPlan.Stage { name == "router" ? .router : name.hasPrefix("sources") ? .source : .sink }
    }

    /// The largest file that is read.
    static let byteLimit = 1 << 20

    /// The file, as it was named.
    public let path: String
    /// What the fabric is called, if the file says so.
    public internal(set) var name: String?
    /// All programs, in the order of the file.
    public internal(set) var sections: [Section] = []
    /// What is wrong, in the order of the file.
    private(set) var problems: [Problem] = []

    /// Reads and checks a file.
    ///
    /// - Throws: A failure with status 78 that lists everything that is wrong, one thing a line.
    public static func load(_ path: String) throws(Failure) -> Configuration {
        try Configuration(path: path, checking: contents(of: path))
    }

    /// Reads and checks a text as the contents of the file at `path`, which need not be there.
    ///
    /// - Throws: A failure with status 78 that lists everything that is wrong, one thing a line.
    public init(path: String, checking text: String) throws(Failure) {
        self.init(path: path, text: text)
        guard problems.isEmpty else { throw Failure(.configuration, problems.map(\.message)) }
    }

    /// Reads a text as the contents of the file at `path`.
    init(path: String, text: String) {
        self.path = path
        do {
            let parsed = try BSONText.parse(text, dialect: .query, limits: .init(textBytes: Self.byteLimit))
            var reader = ConfigurationReader(path: path, parsed: parsed)
            reader.read()
            name = reader.name
            sections = reader.sections
            problems = reader.problems
            followRouter()
            for section in sections { problems += section.options.problems(in: section.origin) }
            problems.sort { ($0.line, $0.column) < ($1.line, $1.column) }
        } catch {
            let place = error.place
            problems = [
                Problem(line: place.line, column: place.column, message: "\(path):\(error)", isConfiguration: true)
            ]
        }
    }

    /// Where no endpoint is given, sources and reports go to the router of the same file, and sinks come from it.
    private mutating func followRouter() {
        guard let router = sections.first(where: { $0.stage == .router }) else { return }
        for index in sections.indices where sections[index].stage != .router {
            for (setting, side) in [("to", "in"), ("report", "in"), ("from", "out")] {
                guard sections[index].options.command.setting(named: setting) != nil,
                    sections[index].options.given[setting] == nil
                else { continue }
                guard let text = router.options.neighbour(side, for: sections[index].options),
                    let origin = router.options.values(side).first?.origin
                else { continue }
                sections[index].options.given[setting] = [Given(text: text, origin: origin)]
            }
        }
    }

    /// The section that a program is to run: the one named, or the only one there is for it.
    func section(named name: String?, for command: Command) throws(Failure) -> Section {
        let own = sections.filter { $0.options.command.name == command.name }
        if let name {
            if let section = own.first(where: { $0.name == name || $0.label == name }) { return section }
            let others = sections.filter { $0.name == name || $0.label == name }
            let what = others.first.map { "is for \($0.options.command.name)" } ?? "is not in \(path)"
            let hint = own.isEmpty ? "" : "; there is \(list(own.map(\.label), "and"))"
            throw Failure.configuration("--section: \(quoted(name)) \(what)\(hint)")
        }
        guard own.count < 2 else {
            let names = list(own.map(\.label), "and")
            throw Failure.configuration(
                "\(path) has \(names) for \(command.name); say which with --section \(own[0].name)")
        }
        guard let only = own.first else { throw Failure.configuration("\(path) has no section for \(command.name)") }
        return only
    }

    private static func contents(of path: String) throws(Failure) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Failure.configuration("\(path): \(systemErrorText(errno))") }
        close(descriptor)
        guard let text = readFile(path, limit: byteLimit) else {
            throw Failure.configuration("\(path): cannot be read as text of at most \(Quantity.text(bytes: byteLimit))")
        }
        return text
    }
}

/// The sections that there can be.
enum Schema {
    /// The groups of a file, and the programs that each can hold; nil: known, but not built yet.
    static let groups: [(name: String, kinds: [(name: String, command: Command?)])] = [
        ("sources", [("log", .sourceLog), ("host", .sourceHost)]),
        ("router", [("router", .router)]),
        ("sinks", [("archive", .sinkArchive), ("live", .sinkLive), ("mongo", .sinkMongo)]),
    ]
    /// All keys at the top of a file.
    static let keys = ["name"] + groups.map(\.name)
}

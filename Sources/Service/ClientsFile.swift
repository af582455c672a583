// The list of clients in a file, and its changes while programs run.

internal import BSON
internal import BSONText
internal import Eventstorm
internal import Glibc
internal import Synchronization
internal import ZeroMQ

/// Reads a list of clients: JSON5, a key for each name.
///
///     {
///       web1: "…40 characters of Z85…",                              // may publish and subscribe to everything
///       web2: {key: "…", publish: ["http.*"], subscribe: []},
///       "*": {publish: [], subscribe: ["public.*"]},                 // every other key
///     }
struct ClientsFile: Equatable {
    /// The largest file that is read: some ten thousand clients.
    static let byteLimit = 4 << 20

    var clients: [Client] = []
    var others: ClientRights?

    /// Reads a file; the failure lists everything that is wrong with it.
    init(path: String) throws(Failure) {
        guard let text = readFile(path, limit: Self.byteLimit) else {
            let reason = access(path, R_OK) == 0 ? "is no text of at most 4 MiB" : systemErrorText(errno)
            throw .configuration("\(quoted(path)): \(reason)")
        }
        try self.init(path: path, text: text)
    }

    init(path: String, text: String) throws(Failure) {
        let parsed: ParsedDocument
        do throws(TextError) {
            parsed = try BSONText.parse(text, dialect: .json5, limits: .init(textBytes: Self.byteLimit))
        } catch {
            throw .configuration("\(path):\(error)")
        }
        var reader = ClientsReader(path: path, parsed: parsed)
        reader.read()
        guard reader.problems.isEmpty else { throw Failure(.configuration, reader.problems) }
        clients = reader.clients
        others = reader.others
    }
}

/// Walks over a parsed list and collects what is wrong.
private struct ClientsReader {
    let path: String
    let parsed: ParsedDocument
    var clients: [Client] = []
    var others: ClientRights?
    var problems: [String] = []
    private var owners: [CurveKey: String] = [:]

    init(path: String, parsed: ParsedDocument) {
        self.path = path
        self.parsed = parsed
    }

    mutating func read() {
        let document = parsed.document
        var elements = document.view.makeIterator()
        while let element = elements.next() { readClient(element) }
    }

    private mutating func readClient(_ element: ElementView) {
        let name = element.key
        if name.isEmpty || name.utf8.count > 64 { return problem(element, "a name has 1 to 64 bytes") }
        var keyText = element.string
        var publish: [Pattern]?
        var subscribe: [Pattern]?
        if let document = element.document {
            var fields = document.makeIterator()
            while let field = fields.next() {
                switch field.key {
                case "key": keyText = field.string ?? ""
                case "publish": publish = readPatterns(field, name)
                case "subscribe": subscribe = readPatterns(field, name)
                case let other:
                    let hint = suggestion(for: other, among: ["key", "publish", "subscribe"])
                    problem(field, "unknown key \(quoted(other)) in \(quoted(name))\(hint)")
                }
            }
        } else if keyText == nil {
            return problem(element, "\(quoted(name)): a public key, or {key, publish, subscribe}, is wanted")
        }
        let rights = ClientRights(publish: publish, subscribe: subscribe)
        if name == "*" {
            if keyText != nil { return problem(element, "\"*\" stands for every other key and has none itself") }
            guard publish != nil, subscribe != nil else {
                return problem(element, "\"*\" lets every key in: say what they may with publish and subscribe")
            }
            others = rights
            return
        }
        guard let key = keyText.flatMap({ CurveKey($0) }) else {
            return problem(element, "\(quoted(name)) has no public key: 40 characters of Z85 are wanted")
        }
        if let owner = owners.updateValue(name, forKey: key) {
            return problem(element, "\(quoted(name)) has the same key as \(quoted(owner))")
        }
        clients.append(Client(name, key: key, rights: rights))
    }

    private mutating func readPatterns(_ field: ElementView, _ name: String) -> [Pattern] {
        var patterns: [Pattern] = []
        guard let list = field.array else {
            problem(field, "\(field.key) of \(quoted(name)): a list of patterns is wanted, such as [\"http.*\"]")
            return []
        }
        var entries = list.makeIterator()
        while let entry = entries.next() {
            do throws(PatternError) {
                patterns.append(try Pattern(entry.string ?? ""))
            } catch {
                problem(field, "\(field.key) of \(quoted(name)): \(error)")
            }
        }
        return patterns
    }

    private mutating func problem(_ element: ElementView, _ message: String) {
        let place = parsed.place(of: element) ?? parsed.place
        problems.append("\(path):\(place): \(message)")
    }
}

/// The lists of clients that this process has read, kept up to date.
///
/// A thread looks at each file once a second, and at once after SIGHUP. A list that is wrong changes nothing.
final class ClientsFiles: Sendable {
    static let shared = ClientsFiles()

    private struct Watched {
        let list: ClientList
        var state: FileState
    }

    private struct State {
        var files: [String: Watched] = [:]
        var isWatching = false
    }

    private let state = Mutex(State())

    /// The list of a file, which is read when it is asked for first.
    func list(_ path: String) throws(Failure) -> ClientList {
        try state.withLock { state throws(Failure) in
            if let known = state.files[path] { return known.list }
            let seen = FileState(path)
            let file = try ClientsFile(path: path)
            // Both kinds come in floods; neither is to hide the other.
            let (unknown, failed) = (Repeats(), Repeats())
            let list = ClientList(file.clients, others: file.others) { peer in
                if case .unknown = peer {
                    unknown.write(.warning, "\(peer)")
                } else {
                    failed.write(.warning, "\(peer)")
                }
            }
            if file.clients.isEmpty && file.others == nil {
                Log.warning("\(quoted(path)) lists no client: nobody can come in")
            }
            state.files[path] = Watched(list: list, state: seen)
            if !state.isWatching {
                do throws(ZMQError) {
                    // Runs as long as the process.
                    _ = try OSThread(name: "es-clients") { ClientsFiles.shared.watch() }
                    state.isWatching = true
                } catch {
                    throw .failed("\(error)")
                }
            }
            return list
        }
    }

    private func watch() {
        while true {
            sleep(1)
            reload(evenUnchanged: false)
        }
    }

    /// Reads the files that changed again; on SIGHUP all of them.
    func reload(evenUnchanged: Bool) {
        state.withLock { state in
            for (path, watched) in state.files {
                let now = FileState(path)
                if !evenUnchanged && now == watched.state { continue }
                state.files[path]?.state = now
                do throws(Failure) {
                    let file = try ClientsFile(path: path)
                    watched.list.replace(with: file.clients, others: file.others)
                    Log.info("read \(quoted(path)) again: \(file.clients.count) clients")
                } catch {
                    Log.error(
                        "\(quoted(path)) is wrong, the list before stays: \(error.messages.joined(separator: "; "))")
                }
            }
        }
    }
}

/// What tells that a file was changed.
private struct FileState: Equatable {
    private var numbers: [Int] = []

    init(_ path: String) {
        var facts = stat()
        guard stat(path, &facts) == 0 else { return }
        numbers = [
            Int(facts.st_dev), Int(facts.st_ino), facts.st_size, facts.st_mtim.tv_sec, facts.st_mtim.tv_nsec,
            facts.st_ctim.tv_sec, facts.st_ctim.tv_nsec,
        ]
    }
}

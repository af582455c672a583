// Who may use the live view, and what of it.

import BSON
import BSONText
internal import CCrypt
import Eventstorm
import Glibc

/// What somebody may do.
struct UserRights: Hashable, Sendable {
    /// The topics that may be asked about.
    var topics: [Pattern] = [.everything]
    /// Dotted paths of fields that are hidden, with all below them.
    var hidden: [String] = []
    /// Whether dashboards may be saved and deleted.
    var savesDashboards = true

    /// Everything: that of whoever uses this machine, where there are no users.
    static let all = UserRights()

    /// Whether events of all topics of a pattern may be read.
    func mayRead(_ pattern: Pattern) -> Bool { topics.contains { $0.covers(pattern) } }

    /// Whether events of a topic may be read.
    func mayRead(_ topic: Topic) -> Bool { topics.contains { $0.matches(topic) } }

    /// Whether a field is hidden, or what it is in, or something in it.
    func hides(_ path: Substring) -> Bool {
        hidden.contains { $0 == path || path.hasPrefix($0 + ".") || $0.hasPrefix(path + ".") }
    }
}

/// A person, or a program.
struct User: Hashable, Sendable {
    var name: String
    /// The hash of the password as crypt(5) has it.
    var hash: String
    var rights: UserRights
}

/// The users in a file: JSON5, an object for each name.
///
///     {
///       alice: {password: "$6$…"},                                   // openssl passwd -6
///       wall: {password: "$y$…", topics: ["http.*"], hidden: ["client"], dashboards: false},
///     }
struct UserList: Sendable {
    /// Bytes of the largest file that is read.
    static let byteLimit = 1 << 20

    private(set) var users: [String: User] = [:]

    /// Reads a file; the error tells the first thing that is wrong with it.
    init(path: String) throws(LiveError) {
        guard let text = Self.read(path) else {
            throw LiveError("read the users in \(path)", String(cString: strerror(errno)))
        }
        try self.init(path: path, text: text)
    }

    init(path: String, text: [UInt8]) throws(LiveError) {
        let parsed: ParsedDocument
        do throws(TextError) {
            parsed = try BSONText.parse(text.span.bytes, dialect: .json5)
        } catch {
            throw LiveError("read the users in \(path)", "\(error)")
        }
        let document = parsed.document
        try document.view.forEach { element throws(LiveError) in
            do throws(WatchError) {
                let user = try Self.user(element)
                users[user.name] = user
            } catch {
                let place = parsed.place(of: element).map { "\($0): " } ?? ""
                throw LiveError("read the users in \(path)", "\(place)\(element.key): \(error.message)")
            }
        }
        if users.isEmpty { throw LiveError("read the users in \(path)", "there are none") }
    }

    private static func user(_ element: ElementView) throws(WatchError) -> User {
        guard let view = element.document, let hash = view["password"]?.string else {
            throw WatchError(message: "{password: \"…\"} is wanted")
        }
        // The hash is told to nobody, not even here.
        guard CCrypt_isHash(hash) != 0 else {
            throw WatchError(message: "the password is no hash, or of a weak kind; 'openssl passwd -6' makes one")
        }
        var rights = UserRights()
        try view.forEach { field throws(WatchError) in
            switch field.key {
            case "password": break
            case "topics": rights.topics = try patterns(field)
            case "hidden": rights.hidden = try texts(field)
            case "dashboards": rights.savesDashboards = field.bool ?? false
            default: throw WatchError(message: "unknown key \"\(field.key)\"")
            }
        }
        return User(name: element.key, hash: hash, rights: rights)
    }

    private static func texts(_ field: ElementView) throws(WatchError) -> [String] {
        guard let list = field.array else { throw WatchError(message: "\(field.key) is a list") }
        var texts: [String] = []
        try list.forEach { element throws(WatchError) in
            guard let text = element.string, !text.isEmpty else {
                throw WatchError(message: "\(field.key) is a list of texts")
            }
            texts.append(text)
        }
        return texts
    }

    private static func patterns(_ field: ElementView) throws(WatchError) -> [Pattern] {
        var patterns: [Pattern] = []
        for text in try texts(field) {
            do throws(PatternError) {
                patterns.append(try Pattern(text))
            } catch {
                throw WatchError(message: "\(error)")
            }
        }
        return patterns
    }

    private static func read(_ path: String) -> [UInt8]? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: byteLimit + 1)
        var count = 0
        while count < bytes.count {
            let got = bytes[count...].withUnsafeMutableBytes { Glibc.read(file, $0.baseAddress, $0.count) }
            if got < 0 { return nil }
            if got == 0 { break }
            count += got
        }
        return count > byteLimit ? nil : Array(bytes.prefix(count))
    }

    /// The user of this name and password; nil if there is none.
    ///
    /// Takes as long for a name that is unknown as for one that is known.
    func find(_ name: String, password: String) -> User? {
        let user = users[name]
        let hash = user?.hash ?? users.first?.value.hash ?? ""
        let matches = CCrypt_matches(password, hash) != 0
        return matches ? user : nil
    }
}

// Dashboards as files.

import BSON
import BSONText
import Eventstorm
import Glibc
import Service

/// The dashboards of a directory: a file `NAME.json` each, as it was sent.
///
/// Belongs to the service thread. Names have no dot and no slash, so none leads out of the directory; links are not
/// followed.
struct DashboardStore {
    /// Bytes of a dashboard at most: some hundred panels.
    static let mostBytes = 256 << 10
    /// Dashboards at most.
    static let most = 1_000
    static let titleBytes = 200
    static let nameBytes = 1...64

    /// Why something cannot be done.
    enum Refusal: Error, Equatable {
        case wrong(String)
        case unknown
        case changed
        case full
        case disk(String)
    }

    /// What must be so before something is changed.
    enum Condition: Equatable {
        case none
        /// There is no dashboard of the name.
        case absent
        /// It is the one with this tag.
        case tag(String)
    }

    /// A dashboard in a list.
    struct Entry: Equatable {
        var name: String
        var title: String
        /// Milliseconds since 1970.
        var changed: Int64
    }

    private struct Known {
        var node: UInt64
        var changed: Int64
        var size: Int64
        var title: String
    }

    let directory: String
    private var known: [String: Known] = [:]

    /// Uses a directory, which is made if it is missing.
    init(directory: String) throws(LiveError) {
        self.directory = directory
        if mkdir(directory, 0o750) != 0, errno != EEXIST { throw LiveError("make \(directory)", Self.reason) }
        guard access(directory, R_OK | W_OK | X_OK) == 0 else { throw LiveError("use \(directory)", Self.reason) }
    }

    private static var reason: String { String(cString: strerror(errno)) }

    /// Whether a text may be a dashboard's name: `[A-Za-z0-9_-]{1,64}`.
    static func isName(_ name: some StringProtocol) -> Bool {
        nameBytes.contains(name.utf8.count)
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }

    private func path(_ name: String) -> String { "\(directory)/\(name).json" }

    // MARK: Reading

    /// All dashboards, by name.
    mutating func list() -> [Entry] {
        var entries: [Entry] = []
        for name in names.prefix(Self.most) {
            var status = stat()
            guard lstat(path(name), &status) == 0, status.st_mode & S_IFMT == S_IFREG else { continue }
            let changed = Int64(status.st_mtim.tv_sec) * 1_000 + Int64(status.st_mtim.tv_nsec) / 1_000_000
            let (node, size) = (UInt64(status.st_ino), Int64(status.st_size))
            if let known = known[name], known.node == node, known.changed == changed, known.size == size {
                entries.append(Entry(name: name, title: known.title, changed: changed))
                continue
            }
            let title = (try? read(name)).flatMap { try? Self.title(of: $0.bytes) } ?? name
            known[name] = Known(node: node, changed: changed, size: size, title: title)
            entries.append(Entry(name: name, title: title, changed: changed))
        }
        return entries
    }

    private var names: [String] {
        (Files.names(in: directory) ?? []).compactMap { file in
            file.hasSuffix(".json") && Self.isName(file.dropLast(5)) ? String(file.dropLast(5)) : nil
        }
    }

    /// A dashboard as it was stored, and its tag.
    func read(_ name: String) throws(Refusal) -> (bytes: [UInt8], tag: String) {
        guard Self.isName(name) else { throw .unknown }
        let descriptor = open(path(name), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw errno == ENOENT || errno == ELOOP ? .unknown : .disk(Self.reason) }
        defer { close(descriptor) }
        var failed = false
        // One byte more tells a file that is too large.
        let bytes = [UInt8](unsafeUninitializedCapacity: Self.mostBytes + 1) { buffer, filled in
            while filled < buffer.count, let start = buffer.baseAddress {
                let count = Glibc.read(descriptor, start + filled, buffer.count - filled)
                if count < 0 { failed = true }
                if count <= 0 { return }
                filled += count
            }
        }
        if failed || bytes.count > Self.mostBytes { throw .disk("\(name).json is no dashboard") }
        return (bytes, Self.tag(bytes))
    }

    /// Tells one state of a dashboard from another (RFC 9110, 8.8.3).
    static func tag(_ bytes: [UInt8]) -> String {
        "\"\(String(FNV1a.hash(bytes), radix: 36))-\(bytes.count)\""
    }

    /// The title of a dashboard; throws if the text is none.
    static func title(of bytes: [UInt8]) throws(Refusal) -> String {
        let document: Document
        do throws(TextError) {
            document = try BSONText.parse(bytes.span.bytes, dialect: .json).document
        } catch {
            throw .wrong("not JSON: \(error)")
        }
        guard let title = document.view["title"]?.string, (1...titleBytes).contains(title.utf8.count) else {
            throw .wrong("a dashboard is an object with a \"title\" of 1 to \(titleBytes) bytes")
        }
        return title
    }

    // MARK: Changing

    private func check(_ condition: Condition, _ name: String) throws(Refusal) {
        let tag: String?
        do throws(Refusal) {
            tag = try read(name).tag
        } catch {
            guard error == .unknown else { throw error }
            tag = nil
        }
        switch condition {
        case .none: break
        case .absent: if tag != nil { throw .changed }
        case .tag(let wanted): if tag != wanted { throw .changed }
        }
        if tag == nil, names.count >= Self.most { throw .full }
    }

    /// Stores a dashboard; returns its tag.
    ///
    /// Nobody ever sees half of it, not even after a power failure.
    func write(_ name: String, _ bytes: [UInt8], if condition: Condition) throws(Refusal) -> String {
        guard Self.isName(name) else { throw .wrong("a name is [A-Za-z0-9_-]{1,64}") }
        guard bytes.count <= Self.mostBytes else { throw .wrong("more than \(Self.mostBytes) bytes") }
        _ = try Self.title(of: bytes)
        try check(condition, name)
        let fresh = "\(directory)/.\(name).\(getpid()).new"
        unlink(fresh)
        let descriptor = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else { throw .disk(Self.reason) }
        var offset = 0
        while offset < bytes.count {
            let count = bytes[offset...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            if count <= 0 { break }
            offset += count
        }
        let isWritten = offset == bytes.count && fsync(descriptor) == 0
        let why = Self.reason
        close(descriptor)
        guard isWritten, rename(fresh, path(name)) == 0 else {
            unlink(fresh)
            throw .disk(isWritten ? Self.reason : why)
        }
        return Self.tag(bytes)
    }

    /// Deletes a dashboard.
    func remove(_ name: String, if condition: Condition) throws(Refusal) {
        guard Self.isName(name) else { throw .unknown }
        _ = try read(name)
        try check(condition, name)
        if unlink(path(name)) != 0 { throw errno == ENOENT ? .unknown : .disk(Self.reason) }
    }
}

// Where reading stood, kept in a file so that a restart goes on from there.
internal import BSON
internal import Glibc

/// Where reading stood in one file.
public struct SavedPosition: Hashable, Sendable {
    /// The name that is followed.
    let path: String
    /// The device and inode.
    let key: FileKey
    /// As in ``FileIdentity``, which the beginning of the file is a part of.
    let identity: FileIdentity
    /// As in ``FollowedFile/content``; nil if that was not kept.
    let content: FileIdentity?
    /// Bytes done with.
    var position: UInt64
    /// The bytes before the position; of no length when that was moved back.
    var mark: Mark
    /// Whether the position is within a line that was too long.
    var isSkipping: Bool
    /// Whether the file was read to its end and nothing will follow.
    var isDone: Bool
}

/// Where reading stood in all files.
public struct SavedPositions: Hashable, Sendable {
    /// What is known of each file.
    public internal(set) var files: [SavedPosition] = []
    /// The names and patterns that were followed: what turns up under them later is read from its beginning.
    public internal(set) var patterns: [String] = []
    /// What the parsers remember of the lines before the positions.
    var state: [UInt8] = []

    /// Starts with nothing known.
    public init() {}
}

/// Keeps positions in a directory that belongs to one reader at a time.
///
/// The file is replaced as a whole, so that it is complete whenever this process ends.
public final class PositionStore {
    /// Why positions cannot be kept.
    public struct Problem: Error, Sendable, CustomStringConvertible {
        /// The file or directory, and what is wrong with it.
        public let description: String

        init(_ path: String, _ problem: String) { description = "\(path): \(problem)" }
        init(_ path: String, code: CInt) { self.init(path, String(cString: strerror(code))) }
    }

    /// The most bytes of the file: more than all mails that are gathered at once.
    private static let limit = 512 << 20

    /// What was kept when the reader ended last.
    public let saved: SavedPositions
    /// When that was kept, in nanoseconds since 1970; 0 if nothing was.
    let savedAt: Int64
    private let path: String
    private let directory: String
    private let lock: CInt

    /// Opens a directory, which is created if it is missing.
    public init(directory: String) throws(Problem) {
        self.directory = directory
        path = directory + "/positions.bson"
        if mkdir(directory, 0o755) != 0 && errno != EEXIST { throw Problem(directory, code: errno) }
        let lockPath = directory + "/lock"
        lock = open(lockPath, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        if lock < 0 { throw Problem(lockPath, code: errno) }
        if flock(lock, LOCK_EX | LOCK_NB) != 0 {
            close(lock)
            throw Problem(
                directory, errno == EWOULDBLOCK ? "another process keeps its positions there" : "not lockable")
        }
        var status = stat()
        let isThere = stat(path, &status) == 0
        savedAt = isThere ? Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec) : 0
        do {
            saved = try Self.load(path)
        } catch {
            close(lock)
            throw error
        }
    }

    deinit { close(lock) }

    /// Replaces what is kept.
    public func save(_ positions: SavedPositions) throws(Problem) {
        var writer = DocumentWriter(limit: Self.limit)
        writer.beginDocument()
        writer["v"] = Int32(1)
        writer.array("patterns") { list in for pattern in positions.patterns { list.append(pattern) } }
        writer.array("files") { list in
            for file in positions.files { list.document { file.write(to: &$0) } }
        }
        if !positions.state.isEmpty { writer.binary("state", positions.state.span.bytes) }
        guard writer.endDocument() else { throw Problem(path, "more than \(Self.limit >> 20) MiB") }
        let bytes = writer.take()
        let temporary = path + ".new"
        let file = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw Problem(temporary, code: errno) }
        defer { close(file) }
        guard Self.write(bytes, to: file), fsync(file) == 0, rename(temporary, path) == 0 else {
            throw Problem(temporary, code: errno)
        }
    }

    private static func write(_ bytes: [UInt8], to file: CInt) -> Bool {
        bytes.withUnsafeBytes { bytes in
            var offset = 0
            while offset < bytes.count {
                let count = Glibc.write(file, bytes.baseAddress.map { $0 + offset }, bytes.count - offset)
                if count < 0 && errno == EINTR { continue }
                if count <= 0 { return false }
                offset += count
            }
            return true
        }
    }

    private static func load(_ path: String) throws(Problem) -> SavedPositions {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        if file < 0 && errno == ENOENT { return SavedPositions() }
        guard file >= 0 else { throw Problem(path, code: errno) }
        defer { close(file) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 64 << 10)
        while bytes.count <= limit {
            let count = read(file, &piece, piece.count)
            if count < 0 { throw Problem(path, code: errno) }
            if count == 0 { break }
            bytes.append(contentsOf: piece[..<count])
        }
        guard let positions = SavedPositions(bytes) else { throw Problem(path, "damaged; remove it to start anew") }
        return positions
    }
}

// MARK: - The file

extension SavedPosition {
    fileprivate func write(to document: inout DocumentWriter) {
        document["path"] = path
        document["device"] = Int64(bitPattern: key.device)
        document["inode"] = Int64(bitPattern: key.inode)
        document["identity"] = Int64(bitPattern: identity.seed)
        if let content { document["content"] = Int64(bitPattern: content.seed) }
        document["position"] = Int64(clamping: position)
        document["mark_length"] = Int32(mark.length)
        document["mark"] = Int64(bitPattern: mark.hash)
        if isSkipping { document["skipping"] = true }
        if isDone { document["done"] = true }
    }

    fileprivate init?(_ view: DocumentView) {
        guard let path = view["path"]?.string, let device = view["device"]?.int64, let inode = view["inode"]?.int64,
            let identity = view["identity"]?.int64, let position = view["position"]?.int64, position >= 0,
            let length = view["mark_length"]?.int32, length >= 0, length <= Mark.limit,
            let mark = view["mark"]?.int64
        else { return nil }
        self.init(
            path: path, key: FileKey(device: UInt64(bitPattern: device), inode: UInt64(bitPattern: inode)),
            identity: FileIdentity(seed: UInt64(bitPattern: identity)),
            content: view["content"]?.int64.map { FileIdentity(seed: UInt64(bitPattern: $0)) },
            position: UInt64(position), mark: Mark(length: Int(length), hash: UInt64(bitPattern: mark)),
            isSkipping: view["skipping"]?.bool ?? false, isDone: view["done"]?.bool ?? false)
    }
}

extension SavedPositions {
    fileprivate init?(_ bytes: [UInt8]) {
        guard let view = try? DocumentView(validating: bytes.span.bytes), view["v"]?.int32 == 1,
            let list = view["files"]?.array, let names = view["patterns"]?.array
        else { return nil }
        var found: [SavedPosition] = []
        var isWhole = true
        list.forEach { element in
            guard let document = element.document, let file = SavedPosition(document) else { return isWhole = false }
            found.append(file)
        }
        var known: [String] = []
        names.forEach { if let name = $0.string { known.append(name) } }
        guard isWhole else { return nil }
        files = found
        patterns = known
        if let kept = view["state"]?.binaryBytes { state = kept.withUnsafeBytes { Array($0) } }
    }
}

// One open file, read line by line from a position that is always the start of a line.
internal import Glibc

/// The device and inode of a file, by which it is known whatever its name.
struct FileKey: Hashable {
    let device: UInt64
    let inode: UInt64

    init(device: UInt64, inode: UInt64) {
        self.device = device
        self.inode = inode
    }

    init(_ status: stat) {
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
    }
}

/// The bytes just before a position, as a hash: whoever finds others there is not in the file as it was.
struct Mark: Hashable {
    /// The most bytes that count.
    static let limit = 64

    let length: Int
    let hash: UInt64

    static let none = Mark(length: 0, hash: 0)

    init(length: Int, hash: UInt64) {
        self.length = length
        self.hash = hash
    }

    init(_ bytes: RawSpan) {
        var hash = Hash64(seed: 0)
        hash.add(bytes)
        self.init(length: bytes.byteCount, hash: hash.value)
    }

    /// The mark of the position `end` of `bytes`.
    init(before end: Int, of bytes: RawSpan) { self.init(bytes.extracting(max(0, end - Self.limit)..<end)) }
}

/// A file that is being read.
///
/// Nothing of its contents is kept: a partial last line is read again when the rest has come, so that thousands of
/// files cost little, and ``position`` is all that would have to be remembered to go on after a restart.
final class FollowedFile {
    /// What came of reading a piece.
    enum Step: Hashable {
        /// There may be more.
        case more
        /// All that there is was read, but for a partial line.
        case end
        /// The handler refused a line.
        case stopped
        /// The file does not hold what it held before the position: it was truncated, or written anew.
        case rewritten
        /// Reading failed, with errno.
        case failed(CInt)
    }

    let descriptor: CInt
    let key: FileKey
    /// Who the lines belong to; nil until the file's first line is complete.
    private(set) var identity: FileIdentity?
    /// Bytes read and done with.
    private(set) var position: UInt64
    /// The bytes before the position.
    private(set) var mark: Mark
    /// Whether the position is within a line that was too long.
    private var isSkipping = false
    /// Its inotify watch.
    var watch: CInt?
    /// Whether there may be something to read.
    var mayHaveMore = true
    /// Whether another file has taken its name, or it is a copy: it will not be read for ever.
    var isReplaced = false
    /// Whether it is known to have lost the name that is followed.
    ///
    /// Its writer may not know.
    var isRenamed = false
    /// Whether nobody writes to it any more, so that a partial line at its end is a line.
    var isFinal = false
    /// When it last grew, on the clock of the reader.
    var lastGrowth: Duration = .zero

    /// Takes over an open file, to be read from its beginning.
    init(descriptor: CInt, key: FileKey) {
        self.descriptor = descriptor
        self.key = key
        position = 0
        mark = .none
        identity = Self.identify(descriptor, key)
    }

    /// Takes over the copy of a file that was truncated, to be read on from where reading the original stood.
    init(copy descriptor: CInt, key: FileKey, of original: FollowedFile) {
        self.descriptor = descriptor
        self.key = key
        position = original.position
        mark = original.mark
        identity = original.identity
        isSkipping = original.isSkipping
        isReplaced = true
        isFinal = true
    }

    deinit { close(descriptor) }

    /// Opens a regular file, or gives the reason why not.
    static func open(_ path: String) -> Result<FollowedFile, ReadingProblem> {
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard descriptor >= 0 else { return .failure(ReadingProblem(code: errno)) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            let code = status.st_mode & S_IFMT == S_IFDIR ? EISDIR : ESPIPE
            close(descriptor)
            return .failure(ReadingProblem(code: code))
        }
        return .success(FollowedFile(descriptor: descriptor, key: FileKey(status)))
    }

    /// Bytes in the file now.
    var size: UInt64 {
        var status = stat()
        return fstat(descriptor, &status) == 0 ? UInt64(max(0, status.st_size)) : 0
    }

    /// Whether no name is left.
    var isDeleted: Bool {
        var status = stat()
        return fstat(descriptor, &status) == 0 && status.st_nlink == 0
    }

    private static func identify(_ descriptor: CInt, _ key: FileKey) -> FileIdentity? {
        withUnsafeTemporaryAllocation(byteCount: FileIdentity.headLimit, alignment: 8) { buffer in
            let count = pread(descriptor, buffer.baseAddress, buffer.count, 0)
            return identify(UnsafeRawBufferPointer(rebasing: buffer[..<max(0, count)]).bytes, key, isWhole: false)
        }
    }

    /// The identity of a file that begins with `head`, if that is enough to tell.
    private static func identify(_ head: RawSpan, _ key: FileKey, isWhole: Bool) -> FileIdentity? {
        let limit = min(head.byteCount, FileIdentity.headLimit)
        let end =
            head.extracting(0..<limit).firstIndex(of: 10, from: 0)
            ?? (limit == FileIdentity.headLimit || isWhole ? limit : nil)
        return end.map {
            FileIdentity(device: key.device, inode: key.inode, head: head.extracting(0..<$0))
        }
    }
}

/// Why a file cannot be read.
struct ReadingProblem: Error {
    /// The errno.
    let code: CInt
}

// MARK: - Reading

extension FollowedFile {
    /// Reads a piece from the position on and hands its lines out.
    ///
    /// The bytes before the position are read along and compared with the mark, which finds a file that was truncated
    /// and has grown beyond the position since.
    func step<Handler: LineHandler & ~Copyable>(
        _ buffer: UnsafeMutableRawBufferPointer, maximumLine: Int, input: Int, to handler: inout Handler
    ) -> Step {
        let overlap = mark.length
        let base = position - UInt64(overlap)
        let count = pread(descriptor, buffer.baseAddress, buffer.count, off_t(base))
        guard count >= 0 else { return .failed(errno) }
        let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count]).bytes
        guard matches(bytes) else { return .rewritten }
        let isEnd = count < buffer.count
        if count == overlap { return .end }
        if bytes.byte(at: overlap) == 0 && skipHole() { return .more }
        if identity == nil { identity = Self.identify(bytes, key, isWhole: isFinal && isEnd) }
        guard let identity else { return .end }
        let splitter = LineSplitter(maximumLine: maximumLine, file: identity, input: input)
        let (consumed, stopped) = splitter.split(
            bytes, from: overlap, base: base, isSkipping: &isSkipping, isLast: isFinal && isEnd, to: &handler)
        if consumed > overlap {
            position = base + UInt64(consumed)
            mark = Mark(before: consumed, of: bytes)
        }
        if stopped { return .stopped }
        return isEnd ? .end : .more
    }

    /// Goes on behind a hole, which a writer leaves that goes on at its old place in a truncated file.
    private func skipHole() -> Bool {
        let seekData: CInt = 3  // SEEK_DATA, which Swift does not see
        let data = lseek(descriptor, off_t(position), seekData)
        guard data > off_t(position), go(to: UInt64(data), behind: .none) else { return false }
        isSkipping = false
        return true
    }

    /// Whether `bytes`, read from where the mark begins, are those of the file as it was.
    private func matches(_ bytes: RawSpan) -> Bool {
        guard bytes.byteCount >= mark.length else { return false }
        if mark.length > 0 { return Mark(bytes.extracting(0..<mark.length)) == mark }
        guard let identity else { return true }
        return Self.identify(bytes, key, isWhole: isFinal) == identity
    }

    /// Whether the file holds, at the position, what this one held.
    func continues(in other: CInt, size: UInt64) -> Bool {
        guard size >= position else { return false }
        let overlap = mark.length
        return withUnsafeTemporaryAllocation(byteCount: FileIdentity.headLimit, alignment: 8) { buffer in
            guard
                overlap == 0 || pread(other, buffer.baseAddress, overlap, off_t(position) - off_t(overlap)) == overlap,
                overlap == 0 || Mark(UnsafeRawBufferPointer(rebasing: buffer[..<overlap]).bytes) == mark
            else { return false }
            let count = max(0, pread(other, buffer.baseAddress, buffer.count, 0))
            let head = UnsafeRawBufferPointer(rebasing: buffer[..<count]).bytes
            return identity != nil && Self.identify(head, key, isWhole: true) == identity
        }
    }

    /// Whether the file was truncated or written anew, by a look at the bytes before the position.
    var isRewritten: Bool {
        withUnsafeTemporaryAllocation(byteCount: FileIdentity.headLimit, alignment: 8) { buffer in
            let overlap = mark.length
            let wanted = overlap > 0 ? overlap : buffer.count
            let count = max(0, pread(descriptor, buffer.baseAddress, wanted, off_t(position) - off_t(overlap)))
            return !matches(UnsafeRawBufferPointer(rebasing: buffer[..<count]).bytes)
        }
    }

    /// Starts over at the beginning of what the file holds now.
    func restart() {
        position = 0
        mark = .none
        isSkipping = false
        identity = Self.identify(descriptor, key)
        mayHaveMore = true
    }

    /// Goes to where reading stood before; stays at the beginning if the file does not hold what it held.
    ///
    /// - Returns: Whether it went there.
    @discardableResult
    func go(to saved: SavedPosition) -> Bool {
        guard go(to: saved.position, behind: saved.mark) else { return false }
        isSkipping = saved.isSkipping
        return true
    }

    private func go(to position: UInt64, behind expected: Mark) -> Bool {
        guard position <= size else { return false }
        return withUnsafeTemporaryAllocation(byteCount: Mark.limit, alignment: 8) { buffer in
            let length = Int(min(position, UInt64(Mark.limit)))
            guard pread(descriptor, buffer.baseAddress, length, off_t(position) - off_t(length)) == length else {
                return false
            }
            let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<length]).bytes
            if expected.length > 0 {
                guard expected.length <= length,
                    Mark(bytes.extracting(length - expected.length..<length)) == expected
                else { return false }
            }
            self.position = position
            mark = Mark(bytes)
            return true
        }
    }

    /// Where reading stands, to go on after a restart; nil as long as the file is not known.
    func saved(as path: String, isDone: Bool = false) -> SavedPosition? {
        identity.map {
            SavedPosition(
                path: path, key: key, identity: $0, position: position, mark: mark, isSkipping: isSkipping,
                isDone: isDone)
        }
    }

    /// Makes this file, not read yet, the copy of one that was truncated, if it holds what that held.
    func become(copyOf saved: SavedPosition) -> Bool {
        let isSame = withUnsafeTemporaryAllocation(byteCount: FileIdentity.headLimit, alignment: 8) { buffer in
            let count = max(0, pread(descriptor, buffer.baseAddress, buffer.count, 0))
            let head = UnsafeRawBufferPointer(rebasing: buffer[..<count]).bytes
            return Self.identify(head, saved.key, isWhole: true) == saved.identity
        }
        guard isSame, saved.mark.length > 0, go(to: saved) else { return false }
        identity = saved.identity
        isReplaced = true
        isFinal = true
        return true
    }

    /// Goes to the start of the last line, be it complete or not.
    func goToEnd(_ buffer: UnsafeMutableRawBufferPointer, maximumLine: Int) {
        let end = size
        let start = end - min(end, UInt64(min(buffer.count, maximumLine + 1)))
        let count = max(0, pread(descriptor, buffer.baseAddress, Int(end - start), off_t(start)))
        let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count]).bytes
        if let newline = bytes.lastIndex(of: 10, in: 0..<count) {
            position = start + UInt64(newline) + 1
            mark = Mark(before: newline + 1, of: bytes)
        } else if start > 0 {
            // The last line is longer than any may be.
            position = end
            mark = Mark(before: count, of: bytes)
            isSkipping = true
        }
    }
}

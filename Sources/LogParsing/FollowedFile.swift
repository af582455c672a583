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

    /// Of no file.
    static let none = FileKey(device: 0, inode: 0)

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
        /// A compressed file is damaged, or was cut: nothing more can be read of it.
        case damaged
        /// Reading failed, with errno.
        case failed(CInt)
    }

    let descriptor: CInt
    let key: FileKey
    /// Who the lines belong to; nil until the file's first line is complete.
    var identity: FileIdentity?
    /// The same from what the file begins with alone, by which it is known again when it is compressed.
    var content: FileIdentity?
    /// Bytes read and done with; of what was compressed, if that is what the file is.
    var position: UInt64
    /// The bytes before the position.
    var mark: Mark
    /// Whether the position is within a line that was too long.
    var isSkipping = false
    /// Whether and how it is compressed.
    private(set) var compression: Compression?
    /// What is decoded of it; one file at a time has this.
    var unpacked: Unpacked?
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
        identify()
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

    /// Finds out who the lines belong to, from the file's beginning.
    func identify() {
        compression = Compression(of: descriptor)
        if let compression {
            let head = Self.unpackedHead(descriptor, compression)
            // Whatever bears the same lines is the same history, however often it is moved and compressed anew.
            content = Self.identify(head.span.bytes, .none, isWhole: isFinal)
            identity = content
            return
        }
        withUnsafeTemporaryAllocation(byteCount: FileIdentity.headLimit, alignment: 8) { buffer in
            let count = pread(descriptor, buffer.baseAddress, buffer.count, 0)
            identify(UnsafeRawBufferPointer(rebasing: buffer[..<max(0, count)]).bytes, isWhole: false)
        }
    }

    private func identify(_ head: RawSpan, isWhole: Bool) {
        identity = Self.identify(head, key, isWhole: isWhole)
        content = Self.identify(head, .none, isWhole: isWhole)
    }

    /// The identity of a file that begins with `head`, if that is enough to tell.
    static func identify(_ head: RawSpan, _ key: FileKey, isWhole: Bool) -> FileIdentity? {
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
        // A file that is about to be written may turn out to be a compressed one.
        if identity == nil { identify() }
        if let compression {
            return stepHistory(
                compression, room: buffer.count, maximumLine: maximumLine, input: input, to: &handler)
        }
        let overlap = mark.length
        let base = position - UInt64(overlap)
        let count = pread(descriptor, buffer.baseAddress, buffer.count, off_t(base))
        guard count >= 0 else { return .failed(errno) }
        let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count]).bytes
        guard matches(bytes) else { return .rewritten }
        let isEnd = count < buffer.count
        if count == overlap { return .end }
        if bytes.byte(at: overlap) == 0 && skipHole() { return .more }
        if identity == nil { identify(bytes, isWhole: isFinal && isEnd) }
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

    /// Whether the file was truncated or written anew, by a look at the bytes before the position.
    var isRewritten: Bool {
        if compression != nil { return false }
        return withUnsafeTemporaryAllocation(byteCount: FileIdentity.headLimit, alignment: 8) { buffer in
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
        identify()
        mayHaveMore = true
    }
}

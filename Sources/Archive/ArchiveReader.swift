// Reading an archive back while it is written.

internal import BSON
public import Eventstorm
internal import Glibc

/// Says what of an archive cannot be read.
public struct ArchiveReadError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong, with the path.
    public let description: String

    init(_ path: String, _ code: CInt) { description = "\(path): \(String(cString: strerror(code)))" }
}

/// Reads the events of some topics, newest intervals first, and later those that were stored meanwhile.
///
///     let reader = ArchiveReader(directory, topics: patterns, from: from, storedUntil: to)
///     while try reader.next({ topic, documents in … }) {}
///
/// Belongs to one thread. What it keeps in memory are the names of one interval's files, and how far the files of the
/// last intervals were read.
public final class ArchiveReader {
    /// Bytes that are read at once; a longer document is read alone.
    private static let blockSize = 1 << 20
    /// A document longer than this is no document: four times what MongoDB allows.
    private static let longestDocument = 64 << 20
    /// How many intervals before the newest may still be written: what waited for a disk is filed by its arrival.
    private static let openIntervals: Int64 = 3

    /// Which file, whatever it is called by now.
    private struct Identity: Hashable {
        var device: UInt64
        var node: UInt64
    }

    private struct Open {
        var descriptor: CInt
        var path: String
        var topic: Topic
        var identity: Identity
        var interval: Interval
        var offset: Int
    }

    private let root: String
    private let patterns: Set<Pattern>
    private var first: Interval
    private let last: Interval
    private var intervals: [(interval: Interval, path: String)] = []
    private var interval: Interval
    private var files: [(path: String, topic: Topic)] = []
    private var file: Open?
    /// How far files that may still grow were read.
    private var offsets: [Identity: Int] = [:]
    private var isPrepared = false
    /// Documents that were not valid and were left out.
    public private(set) var malformed = 0

    /// Prepares to read; nothing is opened yet.
    ///
    /// - Parameters:
    ///   - root: The archive's directory.
    ///   - patterns: The topics.
    ///   - from: Milliseconds since 1970: what was stored earlier is not read.
    ///   - storedUntil: Milliseconds since 1970: files that were begun later are not read.
    public init(_ root: String, topics patterns: Set<Pattern>, from: Int64, storedUntil: Int64) {
        self.root = root
        self.patterns = patterns
        first = Interval(containing: from)
        last = Interval(containing: storedUntil)
        interval = first
    }

    deinit { closeFile() }

    /// Lends the next documents; each once, those that are not valid left out.
    ///
    /// - Parameter take: Gets validated documents of one topic, one after another: about a megabyte.
    /// - Returns: False when there is nothing more at present; later calls go on with what was stored since.
    /// - Throws: ``ArchiveReadError`` if a directory or a file cannot be read.
    public func next(_ take: (Topic, RawSpan) -> Void) throws(ArchiveReadError) -> Bool {
        if !isPrepared { try prepare() }
        while true {
            if file != nil {
                if try readBlock(take) { return true }
                closeFile()
            } else if let next = files.popLast() {
                try openFile(next.path, next.topic)
            } else if let next = intervals.popLast() {
                interval = next.interval
                files = try list(next.path)
            } else {
                isPrepared = false
                return false
            }
        }
    }

    // MARK: What there is

    /// Lists the intervals; from the second time on those that may have grown.
    private func prepare() throws(ArchiveReadError) {
        intervals = []
        for day in try Self.names(root) where day.utf8.count == 10 {
            for name in try Self.names("\(root)/\(day)") {
                guard let interval = Interval(directory: name), interval >= first, interval <= last else { continue }
                intervals.append((interval, "\(root)/\(day)/\(name)"))
            }
        }
        intervals.sort { $0.interval < $1.interval }
        isPrepared = true
        guard let newest = intervals.last?.interval else { return }
        first = max(first, Interval(number: newest.number - Self.openIntervals))
    }

    private func list(_ directory: String) throws(ArchiveReadError) -> [(path: String, topic: Topic)] {
        var files: [(path: String, topic: Topic)] = []
        for name in try Self.names(directory).reversed() {
            guard let topic = FileName.topic(of: name), patterns.contains(where: { $0.matches(topic) }) else {
                continue
            }
            files.append(("\(directory)/\(name)", topic))
        }
        return files
    }

    /// The names in a directory; none if there is no such directory, or no longer.
    private static func names(_ directory: String) throws(ArchiveReadError) -> [String] {
        do throws(DiskError) {
            return try Disk().names(in: directory)
        } catch {
            if error.code == ENOENT || error.code == ENOTDIR { return [] }
            throw ArchiveReadError(directory, error.code)
        }
    }

    // MARK: One file

    private func openFile(_ path: String, _ topic: Topic) throws(ArchiveReadError) {
        var path = path
        var descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        if descriptor < 0, errno == ENOENT, path.hasSuffix(FileName.unfinished) {
            // It was finished meanwhile.
            path = String(path.dropLast(FileName.unfinished.count)) + FileName.finished
            descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        }
        guard descriptor >= 0 else {
            if errno == ENOENT { return }
            throw ArchiveReadError(path, errno)
        }
        var status = stat()
        fstat(descriptor, &status)
        let identity = Identity(device: UInt64(status.st_dev), node: UInt64(status.st_ino))
        file = Open(
            descriptor: descriptor, path: path, topic: topic, identity: identity, interval: interval,
            offset: offsets[identity] ?? 0)
    }

    private func closeFile() {
        guard let file else { return }
        // The others are not looked at again.
        if file.interval >= first { offsets[file.identity] = file.offset }
        close(file.descriptor)
        self.file = nil
    }

    /// Lends the next block of the open file; false at its end.
    private func readBlock(_ take: (Topic, RawSpan) -> Void) throws(ArchiveReadError) -> Bool {
        guard let file else { return false }
        var wanted = Self.blockSize
        while true {
            let bytes = try Self.read(file, wanted)
            let span = bytes.span.bytes
            let (end, isDocument) = DocumentRun.extent(of: span, longest: Self.longestDocument)
            if end > 0 {
                self.file?.offset += end
                malformed += DocumentRun.forEachValid(in: span.extracting(..<end)) { take(file.topic, $0) }
                return true
            }
            // A file that is being written may end anywhere; where no document begins nothing more can be read.
            guard isDocument, bytes.count == wanted, bytes.count >= 4 else { return false }
            wanted = Int(span.int32(at: 0))
        }
    }

    private static func read(_ file: Open, _ wanted: Int) throws(ArchiveReadError) -> [UInt8] {
        var failure: CInt = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: wanted) { buffer, filled in
            while filled < wanted, let start = buffer.baseAddress {
                let count = pread(file.descriptor, start + filled, wanted - filled, off_t(file.offset + filled))
                if count < 0 && errno == EINTR { continue }
                if count < 0 { failure = errno }
                if count <= 0 { return }
                filled += count
            }
        }
        if failure != 0 { throw ArchiveReadError(file.path, failure) }
        return bytes
    }
}

// Finishes what a crash left behind.

internal import BSON
internal import Glibc
internal import Service

/// Finishes the `.bson.part` files that a crash left: each is cut after its last whole document and gets its final
/// name.
struct Recovery {
    private let root: String
    private let disk: Disk
    private let report: @Sendable (Log.Level, String) -> Void

    init(root: String, disk: Disk = Disk(), report: @escaping @Sendable (Log.Level, String) -> Void) {
        self.root = root
        self.disk = disk
        self.report = report
    }

    /// Looks through the archive, the newest directories first; stops early if told so, and the next start goes on.
    func run(isStopped: () -> Bool = { false }) {
        for day in names(in: root).reversed() where Recovery.isDay(day) {
            for interval in names(in: "\(root)/\(day)").reversed() {
                if isStopped() { return }
                let directory = "\(root)/\(day)/\(interval)"
                for name in names(in: directory) where name.hasSuffix(FileName.unfinished) {
                    finish(directory, name)
                }
            }
        }
    }

    private static func isDay(_ name: String) -> Bool {
        name.utf8.count == 10 && name.utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == UInt8(ascii: "-") }
    }

    private func names(in path: String) -> [String] {
        do throws(DiskError) {
            return try disk.names(in: path)
        } catch {
            // A stray file among the directories is none of our business.
            if error.code != ENOTDIR { report(.warning, "cannot look for unfinished files: \(error)") }
            return []
        }
    }

    private func finish(_ directory: String, _ name: String) {
        let path = "\(directory)/\(name)"
        do throws(DiskError) {
            let (documents, cut) = try cutToWholeDocuments(path)
            if documents == 0 {
                unlink(path)
            } else {
                try disk.finish(path, as: (directory, String(name.dropLast(FileName.unfinished.count)), 0))
            }
            report(.info, "finished \(path) of an unclean end: \(documents) documents, \(cut) bytes cut off")
        } catch {
            report(.error, "cannot finish \(path) of an unclean end: \(error)")
        }
    }

    /// Returns the number of documents that are left and of bytes that are not.
    private func cutToWholeDocuments(_ path: String) throws(DiskError) -> (documents: Int, cut: Int64) {
        let descriptor = Glibc.open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW)
        if descriptor < 0 { throw DiskError("open", path) }
        defer { close(descriptor) }
        let size = lseek(descriptor, 0, SEEK_END)
        var reader = DocumentReader(descriptor: descriptor, path: path)
        while try reader.skipDocument() {}
        if reader.position < Int64(size) { try disk.truncate(descriptor, reader.position, path) }
        return (reader.documents, Int64(size) - reader.position)
    }
}

/// Walks over the documents of a file, validating each.
private struct DocumentReader {
    let descriptor: CInt
    let path: String
    /// Where the next document begins in the file.
    private(set) var position: Int64 = 0
    private(set) var documents = 0
    private var buffer: [UInt8] = []
    private var start = 0

    init(descriptor: CInt, path: String) {
        self.descriptor = descriptor
        self.path = path
    }

    /// Skips a document; false if what follows is none.
    mutating func skipDocument() throws(DiskError) -> Bool {
        guard try fill(4) else { return false }
        let length = (0..<4).reduce(0) { $0 | Int(buffer[start + $1]) << (8 * $1) }
        guard length >= 5, length <= Int(Int32.max), try fill(length) else { return false }
        guard isDocument(length) else { return false }
        start += length
        position += Int64(length)
        documents += 1
        return true
    }

    private func isDocument(_ length: Int) -> Bool {
        let bytes = buffer.span.bytes.extracting(start..<start + length)
        return (try? BSONValidator.validate(bytes, from: 0)) == length
    }

    /// Reads until so many bytes are there; false at the end of the file.
    private mutating func fill(_ count: Int) throws(DiskError) -> Bool {
        while buffer.count - start < count {
            buffer.removeSubrange(..<start)
            start = 0
            let more = try read(max(1 << 20, min(count - buffer.count, 16 << 20)))
            if more.isEmpty { return false }
            buffer += more
        }
        return true
    }

    private func read(_ count: Int) throws(DiskError) -> [UInt8] {
        var result = 0
        let offset = position + Int64(buffer.count - start)
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { space, used in
            repeat {
                result = pread(descriptor, space.baseAddress, count, off_t(offset))
            } while result < 0 && errno == EINTR
            used = max(0, result)
        }
        if result < 0 { throw DiskError("read", path) }
        return bytes
    }
}

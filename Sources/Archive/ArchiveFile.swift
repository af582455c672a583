// One file that is being written.

internal import Eventstorm
internal import Glibc

/// The file of one topic in one interval: a buffer, and what the system holds already.
///
/// Whole documents only: a write that ends within a document is taken back before anything follows it.
final class ArchiveFile {
    let topic: Topic
    /// The directory and the stem of the name.
    private let directory: String
    private let stem: String
    private var number = 0
    private var descriptor: CInt = -1
    private var isCreated = false

    /// Bytes of whole documents that the system holds.
    private(set) var length: Int64 = 0
    /// Whether a part of a document may follow them.
    private var hasTornTail = false

    private var buffer: [UInt8] = []
    private(set) var bufferedEvents = 0
    /// When it was last written, in writes of all files.
    var lastWrite = 0

    init(topic: Topic, directory: String) {
        self.topic = topic
        self.directory = directory
        stem = FileName.stem(of: topic)
    }

    deinit { close() }

    var isOpen: Bool { descriptor >= 0 }
    var bufferedBytes: Int { buffer.count }
    var unfinishedPath: String { "\(directory)/\(FileName.base(stem, number))\(FileName.unfinished)" }
    var finishedPath: String { "\(directory)/\(FileName.base(stem, number))\(FileName.finished)" }

    func add(_ documents: RawSpan, events: Int) {
        documents.withUnsafeBytes { buffer.append(contentsOf: $0) }
        bufferedEvents += events
    }

    /// Opens the file, which is created the first time under a name that no other file has.
    func open(_ disk: Disk) throws(DiskError) {
        if isCreated {
            do throws(DiskError) {
                descriptor = try disk.open(unfinishedPath, false)
                return
            } catch {
                if error.code != ENOENT { throw error }
                startAgain()  // somebody removed it
            }
        }
        try disk.makeDirectories(directory)
        while true {
            do throws(DiskError) {
                if disk.exists(finishedPath) { throw DiskError("open", finishedPath, code: EEXIST) }
                descriptor = try disk.open(unfinishedPath, true)
                isCreated = true
                return
            } catch {
                if error.code != EEXIST || number >= WriterLimits.namesTried { throw error }
                number += 1
            }
        }
    }

    private func startAgain() {
        isCreated = false
        length = 0
        hasTornTail = false
    }

    /// Hands all that is buffered to the system; returns the number of events.
    ///
    /// Nothing has changed if it fails.
    func writeOut(_ disk: Disk) throws(DiskError) -> Int {
        let path = unfinishedPath
        if hasTornTail {
            try disk.truncate(descriptor, length, path)
            hasTornTail = false
        }
        var done = 0
        do throws(DiskError) {
            while done < buffer.count {
                done += try buffer.span.bytes.withUnsafeBytes { bytes throws(DiskError) in
                    try disk.write(descriptor, UnsafeRawBufferPointer(rebasing: bytes[done...]), path)
                }
            }
        } catch {
            hasTornTail = done > 0
            if hasTornTail, (try? disk.truncate(descriptor, length, path)) != nil { hasTornTail = false }
            throw error
        }
        length += Int64(done)
        return takeBuffer()
    }

    /// Forgets what is buffered; returns the number of events.
    func takeBuffer() -> Int {
        defer { bufferedEvents = 0 }
        buffer.removeAll(keepingCapacity: isOpen && buffer.capacity <= 2 * WriterLimits.fileBuffer)
        return bufferedEvents
    }

    /// Makes what was written outlast a power failure.
    func synchronise() { if isOpen { _ = fdatasync(descriptor) } }

    func close() {
        if isOpen { _ = Glibc.close(descriptor) }
        descriptor = -1
    }

    /// Gives the file its final name; a file without documents is removed.
    func finish(_ disk: Disk) throws(DiskError) {
        guard isCreated else { return }
        close()
        if length == 0 && !hasTornTail {
            unlink(unfinishedPath)
        } else {
            try disk.finish(unfinishedPath, as: (directory, stem, number))
        }
        isCreated = false
    }
}

extension Disk {
    /// Renames a file that is complete; to the next number when a file of that name exists.
    func finish(_ path: String, as name: (directory: String, stem: String, number: Int)) throws(DiskError) {
        var number = name.number
        while true {
            let final = "\(name.directory)/\(FileName.base(name.stem, number))\(FileName.finished)"
            // Nobody else writes here, as the archive's lock is held.
            if !exists(final) { return try rename(path, final) }
            if number >= WriterLimits.namesTried { throw DiskError("rename", path, code: EEXIST) }
            number += 1
        }
    }
}

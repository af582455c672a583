// Files documents by topic and time. Knows no thread and no clock.

internal import Eventstorm
internal import Service

/// What the writer limits, and why.
enum WriterLimits {
    /// Descriptors are few: 1,024 for a process is usual.
    static let openFiles = 512
    /// A file is written when so much has come, or after a second.
    static let fileBuffer = 64 << 10
    /// All buffers together: a thousand topics may not hold 64 KiB each for long.
    static let buffers = 32 << 20
    /// Topics of an interval; each is a file.
    static let topics = 65_536
    /// Numbers that are tried for a name that is taken.
    static let namesTried = 9_999
}

/// Files documents by topic and time; belongs to one thread.
///
/// When the disk is full or not to be written, it holds what it has, refuses more and tries again with each
/// ``flush()``.
final class Writer {
    /// Told of a number of events and what became of them.
    typealias Settle = (Topic, Int, Fate) -> Void

    private let root: String
    private let disk: Disk
    private let settle: Settle
    private let report: @Sendable (Log.Level, String) -> Void
    private let openLimit: Int
    /// Whether the files of an interval are to outlast a power failure; asked before each.
    private let isLasting: () -> Bool

    private var interval: Interval?
    private var files: [Topic: ArchiveFile] = [:]
    /// Files with something in their buffers.
    private var waiting: [ArchiveFile] = []
    private var open: [ArchiveFile] = []
    private var bufferedBytes = 0
    private var writes = 0
    /// Complete files that could not be renamed yet.
    private var nameless: [ArchiveFile] = []
    /// Why nothing can be written at present.
    private(set) var trouble: DiskError?

    init(
        root: String, disk: Disk = Disk(), openLimit: Int = WriterLimits.openFiles,
        isLasting: @escaping () -> Bool = { true }, report: @escaping @Sendable (Log.Level, String) -> Void,
        settle: @escaping Settle
    ) {
        self.root = root
        self.disk = disk
        self.openLimit = openLimit
        self.isLasting = isLasting
        self.report = report
        self.settle = settle
    }

    /// Files documents of one topic that arrived together.
    ///
    /// - Returns: False while the disk cannot be written: nothing was taken, try again after a ``flush()`` that
    ///   succeeds.
    func append(_ topic: Topic, _ documents: RawSpan, events: Int, arrival: Int64) -> Bool {
        if trouble != nil { return false }
        let arrived = Interval(containing: arrival)
        if arrived != interval {
            // Also when the clock was set back: its files are numbered then, and none is written twice.
            if !finishInterval(outlastsPowerFailure: isLasting) { return false }
            interval = arrived
        }
        guard let file = file(for: topic, in: arrived) else {
            settle(topic, events, .failed)
            return true
        }
        if file.bufferedEvents == 0 { waiting.append(file) }
        file.add(documents, events: events)
        bufferedBytes += documents.byteCount
        if file.bufferedBytes >= WriterLimits.fileBuffer { _ = write(file) }
        if bufferedBytes >= WriterLimits.buffers { _ = flush() }
        return true
    }

    private func file(for topic: Topic, in interval: Interval) -> ArchiveFile? {
        if let file = files[topic] { return file }
        if files.count >= WriterLimits.topics {
            if files.count == WriterLimits.topics {
                report(.error, "more than \(WriterLimits.topics) topics in five minutes: events of further ones fail")
            }
            return nil
        }
        let file = ArchiveFile(topic: topic, directory: "\(root)/\(interval.directory)")
        files[topic] = file
        return file
    }

    /// Hands everything that is buffered to the system; tells whether that succeeded.
    @discardableResult
    func flush() -> Bool {
        for file in waiting where file.bufferedEvents > 0 {
            if !write(file) { return false }
        }
        waiting.removeAll(keepingCapacity: true)
        nameless.removeAll { file in (try? file.finish(disk)) != nil }
        return true
    }

    /// Finishes the files of an interval that has been over for a second, so that nothing of it is still on its way
    /// here.
    func finishIfOver(now: Int64) {
        if let interval, now >= interval.end + 1000 { _ = finishInterval(outlastsPowerFailure: isLasting) }
    }

    /// Finishes all files; tells whether everything could be written.
    ///
    /// - Parameter outlastsPowerFailure: Asked before each file. A disk under load takes its time for that.
    @discardableResult
    func finishInterval(outlastsPowerFailure: () -> Bool = { false }) -> Bool {
        if !flush() { return false }
        for file in files.values {
            if outlastsPowerFailure() { file.synchronise() }
            do throws(DiskError) {
                try file.finish(disk)
            } catch {
                report(.warning, "a finished file keeps its ending \(FileName.unfinished) for now: \(error)")
                if nameless.count < WriterLimits.topics { nameless.append(file) }
            }
        }
        files.removeAll(keepingCapacity: true)
        open.removeAll(keepingCapacity: true)
        interval = nil
        return true
    }

    /// Gives up what could not be written.
    func abandon() {
        for file in waiting where file.bufferedEvents > 0 { giveUp(file) }
        waiting.removeAll()
    }
}

// MARK: - Writing one file

extension Writer {
    /// False if the disk cannot be written now.
    private func write(_ file: ArchiveFile) -> Bool {
        let bytes = file.bufferedBytes
        do throws(DiskError) {
            if !file.isOpen { try openFile(file) }
            writes += 1
            file.lastWrite = writes
            settle(file.topic, try file.writeOut(disk), .stored)
            bufferedBytes -= bytes
            if trouble != nil {
                trouble = nil
                report(.info, "writing again")
            }
            return true
        } catch {
            if error.isWorthWaiting {
                if trouble == nil { report(.error, "cannot write, trying again each second: \(error)") }
                trouble = error
                return false
            }
            report(.error, "\(file.bufferedEvents) events failed: \(error)")
            giveUp(file)
            return true
        }
    }

    private func giveUp(_ file: ArchiveFile) {
        bufferedBytes -= file.bufferedBytes
        settle(file.topic, file.takeBuffer(), .failed)
    }

    /// Opens a file; the one that was not written for longest makes room.
    private func openFile(_ file: ArchiveFile) throws(DiskError) {
        open.removeAll { !$0.isOpen }
        if open.count >= openLimit, let oldest = open.indices.min(by: { open[$0].lastWrite < open[$1].lastWrite }) {
            open.remove(at: oldest).close()
        }
        try file.open(disk)
        open.append(file)
    }
}

// The archive of a program: a queue, and a thread that writes.

public import Eventstorm
internal import Glibc
public import Service
internal import Synchronization
internal import ZeroMQ

/// Stores events in BSON files by topic and time, as `bsondump` and `mongorestore` read them.
///
/// Receiving never waits: events go through a queue to a thread of the archive's own, which hands them to the system
/// within a second. When the disk is full or not to be written, the queue fills, gives way as `OnFull` says and
/// counts; writing goes on by itself once it can.
///
///     let archive = try ArchiveSink(directory: "/var/lib/eventstorm")
///     archive.receive(topic, documents, events: count, arrival: now)
///     archive.close(within: .seconds(2))
public final class ArchiveSink: Sendable {
    private let shared: ArchiveState
    private let lock: ArchiveLock
    private let thread: Mutex<OSThread?>

    /// Opens an archive and starts its thread.
    ///
    /// - Parameters:
    ///   - directory: Is created when it is missing. One process at a time archives into it.
    ///   - queueLimit: Bytes that wait for the disk at most.
    ///   - onFull: Which events give way when they are more.
    public convenience init(
        directory: String, queueLimit: Int = QueueLimits.usualBytes, onFull: OnFull = .dropOldest
    ) throws {
        try self.init(directory: directory, queueLimit: queueLimit, onFull: onFull, disk: Disk(), retry: .seconds(1)) {
            level, message in Log.write(level) { message }
        }
    }

    init(
        directory: String, queueLimit: Int, onFull: OnFull, disk: Disk, retry: Duration,
        report: @escaping @Sendable (Log.Level, String) -> Void
    ) throws {
        try disk.makeDirectories(directory)
        lock = try ArchiveLock(directory)
        let shared = try ArchiveState(queueLimit: queueLimit, onFull: onFull)
        self.shared = shared
        let started = try OSThread(name: "es-archive") {
            WriterLoop(root: directory, disk: disk, retry: retry, report: report, shared: shared).run()
        }
        thread = Mutex(consume started)
    }

    /// Takes events of one topic that arrived together.
    ///
    /// - Parameters:
    ///   - topic: Names the file.
    ///   - documents: Valid BSON documents, one after another. They are copied.
    ///   - events: How many they are.
    ///   - arrival: When they arrived, in milliseconds since 1970: it decides in which file they go.
    public func receive(_ topic: Topic, _ documents: RawSpan, events: Int, arrival: Int64) {
        shared.receive(topic, documents, events: events, arrival: arrival)
    }

    /// What became of all events.
    public var counts: FateCounts { shared.counts }
    /// What became of the events of each topic; of 10,000 topics at most.
    public var countsByTopic: [Topic: FateCounts] { shared.countsByTopic }
    /// Bytes that wait to be written.
    public var queuedBytes: Int { shared.queue.bytes }

    /// Ends the archive: writes everything that waits, finishes the files and counts the rest as failed.
    public func close(within duration: Duration = .seconds(2)) {
        guard let thread = thread.withLock({ $0.take() }) else { return }
        shared.queue.close()
        // A disk can hang for longer than a program may take to end.
        if shared.waitUntilEnded(within: duration) {
            thread.join()
        } else {
            Log.error("the disk does not answer: \(shared.counts[.queued]) events may not be written")
        }
    }

    deinit { close() }
}

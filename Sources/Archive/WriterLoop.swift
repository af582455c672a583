// The thread that writes.

internal import Eventstorm
internal import Service
internal import ZeroMQ

/// Takes events from the queue and has them written, until the queue is closed and empty.
struct WriterLoop {
    let root: String
    let disk: Disk
    /// How long the disk is left alone after it refused.
    let retry: Duration
    let report: @Sendable (Log.Level, String) -> Void
    let shared: ArchiveState

    /// Bytes that are taken out of the queue's bound at a time.
    private static let batch = 1 << 20
    /// How long events stay in a buffer at most.
    private static let flushInterval = Duration.seconds(1)

    func run() {
        defer { shared.end() }
        let shared = shared
        Recovery(root: root, disk: disk, report: report).run { shared.queue.isClosed }
        let writer = Writer(
            root: root, disk: disk, isLasting: { !shared.queue.isClosed }, report: report,
            settle: { shared.settle($0, $1, $2) })
        var flushed = ContinuousClock.now
        while true {
            let left = Self.flushInterval - (.now - flushed)
            let items = shared.queue.take(upTo: Self.batch, within: max(left, .zero))
            for item in items { append(item, to: writer) }
            if items.isEmpty, shared.queue.isFinished { break }
            if .now - flushed >= Self.flushInterval {
                write(writer)
                flushed = .now
                if items.isEmpty { writer.finishIfOver(now: realtimeMilliseconds()) }
            }
        }
        end(writer)
    }

    /// Waits for the disk as long as the program runs; what it then still refuses has failed.
    private func append(_ item: ArchiveState.Item, to writer: Writer) {
        while !writer.append(item.topic, item.documents.span.bytes, events: item.events, arrival: item.arrival) {
            if !waitForDisk(writer) { return shared.settle(item.topic, item.events, .failed) }
        }
    }

    private func write(_ writer: Writer) {
        while !writer.flush() {
            if !waitForDisk(writer) { return }
        }
    }

    /// Returns once the disk can be written again: true; or the program ends: false.
    private func waitForDisk(_ writer: Writer) -> Bool {
        while true {
            let isEnding = shared.queue.waitForClose(within: retry)
            if writer.flush() { return true }
            if isEnding { return false }
        }
    }

    /// A program that ends is no power failure: the files are finished without waiting for the disk.
    private func end(_ writer: Writer) {
        if writer.finishInterval() { return }
        writer.abandon()
        // What was written before is complete, and whole documents.
        writer.finishInterval()
        let failed = shared.counts[.failed]
        report(.error, "\(failed) events failed: \(writer.trouble?.description ?? "the disk could not be written")")
    }
}

// The threads of a query over files, and what they share.

internal import BSON
internal import Glibc
internal import Query
internal import Synchronization
internal import ZeroMQ

/// What the threads of a query share.
final class QueryWork: Sendable {
    private struct State {
        var reader: BlockReader
        var isOver = false
        var failure: QueryError?
        var progress = FileQuery.Progress()
        var troubles: [String] = []
    }

    private let shared: Mutex<State>
    private let turn = Turn()
    private let total: Total
    private let pipeline: Pipeline
    private let files: [String]
    private let memoryLimit: Int
    private let now = Datetime.now()
    private let report: @Sendable (FileQuery.Progress) -> Bool
    private let output: @Sendable (DocumentView) -> Bool
    /// The run that all others are merged into; used by whoever is merging.
    private final class Total: @unchecked Sendable {
        let run: PipelineRun
        init(_ run: PipelineRun) { self.run = run }
    }

    init(
        files: [String], pipeline: Pipeline, memoryLimit: Int,
        _ report: @escaping @Sendable (FileQuery.Progress) -> Bool,
        _ output: @escaping @Sendable (DocumentView) -> Bool
    ) {
        shared = Mutex(State(reader: BlockReader(files: files)))
        total = Total(pipeline.run(now: now, memoryLimit: memoryLimit))
        self.pipeline = pipeline
        self.files = files
        self.memoryLimit = memoryLimit
        self.report = report
        self.output = output
    }

    // MARK: - One thread

    /// Reads and evaluates all by the calling thread, in one run.
    func runAlone() {
        while let block = next() {
            do throws(QueryError) {
                let wantsMore = try evaluate(block, total.run)
                if !wantsMore || !drain() { end() }
            } catch {
                fail(error)
            }
        }
    }

    // MARK: - Several threads

    /// Evaluates blocks by so many threads.
    func run(threads: Int) {
        // The calling thread is one of them; if there cannot be as many, fewer do.
        let others = OSThreadGroup(name: "query", count: threads - 1) { self.work() }
        work()
        others.join()
    }

    fileprivate func work() {
        while let block = next() {
            let run = pipeline.run(now: now, memoryLimit: memoryLimit)
            do throws(QueryError) { _ = try evaluate(block, run) } catch { fail(error) }
            // Even after a failure, so that nobody waits for this block for ever.
            do throws(QueryError) { try handIn(run, block.number) } catch { fail(error) }
        }
    }

    /// Returns a block to evaluate; `nil` when there are no more.
    private func next() -> Block? {
        shared.withLock { shared in
            if shared.isOver { return nil }
            let block = shared.reader.next()
            shared.progress.bytes = shared.reader.bytesRead
            return block
        }
    }

    private func end() { shared.withLock { $0.isOver = true } }

    private func fail(_ error: QueryError) {
        shared.withLock { shared in
            shared.isOver = true
            shared.failure = shared.failure ?? error
        }
    }

    /// Gives a block's documents to a run; `false` if it wants no more.
    private func evaluate(_ block: Block, _ run: PipelineRun) throws(QueryError) -> Bool {
        var documents = 0
        var malformed: [String] = []
        var malformedCount = 0
        var wantsMore = true
        let bytes = block.bytes.span.bytes
        var place = 0
        while place < bytes.byteCount && wantsMore {
            let length = Int(bytes.int32(at: place))
            let single = bytes.extracting(place..<place + length)
            if let fault = fault(of: single) {
                malformedCount += 1
                if malformed.count < 5 {
                    malformed.append("\(files[block.file]): the document at byte \(block.offset + place): \(fault)")
                }
            } else {
                documents += 1
                do throws(QueryError) {
                    wantsMore = try run.add(DocumentView(unchecked: single))
                } catch {
                    var wrong = error
                    wrong.message += " (the document at byte \(block.offset + place) of \(files[block.file]))"
                    throw wrong
                }
            }
            place += length
        }
        shared.withLock { shared in
            shared.progress.documents += documents
            shared.progress.malformed += malformedCount
            shared.troubles += malformed
            if !report(shared.progress) { shared.isOver = true }
        }
        return wantsMore
    }

    private func fault(of bytes: RawSpan) -> BSONError? {
        do throws(BSONError) {
            _ = try DocumentView(validating: bytes)
            return nil
        } catch {
            return error
        }
    }

    /// Merges a run into the whole when those before it are merged, and waits for that.
    private func handIn(_ run: PipelineRun, _ number: Int) throws(QueryError) {
        turn.wait(for: number)
        defer { turn.pass() }
        if shared.withLock({ $0.isOver }) { return }
        try total.run.merge(run)
        if !drain() { end() }
    }

    /// Hands on what has come out; `false` if nobody wants more.
    private func drain() -> Bool {
        var isWanted = true
        total.run.drain { document in
            if isWanted { isWanted = output(document) }
        }
        return isWanted
    }

    // MARK: - The end

    /// Ends the pipeline and hands on what comes out then.
    func finish() throws(QueryError) -> FileQuery.Outcome {
        let (failure, progress, troubles) = shared.withLock { shared in
            (shared.failure, shared.progress, shared.reader.troubles + shared.troubles)
        }
        if let failure { throw failure }
        try total.run.finish()
        _ = drain()
        _ = report(progress)
        return FileQuery.Outcome(progress: progress, troubles: troubles)
    }
}

/// Whose turn it is, by number.
private final class Turn: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var number = 0  // under the mutex

    init() {
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(changed, nil)
    }

    deinit {
        pthread_cond_destroy(changed)
        pthread_mutex_destroy(mutex)
        changed.deallocate()
        mutex.deallocate()
    }

    func wait(for wanted: Int) {
        pthread_mutex_lock(mutex)
        while number != wanted { pthread_cond_wait(changed, mutex) }
        pthread_mutex_unlock(mutex)
    }

    func pass() {
        pthread_mutex_lock(mutex)
        number += 1
        pthread_cond_broadcast(changed)
        pthread_mutex_unlock(mutex)
    }
}

// Threads that parse blocks of lines, and the blocks they share.
internal import BSON
internal import Glibc
internal import ZeroMQ

/// Threads that parse blocks of lines; the reader gets them back in the order in which it gave them.
///
/// There are so many blocks and no more, so that memory stays bounded however slow the output is.
final class BlockWorkers {
    /// Blocks for each thread: one that it parses, one that waits for it, one that waits for those before it.
    private static let blocksPerThread = 3

    private let queue: BlockQueue
    private let threads: OSThreadGroup

    /// Starts the threads; nil if there can be none.
    ///
    /// - Parameters:
    ///   - plan: The parsers, which each thread has for itself.
    ///   - start: Events of before this time are left out.
    init?(_ plan: LogPlan, threads wanted: Int, start: Datetime?) {
        let queue = BlockQueue((0..<wanted * Self.blocksPerThread).map { _ in LineBlock(start: start) })
        self.queue = queue
        threads = OSThreadGroup(name: "parser", count: wanted) {
            var parser = BlockParser(plan)
            while let block = queue.next() {
                parser.parse(block)
                queue.finish(block)
            }
        }
        if threads.count == 0 { return nil }
    }

    deinit {
        queue.end()
        threads.join()
    }

    /// Whether no block is with the threads.
    var isEmpty: Bool { queue.isEmpty }
    /// Whether all blocks are.
    var isFull: Bool { queue.isFull }
    /// Whether the oldest block can be had without waiting.
    var hasParsed: Bool { queue.hasParsed }

    /// Gives lines to the threads.
    ///
    /// - Precondition: not ``isFull``.
    func submit(_ fill: (LineBlock) -> Void) { queue.submit(fill) }

    /// Waits until the oldest block is parsed, and lends it.
    ///
    /// - Precondition: not ``isEmpty``.
    func takeOldest(_ body: (LineBlock) -> Void) { queue.takeOldest(body) }
}

/// A ring of blocks: the reader fills them, whoever is free parses them, the reader empties them in their order.
private final class BlockQueue: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let submission = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private let completion = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private let blocks: [LineBlock]
    // The numbers of blocks ever; `begun` and `isOver` are under the mutex, the reader alone changes the others.
    private var submitted = 0
    private var begun = 0
    private var taken = 0
    private var isOver = false

    init(_ blocks: [LineBlock]) {
        self.blocks = blocks
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(submission, nil)
        pthread_cond_init(completion, nil)
    }

    deinit {
        pthread_cond_destroy(submission)
        pthread_cond_destroy(completion)
        pthread_mutex_destroy(mutex)
        submission.deallocate()
        completion.deallocate()
        mutex.deallocate()
    }

    private func locked<Result>(_ body: () -> Result) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return body()
    }

    // MARK: - For the reader

    var isEmpty: Bool { submitted == taken }
    var isFull: Bool { submitted - taken == blocks.count }
    var hasParsed: Bool { !isEmpty && locked { blocks[taken % blocks.count].isParsed } }

    func submit(_ fill: (LineBlock) -> Void) {
        precondition(!isFull, "no block is free")
        fill(blocks[submitted % blocks.count])
        locked { submitted += 1 }
        pthread_cond_signal(submission)
    }

    func takeOldest(_ body: (LineBlock) -> Void) {
        precondition(!isEmpty, "no block is with the threads")
        let block = blocks[taken % blocks.count]
        locked { while !block.isParsed { pthread_cond_wait(completion, mutex) } }
        body(block)
        taken += 1
    }

    func end() {
        locked { isOver = true }
        pthread_cond_broadcast(submission)
    }

    // MARK: - For the threads

    /// Waits for a block; nil at the end.
    func next() -> LineBlock? {
        locked {
            while begun == submitted && !isOver { pthread_cond_wait(submission, mutex) }
            if isOver { return nil }
            begun += 1
            return blocks[(begun - 1) % blocks.count]
        }
    }

    func finish(_ block: LineBlock) {
        locked { block.isParsed = true }
        pthread_cond_signal(completion)
    }
}

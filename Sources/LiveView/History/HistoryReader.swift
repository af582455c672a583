// The thread that reads what was stored.

public import ZeroMQ
import Synchronization

/// Fills the older time of watches out of what was stored, on a thread of its own that gives way to the others.
///
///     let feed = try LiveFeed(hasHistory: true)
///     let history = try HistoryReader(source, for: feed)
///     …
///     history.close()
public final class HistoryReader: Sendable {
    private let shared: Shared
    private let thread = Mutex<OSThread?>(nil)

    private final class Shared: Sendable {
        let isClosed = Atomic(false)
    }

    /// Starts the thread.
    public convenience init(_ source: any HistorySource, for feed: LiveFeed) throws(ZMQError) {
        try self.init(source, for: feed, clock: realtimeMilliseconds)
    }

    init(_ source: any HistorySource, for feed: LiveFeed, clock: @escaping @Sendable () -> Int64) throws(ZMQError) {
        let shared = Shared()
        self.shared = shared
        wakeup = feed.wishes
        try thread.withLock { thread throws(ZMQError) in
            thread = try OSThread(name: "live-history") {
                OSThread.giveWay()
                var loop = HistoryLoop(source, feed, clock: clock)
                loop.run { shared.isClosed.load(ordering: .acquiring) }
            }
        }
    }

    private let wakeup: Wakeup

    /// Ends the thread; what is not read yet is not read any more.
    public func close() {
        shared.isClosed.store(true, ordering: .releasing)
        wakeup.signal()
        let running = thread.withLock { $0.take() }
        running?.join()
    }

    deinit { close() }
}

/// What the thread does.
private struct HistoryLoop {
    private let source: any HistorySource
    private let feed: LiveFeed
    private let clock: @Sendable () -> Int64
    private var batches: [HistoryBatch] = []

    init(_ source: any HistorySource, _ feed: LiveFeed, clock: @escaping @Sendable () -> Int64) {
        self.source = source
        self.feed = feed
        self.clock = clock
    }

    mutating func run(until isClosed: () -> Bool) {
        while !isClosed() {
            _ = feed.wishes.drain()
            takeWishes()
            step()
            wait()
        }
    }

    /// Questions that came together are answered together: a page asks a dozen at once.
    private mutating func takeWishes() {
        let wishes = feed.takeWishes()
        if wishes.isEmpty { return }
        do throws(HistoryError) {
            batches.append(try HistoryBatch(wishes, source, now: clock()))
        } catch {
            feed.finishHistory(of: wishes.map(\.id), error.description)
        }
    }

    /// Lets each batch read on that has something to do.
    private mutating func step() {
        let (feed, clock) = (feed, clock)
        batches.removeAll { batch in
            guard batch.due <= clock() else { return false }
            do throws(HistoryError) {
                return try !batch.step(feed, now: clock)
            } catch {
                feed.finishHistory(of: batch.wishes.map(\.id), error.description)
                return true
            }
        }
    }

    private func wait() {
        guard let due = batches.map(\.due).min() else {
            _ = feed.wishes.wait(within: .seconds(60))
            return
        }
        let time = due - clock()
        if time > 0 { _ = feed.wishes.wait(within: .milliseconds(time)) }
    }
}

// The loop of a log source: reads, waits, tells what people should know.
internal import BSON

/// Reads files and hands their events to an output, until all is read or it is told to stop.
public struct LogFollower: ~Copyable {
    /// Something to tell people.
    public enum News {
        /// Something about the files.
        case file(TailNotice)
        /// Lines wait, and nobody has wanted them for ``LogFollower/patience``.
        case nobodyWants
        /// So many of so many bytes are read; told from time to time when everything is read once.
        case progress(read: UInt64, of: UInt64)
        /// Positions could not be saved.
        case notSaved(PositionStore.Problem)
    }

    /// How long it is no news that nobody wants the lines that wait.
    public static let patience: Duration = .seconds(5)
    /// How soon reading goes on when somebody wants the lines again.
    private static let interestCheck: Duration = .milliseconds(100)
    private static let reportEvery: Duration = .seconds(1)
    /// Positions are noted, and saved this much later if their events are gone: so a second is repeated at most.
    private static let saveEvery: Duration = .milliseconds(500)
    private static let progressEvery: Duration = .milliseconds(200)
    /// The longest wait for lines, so that the caller's `shouldStop` is asked again.
    private static let longestWait: Duration = .seconds(5)

    private var tail: Tail
    private var pump: LogPump
    private let once: Bool
    private var nextReport: Duration = .zero
    /// Lines read when that was reported last.
    private var reportedLines: UInt64 = 0
    private var nextProgress: Duration = .zero
    private var unwantedSince: Duration?
    private let store: PositionStore?
    private var nextSave: Duration = .zero
    private var noted: SavedPositions?
    private var saved: SavedPositions
    private var hasToldUnsaved = false
    /// What the parsers remembered in the end.
    private var lastState: [UInt8] = []

    /// Opens the files, or those that the format names if there are none.
    ///
    /// - Parameters:
    ///   - listeners: Sockets on which lines come as well.
    ///   - store: Where positions are kept; without one, nothing is known after a restart.
    ///   - threads: Threads that parse, where lines do not depend on each other and the output takes blocks of events.
    public init(
        _ paths: [String], options: Tail.Options, plan: LogPlan, to output: any EventOutput,
        listeners: [LogListener] = [], keeping store: PositionStore? = nil, threads: Int = 1
    ) {
        var options = options
        if let store {
            options.resuming = store.saved
            options.resumingSince = store.savedAt
            options.keepsPositions = true
        }
        self.store = store
        saved = options.resuming
        pump = LogPump(plan, to: output, threads: threads)
        pump.restore(options.resuming.state)
        let files = paths.isEmpty && listeners.isEmpty ? plan.paths : paths
        tail = Tail(files, options: options, listeners: listeners)
        once = options.once
    }

    /// How many lines were read and what became of them.
    public var counts: LineCounts { pump.counts }

    /// Datagrams that came faster than they were taken.
    public var dropped: UInt64 { tail.counts.dropped }

    /// Reads and waits.
    ///
    /// - Parameters:
    ///   - descriptor: Ends a wait when it becomes readable, so that `shouldStop` is asked.
    ///   - shouldStop: Asked after each piece.
    ///   - hear: Takes the news.
    /// - Returns: Whether everything was read.
    public mutating func run(
        watching descriptor: CInt, until shouldStop: () -> Bool, hear: (News) -> Void
    ) -> Bool {
        defer {
            // What goes on is kept, so that it is one event however often this process ends.
            if store != nil { lastState = pump.state(isLast: true) }
            pump.finish()
        }
        // Some formats need the time for lines that have none.
        pump.pass(to: Datetime.now().millisecondsSinceEpoch)
        while !shouldStop() {
            let progress = pump.read(from: &tail)
            tell(progress, hear)
            switch progress {
            case .more: continue
            case .idle: tail.wait(atMost: longestWait, watching: [descriptor])
            case .stopped: if waitForInterest(watching: descriptor, until: shouldStop) { return false }
            case .finished: return true
            }
        }
        return false
    }

    /// How long to wait for lines: less while there is something to save or to tell.
    private var longestWait: Duration {
        if noted != nil { return Self.saveEvery }
        return pump.counts.read == reportedLines ? Self.longestWait : Self.reportEvery
    }

    /// Waits until somebody wants the lines, or it is time to look at the files again.
    ///
    /// True if it is time to stop.
    private mutating func waitForInterest(watching descriptor: CInt, until shouldStop: () -> Bool) -> Bool {
        let end = Monotonic.now + Self.reportEvery
        repeat {
            tail.wait(atMost: Self.interestCheck, watching: [descriptor], forLines: false)
            if shouldStop() { return true }
        } while !pump.output.isWanted && !tail.hasListeners && Monotonic.now < end
        return false
    }

    private mutating func tell(_ progress: Tail.Progress, _ hear: (News) -> Void) {
        for notice in tail.takeNotices() { hear(.file(notice)) }
        let now = Monotonic.now
        if let store, now >= nextSave {
            keepPositions(in: store, hear)
            // Thousands of mails take a while to write: a twentieth of the time at most.
            nextSave = max(now + Self.saveEvery, Monotonic.now + (Monotonic.now - now) * 20)
        }
        if now >= nextReport || progress == .finished {
            pump.pass(to: Datetime.now().millisecondsSinceEpoch)
            pump.reportUnparsed { tail.path(ofInput: $0) }
            tail.countDrops()
            pump.output.letGo()
            reportedLines = pump.counts.read
            nextReport = now + Self.reportEvery
        }
        if once && (now >= nextProgress || progress == .finished) {
            hear(.progress(read: tail.done, of: tail.size))
            nextProgress = now + Self.progressEvery
        }
        guard progress == .stopped else {
            if progress == .more { unwantedSince = nil }
            return
        }
        let since = unwantedSince ?? now
        if now - since >= Self.patience {
            hear(.nobodyWants)
            unwantedSince = .seconds(Int64.max / 2)  // told
        } else {
            unwantedSince = since
        }
    }

    /// Saves the positions that were noted last time, and notes those of now.
    private mutating func keepPositions(in store: PositionStore, _ hear: (News) -> Void) {
        if let noted {
            guard pump.output.isNotedGone else { return }
            save(noted, in: store, hear)
            self.noted = nil
        }
        var now = tail.positions(holding: pump.held)
        now.state = pump.state()
        guard now != saved else { return }
        pump.output.note()
        noted = now
    }

    private mutating func save(_ positions: SavedPositions, in store: PositionStore, _ hear: (News) -> Void) {
        do {
            try store.save(positions)
            saved = positions
            hasToldUnsaved = false
        } catch {
            if !hasToldUnsaved { hear(.notSaved(error)) }
            hasToldUnsaved = true
        }
    }

    /// Saves where reading ended; to be called when all events have left this process.
    public mutating func savePositions(hear: (News) -> Void) {
        guard let store else { return }
        var positions = tail.positions(holding: pump.held)
        positions.state = lastState
        save(positions, in: store, hear)
    }
}

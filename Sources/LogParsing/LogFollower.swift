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
    }

    /// How long it is no news that nobody wants the lines that wait.
    public static let patience: Duration = .seconds(5)
    /// How soon reading goes on when somebody wants the lines again.
    private static let interestCheck: Duration = .milliseconds(100)
    private static let reportEvery: Duration = .seconds(1)
    private static let progressEvery: Duration = .milliseconds(200)
    /// The longest wait for lines, so that the caller's `shouldStop` is asked again.
    private static let longestWait: Duration = .seconds(5)

    private var tail: Tail
    private var pump: LogPump
    private let once: Bool
    private var nextReport: Duration = .zero
    private var nextProgress: Duration = .zero
    private var unwantedSince: Duration?

    /// Opens the files, or those that the format names if there are none.
    public init(_ paths: [String], options: Tail.Options, plan: LogPlan, to output: any EventOutput) {
        tail = Tail(paths.isEmpty ? plan.paths : paths, options: options)
        pump = LogPump(plan, to: output)
        once = options.once
    }

    /// How many lines were read and what became of them.
    public var counts: LineCounts { pump.counts }

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
        defer { pump.finish() }
        while !shouldStop() {
            let progress = pump.read(from: &tail)
            tell(progress, hear)
            switch progress {
            case .more: continue
            case .idle: tail.wait(atMost: Self.longestWait, watching: [descriptor])
            case .stopped: if waitForInterest(watching: descriptor, until: shouldStop) { return false }
            case .finished: return true
            }
        }
        return false
    }

    /// Waits until somebody wants the lines, or it is time to look at the files again.
    ///
    /// True if it is time to stop.
    private mutating func waitForInterest(watching descriptor: CInt, until shouldStop: () -> Bool) -> Bool {
        let end = Monotonic.now + Self.reportEvery
        repeat {
            tail.wait(atMost: Self.interestCheck, watching: [descriptor], forLines: false)
            if shouldStop() { return true }
        } while !pump.output.isWanted && Monotonic.now < end
        return false
    }

    private mutating func tell(_ progress: Tail.Progress, _ hear: (News) -> Void) {
        for notice in tail.takeNotices() { hear(.file(notice)) }
        let now = Monotonic.now
        if now >= nextReport || progress == .finished {
            pump.pass(to: Datetime.now().millisecondsSinceEpoch)
            pump.reportUnparsed { tail.path(ofInput: $0) }
            nextReport = now + Self.reportEvery
        }
        if once && (now >= nextProgress || progress == .finished) {
            hear(.progress(read: tail.counts.bytes, of: tail.size))
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
}

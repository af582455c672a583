// Follows files line by line, through rotation.
internal import Glibc

/// Follows files line by line: through rotation, over what is missing yet, without waiting for anybody.
///
///     var tail = Tail(["/var/log/nginx/*.log"])
///     while !stopping {
///         if tail.read(into: &handler) == .idle { tail.wait(atMost: .seconds(1)) }
///     }
///
/// A rotated file is read to its end before its successor, and for a while afterwards, since its writer may not have
/// noticed yet. A truncated one is read on in its copy, if that stands beside it. Files that are missing are waited
/// for; patterns are matched again when their directory changes. What happens that people should know is in
/// ``takeNotices()``.
///
/// While ``read(into:)`` is not called no position moves, but ``wait(atMost:watching:forLines:)`` keeps up with
/// rotation.
public struct Tail: ~Copyable {
    /// How files are followed.
    public struct Options: Sendable {
        /// Where to begin in files that exist at the start; later ones are always read from their beginning.
        public var fromStart = false
        /// Whether to read everything once, in order, and be done.
        public var once = false
        /// Leaves out files that exist at the start and changed last before this time, in seconds since 1970.
        public var since: Int?
        /// Bytes that a line may have; longer ones are skipped.
        public var maximumLine = 64 << 10
        /// How often to look at everything, whether or not the kernel reported a change (it cannot on network file
        /// systems).
        public var lookEvery: Duration = .seconds(5)
        /// How long a rotated file is kept open after it last grew: writers reopen their logs late.
        public var keepRotated: Duration = .seconds(60)
        /// Where reading stood before.
        public var resuming = SavedPositions()
        /// When that was, in nanoseconds since 1970; 0 if it is not known.
        var resumingSince: Int64 = 0
        /// Whether positions matter after everything was read once.
        public var keepsPositions = false
        /// Bytes that are read at once, and parsed by one thread where several do.
        var pieceSize = 256 << 10

        /// Follows from the end.
        public init() {}
    }

    /// What a reading found.
    public enum Progress: Hashable, Sendable {
        /// There may be more.
        case more
        /// Nothing to read now.
        case idle
        /// The handler refused a line.
        case stopped
        /// All was read, and nothing will follow.
        case finished
    }

    /// How often to look at everything where inotify's limits are reached.
    static let lookBlindlyEvery: Duration = .seconds(1)
    /// Closed files whose positions are remembered.
    static let positionLimit = 10_000

    let options: Options
    /// The files and patterns as given, with the directory to watch for each.
    var patterns: [Pattern]
    var logs: [String: FollowedLog] = [:]
    var keys: Set<FileKey> = []
    /// Where reading stood in files that were closed, so that they are not read again under another name.
    ///
    /// At the start these are the positions of the last time.
    var positions: [FileIdentity: SavedPosition] = [:]
    /// The names of which something was known at the start.
    let resumedPaths: Set<String>
    /// Compressed files that are done with.
    var finished: [FileKey: Finished] = [:]
    /// The compressed file that is being decoded, and how many others had to wait for it in a row.
    var unpacking: FollowedFile?
    var postponed = 0
    var ready: [FollowedLog] = []
    var inputs: [String] = []
    var streams: [StreamInput] = []
    /// Sockets, with their numbers among the inputs.
    var listeners: [(listener: LogListener, input: Int)] = []
    /// Inputs whose lines cannot wait.
    var liveInputs: Set<Int> = []
    var watcher = Watcher()
    var watched: [CInt: Watched] = [:]
    var renamings = Renamings()
    var notices: [TailNotice] = []
    var totals = TailCounts()
    var nextLook: Duration = .zero
    /// Whether the first look at everything is over.
    var isStarted = false
    let buffer: UnsafeMutableRawBufferPointer

    /// Starts to follow.
    ///
    /// - Parameters:
    ///   - paths: Names of files, patterns with `*`, `?` and `[`, or `-` for the standard input.
    ///   - listeners: Sockets on which lines come as well.
    public init(_ paths: [String], options: Options = Options(), listeners: [LogListener] = []) {
        self.options = options
        resumedPaths = Set(options.resuming.files.map(\.path))
        patterns = paths.filter { $0 != "-" }.map { Pattern(path: $0) }
        // A line of the greatest length and the bytes before it must fit, and what a file is known by, or reading would
        // stand still.
        let size = max(options.pieceSize, 2 * options.maximumLine, FileIdentity.headLimit)
        buffer = .allocate(byteCount: size + Mark.limit, alignment: 8)
        for listener in listeners { add(listener) }
        if paths.contains("-") { addStream(path: "-", descriptor: 0) }
        for file in options.resuming.files { positions[file.identity] = file }
        lookAtAll()
        resumeRotated()
        // Those that are open now are known from their files; the others may never be seen again.
        positions = positions.filter { $0.value.isDone }
        isStarted = true
    }

    deinit { buffer.deallocate() }

    /// Reads one piece, a quarter of a mebibyte or so, and hands its lines out.
    ///
    /// Never waits for more.
    public mutating func read<Handler: LineHandler & ~Copyable>(into handler: inout Handler) -> Progress {
        if !listeners.isEmpty && readListeners(into: &handler) { return .more }
        while let log = ready.first {
            guard let file = log.next else {
                ready.removeFirst()
                log.isReady = false
                settle(log)
                continue
            }
            if postpones(file) || isKnownNow(file, of: log) { continue }
            let before = file.position
            let step = file.step(buffer, maximumLine: options.maximumLine, input: log.input, to: &handler)
            totals.bytes &+= file.position - min(before, file.position)
            if file.position > before { file.lastGrowth = Monotonic.now }
            switch step {
            case .more:
                if !options.once { rotateQueue() }
                return .more
            case .stopped: return .stopped
            case .end: finish(file, of: log)
            case .rewritten: follow(rewritten: file, of: log)
            case .damaged: giveUp(file, of: log)
            case .failed(let code): fail(file, of: log, code)
            }
            if file.position > before { return .more }
        }
        return readStreams(into: &handler)
    }

    /// Everything read so far.
    public var counts: TailCounts { totals }

    /// Takes what happened since the last call.
    public mutating func takeNotices() -> [TailNotice] {
        defer { notices.removeAll() }
        return notices
    }

    /// The name of an input, as in ``LinePlace/input``.
    public func path(ofInput input: Int) -> String { inputs.indices.contains(input) ? inputs[input] : "" }

    /// Bytes of all files together, for a progress display.
    public var size: UInt64 { logs.values.reduce(totals.closed) { $0 + $1.files.reduce(0) { $0 + $1.size } } }

    /// How many of ``size`` are done with.
    public var done: UInt64 { logs.values.reduce(totals.closed) { $0 + $1.files.reduce(0) { $0 + $1.done } } }
}

/// How much was read.
public struct TailCounts: Hashable, Sendable {
    /// Bytes of lines done with.
    public internal(set) var bytes: UInt64 = 0
    /// Files that a new one replaced.
    public internal(set) var rotations: UInt64 = 0
    /// Files that were truncated or written anew.
    public internal(set) var truncations: UInt64 = 0
    /// Compressed files that were damaged or cut, and read as far as they go.
    public internal(set) var damaged: UInt64 = 0
    /// Datagrams that came faster than they were taken, so that the kernel dropped them.
    public internal(set) var dropped: UInt64 = 0
    /// Bytes of files that were closed.
    var closed: UInt64 = 0

    /// Starts with nothing read.
    public init() {}
}

/// Something that people should know about the files.
public enum TailNotice: Hashable, Sendable {
    /// The name does not exist, or nothing matches the pattern; it is waited for, unless everything is read once.
    case missing(path: String)
    /// The name cannot be opened or read, with errno.
    case unreadable(path: String, code: CInt)
    /// A missing or unreadable name was opened.
    case opened(path: String)
    /// The file was truncated behind `offset`; lines that were not read are read from its copy if `copyFound`.
    case truncated(path: String, offset: UInt64, copyFound: Bool)
    /// A compressed file is damaged behind `place` bytes of it, or was cut there; what could be decoded, `offset`
    /// bytes, was read.
    case damaged(path: String, place: UInt64, offset: UInt64)
    /// A file that was read up to `offset` before a restart is not there any more, under no name.
    case gone(path: String, offset: UInt64)
    /// A socket had too many clients; the one that was silent for longest was closed.
    case evicted(address: String)
    /// Datagrams came faster than they were taken, and the kernel dropped so many.
    case dropped(address: String, datagrams: UInt64)
    /// Too many rotated files waited to be read; `bytes` of the oldest are not.
    case abandoned(path: String, bytes: UInt64)
}

/// A file or pattern that is followed.
struct Pattern {
    let path: String
    let directory: String
    let isPattern: Bool
    /// Whether its directory changed since it was last looked at.
    var isDirty = true
    var isWatched = false

    init(path: String) {
        self.path = path
        directory = Path.split(path).directory
        isPattern = Path.isPattern(path)
    }
}

/// What an inotify watch is for.
enum Watched {
    case directory(String)
    case file(FollowedLog, FollowedFile)
}

/// The clock that never jumps.
enum Monotonic {
    static var now: Duration {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return .seconds(Int64(time.tv_sec)) + .nanoseconds(Int64(time.tv_nsec))
    }
}

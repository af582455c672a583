// SIGINT, SIGTERM and SIGHUP as something a loop can wait for.

internal import CSystem
internal import Glibc
internal import Synchronization

/// SIGINT, SIGTERM and SIGHUP as something a loop can wait for.
///
/// The signals are blocked in the thread that creates this, and so in all threads that it starts later; they are read
/// from ``fileDescriptor``. SIGPIPE is ignored: a reader that went away is an error of `write`. Under `eventstorm up`
/// the end of the supervisor is a reason to stop like any other.
///
/// A service manager such as systemd is told by ``next()`` that the loop goes round: ready the first time, alive after.
///
/// After the first reason to stop, the program has ``timeToStop``; then it is ended.
public final class Signals: Sendable {
    /// What a program was asked for.
    public enum Request: Hashable, Sendable {
        /// End cleanly. The text says who asked.
        case stop(String)
        /// Read the configuration again.
        case reload
    }

    /// How long a clean end may take.
    public static let timeToStop: Duration = .seconds(2)

    private let signals: CInt
    private let queue: CInt
    /// A descriptor of the terminal that this program was started from, -1 if none.
    private let terminal: CInt
    private let limits = Atomic<Bool>(true)
    private let manager = ServiceManager()
    /// Makes the loop come round for the manager; -1 without one.
    private let timer: CInt

    /// Whether the program is ended when it has not come to its end ``timeToStop`` after it was asked to.
    public var endsLate: Bool {
        get { limits.load(ordering: .relaxed) }
        set { limits.store(newValue, ordering: .relaxed) }
    }

    /// Blocks the signals and opens the descriptor.
    ///
    /// Create one, before any thread.
    public init() throws(Failure) {
        var set = Self.signalSet
        pthread_sigmask(SIG_BLOCK, &set, nil)
        signal(SIGPIPE, SIG_IGN)
        terminal = [STDIN_FILENO, STDERR_FILENO].first { isatty($0) != 0 } ?? -1
        signals = signalfd(-1, &set, CInt(SFD_NONBLOCK | SFD_CLOEXEC))
        guard signals >= 0 else { throw Failure.system("signalfd") }
        queue = epoll_create1(CInt(EPOLL_CLOEXEC))
        guard queue >= 0 else { throw Failure.system("epoll_create1") }
        timer = manager == nil ? -1 : timerfd_create(CLOCK_MONOTONIC, CInt(TFD_NONBLOCK) | CInt(TFD_CLOEXEC))
        watch(signals)
        startTimer()
        if Supervision.isOn { watch(STDIN_FILENO) }
    }

    deinit {
        if timer >= 0 { close(timer) }
        close(queue)
        close(signals)
    }

    /// Readable when a request waits: for `poll`, and for the `watching` of a subscriber.
    public var fileDescriptor: CInt { queue }

    /// The next request, or nil if none waits.
    public func next() -> Request? {
        tellManager()
        var information = signalfd_siginfo()
        let size = MemoryLayout<signalfd_siginfo>.size
        if retrying({ read(signals, &information, size) }) == size { return request(CInt(information.ssi_signo)) }
        if Supervision.isOn, isSupervisorGone() {
            epoll_ctl(queue, EPOLL_CTL_DEL, STDIN_FILENO, nil)
            return stop("the supervisor is gone")
        }
        return nil
    }

    /// Waits for the next request; nil when `time` has passed without one.
    public func wait(within time: Duration? = nil) -> Request? {
        let deadline = time.map { ContinuousClock.now + $0 }
        while true {
            if let request = next() { return request }
            let rest = deadline.map { $0 - .now }
            if let rest, rest <= .zero { return nil }
            var descriptor = pollfd(fd: queue, events: Int16(POLLIN), revents: 0)
            _ = poll(&descriptor, 1, milliseconds(rest))
        }
    }

    private func request(_ number: CInt) -> Request {
        switch number {
        // A terminal that is closed sends the same signal, and is no terminal any more.
        case SIGHUP:
            if terminal >= 0 && isatty(terminal) == 0 { return stop("the terminal was closed") }
            manager?.reload()
            ClientsFiles.shared.reload(evenUnchanged: true)
            return .reload
        case SIGINT: return stop("SIGINT")
        default: return stop("SIGTERM")
        }
    }

    private func stop(_ reason: String) -> Request {
        manager?.stop()
        if endsLate { Self.armDeadline() }
        return .stop(reason)
    }

    private func isSupervisorGone() -> Bool {
        var descriptor = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
        return poll(&descriptor, 1, 0) > 0
    }

    /// Rings at once, so that a loop that waits for nothing else comes round, then as often as the manager asks.
    private func startTimer() {
        guard let manager, timer >= 0 else { return }
        var times = itimerspec()
        times.it_value.tv_nsec = 1
        if let (seconds, attoseconds) = manager.interval?.components {
            times.it_interval.tv_sec = Int(seconds)
            times.it_interval.tv_nsec = Int(attoseconds / 1_000_000_000)
        }
        timerfd_settime(timer, 0, &times, nil)
        watch(timer)
    }

    private func tellManager() {
        guard let manager else { return }
        manager.comeRound()
        var rings: UInt64 = 0
        if read(timer, &rings, MemoryLayout.size(ofValue: rings)) > 0, manager.interval != nil { manager.keepAlive() }
    }

    private func watch(_ descriptor: CInt) {
        var event = epoll_event()
        event.events = UInt32(EPOLLIN.rawValue)
        epoll_ctl(queue, EPOLL_CTL_ADD, descriptor, &event)
    }

    /// Ends the program by SIGALRM unless it has ended by then.
    private static func armDeadline() {
        signal(SIGALRM) { _ in
            let text: StaticString = "did not end within 2 s of being asked to; ended\n"
            write(STDERR_FILENO, text.utf8Start, text.utf8CodeUnitCount)
            _exit(1)
        }
        alarm(UInt32(timeToStop.components.seconds))
    }

    /// The signals that are read instead of delivered.
    static var signalSet: sigset_t {
        var set = sigset_t()
        sigemptyset(&set)
        for number in [SIGINT, SIGTERM, SIGHUP] { sigaddset(&set, number) }
        return set
    }
}

/// A time as `poll` wants it: rounded up, -1 for ever.
func milliseconds(_ time: Duration?) -> CInt {
    guard let time else { return -1 }
    let (seconds, attoseconds) = time.components
    if seconds > 1_000_000 { return 1_000_000_000 }
    return CInt(max(0, seconds * 1_000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000))
}

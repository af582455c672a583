// Programs that are run now and then for something that happened.

internal import CSystem
internal import Glibc
internal import Synchronization
public import ZeroMQ

/// Runs programs, one after another, on a thread of its own.
///
/// Each gets some bytes on stdin and a limited time. What waits is bounded: beyond, the newest is left out and logged.
public final class Errands: Sendable {
    /// A program to run.
    public struct Errand: Sendable, Equatable {
        /// What messages call it.
        public var name: String
        /// The path of the program, and its words.
        public var command: [String]
        /// What it reads: at most 32 KiB.
        public var input: [UInt8]

        /// Describes a program to run.
        public init(_ name: String, command: [String], input: [UInt8]) {
            self.name = name
            self.command = command
            self.input = input
        }
    }

    /// Programs that wait at most.
    static let most = 100
    /// Bytes of input: what a pipe takes without a reader.
    static let inputBytes = 32 << 10

    private struct State {
        var waiting: [Errand] = []
        var isClosed = false
    }

    private let state = Mutex(State())
    private let wakeup: Wakeup
    private let thread = Mutex<OSThread?>(nil)
    private let patience: Duration
    private let report: @Sendable (Log.Level, String) -> Void

    /// Starts the thread.
    ///
    /// - Parameters:
    ///   - patience: How long a program may take; then it is killed.
    ///   - report: Told of programs that fail.
    public init(
        within patience: Duration = .seconds(30),
        report: @escaping @Sendable (Log.Level, String) -> Void = { level, text in Log.write(level) { text } }
    ) throws(ZMQError) {
        self.patience = patience
        self.report = report
        wakeup = try Wakeup()
        try thread.withLock { thread throws(ZMQError) in
            thread = try OSThread(name: "errands") { [weak self] in
                while let self, self.runNext() {}
            }
        }
    }

    /// The path of a program in one of some directories, joined by colons as those of PATH; nil if there is none.
    public static func program(_ name: String, in path: String) -> String? {
        path.split(separator: ":").map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 }
    }

    /// Adds a program; returns at once.
    public func run(_ errand: Errand) {
        let fits = state.withLock { state in
            guard state.waiting.count < Self.most, errand.input.count <= Self.inputBytes else { return false }
            state.waiting.append(errand)
            return true
        }
        if fits {
            wakeup.signal()
        } else {
            report(.error, "\(errand.name): not run: too many wait, or too much to tell")
        }
    }

    /// Ends the thread, after the program that runs.
    public func close() {
        state.withLock { $0.isClosed = true }
        wakeup.signal()
        let running = thread.withLock { $0.take() }
        running?.join()
    }

    /// Runs what waits, or waits itself; false when it is over.
    private func runNext() -> Bool {
        let (next, isClosed) = state.withLock { state in
            (state.isClosed || state.waiting.isEmpty ? nil : state.waiting.removeFirst(), state.isClosed)
        }
        if isClosed { return false }
        guard let next else {
            _ = wakeup.wait(within: .seconds(1))
            wakeup.drain()
            return true
        }
        do throws(Failure) {
            let status = try Self.run(next, within: patience)
            if status != 0 { report(.error, "\(next.name): \(next.command[0]) \(Self.text(status))") }
        } catch {
            report(.error, "\(next.name): \(error.messages.joined(separator: "; "))")
        }
        return true
    }

    private static func text(_ status: CInt) -> String {
        let signal = status & 0x7F
        return signal == 0 ? "ended with status \((status >> 8) & 0xFF)" : "was killed by signal \(signal)"
    }

    /// Runs a program; returns how it ended, as waitpid(2) tells it.
    private static func run(_ errand: Errand, within patience: Duration) throws(Failure) -> CInt {
        guard let program = errand.command.first else { throw .failed("there is no program") }
        var ends: [CInt] = [-1, -1]
        guard CSystem_pipe(&ends) == 0 else { throw .failed("pipe: \(String(cString: strerror(errno)))") }
        let null = open("/dev/null", O_WRONLY | O_CLOEXEC)
        defer { for descriptor in [ends[0], null] { Glibc.close(descriptor) } }
        // It fits into the pipe, so nobody waits here.
        _ = errand.input.withUnsafeBytes { write(ends[1], $0.baseAddress, $0.count) }
        Glibc.close(ends[1])
        let plan = ChildPlan(
            label: errand.name, stage: .sink, executable: program, arguments: Array(errand.command.dropFirst()))
        let process = try spawn(plan, input: ends[0], output: null)
        return wait(for: process, within: patience)
    }

    /// Waits for the end of a process, and brings it about when the time is over.
    private static func wait(for process: pid_t, within patience: Duration) -> CInt {
        let handle = pidfd_open(process, 0)
        var status: CInt = 0
        if handle >= 0 {
            defer { Glibc.close(handle) }
            var entry = pollfd(fd: handle, events: Int16(POLLIN), revents: 0)
            let milliseconds = patience.components.seconds * 1_000
            if poll(&entry, 1, CInt(clamping: milliseconds)) == 0 { kill(-process, SIGKILL) }
        }
        while waitpid(process, &status, 0) < 0 && errno == EINTR {}
        return status
    }
}

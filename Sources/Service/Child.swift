// One supervised program: started, listened to, ended.

internal import CSystem
internal import Glibc

/// What a supervisor runs.
public struct ChildPlan: Sendable, Equatable {
    /// Where in the flow of events a program stands: those upstream are stopped first.
    public enum Stage: Int, Sendable, Comparable, CaseIterable {
        /// Events begin here.
        case source
        /// Events pass here.
        case router
        /// Events end here.
        case sink

        /// Whether `left` is upstream of `right`.
        public static func < (left: Stage, right: Stage) -> Bool { left.rawValue < right.rawValue }
    }

    /// What stands before its lines.
    public var label: String
    /// Where it stands in the flow.
    public var stage: Stage
    /// The path of the program.
    public var executable: String
    /// The words after the program's name.
    public var arguments: [String]
    /// Changes when its settings do; equal plans are left running when a configuration is read again.
    public var fingerprint: String
    /// Changes when settings do that it takes over itself; then it is told by SIGHUP, and left running.
    public var reloadedFingerprint: String

    /// Creates a plan.
    public init(
        label: String, stage: Stage, executable: String, arguments: [String], fingerprint: String = "",
        reloadedFingerprint: String = ""
    ) {
        self.label = label
        self.stage = stage
        self.executable = executable
        self.arguments = arguments
        self.fingerprint = fingerprint
        self.reloadedFingerprint = reloadedFingerprint
    }
}

/// One supervised program: its process while it runs, its output, when to start it again.
final class Child {
    enum State {
        /// To be started then.
        case waiting(until: ContinuousClock.Instant)
        case running(Process)
        /// Not started again.
        case ended(succeeded: Bool)
    }

    struct Process {
        var identifier: pid_t
        /// Readable when the process has ended.
        var descriptor: CInt
        var started: ContinuousClock.Instant
        /// When it is killed, once it was asked to stop.
        var deadline: ContinuousClock.Instant?
    }

    /// How a process ended.
    enum Ending: Equatable {
        case status(CInt)
        case signal(CInt)

        var text: String {
            switch self {
            case .status(let status): "ended with status \(status)"
            case .signal(let number): "was killed by \(signalName(number))"
            }
        }
    }

    var plan: ChildPlan
    let colour: Int
    var state: State
    var backoff = Backoff()
    /// Whether it is not wanted any more: it is forgotten when its process has ended.
    var isRetired = false
    /// The reading end of the process's stdout and stderr; -1 if none is open.
    ///
    /// It may outlive the process.
    private(set) var output: CInt = -1
    private var lines = LineBuffer()

    init(_ plan: ChildPlan, colour: Int) {
        self.plan = plan
        self.colour = colour
        state = .waiting(until: .now)
    }

    /// Whether it ended well, if it ended.
    var succeeded: Bool { if case .ended(let succeeded) = state { succeeded } else { true } }
    var process: Process? { if case .running(let process) = state { process } else { nil } }

    /// Starts the program.
    ///
    /// Its stdin is `lifeline`; stdout and stderr come back through ``output``.
    func start(lifeline: CInt) throws(Failure) {
        var ends: [CInt] = [-1, -1]
        guard CSystem_pipe(&ends) == 0 else { throw Failure.system("pipe") }
        defer { close(ends[1]) }
        let identifier: pid_t
        do {
            identifier = try spawn(plan, input: lifeline, output: ends[1])
        } catch {
            close(ends[0])
            throw error
        }
        closeOutput()
        output = ends[0]
        _ = fcntl(output, F_SETFL, O_NONBLOCK)
        state = .running(
            Process(identifier: identifier, descriptor: pidfd_open(identifier, 0), started: .now, deadline: nil))
    }

    /// Sends a signal to the process and those it started itself.
    func signal(_ number: CInt) {
        if let process { kill(-process.identifier, number) }
    }

    /// Asks the process to stop and sets the time when it is killed.
    func stop(by deadline: ContinuousClock.Instant) {
        guard var process, process.deadline == nil else { return }
        process.deadline = deadline
        state = .running(process)
        signal(SIGTERM)
    }

    /// Takes leave of a process that has ended; nil if it has not.
    func reap() -> Ending? {
        guard let process else { return nil }
        var information = siginfo_t()
        guard waitid(P_PID, id_t(process.identifier), &information, WEXITED | WNOHANG | WNOWAIT) == 0,
            information.si_code != 0
        else { return nil }
        // While the number is not free again: whatever it started and left behind.
        kill(-process.identifier, SIGKILL)
        var status: CInt = 0
        guard retrying({ Int(waitpid(process.identifier, &status, 0)) }) == Int(process.identifier) else { return nil }
        if process.descriptor >= 0 { close(process.descriptor) }
        state = .ended(succeeded: status == 0 || process.deadline != nil)
        return status & 0x7F == 0 ? .status((status >> 8) & 0xFF) : .signal(status & 0x7F)
    }

    /// What is read of one child before the others have their turn.
    private static let turn = 64 << 10

    /// Hands over the whole lines that can be read without waiting, up to some limit.
    func readLines(_ body: (String) -> Void) {
        guard output >= 0 else { return }
        var isOpen = true
        var left = Self.turn
        while isOpen, left > 0 {
            let count = lines.fill { buffer in retrying { read(output, buffer.baseAddress, buffer.count) } }
            if count == -1, errno == EAGAIN { break }
            isOpen = count > 0
            left -= count
            lines.drain(atEnd: !isOpen, body)
        }
        if !isOpen { closeOutput() }
    }

    func closeOutput() {
        if output >= 0 { close(output) }
        output = -1
    }
}

/// Cuts bytes into lines.
struct LineBuffer {
    /// Longer lines are shown in pieces.
    static let longestLine = 8192
    private var bytes: [UInt8] = []

    /// Appends what `read` puts into a buffer, and returns what it returned.
    mutating func fill(_ read: (UnsafeMutableRawBufferPointer) -> Int) -> Int {
        withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { buffer in
            let count = read(buffer)
            if count > 0 { bytes.append(contentsOf: buffer.prefix(count)) }
            return count
        }
    }

    /// Takes the whole lines out, and at the end what is left.
    mutating func drain(atEnd: Bool, _ body: (String) -> Void) {
        var start = 0
        while start < bytes.count {
            let window = bytes[start..<min(bytes.count, start + Self.longestLine)]
            if let end = window.firstIndex(of: UInt8(ascii: "\n")) {
                body(String(decoding: bytes[start..<end], as: UTF8.self))
                start = end + 1
            } else if atEnd || window.count == Self.longestLine {
                body(String(decoding: window, as: UTF8.self))
                start = window.endIndex
            } else {
                break
            }
        }
        bytes.removeFirst(start)
    }
}

/// `SIGSEGV` for 11.
func signalName(_ number: CInt) -> String {
    guard let name = CSystem_signal_name(number) else { return "signal \(number)" }
    return "SIG" + String(cString: name)
}

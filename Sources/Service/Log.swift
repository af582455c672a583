// Messages for people on stderr, one a line.

internal import BSON
internal import Glibc
internal import Synchronization

/// Messages for people on stderr, one a line, never with the contents of events.
///
/// Lines are written whole, so those of several threads do not mix. What is not printable in a message is escaped: a
/// file name cannot forge a line. A time stands before each line only where nobody else adds one: not on a terminal,
/// not under `eventstorm up`, not under journald.
public enum Log {
    /// How much a message matters.
    public enum Level: Int, CaseIterable, Comparable, Sendable, CustomStringConvertible {
        /// For those who look for a fault.
        case debug
        /// What one would tell a colleague.
        case info
        /// Something is not as it should be; the work goes on.
        case warning
        /// Something was not done.
        case error

        /// The word of `--log-level`.
        public var description: String {
            switch self {
            case .debug: "debug"
            case .info: "info"
            case .warning: "warning"
            case .error: "error"
            }
        }

        /// Whether `left` matters less than `right`.
        public static func < (left: Level, right: Level) -> Bool { left.rawValue < right.rawValue }
    }

    private static let threshold = Atomic<Int>(Level.info.rawValue)
    private static let prefix = Mutex<String>("")
    private static let style = Style.current

    /// Messages below this level are not written; it is `info` at first.
    public static var level: Level {
        get { Level(rawValue: threshold.load(ordering: .relaxed)) ?? .info }
        set { threshold.store(newValue.rawValue, ordering: .relaxed) }
    }

    /// The program's name, which begins each line unless a supervisor adds its own.
    public static var name: String {
        get { prefix.withLock { $0 } }
        set { prefix.withLock { $0 = newValue } }
    }

    /// For those who look for a fault.
    public static func debug(_ message: @autoclosure () -> String) { write(.debug, message) }
    /// What one would tell a colleague.
    public static func info(_ message: @autoclosure () -> String) { write(.info, message) }
    /// Something is not as it should be; the work goes on.
    public static func warning(_ message: @autoclosure () -> String) { write(.warning, message) }
    /// Something was not done.
    public static func error(_ message: @autoclosure () -> String) { write(.error, message) }

    /// Writes `message` if its level is wanted; it is not built otherwise.
    public static func write(_ level: Level, _ message: () -> String) {
        guard level.rawValue >= threshold.load(ordering: .relaxed) else { return }
        LineOutput.standardError.write(line(level, message(), name: name, style: style))
    }

    /// What surrounds a message.
    struct Style {
        var showsTime: Bool
        var showsName: Bool

        static var current: Style {
            let supervised = environmentValue(Supervision.variable) != nil
            let journal = environmentValue("JOURNAL_STREAM") != nil
            return Style(showsTime: !supervised && !journal && isatty(STDERR_FILENO) == 0, showsName: !supervised)
        }
    }

    static func line(_ level: Level, _ message: String, name: String, style: Style) -> String {
        var line = style.showsTime ? "\(Datetime.now()) " : ""
        if style.showsName, !name.isEmpty { line += name + ": " }
        if level != .info { line += level.description + ": " }
        return line + escaped(message) + "\n"
    }

    /// Control characters as `\n`, `\t` or `\x1B`.
    package static func escaped(_ message: String) -> String {
        guard message.unicodeScalars.contains(where: isControl) else { return message }
        var result = ""
        for scalar in message.unicodeScalars {
            switch scalar {
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case _ where isControl(scalar):
                let digits = String(scalar.value, radix: 16, uppercase: true)
                result += "\\x" + (digits.count < 2 ? "0" + digits : digits)
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
    }
}

/// Lets a message that may come a thousand times a second through once in a while, with the number of those held back.
public final class Repeats: Sendable {
    private struct State {
        var quietUntil: ContinuousClock.Instant?
        var held = 0
    }

    private let period: Duration
    private let state = Mutex(State())

    /// Creates a gate that opens at most once in `period`.
    public init(every period: Duration = .seconds(10)) { self.period = period }

    /// Writes the message now, or counts it if one was written a short time ago.
    public func write(_ level: Log.Level, _ message: @autoclosure () -> String, at now: ContinuousClock.Instant = .now)
    {
        if let held = pass(at: now) {
            Log.write(level) { held == 0 ? message() : "\(message()) (\(held) more of these were not shown)" }
        }
    }

    /// The number of messages held back since the last one, if this one may pass.
    package func pass(at now: ContinuousClock.Instant) -> Int? {
        state.withLock { state in
            if let until = state.quietUntil, now < until {
                state.held += 1
                return nil
            }
            defer { state.held = 0 }
            state.quietUntil = now + period
            return state.held
        }
    }
}

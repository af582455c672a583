// The five minutes that a file covers, and the name of their directory.

internal import Glibc

/// Five minutes of UTC, counted from 1970.
///
/// Events are filed by the time they arrived here, not by their `timestamp`: every event has an arrival, files are
/// finished in time and never opened again, and a host whose clock is wrong spoils only its own events.
public struct Interval: Hashable, Comparable, Sendable {
    /// How long an interval is.
    public static let seconds: Int64 = 300

    /// How many intervals began before this one since 1970-01-01T00:00Z.
    public var number: Int64

    /// The interval that contains a time in milliseconds since 1970.
    public init(containing milliseconds: Int64) {
        let length = Interval.seconds * 1000
        number = milliseconds / length - (milliseconds % length < 0 ? 1 : 0)
    }

    /// The interval of a number.
    init(number: Int64) { self.number = number }

    /// The interval whose directory has this name within its day: `0735-3k9ej`.
    init?(directory name: String) {
        let parts = name.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].utf8.count == 4, let number = Int64(parts[1], radix: 36) else { return nil }
        self.number = number
    }

    /// When it is over, in milliseconds since 1970.
    public var end: Int64 { (number + 1) * Interval.seconds * 1000 }

    /// `2026-11-21/0735-3k9ej`: the day, the hour and minute it begins, and its number to base 36.
    ///
    /// The number orders directories and names an interval without a calendar; the rest is for people.
    public var directory: String {
        "\(day)/\(digits(parts.tm_hour, 2))\(digits(parts.tm_min, 2))-\(String(number, radix: 36))"
    }

    /// The day: `2026-11-21`.
    public var day: String {
        let parts = parts
        return "\(digits(parts.tm_year + 1900, 4))-\(digits(parts.tm_mon + 1, 2))-\(digits(parts.tm_mday, 2))"
    }

    /// Orders intervals by time.
    public static func < (left: Interval, right: Interval) -> Bool { left.number < right.number }

    private var parts: tm {
        var seconds = time_t(number * Interval.seconds)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        return parts
    }

    private func digits(_ value: CInt, _ width: Int) -> String {
        let text = String(value)
        return String(repeating: "0", count: max(0, width - text.count)) + text
    }
}

// A moment in UTC, to the millisecond, and its ISO-8601 text.

internal import Glibc

/// A moment: milliseconds since 1970 in UTC, leap seconds not counted.
public struct Datetime: Hashable, Comparable, Sendable {
    /// Milliseconds since the beginning of 1970; negative before.
    public var millisecondsSinceEpoch: Int64

    /// Creates the moment that is so many milliseconds after the beginning of 1970.
    @inlinable public init(millisecondsSinceEpoch: Int64) {
        self.millisecondsSinceEpoch = millisecondsSinceEpoch
    }

    /// Returns this moment.
    public static func now() -> Datetime {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Datetime(millisecondsSinceEpoch: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }

    /// Orders by time.
    @inlinable public static func < (left: Datetime, right: Datetime) -> Bool {
        left.millisecondsSinceEpoch < right.millisecondsSinceEpoch
    }
}

extension Datetime: CustomStringConvertible {
    /// The moment as ISO-8601 text in UTC with milliseconds, `2026-11-21T07:39:53.123Z`.
    ///
    /// Years beyond 0 to 9999 have a sign and at least six digits, as in JavaScript; ``init(iso8601:)`` reads them.
    public var description: String {
        let parts = civilParts
        return String(unsafeUninitializedCapacity: 40) { buffer in
            var count = 0
            func put(_ byte: UInt8) {
                buffer[count] = byte
                count += 1
            }
            func put(_ value: Int64, digits: Int) {
                var unit: Int64 = 1
                for _ in 1..<digits { unit *= 10 }
                while value / unit >= 10 { unit *= 10 }
                while unit > 0 {
                    put(UInt8(truncatingIfNeeded: 0x30 + value / unit % 10))
                    unit /= 10
                }
            }
            if !(0...9999).contains(parts.year) { put(parts.year < 0 ? 0x2D : 0x2B) }
            put(abs(parts.year), digits: (0...9999).contains(parts.year) ? 4 : 6)
            put(0x2D)
            put(parts.month, digits: 2)
            put(0x2D)
            put(parts.day, digits: 2)
            put(0x54)
            put(parts.milliseconds / 3_600_000, digits: 2)
            put(0x3A)
            put(parts.milliseconds / 60_000 % 60, digits: 2)
            put(0x3A)
            put(parts.milliseconds / 1000 % 60, digits: 2)
            put(0x2E)
            put(parts.milliseconds % 1000, digits: 3)
            put(0x5A)
            return count
        }
    }

    // Days are counted from 1 March of year 0, so that a leap day is the last of its year; see Howard Hinnant's
    // "chrono-Compatible Low-Level Date Algorithms".
    private var civilParts: (year: Int64, month: Int64, day: Int64, milliseconds: Int64) {
        let (epochDays, milliseconds) = millisecondsSinceEpoch.flooredDivision(by: 86_400_000)
        let (era, dayOfEra) = (epochDays + 719_468).flooredDivision(by: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        let day = dayOfYear - (153 * shifted + 2) / 5 + 1
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day, milliseconds)
    }
}

extension Datetime {
    /// Reads an ISO-8601 date with or without a time: `2026-11-21`, `2026-11-21T07:39:53Z`, `2026-11-21
    /// 07:39:53.123456+01:00`.
    ///
    /// Without a zone UTC is meant. Digits beyond milliseconds are cut. `nil` if the text is anything else, or the
    /// day does not exist.
    public init?(iso8601 text: String) {
        var reader = DigitReader(text.utf8)
        guard let year = reader.year(), reader.take(0x2D), let month = reader.number(2), reader.take(0x2D),
            let day = reader.number(2), (1...12).contains(month), (1...Datetime.days(of: month, year)).contains(day)
        else { return nil }
        var milliseconds: Int64 = 0
        if !reader.isAtEnd {
            guard reader.take(0x54) || reader.take(0x74) || reader.take(0x20), let time = reader.time(),
                let zone = reader.zone(), reader.isAtEnd
            else { return nil }
            milliseconds = time - zone
        }
        let days = Datetime.epochDays(year, month, day)
        let (product, tooMany) = days.multipliedReportingOverflow(by: 86_400_000)
        let (sum, tooMuch) = product.addingReportingOverflow(milliseconds)
        if !tooMany && !tooMuch {
            self.init(millisecondsSinceEpoch: sum)
            return
        }
        // The first day of the range begins before the range does.
        let (later, stillTooMany) = (days + 1).multipliedReportingOverflow(by: 86_400_000)
        let (last, stillTooMuch) = later.addingReportingOverflow(milliseconds - 86_400_000)
        if stillTooMany || stillTooMuch { return nil }
        self.init(millisecondsSinceEpoch: last)
    }

    private static func days(of month: Int64, _ year: Int64) -> Int64 {
        switch month {
        case 2: (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    private static func epochDays(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let (era, yearOfEra) = (month <= 2 ? year - 1 : year).flooredDivision(by: 400)
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }
}

extension Int64 {
    fileprivate func flooredDivision(by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}

/// Reads runs of digits and single characters; what does not fit is left where it is.
private struct DigitReader {
    private var rest: Substring.UTF8View

    init(_ text: String.UTF8View) { rest = text[...] }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func take(_ byte: UInt8) -> Bool {
        guard rest.first == byte else { return false }
        rest.removeFirst()
        return true
    }

    mutating func number(_ digits: Int) -> Int64? {
        var value: Int64 = 0
        for _ in 0..<digits {
            guard let digit = digit() else { return nil }
            value = value * 10 + digit
        }
        return value
    }

    /// Four digits, or a sign and six to nine.
    mutating func year() -> Int64? {
        let negative = rest.first == 0x2D
        guard take(0x2B) || take(0x2D) else { return number(4) }
        guard var year = number(6) else { return nil }
        for _ in 0..<3 {
            guard let digit = digit() else { break }
            year = year * 10 + digit
        }
        return negative ? -year : year
    }

    /// Hours, minutes, and if present seconds and their fraction, in milliseconds.
    mutating func time() -> Int64? {
        guard let hour = number(2), hour < 24, take(0x3A), let minute = number(2), minute < 60 else { return nil }
        var milliseconds = (hour * 60 + minute) * 60_000
        guard take(0x3A) else { return milliseconds }
        guard let second = number(2), second < 60 else { return nil }
        milliseconds += second * 1000
        guard take(0x2E) || take(0x2C) else { return milliseconds }
        guard let first = digit() else { return nil }
        milliseconds += first * 100
        var unit: Int64 = 10
        while let digit = digit() {
            milliseconds += digit * unit
            unit /= 10
        }
        return milliseconds
    }

    /// `Z`, nothing, or an offset from UTC, in milliseconds.
    mutating func zone() -> Int64? {
        if isAtEnd || take(0x5A) || take(0x7A) { return 0 }
        let sign: Int64 = rest.first == 0x2D ? -1 : 1
        guard take(0x2B) || take(0x2D), let hours = number(2), hours < 24 else { return nil }
        if isAtEnd { return sign * hours * 3_600_000 }
        _ = take(0x3A)
        guard let minutes = number(2), minutes < 60 else { return nil }
        return sign * (hours * 60 + minutes) * 60_000
    }

    private mutating func digit() -> Int64? {
        guard let byte = rest.first, (0x30...0x39).contains(byte) else { return nil }
        rest.removeFirst()
        return Int64(byte - 0x30)
    }
}

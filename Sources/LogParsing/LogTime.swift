// The times that log lines carry.

/// A time as access logs write it: `17/May/2015:10:05:03 +0000`.
enum CommonLogTime {
    /// Its length, which never varies.
    static let length = 26

    /// Milliseconds since 1970 in UTC of the time at `start`, or nil if no such time exists.
    ///
    /// A leap second (`:60`) counts as the next minute's first, as POSIX has it.
    static func milliseconds(in line: RawSpan, at start: Int) -> Int64? {
        var digits = Digits(line)
        let day = digits.two(at: start)
        let month = month(line, at: start + 3)
        let year = digits.two(at: start + 7) * 100 + digits.two(at: start + 9)
        let hour = digits.two(at: start + 12)
        let minute = digits.two(at: start + 15)
        let second = digits.two(at: start + 18)
        let zone = digits.two(at: start + 22) * 60 + digits.two(at: start + 24)
        let sign = line.byte(at: start + 21)
        guard digits.areDigits, let month, punctuation(line, start),
            sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"),
            day >= 1, day <= Civil.days(inMonth: month, year: year), hour < 24, minute < 60, second <= 60,
            zone < 24 * 60
        else { return nil }
        let days = Civil.daysSince1970(year: year, month: month, day: day)
        let local = ((days * 24 + hour) * 60 + minute) * 60 + second
        return Int64(local - (sign == UInt8(ascii: "+") ? zone : -zone) * 60) * 1000
    }

    private static func punctuation(_ line: RawSpan, _ start: Int) -> Bool {
        line.byte(at: start + 2) == UInt8(ascii: "/") && line.byte(at: start + 6) == UInt8(ascii: "/")
            && line.byte(at: start + 11) == UInt8(ascii: ":") && line.byte(at: start + 14) == UInt8(ascii: ":")
            && line.byte(at: start + 17) == UInt8(ascii: ":") && line.byte(at: start + 20) == UInt8(ascii: " ")
    }

    /// The month of three English letters, from 1.
    static func month(_ line: RawSpan, at start: Int) -> Int? {
        let letters =
            UInt32(line.byte(at: start)) << 16 | UInt32(line.byte(at: start + 1)) << 8
            | UInt32(line.byte(at: start + 2))
        switch letters | 0x20_2020 {  // any case
        case 0x6A_616E: return 1  // jan
        case 0x66_6562: return 2
        case 0x6D_6172: return 3
        case 0x61_7072: return 4
        case 0x6D_6179: return 5
        case 0x6A_756E: return 6
        case 0x6A_756C: return 7
        case 0x61_7567: return 8
        case 0x73_6570: return 9
        case 0x6F_6374: return 10
        case 0x6E_6F76: return 11
        case 0x64_6563: return 12  // dec
        default: return nil
        }
    }
}

/// Reads the times of consecutive lines, which mostly differ in seconds alone.
struct CommonLogClock: Sendable {
    // The last time that was read: its first 16 bytes, up to the minute's tens, and its zone.
    private var start: (UInt64, UInt64) = (0, 0)
    private var zone: UInt64 = 0
    // What those come to.
    private var base: Int64 = 0

    /// As ``CommonLogTime/milliseconds(in:at:)``.
    @inline(__always)
    mutating func milliseconds(in line: RawSpan, at index: Int) -> Int64? {
        let first = line.word(at: index)
        let second = line.word(at: index + 8)
        let last = line.word(at: index + 18)  // the second's two digits and the zone
        if first == start.0 && second == start.1 && last >> 16 == zone {
            let minute = line.byte(at: index + 16) &- 48
            let tens = UInt8(truncatingIfNeeded: last) &- 48
            let ones = UInt8(truncatingIfNeeded: last >> 8) &- 48
            if minute <= 9 && tens <= 5 && ones <= 9 && line.byte(at: index + 17) == UInt8(ascii: ":") {
                return base + (Int64(minute) * 60 + Int64(tens) * 10 + Int64(ones)) * 1000
            }
        }
        guard let result = CommonLogTime.milliseconds(in: line, at: index) else { return nil }
        let minute = Int64(line.byte(at: index + 16) &- 48)
        let seconds = Int64(line.byte(at: index + 18) &- 48) * 10 + Int64(line.byte(at: index + 19) &- 48)
        start = (first, second)
        zone = last >> 16
        base = result - (minute * 60 + seconds) * 1000
        return result
    }
}

/// A time as ISO 8601 has it: `2015-05-17T10:05:03.123456+02:00`.
enum ISOLogTime {
    /// Reads the time at `index` and moves behind it; nil if none stands there.
    ///
    /// Between date and time there may be a space. Digits behind the milliseconds are dropped.
    ///
    /// - Parameter offset: Seconds to the east of Greenwich, where the text does not say.
    static func milliseconds(in line: RawSpan, at index: inout Int, offset: Int = 0) -> Int64? {
        guard let seconds = localSeconds(in: line, at: index, separator: UInt8(ascii: "-")) else { return nil }
        let mark = line.byte(at: index + 10)
        guard mark == UInt8(ascii: "T") || mark == UInt8(ascii: " ") else { return nil }
        var end = index + length
        let fraction = milliseconds(in: line, fractionAt: &end)
        guard let zone = zone(in: line, at: &end, usually: offset) else { return nil }
        index = end
        return (seconds - Int64(zone)) * 1000 + fraction
    }

    /// The length of date and time to the second.
    static let length = 19

    /// Seconds since 1970, by the clock of its place, of the date and time at `start`; nil if none stands there.
    ///
    /// Which byte stands between date and time is not looked at.
    ///
    /// - Parameter separator: What stands between year, month and day.
    static func localSeconds(in line: RawSpan, at start: Int, separator: UInt8) -> Int64? {
        guard start >= 0, start + length <= line.byteCount else { return nil }
        var digits = Digits(line)
        let year = digits.two(at: start) * 100 + digits.two(at: start + 2)
        let month = digits.two(at: start + 5)
        let day = digits.two(at: start + 8)
        let hour = digits.two(at: start + 11)
        let minute = digits.two(at: start + 14)
        let second = digits.two(at: start + 17)
        guard digits.areDigits, line.byte(at: start + 4) == separator, line.byte(at: start + 7) == separator,
            line.byte(at: start + 13) == UInt8(ascii: ":"), line.byte(at: start + 16) == UInt8(ascii: ":"),
            month >= 1, month <= 12, day >= 1, day <= Civil.days(inMonth: month, year: year), hour < 24, minute < 60,
            second <= 60
        else { return nil }
        let days = Civil.daysSince1970(year: year, month: month, day: day)
        return Int64(((days * 24 + hour) * 60 + minute) * 60 + second)
    }

    /// Reads `.123456`, or nothing.
    static func milliseconds(in line: RawSpan, fractionAt index: inout Int) -> Int64 {
        guard index + 1 < line.byteCount, [UInt8(ascii: "."), UInt8(ascii: ",")].contains(line.byte(at: index)),
            line.byte(at: index + 1) &- 48 <= 9
        else { return 0 }
        index += 1
        var value: Int64 = 0
        var places = 0
        while index < line.byteCount, line.byte(at: index) &- 48 <= 9 {
            if places < 3 { value = value * 10 + Int64(line.byte(at: index) &- 48) }
            places += 1
            index += 1
        }
        while places < 3 {
            value *= 10
            places += 1
        }
        return value
    }

    /// Reads `Z`, `+02:00`, `+0200`, or nothing.
    private static func zone(in line: RawSpan, at index: inout Int, usually offset: Int) -> Int? {
        guard index < line.byteCount else { return offset }
        let sign = line.byte(at: index)
        if sign | 0x20 == UInt8(ascii: "z") {
            index += 1
            return 0
        }
        guard sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"), index + 5 <= line.byteCount else { return offset }
        let colon = line.byte(at: index + 3) == UInt8(ascii: ":") ? 1 : 0
        guard index + 5 + colon <= line.byteCount else { return nil }
        var digits = Digits(line)
        let seconds = digits.two(at: index + 1) * 3600 + digits.two(at: index + 3 + colon) * 60
        guard digits.areDigits, seconds < 86_400 else { return nil }
        index += 5 + colon
        return sign == UInt8(ascii: "+") ? seconds : -seconds
    }
}

/// A time as seconds since 1970, with or without a fraction: `1431857103.123`.
enum EpochLogTime {
    /// Milliseconds since 1970; nil unless `range` is such a number.
    static func milliseconds(in line: RawSpan, _ range: Range<Int>) -> Int64? {
        let point = line.firstIndex(of: UInt8(ascii: "."), in: range) ?? range.upperBound
        guard point - range.lowerBound <= 12, let seconds = line.integer(in: range.lowerBound..<point) else {
            return nil
        }
        var end = point
        let fraction = ISOLogTime.milliseconds(in: line.extracting(..<range.upperBound), fractionAt: &end)
        return end == range.upperBound ? seconds * 1000 + fraction : nil
    }
}

/// A time in any of the ways in which JSON logs write it.
enum AnyLogTime {
    /// Milliseconds since 1970, and how good the time is: 2 with fractions of a second, 1 without.
    static func milliseconds(in line: RawSpan, _ range: Range<Int>) -> (Int64, quality: Int)? {
        guard range.count > 0 else { return nil }
        let text = line.extracting(range)
        if let number = text.integer(in: 0..<text.byteCount) {
            switch text.byteCount {
            case ...11: return (number * 1000, 1)
            case ...14: return (number, 2)  // milliseconds
            case ...16: return (number / 1000, 2)  // microseconds
            default: return (number / 1_000_000, 2)
            }
        }
        if text.byteCount == 19, let micro = text.integer(in: 0..<16), text.integer(in: 16..<19) != nil {
            return (micro / 1000, 2)  // nanoseconds
        }
        if let time = EpochLogTime.milliseconds(in: text, 0..<text.byteCount) { return (time, 2) }
        var index = 0
        if let time = ISOLogTime.milliseconds(in: text, at: &index), index == text.byteCount {
            return (time, time % 1000 == 0 ? 1 : 2)
        }
        let start = text.byte(at: 0) == UInt8(ascii: "[") ? 1 : 0
        guard text.byteCount == CommonLogTime.length + 2 * start else { return nil }
        return CommonLogTime.milliseconds(in: text, at: start).map { ($0, 1) }
    }
}

/// Reads pairs of decimal digits and remembers whether all were digits.
struct Digits: ~Escapable {
    let line: RawSpan
    var worst: UInt8 = 0

    var areDigits: Bool { worst <= 9 }

    @_lifetime(copy line)
    init(_ line: RawSpan) { self.line = line }

    @inline(__always)
    mutating func two(at index: Int) -> Int {
        let tens = line.byte(at: index) &- 48
        let ones = line.byte(at: index + 1) &- 48
        worst = max(worst, tens, ones)
        return Int(tens) * 10 + Int(ones)
    }
}

/// The Gregorian calendar.
enum Civil {
    /// Days from 1970-01-01 to a date, negative before.
    ///
    /// Years are counted from March, so that the leap day is a year's last.
    static func daysSince1970(year: Int, month: Int, day: Int) -> Int {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    /// Days of a month, 28 to 31.
    static func days(inMonth month: Int, year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}

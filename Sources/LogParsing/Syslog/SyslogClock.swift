// Times without a year and a zone, as RFC 3164 has them.
internal import Glibc

/// Guesses the year and the zone of `Nov 21 00:24:24`.
///
/// The zone is that of this machine, unless the specification of the format says otherwise. The year is such that the
/// time is the nearest to the one before it in the log, and for the first line to now, but never more than a day ahead
/// of now: a log of last December that is read in January was written last year.
struct SyslogClock: Sendable {
    private static let day: Int64 = 86_400_000
    /// Times that are so near to each other cannot be nearer in another year.
    private static let near: Int64 = 100 * day

    /// Seconds to the east of Greenwich; nil for those of this machine at that time.
    var offset: Int?
    private var last: Int64?
    private var now: Int64?
    /// The last hour that was converted with the machine's zone, and its offset.
    private var cachedHour = Int64.min
    private var cachedOffset = 0
    /// The first twelve bytes of the last time that was read, up to the minute, and what they come to.
    private var minuteText: (UInt64, UInt64) = (0, 0)
    private var minute: Int64 = 0

    /// The time that the next one will be near to; nil if that is still the one of ``begin(near:)``.
    var reference: Int64? { isSettled ? last ?? now ?? Self.system() : nil }
    /// The first time since ``begin(near:)`` of which the year was guessed from that.
    private(set) var firstGuess: Int64?
    /// Whether a time was read since then.
    private var isSettled = true

    init(offset: Int? = nil) { self.offset = offset }

    /// Begins behind a time that is not known for sure.
    mutating func begin(near time: Int64?) { (last, firstGuess, isSettled) = (time, nil, false) }

    /// Learns what time it is.
    mutating func set(now milliseconds: Int64) { now = milliseconds }

    /// Milliseconds since 1970 of the time at `index`, behind which it moves; nil if there is none.
    mutating func milliseconds(in line: RawSpan, at index: inout Int) -> Int64? {
        if let time = sameMinute(line, index) {
            index += 15
            let fraction = ISOLogTime.milliseconds(in: line, fractionAt: &index)
            return settle(time + fraction)
        }
        let start = index
        guard start + 15 <= line.byteCount, let month = CommonLogTime.month(line, at: start) else { return nil }
        var digits = Digits(line)
        let isPadded = line.byte(at: start + 4) == UInt8(ascii: " ")
        let day = isPadded ? Int(line.byte(at: start + 5) &- 48) : digits.two(at: start + 4)
        let hour = digits.two(at: start + 7)
        let minute = digits.two(at: start + 10)
        let second = digits.two(at: start + 13)
        guard digits.areDigits, line.byte(at: start + 3) == UInt8(ascii: " "), day >= 1, day <= 31,
            line.byte(at: start + 6) == UInt8(ascii: " "), line.byte(at: start + 9) == UInt8(ascii: ":"),
            line.byte(at: start + 12) == UInt8(ascii: ":"), hour < 24, minute < 60, second <= 60
        else { return nil }
        index = start + 15
        let fraction = ISOLogTime.milliseconds(in: line, fractionAt: &index)
        let near = last ?? current()
        let year = Self.year(of: near)
        var best: Int64?
        for change in [0, -1, 1, -2, -3, -4] {
            let candidate = year + change
            guard day <= Civil.days(inMonth: month, year: candidate) else { continue }
            let days = Civil.daysSince1970(year: candidate, month: month, day: day)
            let local = Int64(((days * 24 + hour) * 60 + minute) * 60 + second)
            let time = utc(local) * 1000
            if time + fraction > current() + Self.day { continue }
            if best.map({ abs(time - near) < abs($0 - near) }) ?? true { best = time }
            // No other year comes nearer.
            if abs(time - near) < Self.near { break }
        }
        guard let best else { return nil }
        if second < 60 {
            minuteText = Self.minuteText(line, start)
            self.minute = best - Int64(second) * 1000
        }
        return settle(best + fraction)
    }

    @inline(__always)
    private mutating func settle(_ time: Int64) -> Int64 {
        if !isSettled { (firstGuess, isSettled) = (time, true) }
        last = time
        return time
    }

    private static func minuteText(_ line: RawSpan, _ start: Int) -> (UInt64, UInt64) {
        (line.word(at: start), line.word(at: start + 7))
    }

    /// The time at `start` if it is in the minute of the one before, which most are.
    @inline(__always)
    private func sameMinute(_ line: RawSpan, _ start: Int) -> Int64? {
        guard let last, let now, start + 15 <= line.byteCount else { return nil }
        // The words overlap; the second one ends with the seconds.
        let seconds = line.word(at: start + 7)
        guard line.word(at: start) == minuteText.0, (seconds ^ minuteText.1) & 0xFFFF_FFFF_FFFF == 0 else {
            return nil
        }
        let tens = UInt8(truncatingIfNeeded: seconds >> 48) &- 48
        let ones = UInt8(truncatingIfNeeded: seconds >> 56) &- 48
        guard tens <= 5, ones <= 9 else { return nil }
        let time = minute + Int64(tens) * 10_000 + Int64(ones) * 1000
        return time < now + Self.day && abs(time - last) < Self.near ? time : nil
    }

    /// Milliseconds since 1970 of `2026/11/21 00:24:27` at `index`, behind which it moves; nil if there is none.
    ///
    /// nginx writes its error log so, in the machine's zone.
    mutating func slashedMilliseconds(in line: RawSpan, at index: inout Int) -> Int64? {
        let start = index
        guard let seconds = ISOLogTime.localSeconds(in: line, at: start, separator: UInt8(ascii: "/")),
            line.byte(at: start + 10) == UInt8(ascii: " ")
        else { return nil }
        index = start + ISOLogTime.length
        return utc(seconds) * 1000
    }

    /// What a time that was known for sure says about the years of those that follow.
    mutating func learn(_ milliseconds: Int64) { (last, isSettled) = (milliseconds, true) }

    private mutating func current() -> Int64 {
        if let now { return now }
        let milliseconds = Self.system()
        now = milliseconds
        return milliseconds
    }

    private static func system() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1000
    }

    /// The UTC of a local time, in seconds.
    private mutating func utc(_ local: Int64) -> Int64 {
        if let offset { return local - Int64(offset) }
        let hour = local / 900  // zones change at quarters of an hour
        if hour != cachedHour {
            cachedHour = hour
            cachedOffset = Self.offset(atLocal: local)
        }
        return local - Int64(cachedOffset)
    }

    /// The offset of the machine's zone; of two, when an hour comes twice, the first one.
    ///
    /// What `mktime` says of such an hour depends on what it was asked before, by whichever thread.
    private static func offset(atLocal local: Int64) -> Int {
        func offset(_ utc: Int64) -> Int {
            var seconds = time_t(utc)
            var broken = tm()
            localtime_r(&seconds, &broken)
            return broken.tm_gmtoff
        }
        let before = offset(local - 86_400)
        let after = offset(local + 86_400)
        return before != after && offset(local - Int64(before)) != before && offset(local - Int64(after)) == after
            ? after : before
    }

    private static func year(of milliseconds: Int64) -> Int {
        var seconds = time_t(milliseconds / 1000)
        var broken = tm()
        gmtime_r(&seconds, &broken)
        return Int(broken.tm_year) + 1900
    }
}

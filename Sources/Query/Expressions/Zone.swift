// Time zones: UTC, fixed offsets and names of the tz database.

internal import BSON

/// A time zone.
enum Zone: Sendable {
    /// So many seconds ahead of UTC.
    case fixed(Int64)
    /// As a file of the system's tz database says.
    case rules(ZoneRules)

    static let utc = Zone.fixed(0)

    /// Finds a time zone: `UTC`, `GMT`, `+02:00`, `-0330`, `+05`, or a name such as `Europe/Berlin`.
    init(_ name: String) throws(QueryError) {
        if name == "UTC" || name == "GMT" {
            self = .utc
        } else if let seconds = Zone.offset(name) {
            self = .fixed(seconds)
        } else {
            self = .rules(try ZoneRules.named(name))
        }
    }

    /// Reads `+hh`, `+hhmm` or `+hh:mm`; any digits will do, as in MongoDB.
    static func offset(_ text: String) -> Int64? {
        var bytes = Array(text.utf8)
        guard let sign = bytes.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") else { return nil }
        if bytes.count == 6, bytes[3] == UInt8(ascii: ":") { bytes.remove(at: 3) }
        let digits = bytes.dropFirst()
        guard digits.count == 2 || digits.count == 4, digits.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        let value = digits.reduce(0 as Int64) { $0 * 10 + Int64($1 - 0x30) }
        let minutes = digits.count == 2 ? value * 60 : value / 100 * 60 + value % 100
        return (sign == UInt8(ascii: "-") ? -60 : 60) * minutes
    }

    /// How many seconds clocks are ahead of UTC at a second since 1970.
    func offset(at seconds: Int64) -> Int64 {
        switch self {
        case .fixed(let offset): offset
        case .rules(let rules): rules.period(at: seconds).offset
        }
    }

    /// Whether summer time is in force at a second since 1970.
    func isSummer(at seconds: Int64) -> Bool {
        if case .rules(let rules) = self { rules.period(at: seconds).isSummer } else { false }
    }

    /// What calendars and clocks show.
    func local(_ date: Datetime) -> LocalTime {
        let (seconds, millisecond) = date.millisecondsSinceEpoch.floored(by: 1000)
        return LocalTime(seconds: seconds + offset(at: seconds), millisecond: millisecond)
    }

    /// Returns when it is that calendars and clocks show something; `nil` beyond what a datetime can hold.
    ///
    /// - Parameter isSummer: Which of two moments is meant where clocks are set back.
    func date(_ local: LocalTime, isSummer: Bool = false) -> Datetime? {
        date(seconds: local.seconds, millisecond: local.millisecond, isSummer: isSummer)
    }

    /// Returns when it is that clocks show so many seconds since 1970.
    func date(seconds local: Int64, millisecond: Int64, isSummer: Bool = false) -> Datetime? {
        let offset =
            switch self {
            case .fixed(let offset): offset
            case .rules(let rules): rules.offset(atLocal: local, isSummer: isSummer)
            }
        // The first second of the range begins before the range does.
        let early = local < offset ? 1 : 0 as Int64
        guard let moved = checkedSum(local, early - offset), let whole = checkedProduct(moved, 1000),
            let milliseconds = checkedSum(whole, millisecond - early * 1000)
        else { return nil }
        return Datetime(millisecondsSinceEpoch: milliseconds)
    }
}

extension ZoneRules {
    /// How far clocks are ahead of UTC when they show `local` seconds since 1970.
    ///
    /// Where clocks are set forward, what they never show is taken as if they were not; where they are set back, the
    /// later of two moments is taken unless summer time is asked for. The steps are those of timelib, which MongoDB
    /// uses: the offset at `local` as if it were UTC is a guess, the offset where that leads to is the next one.
    func offset(atLocal local: Int64, isSummer: Bool) -> Int64 {
        let guess = period(at: local)
        let after = period(at: local - guess.offset)
        var actual = after
        if guess.offset == after.offset {
            if guess.offset >= 0 && isSummer && !guess.isSummer {
                // East of UTC a clock that is about to be set back looks as if it had been.
                let earlier = period(at: local - guess.offset - 7200)
                if earlier.offset != after.offset && local - earlier.offset < after.start { actual = earlier }
            } else if guess.offset <= 0 && guess.isSummer && !isSummer {
                let later = period(at: local - guess.offset + 7200)
                if later.offset != after.offset && local - later.offset >= later.start { actual.offset = later.offset }
            }
        }
        let moved = local - actual.offset
        let isBetween =
            actual.start != .min && moved < actual.start && moved >= actual.start + guess.offset - actual.offset
        return guess.offset != actual.offset && !isBetween ? actual.offset : guess.offset
    }
}

// The rule by which clocks are set for ever: what POSIX calls the variable TZ.

/// A rule for all years, such as `CET-1CEST,M3.5.0,M10.5.0/3`.
///
/// Source: POSIX, "Other Environment Variables"; RFC 8536, section 3.3.1.
struct FutureRule: Sendable {
    /// A moment that comes each year, in local time.
    private struct Yearly {
        enum Day {
            case weekday(month: Int64, week: Int64, day: Int64)  // 5 is the last week, 0 is Sunday
            case withoutLeapDay(Int64)  // from 1
            case ofYear(Int64)  // from 0
        }

        var day: Day
        var seconds: Int64 = 7200

        /// The second since 1970, as if local time were UTC.
        func seconds(in year: Int64) -> Int64 { days(in: year) * 86_400 + seconds }

        private func days(in year: Int64) -> Int64 {
            switch day {
            case .ofYear(let day): return LocalTime.days(year, 1, 1 + day)
            case .withoutLeapDay(let day):
                let isBehind = day >= 60 && LocalTime.days(ofMonth: 2, year) == 29
                return LocalTime.days(year, 1, day + (isBehind ? 1 : 0))
            case .weekday(let month, let week, let day):
                let first = LocalTime.days(year, month, 1)
                let start = first + (day - (first + 4)).floored(by: 7).remainder + 7 * (week - 1)
                return start >= LocalTime.days(year, month + 1, 1) ? start - 7 : start
            }
        }
    }

    private let winter: Int64
    private let summer: Int64
    private let changes: (toSummer: Yearly, toWinter: Yearly)?

    /// Reads the rule; `nil` if it is none.
    init?(_ text: [UInt8]) {
        var reader = Reader(text)
        guard reader.name(), let west = reader.time() else { return nil }
        winter = -west
        guard !reader.isAtEnd else {
            summer = winter
            changes = nil
            return
        }
        guard reader.name() else { return nil }
        summer = reader.isAt(",") ? winter + 3600 : reader.time().map { -$0 } ?? winter + 3600
        guard reader.take(","), let toSummer = reader.yearly(), reader.take(","), let toWinter = reader.yearly(),
            reader.isAtEnd
        else { return nil }
        changes = (toSummer, toWinter)
    }

    /// Returns how clocks are set at a second since 1970, given the period that was known last.
    func period(at seconds: Int64, after known: ZoneRules.Period) -> ZoneRules.Period {
        guard let changes else { return ZoneRules.Period(offset: winter, isSummer: false, start: known.start) }
        let year = LocalTime(seconds: seconds + winter).year
        var latest = known
        for year in year - 1...year + 1 {
            let starts = [
                ZoneRules.Period(
                    offset: summer, isSummer: true, start: changes.toSummer.seconds(in: year) - winter),
                ZoneRules.Period(
                    offset: winter, isSummer: false, start: changes.toWinter.seconds(in: year) - summer),
            ]
            for change in starts where change.start <= seconds && change.start > latest.start { latest = change }
        }
        return latest
    }

    private struct Reader {
        private var rest: ArraySlice<UInt8>

        init(_ text: [UInt8]) { rest = text[...] }

        var isAtEnd: Bool { rest.isEmpty }

        func isAt(_ character: Unicode.Scalar) -> Bool { rest.first == UInt8(ascii: character) }

        mutating func take(_ character: Unicode.Scalar) -> Bool {
            guard isAt(character) else { return false }
            rest.removeFirst()
            return true
        }

        /// The abbreviation, which does not matter: letters, or anything between `<` and `>`.
        mutating func name() -> Bool {
            let count = rest.count
            if take("<") {
                while let byte = rest.first, byte != UInt8(ascii: ">") { rest.removeFirst() }
                return take(">")
            }
            while let byte = rest.first, (0x41...0x5A).contains(byte & ~0x20) { rest.removeFirst() }
            return rest.count < count
        }

        private mutating func number() -> Int64? {
            var value: Int64?
            while let byte = rest.first, (0x30...0x39).contains(byte), value ?? 0 < 100_000 {
                value = (value ?? 0) * 10 + Int64(byte - 0x30)
                rest.removeFirst()
            }
            return value
        }

        /// Hours, minutes and seconds, with a sign.
        mutating func time() -> Int64? {
            let isNegative = take("-")
            if !isNegative { _ = take("+") }
            guard var seconds = number().map({ $0 * 3600 }) else { return nil }
            for unit in [60, 1] as [Int64] where take(":") {
                guard let value = number() else { return nil }
                seconds += value * unit
            }
            return isNegative ? -seconds : seconds
        }

        mutating func yearly() -> Yearly? {
            guard let day = day() else { return nil }
            var yearly = Yearly(day: day)
            if take("/") {
                guard let seconds = time() else { return nil }
                yearly.seconds = seconds
            }
            return yearly
        }

        private mutating func day() -> Yearly.Day? {
            if take("J") { return number().map { .withoutLeapDay($0) } }
            guard take("M") else { return number().map { .ofYear($0) } }
            guard let month = number(), (1...12).contains(month), take("."), let week = number(),
                (1...5).contains(week), take("."), let day = number(), (0...6).contains(day)
            else { return nil }
            return .weekday(month: month, week: week, day: day)
        }
    }
}

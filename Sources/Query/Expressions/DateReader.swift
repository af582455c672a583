// Dates from text: with a format, or in the forms of ISO 8601.

internal import BSON

/// Reads a date from text.
struct DateReader {
    private let text: String
    private var rest: ArraySlice<UInt8>
    private var year: Int64?
    private var month: Int64?
    private var day: Int64?
    private var isoYear: Int64?
    private var isoWeek: Int64?
    private var isoDay: Int64?
    private var hour: Int64 = 0
    private var minute: Int64 = 0
    private var second: Int64 = 0
    private var millisecond: Int64 = 0
    /// Whether there were digits behind the milliseconds that are not zero.
    private var isCut = false
    /// Seconds ahead of UTC, if the text says so.
    private var offset: Int64?

    private init(_ text: String) {
        self.text = text
        rest = Array(text.utf8)[...]
    }

    /// Reads all of a text, in one of the usual forms if there is no format.
    ///
    /// - Parameter zone: Where the text has its time from; then it must not say so itself. `nil` means UTC.
    static func date(_ text: String, _ format: DateFormat?, in zone: Zone?) throws(QueryError) -> Datetime {
        var reader = DateReader(text)
        if let format { try reader.read(format) } else { try reader.readUsual() }
        return try reader.result(zone)
    }

    private func wrong(_ reason: String) -> QueryError {
        QueryError("'\(text)' is not a date: \(reason)")
    }

    private func result(_ zone: Zone?) throws(QueryError) -> Datetime {
        if offset != nil && zone != nil { throw wrong("it has a time zone, and 'timezone' is given") }
        guard hour < 24, minute < 60, second < 60 else { throw wrong("there is no such time") }
        var local = try date()
        local.hour = hour
        local.minute = minute
        local.second = second
        local.millisecond = millisecond
        guard let date = (offset.map { .fixed($0) } ?? zone ?? .utc).date(local) else { throw wrong("out of range") }
        // Microseconds are cut towards 1970, as MongoDB does.
        let isLate = isCut && date.millisecondsSinceEpoch < 0
        return isLate ? Datetime(millisecondsSinceEpoch: date.millisecondsSinceEpoch + 1) : date
    }

    private func date() throws(QueryError) -> LocalTime {
        if let isoYear {
            if year != nil || month != nil || day != nil { throw wrong("ISO weeks are mixed with months") }
            let days = LocalTime.firstMonday(ofISOYear: isoYear) + ((isoWeek ?? 1) - 1) * 7 + (isoDay ?? 1) - 1
            return LocalTime(days: days)
        }
        guard let year, let month, let day else { throw wrong("year, month or day is not there") }
        guard (1...12).contains(month), day >= 1, day <= LocalTime.days(ofMonth: month, year) else {
            throw wrong("there is no such day")
        }
        return LocalTime(year: year, month: month, day: day)
    }

    private func isAt(_ byte: UInt8) -> Bool { rest.first == byte }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard isAt(byte) else { return false }
        rest.removeFirst()
        return true
    }

    private mutating func take(_ literal: StaticString) -> Bool {
        take(literal.utf8Start.pointee)
    }

    /// Reads a number of so many digits.
    private mutating func number(_ count: ClosedRange<Int>) -> Int64? {
        let digits = rest.prefix(count.upperBound).prefix { (0x30...0x39).contains($0) }
        guard digits.count >= count.lowerBound else { return nil }
        rest.removeFirst(digits.count)
        return digits.reduce(0 as Int64) { $0 * 10 + Int64($1 - 0x30) }
    }

    private mutating func number(_ count: ClosedRange<Int>, _ what: String) throws(QueryError) -> Int64 {
        guard let number = number(count) else { throw wrong("expected \(what) at byte \(rest.startIndex)") }
        return number
    }

    /// Reads digits behind a point; those beyond milliseconds are dropped.
    private mutating func fraction(_ limit: Int) -> Int64? {
        var value: Int64 = 0
        var unit: Int64 = 100
        var count = 0
        while count < limit, let byte = rest.first, (0x30...0x39).contains(byte) {
            value += Int64(byte - 0x30) * unit
            if (3..<6).contains(count) && byte != 0x30 { isCut = true }
            unit /= 10
            count += 1
            rest.removeFirst()
        }
        return count > 0 ? value : nil
    }
}

// MARK: - With a format

extension DateReader {
    private mutating func read(_ format: DateFormat) throws(QueryError) {
        for part in format.parts {
            switch part {
            case .literal(let bytes):
                guard rest.starts(with: bytes) else {
                    throw wrong("expected '\(String(decoding: bytes, as: UTF8.self))' at byte \(rest.startIndex)")
                }
                rest.removeFirst(bytes.count)
            case .field(let letter): try read(letter)
            }
        }
        if !rest.isEmpty { throw wrong("the format ends at byte \(rest.startIndex)") }
    }

    private mutating func read(_ letter: UInt8) throws(QueryError) {
        switch Unicode.Scalar(letter) {
        case "Y": year = try number(1...4, "a year")
        case "m": month = try number(1...2, "a month")
        case "d": day = try number(1...2, "a day")
        case "G": isoYear = try number(1...4, "a year")
        case "V": isoWeek = try number(1...2, "a week")
        case "u": isoDay = try number(1...1, "a day of the week")
        case "H": hour = try number(1...2, "an hour")
        case "M": minute = try number(2...2, "two digits of minutes")
        case "S": second = try number(2...2, "two digits of seconds")
        case "L":
            guard let value = fraction(3) else { throw wrong("expected milliseconds at byte \(rest.startIndex)") }
            millisecond = value
        case "z":
            guard try zone() else { throw wrong("expected a time zone at byte \(rest.startIndex)") }
        default:
            let isNegative = isAt(0x2D)
            guard take("+") || take("-") else { throw wrong("expected + or - at byte \(rest.startIndex)") }
            let minutes = try number(1...4, "minutes")
            offset = (isNegative ? -60 : 60) * minutes
        }
        if let isoWeek, !(1...53).contains(isoWeek) { throw wrong("there is no week \(isoWeek)") }
        if let isoDay, !(1...7).contains(isoDay) { throw wrong("there is no day \(isoDay) of the week") }
    }

    /// Reads `Z`, `UTC`, `GMT` or an offset such as `+1`, `+01`, `+0130`, `+01:30`; whether there is one.
    private mutating func zone() throws(QueryError) -> Bool {
        if take("Z") || take("z") {
            offset = 0
            return true
        }
        for name in ["UTC", "GMT"] where rest.starts(with: name.utf8) {
            rest.removeFirst(3)
            offset = 0
            return true
        }
        let isNegative = isAt(0x2D)
        guard take("+") || take("-") else { return false }
        let before = rest.count
        let value = try number(1...4, "an offset of hours and minutes")
        var minutes = before - rest.count > 2 ? value / 100 * 60 + value % 100 : value * 60
        if before - rest.count <= 2, take(":") {
            let more = try number(1...2, "minutes")
            if more > 59 { throw wrong("there is no such offset") }
            minutes += more
        }
        guard minutes <= 24 * 60, value < 100 || value % 100 < 60 else { throw wrong("there is no such offset") }
        offset = (isNegative ? -60 : 60) * minutes
        return true
    }
}

// MARK: - Without a format

extension DateReader {
    /// Reads the forms of ISO 8601 and some that are like them: `2026-11-21T07:39:53.123Z`, `20261121T073953`,
    /// `2026-W47-6`, `2026-325`, `2026/11/21 7:39`, `11/21/2026`, `21.11.2026`, `@1700000000`.
    private mutating func readUsual() throws(QueryError) {
        blanks()
        while rest.last == 0x20 || rest.last == 0x09 { rest.removeLast() }
        if take("@") {
            try readSeconds()
            return
        }
        try readDate()
        if rest.isEmpty { return }
        let isBlank = blanks()
        if (isBlank && rest.first.map { (0x30...0x39).contains($0) } ?? false) || take("T") || take("t") {
            try readTime()
            blanks()
        }
        if !rest.isEmpty { guard try zone() else { throw wrong("byte \(rest.startIndex) makes no sense") } }
        blanks()
        if !rest.isEmpty { throw wrong("byte \(rest.startIndex) makes no sense") }
    }

    @discardableResult private mutating func blanks() -> Bool {
        let count = rest.count
        while isAt(0x20) || isAt(0x09) { rest.removeFirst() }
        return rest.count < count
    }

    private mutating func readSeconds() throws(QueryError) {
        let isNegative = take("-")
        let seconds = try number(1...11, "seconds since 1970")
        if !rest.isEmpty { throw wrong("byte \(rest.startIndex) makes no sense") }
        let local = LocalTime(seconds: isNegative ? -seconds : seconds)
        (year, month, day) = (local.year, local.month, local.day)
        (hour, minute, second, offset) = (local.hour, local.minute, local.second, 0)
    }

    private mutating func readDate() throws(QueryError) {
        if isAt(0x2D) || isAt(0x2B) { return try readSignedDate() }
        let count = rest.prefix { (0x30...0x39).contains($0) }.count
        let first = try number(1...9, "a year")
        if count == 8 {
            (year, month, day) = (first / 10_000, first / 100 % 100, first % 100)
        } else if count == 4 {
            try readISO(first)
        } else if take("/") {
            month = first
            try readRest("/")
        } else if take(".") {
            day = first
            try readRest(".")
        } else if count <= 2, take("-") {
            day = first
            try readRest("-")
        } else {
            throw wrong("byte \(rest.startIndex) makes no sense")
        }
    }

    /// Reads `-0044-03-15`: with a sign, every digit has to be there.
    private mutating func readSignedDate() throws(QueryError) {
        let isNegative = take("-")
        if !isNegative { _ = take("+") }
        let first = try number(4...9, "at least four digits of the year")
        year = isNegative ? -first : first
        guard take("-") else { throw wrong("there is no month") }
        month = try number(2...2, "two digits of the month")
        guard take("-") else { throw wrong("there is no day") }
        day = try number(2...2, "two digits of the day")
    }

    /// Reads the day or the month, and a year of four digits.
    private mutating func readRest(_ separator: StaticString) throws(QueryError) {
        let second = try number(1...2, "a number of one or two digits")
        if day == nil { day = second } else { month = second }
        guard take(separator) else { throw wrong("there is no year") }
        year = try number(4...4, "four digits of the year")
    }

    /// Reads what follows a year.
    private mutating func readISO(_ first: Int64) throws(QueryError) {
        if take("/") {
            (year, month) = (first, try number(1...2, "a month"))
            guard take("/") else { throw wrong("there is no day") }
            day = try number(1...2, "a day")
            return
        }
        let isDashed = take("-")
        if take("W") {
            (isoYear, isoWeek) = (first, try number(2...2, "a week"))
            if isDashed ? take("-") : !rest.isEmpty { isoDay = try number(1...1, "a day of the week") }
            guard (1...53).contains(isoWeek ?? 1), (0...7).contains(isoDay ?? 1) else {
                throw wrong("there is no such day")
            }
            return
        }
        guard isDashed else { throw wrong("year, month or day is not there") }
        year = first
        let count = rest.prefix { (0x30...0x39).contains($0) }.count
        if count == 3 {
            let ofYear = try number(3...3, "a day of the year")
            guard (1...365).contains(ofYear) else { throw wrong("there is no such day") }
            let local = LocalTime(year: first, month: 1, day: ofYear)
            (month, day) = (local.month, local.day)
            return
        }
        month = try number(1...2, "a month")
        day = take("-") ? try number(1...2, "a day") : 1
    }

    private mutating func readTime() throws(QueryError) {
        let count = rest.prefix { (0x30...0x39).contains($0) }.count
        if count == 6 {
            let value = try number(6...6, "a time")
            (hour, minute, second) = (value / 10_000, value / 100 % 100, value % 100)
            return
        }
        hour = try number(1...2, "an hour")
        guard take(":") else { return }
        minute = try number(1...2, "minutes")
        guard take(":") else { return }
        second = try number(1...2, "seconds")
        if take(".") { millisecond = fraction(.max) ?? 0 }
    }
}

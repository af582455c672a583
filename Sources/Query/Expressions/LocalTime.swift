// Calendar arithmetic: days, months, weeks and years of the proleptic Gregorian calendar.

internal import BSON

/// What a calendar and a clock on the wall show, in no particular time zone.
struct LocalTime: Hashable, Sendable {
    var year: Int64 = 1970
    var month: Int64 = 1
    var day: Int64 = 1
    var hour: Int64 = 0
    var minute: Int64 = 0
    var second: Int64 = 0
    var millisecond: Int64 = 0

    static let monthNames = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ]
    static let dayNames = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]

    /// What is shown in UTC so many milliseconds after the beginning of 1970.
    init(milliseconds: Int64) {
        let (seconds, millisecond) = milliseconds.floored(by: 1000)
        self.init(seconds: seconds, millisecond: millisecond)
    }

    /// What is shown in UTC so many seconds after the beginning of 1970.
    init(seconds: Int64, millisecond: Int64 = 0) {
        let (days, rest) = seconds.floored(by: 86_400)
        self.init(days: days)
        hour = rest / 3600
        minute = rest / 60 % 60
        second = rest % 60
        self.millisecond = millisecond
    }

    /// The beginning of a day, counted from 1970.
    ///
    /// Days are counted from 1 March of year 0 on the way, so that a leap day is the last of its year; see Howard
    /// Hinnant's "chrono-Compatible Low-Level Date Algorithms".
    init(days: Int64) {
        let (era, dayOfEra) = (days + 719_468).floored(by: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        month = shifted < 10 ? shifted + 3 : shifted - 9
        day = dayOfYear - (153 * shifted + 2) / 5 + 1
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    /// The beginning of a day of a month; a month beyond 1 to 12 belongs to another year, and a day to another month.
    init(year: Int64, month: Int64, day: Int64) {
        self.init(days: LocalTime.days(year, month, day))
    }

    /// The days from the beginning of 1970 to a day, which may lie outside its month, and the month outside its year.
    static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let (years, index) = (month - 1).floored(by: 12)
        let (era, yearOfEra) = (year + years - (index < 2 ? 1 : 0)).floored(by: 400)
        let dayOfYear = (153 * (index >= 2 ? index - 2 : index + 10) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    /// The days of a month.
    static func days(ofMonth month: Int64, _ year: Int64) -> Int64 { days(year, month + 1, 1) - days(year, month, 1) }

    /// The days from the beginning of 1970 to the Monday that the ISO year begins with.
    static func firstMonday(ofISOYear year: Int64) -> Int64 {
        // The week of 4 January is the first.
        let day = days(year, 1, 4)
        return day - (day + 3).floored(by: 7).remainder
    }

    /// The days from the beginning of 1970.
    var days: Int64 { LocalTime.days(year, month, day) }

    /// The seconds from the beginning of 1970, as if this were UTC.
    var seconds: Int64 { days * 86_400 + hour * 3600 + minute * 60 + second }

    /// The day of the year, from 1.
    var dayOfYear: Int64 { days - LocalTime.days(year, 1, 1) + 1 }

    /// The day of the week: 1 for Monday to 7 for Sunday.
    var isoDayOfWeek: Int64 { (days + 3).floored(by: 7).remainder + 1 }

    /// The week of the year, from 0; the first Sunday begins week 1.
    var week: Int64 { (dayOfYear - 1 + 7 - isoDayOfWeek % 7) / 7 }

    /// The year that the week belongs to: its Thursday's.
    var isoYear: Int64 { LocalTime(days: days + 4 - isoDayOfWeek).year }

    /// The week of the ISO year, from 1; weeks begin on Monday.
    var isoWeek: Int64 { (days - LocalTime.firstMonday(ofISOYear: isoYear)) / 7 + 1 }
}

extension Int64 {
    /// The quotient rounded down, and the remainder, which is not negative; the divisor is positive.
    func floored(by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}

extension Datetime {
    /// Whole seconds since the beginning of 1970, rounded down.
    var seconds: Int64 { millisecondsSinceEpoch.floored(by: 1000).quotient }
}

/// Sums and products that are out of range give `nil`.
func checkedSum(_ left: Int64, _ right: Int64) -> Int64? {
    let (value, overflow) = left.addingReportingOverflow(right)
    return overflow ? nil : value
}

func checkedProduct(_ left: Int64, _ right: Int64) -> Int64? {
    let (value, overflow) = left.multipliedReportingOverflow(by: right)
    return overflow ? nil : value
}

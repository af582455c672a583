// The one form of a date that events have, without the detours of others.

internal import BSON

extension Datetime {
    /// Reads ISO-8601 text; fast if it is as MongoDB and this module write it, `2026-11-21T07:39:53.123Z`.
    init?(utf8 text: UnsafeRawBufferPointer) {
        if text.count == 24 || text.count == 20, let milliseconds = Datetime.milliseconds(usual: text) {
            self.init(millisecondsSinceEpoch: milliseconds)
        } else {
            self.init(iso8601: String(decoding: text, as: UTF8.self))
        }
    }

    /// The milliseconds of a date in the usual form; `nil` if it is in another, or after the 28th of a month.
    private static func milliseconds(usual text: UnsafeRawBufferPointer) -> Int64? {
        var isUsual = text[4] == ASCII.minus && text[7] == ASCII.minus && text[10] == UInt8(ascii: "T")
        isUsual = isUsual && text[13] == ASCII.colon && text[16] == ASCII.colon && text[text.count - 1] == 0x5A
        isUsual = isUsual && (text.count == 20 || text[19] == ASCII.point)
        func number(_ range: Range<Int>) -> Int64 {
            var value: Int64 = 0
            for place in range {
                let digit = text[place] &- ASCII.zero
                if digit > 9 { isUsual = false }
                value = value * 10 + Int64(digit)
            }
            return value
        }
        let (year, month, day) = (number(0..<4), number(5..<7), number(8..<10))
        let (hour, minute, second) = (number(11..<13), number(14..<16), number(17..<19))
        let thousandths = text.count == 24 ? number(20..<23) : 0
        // How long a month is need not be known for most days; the others take the long way.
        guard isUsual, (1...12).contains(month), (1...28).contains(day), hour < 24, minute < 60, second < 60 else {
            return nil
        }
        // Years from March on, so that the leap day is the last: 306 days lie between 1 March and 1 January.
        let shifted = month > 2 ? year : year - 1
        let monthsSinceMarch = month > 2 ? month - 3 : month + 9
        let leapDays = shifted >= 0 ? shifted / 4 - shifted / 100 + shifted / 400 : -1
        let days = shifted * 365 + leapDays + (153 * monthsSinceMarch + 2) / 5 + day - 1 - 719_468
        return ((days * 24 + hour) * 60 + minute) * 60_000 + second * 1000 + thousandths
    }
}

extension ByteBuffer {
    /// Appends a date from 1970 to 9999 as ISO-8601, without milliseconds if they are zero, as MongoDB writes it.
    mutating func append(date milliseconds: Int64) {
        var (days, rest) = milliseconds.quotientAndRemainder(dividingBy: 86_400_000)
        // See Howard Hinnant's "chrono-Compatible Low-Level Date Algorithms": years begin on 1 March.
        days += 719_468
        let (era, dayOfEra) = days.quotientAndRemainder(dividingBy: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        append(decimal: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), digits: 4)
        append(ASCII.minus)
        append(decimal: month, digits: 2)
        append(ASCII.minus)
        append(decimal: dayOfYear - (153 * shifted + 2) / 5 + 1, digits: 2)
        append(UInt8(ascii: "T"))
        append(decimal: rest / 3_600_000, digits: 2)
        append(ASCII.colon)
        append(decimal: rest / 60_000 % 60, digits: 2)
        append(ASCII.colon)
        append(decimal: rest / 1000 % 60, digits: 2)
        rest %= 1000
        if rest > 0 {
            append(ASCII.point)
            append(decimal: rest, digits: 3)
        }
        append(UInt8(ascii: "Z"))
    }

    /// Appends the last so many `digits` of a number that is not negative.
    @inline(__always)
    private mutating func append(decimal value: Int64, digits: Int) {
        let place = reserve(digits)
        var rest = value
        for index in stride(from: digits - 1, through: 0, by: -1) {
            place[index] = ASCII.zero + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
        advance(digits)
    }
}

// The operators of expressions that count with dates: $dateAdd, $dateSubtract, $dateDiff, $dateTrunc.

internal import BSON

/// A unit of time, as MongoDB calls it.
enum TimeUnit: String, Sendable {
    case millisecond, second, minute, hour, day, week, month, quarter, year

    /// The milliseconds of units that clocks count, not calendars.
    var milliseconds: Int64? {
        switch self {
        case .millisecond: 1
        case .second: 1000
        case .minute: 60_000
        case .hour: 3_600_000
        default: nil
        }
    }

    init(_ value: Value, for name: String) throws(QueryError) {
        let text = try value.text(for: "'unit' of \(name)")
        guard let unit = TimeUnit(rawValue: text) else {
            throw QueryError(
                "unknown 'unit' of \(name): '\(text)', expected year, quarter, week, month, day, hour, minute, second "
                    + "or millisecond")
        }
        self = unit
    }
}

extension DateFunction {
    static func add(_ name: String, _ operands: [Value?], sign: Int64) throws(QueryError) -> Value {
        if (0...2).contains(where: { operands.operand($0).isNullish }) { return .null }
        guard let zone = try operands.zone(3, for: name) else { return .null }
        let date = try operands.operand(0).date(for: name)
        let unit = try TimeUnit(operands.operand(1), for: name)
        guard let amount = operands.operand(2).number?.asInteger else {
            throw QueryError("'amount' of \(name) must be a whole number, found \(operands.operand(2).typeName)")
        }
        guard let signed = checkedProduct(amount, sign), let result = advanced(date, unit, signed, zone) else {
            throw QueryError("the result of \(name) is out of range")
        }
        return .datetime(result)
    }

    /// Adds units to a date as a calendar does; `nil` if that is out of range.
    ///
    /// What would be behind a month's end becomes its last day.
    static func advanced(_ date: Datetime, _ unit: TimeUnit, _ amount: Int64, _ zone: Zone) -> Datetime? {
        // MongoDB counts a second too few from a fraction of a second before 1970.
        let early = unit != .millisecond && date.millisecondsSinceEpoch % 1000 < 0 ? 1000 : 0 as Int64
        if let milliseconds = unit.milliseconds {
            guard let step = checkedProduct(amount, milliseconds).flatMap({ checkedSum($0, -early) }),
                let result = checkedSum(date.millisecondsSinceEpoch, step)
            else { return nil }
            return Datetime(millisecondsSinceEpoch: result)
        }
        let isSummer = zone.isSummer(at: date.seconds)
        var local = zone.local(date)
        // More than what a datetime can hold; what is multiplied below stays far from overflowing.
        guard amount.magnitude < (unit == .day || unit == .week ? 1 << 40 : 1 << 34) else { return nil }
        switch unit {
        case .day, .week: local.day += unit == .week ? 7 * amount : amount
        default:
            let months = unit == .month ? amount : unit == .quarter ? 3 * amount : 12 * amount
            let (years, index) = (local.month - 1 + months).floored(by: 12)
            local.year += years
            local.month = index + 1
            local.day = min(local.day, LocalTime.days(ofMonth: local.month, local.year))
        }
        guard let result = zone.date(local, isSummer: isSummer) else { return nil }
        return checkedSum(result.millisecondsSinceEpoch, -early).map { Datetime(millisecondsSinceEpoch: $0) }
    }

    static func difference(_ operands: [Value?]) throws(QueryError) -> Value {
        let name = "$dateDiff"
        if (0...2).contains(where: { operands.operand($0).isNullish }) { return .null }
        if operands.isGiven(3), operands.operand(3).isNullish { return .null }
        let isWeek = operands.operand(2).text == "week"
        if isWeek, operands.isGiven(4), operands.operand(4).isNullish { return .null }
        let start = try operands.operand(0).date(for: name)
        let end = try operands.operand(1).date(for: name)
        let unit = try TimeUnit(operands.operand(2), for: name)
        let zone = try operands.zone(3, for: name) ?? .utc
        let first = isWeek ? try startOfWeek(operands, 4, name) : 7
        guard let difference = difference(start, end, unit, zone, first) else {
            throw QueryError("the result of \(name) is out of range")
        }
        return .int64(difference)
    }

    /// How often one unit ends and the next begins between two dates.
    ///
    /// - Parameter first: The day that weeks begin with, 1 for Monday.
    static func difference(
        _ start: Datetime, _ end: Datetime, _ unit: TimeUnit, _ zone: Zone, _ first: Int64
    ) -> Int64? {
        let (from, to) = (zone.local(start), zone.local(end))
        let days = to.days - from.days
        switch unit {
        case .millisecond:
            let (difference, overflow) = end.millisecondsSinceEpoch.subtractingReportingOverflow(
                start.millisecondsSinceEpoch)
            return overflow ? nil : difference
        case .second, .minute, .hour:
            // What clocks show, without what they were set by in between, which is rounded towards 0.
            let seconds = (unit.milliseconds ?? 1000) / 1000
            let offsets = zone.offset(at: end.seconds) - zone.offset(at: start.seconds)
            let shown = to.seconds.floored(by: seconds).quotient - from.seconds.floored(by: seconds).quotient
            return shown - offsets / seconds
        case .day: return days
        case .week: return (days + (from.isoDayOfWeek - first).floored(by: 7).remainder).floored(by: 7).quotient
        case .month: return (to.year - from.year) * 12 + to.month - from.month
        case .quarter: return (to.year - from.year) * 4 + (to.month - 1) / 3 - (from.month - 1) / 3
        default: return to.year - from.year
        }
    }

    static func truncate(_ operands: [Value?]) throws(QueryError) -> Value {
        let name = "$dateTrunc"
        if (0...1).contains(where: { operands.operand($0).isNullish }) { return .null }
        if (2...3).contains(where: { operands.isGiven($0) && operands.operand($0).isNullish }) { return .null }
        let isWeek = operands.operand(1).text == "week"
        if isWeek, operands.isGiven(4), operands.operand(4).isNullish { return .null }
        let date = try operands.operand(0).date(for: name)
        let unit = try TimeUnit(operands.operand(1), for: name)
        let zone = try operands.zone(3, for: name) ?? .utc
        var size: Int64 = 1
        if operands.isGiven(2) {
            guard let number = operands.operand(2).number?.asInteger, (1...binLimit).contains(number) else {
                throw QueryError("'binSize' of \(name) must be a whole number from 1 to \(binLimit)")
            }
            size = number
        }
        let first = isWeek ? try startOfWeek(operands, 4, name) : 7
        guard let result = truncate(date, unit, size, zone, first) else {
            throw QueryError("the result of \(name) is out of range")
        }
        return .datetime(result)
    }

    /// What MongoDB allows.
    private static let binLimit: Int64 = 100_000_000_000

    /// The beginning of the bin that a date is in; bins are counted from the year 2000, or its first week.
    private static func truncate(
        _ date: Datetime, _ unit: TimeUnit, _ size: Int64, _ zone: Zone, _ first: Int64
    ) -> Datetime? {
        var origin = LocalTime(year: 2000, month: 1, day: 1)
        if unit == .week { origin.day += (first - origin.isoDayOfWeek).floored(by: 7).remainder }
        guard let reference = zone.date(origin) else { return nil }
        var distance: Int64?
        if unit.milliseconds != nil {
            let (difference, overflow) = date.millisecondsSinceEpoch.subtractingReportingOverflow(
                reference.millisecondsSinceEpoch)
            distance = overflow ? nil : difference
        } else {
            distance = difference(reference, date, unit, zone, first)
        }
        guard let distance, let bin = checkedProduct(size, unit.milliseconds ?? 1) else { return nil }
        let remainder = distance.floored(by: bin).remainder
        if unit.milliseconds != nil { return advanced(date, .millisecond, -remainder, zone) }
        return advanced(reference, unit, distance - remainder, zone)
    }

    /// Reads the day that weeks begin with; Sunday if nothing is said.
    private static func startOfWeek(_ operands: [Value?], _ index: Int, _ name: String) throws(QueryError) -> Int64 {
        if !operands.isGiven(index) { return 7 }
        let text = try operands.operand(index).text(for: "'startOfWeek' of \(name)")
        let lower = text.utf8.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
        let found = LocalTime.dayNames.firstIndex { day in
            let whole = day.utf8.map { $0 | 0x20 }
            return lower == whole || lower.elementsEqual(whole.prefix(3))
        }
        guard let found else {
            throw QueryError("'startOfWeek' of \(name) must be a day such as monday or mon, found '\(text)'")
        }
        return Int64(found) + 1
    }
}

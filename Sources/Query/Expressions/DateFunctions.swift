// The operators of expressions on dates: their parts, and dates from parts.

internal import BSON

extension Function {
    /// The functions on dates.
    static let dates: [Function] =
        parts + [
            Function(
                name: "$dateToString",
                operands: .named([required("date"), optional("format"), optional("timezone"), optional("onNull")]),
                apply: DateFunction.toString),
            Function(
                name: "$dateFromString",
                operands: .named([
                    required("dateString"), optional("format"), optional("timezone"), optional("onError"),
                    optional("onNull"),
                ]), apply: DateFunction.fromString),
            Function(
                name: "$dateToParts",
                operands: .named([required("date"), optional("timezone"), optional("iso8601")]),
                apply: DateFunction.toParts),
            Function(
                name: "$dateFromParts",
                operands: .named(
                    [
                        "hour", "minute", "second", "millisecond", "timezone", "year", "month", "day", "isoWeekYear",
                        "isoWeek", "isoDayOfWeek",
                    ].map(optional)), apply: DateFunction.fromParts),
            Function(
                name: "$dateTrunc",
                operands: .named([
                    required("date"), required("unit"), optional("binSize"), optional("timezone"),
                    optional("startOfWeek"),
                ]), apply: DateFunction.truncate),
            Function(
                name: "$dateDiff",
                operands: .named([
                    required("startDate"), required("endDate"), required("unit"), optional("timezone"),
                    optional("startOfWeek"),
                ]), apply: DateFunction.difference),
            add("$dateAdd", sign: 1),
            add("$dateSubtract", sign: -1),
        ]

    private static let parts = [
        part("$year") { .int32(Int32(clamping: $0.year)) },
        part("$month") { .int32(Int32(clamping: $0.month)) },
        part("$dayOfMonth") { .int32(Int32(clamping: $0.day)) },
        part("$dayOfYear") { .int32(Int32(clamping: $0.dayOfYear)) },
        part("$dayOfWeek") { .int32(Int32(clamping: $0.isoDayOfWeek % 7 + 1)) },
        part("$hour") { .int32(Int32(clamping: $0.hour)) },
        part("$minute") { .int32(Int32(clamping: $0.minute)) },
        part("$second") { .int32(Int32(clamping: $0.second)) },
        part("$millisecond") { .int32(Int32(clamping: $0.millisecond)) },
        part("$week") { .int32(Int32(clamping: $0.week)) },
        part("$isoWeek") { .int32(Int32(clamping: $0.isoWeek)) },
        part("$isoWeekYear") { .int64($0.isoYear) },
        part("$isoDayOfWeek") { .int32(Int32(clamping: $0.isoDayOfWeek)) },
    ]

    private static func part(_ name: String, _ read: @escaping @Sendable (LocalTime) -> Value) -> Function {
        Function(name: name, operands: .namedOrSingle([required("date"), optional("timezone")])) {
            operands throws(QueryError) in
            if operands.operand(0).isNullish { return .null }
            let date = try operands.operand(0).date(for: name)
            guard let zone = try operands.zone(1, for: name) else { return .null }
            return read(zone.local(date))
        }
    }

    private static func add(_ name: String, sign: Int64) -> Function {
        Function(
            name: name,
            operands: .named([required("startDate"), required("unit"), required("amount"), optional("timezone")])
        ) { operands throws(QueryError) in
            try DateFunction.add(name, operands, sign: sign)
        }
    }

    private static func required(_ name: String) -> Name { Name(name: name, isRequired: true) }
    private static func optional(_ name: String) -> Name { Name(name: name, isRequired: false) }
}

extension Value {
    /// The date of a datetime, a timestamp or an ObjectId, or the error that says who wanted one.
    func date(for name: String) throws(QueryError) -> Datetime {
        switch self {
        case .datetime(let date): return date
        case .timestamp(let timestamp): return Datetime(millisecondsSinceEpoch: Int64(timestamp.seconds) * 1000)
        // MongoDB reads the seconds with a sign.
        case .objectID(let id):
            return Datetime(millisecondsSinceEpoch: Int64(Int32(bitPattern: id.seconds)) * 1000)
        default: throw QueryError("\(name) needs a date, a timestamp or an ObjectId, found \(typeName)")
        }
    }
}

extension [Value?] {
    /// The time zone that is given, UTC if none is; `nil` if it is null or missing.
    func zone(_ index: Int, for name: String) throws(QueryError) -> Zone? {
        if !isGiven(index) { return .utc }
        let value = operand(index)
        return value.isNullish ? nil : try Zone(try value.text(for: "'timezone' of \(name)"))
    }
}

/// What the functions on dates do.
enum DateFunction {
    static func toParts(_ operands: [Value?]) throws(QueryError) -> Value {
        guard let zone = try operands.zone(1, for: "$dateToParts") else { return .null }
        var isISO = false
        if operands.isGiven(2) {
            if operands.operand(2).isNullish { return .null }
            guard case .bool(let flag) = operands.operand(2) else {
                throw QueryError("'iso8601' of $dateToParts must be a bool, found \(operands.operand(2).typeName)")
            }
            isISO = flag
        }
        if operands.operand(0).isNullish { return .null }
        let local = zone.local(try operands.operand(0).date(for: "$dateToParts"))
        let days =
            isISO
            ? [("isoWeekYear", local.isoYear), ("isoWeek", local.isoWeek), ("isoDayOfWeek", local.isoDayOfWeek)]
            : [("year", local.year), ("month", local.month), ("day", local.day)]
        let times = [
            ("hour", local.hour), ("minute", local.minute), ("second", local.second),
            ("millisecond", local.millisecond),
        ]
        return .document(Document { for (key, value) in days + times { $0[key] = Int32(clamping: value) } })
    }

    /// The operands are looked at in the order of mongod, and none behind one that is null.
    static func fromParts(_ operands: [Value?]) throws(QueryError) -> Value {
        let small = Int64(Int16.min)...Int64(Int16.max)
        let any = Int64.min...Int64.max
        guard let hour = try part(operands, 0, "hour", 0, small),
            let minute = try part(operands, 1, "minute", 0, small),
            let second = try part(operands, 2, "second", 0, any),
            let millisecond = try part(operands, 3, "millisecond", 0, any),
            let zone = try operands.zone(4, for: "$dateFromParts")
        else { return .null }
        let isISO = operands.isGiven(8)
        guard isISO || operands.isGiven(5) else { throw QueryError("$dateFromParts needs 'year' or 'isoWeekYear'") }
        if (isISO ? 5...7 : 9...10).contains(where: operands.isGiven) {
            throw QueryError("$dateFromParts cannot mix 'year', 'month' and 'day' with ISO weeks")
        }
        guard let year = try part(operands, isISO ? 8 : 5, isISO ? "isoWeekYear" : "year", 1970, any),
            let upper = try part(operands, isISO ? 9 : 6, isISO ? "isoWeek" : "month", 1, small),
            let lower = try part(operands, isISO ? 10 : 7, isISO ? "isoDayOfWeek" : "day", 1, small)
        else { return .null }
        guard (1...9999).contains(year) else {
            throw QueryError("a year of $dateFromParts must be 1 to 9999, found \(year)")
        }
        let days =
            isISO
            ? LocalTime.firstMonday(ofISOYear: year) + (upper - 1) * 7 + lower - 1 : LocalTime.days(year, upper, lower)
        let (seconds, rest) = millisecond.floored(by: 1000)
        guard let time = checkedSum(days * 86_400 + hour * 3600 + minute * 60 + seconds, second),
            let date = zone.date(seconds: time, millisecond: rest)
        else { throw QueryError("the result of $dateFromParts is out of range") }
        return .datetime(date)
    }

    /// Reads a part; `nil` if it is null or missing.
    private static func part(
        _ operands: [Value?], _ index: Int, _ name: String, _ standard: Int64, _ range: ClosedRange<Int64>
    ) throws(QueryError) -> Int64? {
        if !operands.isGiven(index) { return standard }
        let value = operands.operand(index)
        if value.isNullish { return nil }
        guard let number = value.number?.asInteger else {
            throw QueryError("'\(name)' of $dateFromParts must be a whole number, found \(value.typeName)")
        }
        guard range.contains(number) else {
            throw QueryError(
                "'\(name)' of $dateFromParts must be \(range.lowerBound) to \(range.upperBound), found \(number)")
        }
        return number
    }

    static func toString(_ operands: [Value?]) throws(QueryError) -> Value {
        let text = operands.operand(1)
        var format: DateFormat? = operands.isGiven(1) ? nil : .standard
        if !text.isNullish {
            format = try DateFormat(try text.text(for: "'format' of $dateToString"), for: .writing)
        }
        let zone = try operands.zone(2, for: "$dateToString")
        if operands.operand(0).isNullish { return operands.isGiven(3) ? operands.operand(3) : .null }
        guard let zone, let format else { return .null }
        return .string(try format.string(try operands.operand(0).date(for: "$dateToString"), in: zone))
    }

    static func fromString(_ operands: [Value?]) throws(QueryError) -> Value {
        let text = operands.operand(0)
        var format: DateFormat?
        if !operands.operand(1).isNullish {
            let pattern = try operands.operand(1).text(for: "'format' of $dateFromString")
            format = try DateFormat(pattern, for: .reading)
        }
        let zone = try operands.zone(2, for: "$dateFromString")
        if text.isNullish { return operands.isGiven(4) ? operands.operand(4) : .null }
        do throws(QueryError) {
            let characters = try text.text(for: "'dateString' of $dateFromString")
            guard let zone, format != nil || !operands.isGiven(1) else { return .null }
            let isZoneGiven = operands.isGiven(2)
            return .datetime(try DateReader.date(characters, format, in: isZoneGiven ? zone : nil))
        } catch {
            if operands.isGiven(3) { return operands.operand(3) }
            throw error
        }
    }
}

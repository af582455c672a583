// All functions by name.

internal import BSON

extension Function {
    static let all: [Function] =
        arithmetic + rounding + comparison + conversion + arrays + sums + strings + regexes + dates

    /// The functions by name.
    static let named = Dictionary(all.map { ($0.name, $0) }) { first, _ in first }

    /// All operators that expressions know.
    static let names = ExpressionReader.special + all.map(\.name)

    /// The bodies of functions that can be called with one operand without an array for it.
    static let ones: [String: OneOperand] = Dictionary(
        uniqueKeysWithValues: (arithmeticOnes + roundingOnes + conversionOnes + arrayOnes).map { ($0.0, $0.1) })

    /// The bodies of functions that can be called with two operands without an array for them.
    static let twos: [String: TwoOperands] = Dictionary(
        uniqueKeysWithValues: (arithmeticTwos + comparisonTwos + arrayTwos).map { ($0.0, $0.1) })

    /// Functions that take the elements of an array if that is their only operand.
    static let lookingIntoArrays: Set<String> = ["$sum", "$min", "$max"]

    /// Functions that do not look at all of their operands always; others do, as their errors tell.
    static let evaluations: [String: Node.Evaluation] = {
        var all: [String: Node.Evaluation] = [
            "$add": .untilNull, "$multiply": .untilNull, "$concat": .untilNull, "$concatArrays": .untilNull,
            "$dateDiff": .nullIfNull(first: 3), "$dateTrunc": .nullIfNull(first: 3), "$dateAdd": .nullIfNull(first: 4),
            "$dateSubtract": .nullIfNull(first: 4), "$dateFromParts": .untilNull,
            "$dateToString": .sparing([3]), "$dateFromString": .sparing([3, 4]),
        ]
        let first = [
            "$trim", "$ltrim", "$rtrim", "$indexOfCP", "$indexOfBytes",
            "$indexOfArray", "$round", "$trunc",
        ]
        let parts = [
            "$year", "$month", "$dayOfMonth", "$dayOfWeek", "$dayOfYear", "$hour", "$minute", "$second", "$millisecond",
            "$week", "$isoDayOfWeek", "$isoWeek", "$isoWeekYear",
        ]
        for name in first + parts { all[name] = .nullIfNull(first: 1) }
        return all
    }()

    /// Functions that mongod does not evaluate when it reads a query.
    static let neverFolded: Set<String> = ["$replaceOne", "$replaceAll", "$regexMatch", "$regexFind", "$regexFindAll"]

    /// A function of exactly one operand.
    static func one(_ name: String, _ body: @escaping OneOperand) -> Function {
        Function(name: name, operands: .list(1...1)) { operands throws(QueryError) in
            try body(operands[0] ?? .missing)
        }
    }

    /// A function of exactly two operands.
    static func two(_ name: String, _ body: @escaping TwoOperands) -> Function {
        Function(name: name, operands: .list(2...2)) { operands throws(QueryError) in
            try body(operands[0] ?? .missing, operands[1] ?? .missing)
        }
    }

    /// A function of any number of operands, all of which are given.
    static func any(_ name: String, _ body: @escaping @Sendable ([Value?]) throws(QueryError) -> Value) -> Function {
        Function(name: name, operands: .list(0...Int.max), apply: body)
    }

    /// Operators that MongoDB 6.0 has and this module has not.
    static let unsupported: Set<String> = [
        "$accumulator", "$acos", "$acosh", "$asin", "$asinh", "$atan", "$atan2", "$atanh", "$binarySize",
        "$bitAnd", "$bitNot", "$bitOr", "$bitXor", "$bottom", "$bottomN", "$bsonSize", "$cos", "$cosh",
        "$covariancePop", "$covarianceSamp", "$degreesToRadians", "$denseRank", "$derivative",
        "$documentNumber", "$expMovingAvg", "$firstN", "$function", "$integral", "$lastN", "$linearFill",
        "$locf", "$maxN", "$meta", "$minN", "$radiansToDegrees", "$rand", "$rank", "$sampleRate",
        "$setDifference", "$setEquals", "$setField", "$setIntersection", "$setIsSubset", "$setUnion",
        "$shift", "$sin", "$sinh", "$sortArray", "$stdDevPop", "$stdDevSamp", "$tan", "$tanh",
        "$toHashedIndexKey", "$top", "$topN", "$tsIncrement", "$tsSecond", "$unsetField", "$zip",
    ]
}

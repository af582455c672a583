// $add, $subtract, $multiply, $divide, $mod.

internal import BSON
internal import Glibc

extension Function {
    static let arithmetic = [any("$add", add), any("$multiply", multiply)] + arithmeticTwos.prefix(3).map(two)
    static let arithmeticOnes: [(String, OneOperand)] = []
    static let arithmeticTwos: [(String, TwoOperands)] = [
        ("$subtract", subtract), ("$divide", divide), ("$mod", modulo), ("$add", add), ("$multiply", multiply),
    ]

    // MARK: - Sums

    @Sendable private static func add(_ left: Value, _ right: Value) throws(QueryError) -> Value {
        switch (left, right) {
        case (.int32(let one), .int32(let other)): return .narrow(Int64(one) + Int64(other))
        case (.double(let one), .double(let other)) where (one + other).isFinite: return .double(0 + one + other)
        default: return try add([left, right])
        }
    }

    @Sendable private static func add(_ operands: [Value?]) throws(QueryError) -> Value {
        var sum = Summation()
        var hasDate = false
        for case let operand? in operands {
            if sum.add(operand) { continue }
            if case .datetime(let date) = operand {
                if hasDate { throw QueryError("$add takes one date only") }
                hasDate = true
                sum.add(date.millisecondsSinceEpoch)
            } else if operand.isNullish {
                return .null
            } else {
                throw QueryError("$add takes numbers and dates, not \(operand.typeName)")
            }
        }
        if !hasDate { return sum.total }
        if sum.isDecimal {
            // What is out of range becomes the least date in mongod.
            return .datetime(Datetime(millisecondsSinceEpoch: sum.decimal.integer(.nearest) ?? .min))
        }
        guard let milliseconds = sum.integer else { throw QueryError("$add makes a date out of range") }
        return .datetime(Datetime(millisecondsSinceEpoch: milliseconds))
    }

    @Sendable private static func subtract(_ left: Value, _ right: Value) throws(QueryError) -> Value {
        switch (left, right) {
        case (.int32(let one), .int32(let other)): return .narrow(Int64(one) - Int64(other))
        case (.datetime(let one), .datetime(let other)):
            return .int64(one.millisecondsSinceEpoch &- other.millisecondsSinceEpoch)
        case (.datetime(let date), _) where right.number != nil: return try subtract(date, right)
        default: break
        }
        if left.isNullish || right.isNullish { return .null }
        guard let one = left.number, let other = right.number else {
            throw QueryError("$subtract cannot take \(right.typeName) from \(left.typeName)")
        }
        if case (.integer(let one), .integer(let other)) = (one, other) {
            let (difference, overflow) = one.subtractingReportingOverflow(other)
            return overflow ? .double(Double(one) - Double(other)) : .int64(difference)
        }
        if left.isDecimal || right.isDecimal, let one = left.decimal, let other = right.decimal {
            return .decimal128(Decimal128.subtract(one, other))
        }
        return .double(one.asDouble - other.asDouble)
    }

    private static func subtract(_ date: Datetime, _ right: Value) throws(QueryError) -> Value {
        let milliseconds: Int64? =
            switch right.number {
            case .integer(let value): value
            case .double(let value): value > -0x1p63 && value < 0x1p63 ? Int64(value) : nil
            case .decimal(let value): value.integer(.nearest)
            case nil: nil
            }
        guard let milliseconds else {
            throw QueryError("$subtract cannot take \(right.typeName) out of range from a date")
        }
        let (difference, overflow) = date.millisecondsSinceEpoch.subtractingReportingOverflow(milliseconds)
        if overflow || milliseconds == .min { throw QueryError("$subtract makes a date out of range") }
        return .datetime(Datetime(millisecondsSinceEpoch: difference))
    }

    // MARK: - Products

    @Sendable private static func multiply(_ left: Value, _ right: Value) throws(QueryError) -> Value {
        switch (left, right) {
        case (.int32(let one), .int32(let other)): return .narrow(Int64(one) * Int64(other))
        case (.double(let one), .double(let other)): return .double(one * other)
        default: return try multiply([left, right])
        }
    }

    @Sendable private static func multiply(_ operands: [Value?]) throws(QueryError) -> Value {
        var product = Product()
        for case let operand? in operands {
            if operand.isNullish { return .null }
            guard product.multiply(by: operand) else {
                throw QueryError("$multiply takes numbers, not \(operand.typeName)")
            }
        }
        return product.value
    }

    @Sendable private static func divide(_ left: Value, _ right: Value) throws(QueryError) -> Value {
        if left.isNullish || right.isNullish { return .null }
        guard let one = left.number, let other = right.number else {
            throw QueryError("$divide takes numbers, not \(left.typeName) and \(right.typeName)")
        }
        if other.asDouble == 0, !right.isDecimal || other.isZero { throw QueryError("$divide by zero") }
        if left.isDecimal || right.isDecimal, let one = left.decimal, let other = right.decimal {
            return .decimal128(Decimal128.divide(one, other))
        }
        return .double(one.asDouble / other.asDouble)
    }

    @Sendable private static func modulo(_ left: Value, _ right: Value) throws(QueryError) -> Value {
        if left.isNullish || right.isNullish { return .null }
        guard let one = left.number, let other = right.number else {
            throw QueryError("$mod takes numbers, not \(left.typeName) and \(right.typeName)")
        }
        if other.isZero { throw QueryError("$mod by zero") }
        if left.isDecimal || right.isDecimal, let one = left.decimal, let other = right.decimal {
            return .decimal128(Decimal128.remainder(one, other))
        }
        // A divisor without a fraction is an integer, whatever its type.
        guard case .integer(let one) = one, let other = right.integerOf32Bits ?? other.integer else {
            return .double(fmod(one.asDouble, other.asDouble))
        }
        // The least number has no quotient with -1, but a remainder.
        let rest = other == -1 ? 0 : one % other
        if case .int64 = left { return .int64(rest) }
        if case .int64 = right { return .int64(rest) }
        return .narrow(rest)
    }
}

/// A product whose type is the widest of its factors.
private struct Product {
    private var widest = BSONType.int32
    private var integer: Int64 = 1
    private var double = 1.0
    private var decimal = Decimal128(1 as Int64)

    /// Returns whether the factor is a number.
    mutating func multiply(by factor: Value) -> Bool {
        guard let number = factor.number, let type = factor.type else { return false }
        if type == .decimal128, widest != .decimal128 {
            decimal = widest == .double ? Decimal128(shortening: double) : Decimal128(integer)
            widest = .decimal128
        }
        if widest == .decimal128 {
            decimal = Decimal128.multiply(decimal, factor.decimal ?? .nan)
            return true
        }
        double *= number.asDouble
        if type == .double || widest == .double {
            widest = .double
        } else if case .integer(let value) = number {
            let (product, overflow) = integer.multipliedReportingOverflow(by: value)
            integer = product
            widest = overflow ? .double : type == .int64 ? .int64 : widest
        }
        return true
    }

    var value: Value {
        switch widest {
        case .int32: .narrow(integer)
        case .int64: .int64(integer)
        case .double: .double(double)
        default: .decimal128(decimal)
        }
    }
}

extension Value {
    var isDecimal: Bool { if case .decimal128 = self { true } else { false } }
}

extension Value {
    /// The value of a double that is an integer of 32 bits.
    fileprivate var integerOf32Bits: Int64? {
        guard case .double(let value) = self else { return nil }
        return Int32(exactly: value).map { Int64($0) }
    }
}

extension Number {
    /// The value of an integer, not of a double that is one.
    fileprivate var integer: Int64? { if case .integer(let value) = self { value } else { nil } }

    var isZero: Bool {
        switch self {
        case .integer(let value): value == 0
        case .double(let value): value == 0
        case .decimal(let value): value.isZero
        }
    }
}

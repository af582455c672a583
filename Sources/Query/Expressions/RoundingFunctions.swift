// $abs, $ceil, $floor, $round, $trunc, and the functions of real numbers.

internal import BSON
internal import Glibc

extension Function {
    static let rounding: [Function] =
        roundingOnes.map(one) + [
            places("$round", .nearest), places("$trunc", .towardZero), two("$pow", power), two("$log", logarithm),
        ]

    static let roundingOnes: [(String, OneOperand)] = [
        ("$abs", absolute),
        ("$ceil", { value throws(QueryError) in try whole(value, "$ceil", .up) }),
        ("$floor", { value throws(QueryError) in try whole(value, "$floor", .down) }),
        ("$sqrt", root),
        ("$exp", { value throws(QueryError) in try real(value, "$exp") { exp($0) } }),
        ("$ln", { value throws(QueryError) in try real(value, "$ln", isPositive: true) { log($0) } }),
        ("$log10", { value throws(QueryError) in try real(value, "$log10", isPositive: true) { log10($0) } }),
    ]

    /// Returns the number; `nil` for null.
    private static func number(_ value: Value, _ name: String) throws(QueryError) -> Number? {
        if value.isNullish { return nil }
        guard let number = value.number else { throw QueryError("\(name) takes numbers, not \(value.typeName)") }
        return number
    }

    @Sendable private static func absolute(_ value: Value) throws(QueryError) -> Value {
        switch value {
        case .int32(let value): return .narrow(abs(Int64(value)))
        case .int64(.min): throw QueryError("$abs of the least int64 is out of range")
        case .int64(let value): return .int64(abs(value))
        case .double(let value): return .double(value.magnitude)
        case .decimal128(let value): return .decimal128(value.isNaN ? .nan : value.magnitude)
        default:
            _ = try number(value, "$abs")
            return .null
        }
    }

    private static func whole(
        _ value: Value, _ name: String, _ rounding: Decimal128.Rounding
    ) throws(QueryError) -> Value {
        switch value {
        case .int32, .int64: return value
        case .double(let value): return .double(rounding == .up ? value.rounded(.up) : value.rounded(.down))
        case .decimal128(let value): return .decimal128(value.quantized(to: 0, rounding))
        default:
            _ = try number(value, name)
            return .null
        }
    }

    // MARK: - Functions of real numbers

    @Sendable private static func root(_ value: Value) throws(QueryError) -> Value {
        guard let number = try number(value, "$sqrt") else { return .null }
        let negative = QueryError("$sqrt takes numbers that are not negative")
        if case .decimal(let decimal) = number {
            guard let root = decimal.squareRoot else { throw negative }
            return .decimal128(root)
        }
        if number.asDouble < 0 { throw negative }
        return .double(number.asDouble.squareRoot())
    }

    /// Computes a function of a double; decimals are refused.
    private static func real(
        _ value: Value, _ name: String, isPositive: Bool = false, _ body: (Double) -> Double
    ) throws(QueryError) -> Value {
        guard let number = try number(value, name) else { return .null }
        if isPositive, !number.isPositive { throw QueryError("\(name) takes positive numbers") }
        if value.isDecimal { throw QueryError("\(name) of a decimal is not supported") }
        return .double(body(number.asDouble))
    }

    @Sendable private static func logarithm(_ left: Value, _ right: Value) throws(QueryError) -> Value {
        if left.isNullish || right.isNullish { return .null }
        guard let number = try number(left, "$log"), let base = try Function.number(right, "$log") else { return .null }
        if !number.isPositive { throw QueryError("$log takes positive numbers") }
        if !base.isPositive || base == .integer(1) {
            throw QueryError("$log takes a positive base other than 1")
        }
        if left.isDecimal || right.isDecimal { throw QueryError("$log of a decimal is not supported") }
        return .double(log(number.asDouble) / log(base.asDouble))
    }

    @Sendable private static func power(_ left: Value, _ right: Value) throws(QueryError) -> Value {
        if left.isNullish || right.isNullish { return .null }
        guard let base = try number(left, "$pow"), let exponent = try number(right, "$pow") else { return .null }
        if base.isZero, Number.compare(exponent, .integer(0)) < 0, !exponent.isNaN {
            throw QueryError("$pow of 0 with a negative exponent")
        }
        if left.isDecimal || right.isDecimal { throw QueryError("$pow of a decimal is not supported") }
        guard case (.integer(let base), .integer(let exponent)) = (base, exponent),
            let result = power(base, exponent)
        else { return .double(pow(base.asDouble, exponent.asDouble)) }
        if case (.int32, .int32) = (left, right) { return .narrow(result) }
        return .int64(result)
    }

    /// The power of an integer, if it is one of 64 bits.
    private static func power(_ base: Int64, _ exponent: Int64) -> Int64? {
        if base == 1 || base == -1 { return base == 1 || exponent & 1 == 0 ? 1 : -1 }
        guard exponent >= 0 else { return nil }
        if base == 0 { return exponent == 0 ? 1 : 0 }
        guard exponent < 64 else { return nil }
        var result: Int64 = 1
        for _ in 0..<exponent {
            let (product, overflow) = result.multipliedReportingOverflow(by: base)
            if overflow { return nil }
            result = product
        }
        return result
    }

    // MARK: - Rounding to a place

    private static func places(_ name: String, _ rounding: Decimal128.Rounding) -> Function {
        Function(name: name, operands: .list(1...2)) { operands throws(QueryError) in
            let value = operands[0] ?? .missing
            guard operands.count == 2 else { return try round(value, name, rounding, nil) }
            let place = operands[1] ?? .missing
            if try number(value, name) == nil || place.isNullish { return .null }
            guard let number = place.number, let places = number.asInteger else {
                throw QueryError("\(name) takes a whole number of places, not \(place.typeName)")
            }
            guard (-20...100).contains(places) else {
                throw QueryError("\(name) takes -20 to 100 places, not \(places)")
            }
            return try round(value, name, rounding, Int(places))
        }
    }

    private static func round(
        _ value: Value, _ name: String, _ rounding: Decimal128.Rounding, _ places: Int?
    ) throws(QueryError) -> Value {
        switch value {
        case .int32(let integer):
            let rounded = try round(Int64(integer), name, rounding, places ?? 0)
            // Above the range mongod makes an int64; below it the number wraps around.
            return rounded > Int32.max ? .int64(rounded) : .int32(Int32(truncatingIfNeeded: rounded))
        case .int64(let integer): return .int64(try round(integer, name, rounding, places ?? 0))
        case .double(let double):
            guard let places else {
                return .double(double.rounded(rounding == .nearest ? .toNearestOrEven : .towardZero))
            }
            if !double.isFinite { return value }
            return .double(round(Decimal128(double), rounding, places).asDouble)
        case .decimal128(let decimal): return .decimal128(round(decimal, rounding, places ?? 0))
        default:
            _ = try number(value, name)
            return .null
        }
    }

    /// Rounds to a place; where that would need more than 34 digits the number gets all of them.
    private static func round(_ decimal: Decimal128, _ rounding: Decimal128.Rounding, _ places: Int) -> Decimal128 {
        guard let parts = decimal.parts else { return decimal }
        let room = parts.exponent + parts.coefficient.digits - Decimal128.precision
        return decimal.quantized(to: parts.coefficient == 0 ? -places : max(-places, room), rounding)
    }

    private static func round(
        _ integer: Int64, _ name: String, _ rounding: Decimal128.Rounding, _ places: Int
    ) throws(QueryError) -> Int64 {
        if places >= 0 { return integer }
        let unit = Int128(powerOfTen(-places))
        let (quotient, rest) = Int128(integer).quotientAndRemainder(dividingBy: unit)
        var units = quotient
        if rounding == .nearest {
            let twice = rest.magnitude * 2
            if twice > unit.magnitude || twice == unit.magnitude && units & 1 == 1 { units += integer < 0 ? -1 : 1 }
        }
        guard let result = Int64(exactly: units * unit) else { throw QueryError("\(name) makes an int64 out of range") }
        return result
    }
}

extension Number {
    /// Whether this is more than zero, or NaN.
    fileprivate var isPositive: Bool { isNaN || Number.compare(self, .integer(0)) > 0 }
}

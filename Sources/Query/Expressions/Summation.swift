// Sums of numbers of all types, as $add, $sum and $avg make them.

internal import BSON
internal import Glibc

/// A sum that carries along what its doubles round off, and whose type is the widest of what was added.
///
/// It rounds where mongod does, so that results are the same to the last bit.
///
/// Source: Dekker's and Knuth's sums of two doubles; see Boldo, Graillat and Muller, "On the robustness of the 2Sum and
/// Fast2Sum algorithms".
struct Summation {
    private var sum = 0.0
    private var rest = 0.0
    /// The plain sum: what infinities and NaN make.
    private var plain = 0.0
    private var decimals = Decimal128(0 as Int64)
    private var widest = BSONType.int32

    mutating func add(_ value: Double) {
        plain += value
        let low = value + rest
        let lost = rest - (low - value)
        let high = sum + low
        let part = high - low
        rest = lost + ((sum - part) + (low - (high - part)))
        sum = high
    }

    /// Adds an integer exactly, in halves that are doubles.
    mutating func add(_ value: Int64) {
        let high = value / (1 << 32) * (1 << 32)
        add(Double(value - high))
        add(Double(high))
    }

    /// Adds a number; returns whether it was one.
    mutating func add(_ value: Value) -> Bool {
        switch value {
        case .int32(let value): add(Double(value))
        case .int64(let value):
            if widest == .int32 { widest = .int64 }
            add(value)
        case .double(let value):
            if widest != .decimal128 { widest = .double }
            add(value)
        case .decimal128(let value):
            widest = .decimal128
            decimals = Decimal128.add(decimals, value)
        default: return false
        }
        return true
    }

    /// The sum as a decimal.
    var decimal: Decimal128 {
        if !sum.isFinite { return Decimal128.add(decimals, Decimal128(plain)) }
        return Decimal128.add(decimals, Decimal128.add(Decimal128(sum), Decimal128(rest)))
    }

    var isDecimal: Bool { widest == .decimal128 }

    /// The sum without the decimals.
    var double: Double { sum.isNaN ? plain : sum }

    /// The sum without the decimals as an integer, if it is one of 64 bits.
    var integer: Int64? {
        if sum == 0x1p63 {
            // The nearest double is too large, the sum itself may not be.
            return rest < -0.5 ? Int64(truncatingIfNeeded: Int128(1 << 63) + Int128(rest.rounded())) : nil
        }
        guard sum > -0x1p63 && sum < 0x1p63 || sum == -0x1p63 && rest >= -0.5 else { return nil }
        let near = sum.rounded()
        return Int64(near) &+ Int64(((sum - near) + rest).rounded())
    }

    /// The sum; of integers an integer, if it is one of 64 bits.
    var total: Value {
        switch widest {
        case .int32: integer.map { .narrow($0) } ?? .double(double)
        case .int64: integer.map { .int64($0) } ?? .double(double)
        case .double: .double(double)
        default: .decimal128(decimal)
        }
    }
}

extension Value {
    /// The integer as an int32 if it is one, else as an int64.
    static func narrow(_ value: Int64) -> Value { Int32(exactly: value).map { .int32($0) } ?? .int64(value) }

    /// The number as a decimal, doubles with 15 digits; as most operators see it.
    var decimal: Decimal128? {
        switch number {
        case .integer(let value): Decimal128(value)
        case .double(let value): Decimal128(shortening: value)
        case .decimal(let value): value
        case nil: nil
        }
    }
}

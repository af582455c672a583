// Numbers of all types, compared by value.

internal import BSON

/// A number of any type.
///
/// Numbers are equal if their values are, whatever their types: 1, 1.0 and NumberDecimal("1.00"). NaN is equal to
/// itself and less than every other number, as MongoDB sorts.
enum Number: Sendable {
    case integer(Int64)
    case double(Double)
    case decimal(Decimal128)

    var isNaN: Bool {
        switch self {
        case .integer: false
        case .double(let value): value.isNaN
        case .decimal(let value): value.isNaN
        }
    }

    /// The nearest double.
    var asDouble: Double {
        switch self {
        case .integer(let value): Double(value)
        case .double(let value): value
        case .decimal(let value): value.asDouble
        }
    }

    /// The value, if it is an integer of 64 bits.
    var asInteger: Int64? {
        switch self {
        case .integer(let value): value
        case .double(let value): Int64(exactly: value)
        case .decimal(let value): value.asInteger
        }
    }

    /// Returns a negative number, 0 or a positive number for less, equal or greater.
    static func compare(_ left: Number, _ right: Number) -> Int {
        switch (left, right) {
        case (.integer(let left), .integer(let right)): order(left, right)
        case (.double(let left), .double(let right)): order(left, right)
        case (.integer(let left), .double(let right)): order(left, right)
        case (.double(let left), .integer(let right)): -order(right, left)
        case (.decimal(let left), .decimal(let right)): Decimal128.compare(left, right)
        case (.decimal(let left), .integer(let right)): Decimal128.compare(left, Decimal128(right))
        case (.integer(let left), .decimal(let right)): Decimal128.compare(Decimal128(left), right)
        case (.decimal(let left), .double(let right)): Decimal128.compare(left, exactly: right)
        case (.double(let left), .decimal(let right)): -Decimal128.compare(right, exactly: left)
        }
    }

    @inline(__always)
    static func order(_ left: Int64, _ right: Int64) -> Int { left < right ? -1 : left > right ? 1 : 0 }

    @inline(__always)
    static func order(_ left: Double, _ right: Double) -> Int {
        if left < right { return -1 }
        if left > right { return 1 }
        if left == right { return 0 }
        return left.isNaN ? (right.isNaN ? 0 : -1) : 1
    }

    /// Compares exactly: large integers are not rounded.
    static func order(_ left: Int64, _ right: Double) -> Int {
        if right.isNaN { return 1 }
        // 2^63 and beyond are no Int64.
        if right >= 0x1p63 { return -1 }
        if right < -0x1p63 { return 1 }
        let whole = Int64(right)
        if left != whole { return left < whole ? -1 : 1 }
        return order(0 as Double, right - right.rounded(.towardZero))
    }
}

extension Number: Hashable {
    static func == (left: Number, right: Number) -> Bool { compare(left, right) == 0 }

    func hash(into hasher: inout Hasher) {
        if let integer = asInteger {
            hasher.combine(integer)
        } else {
            // Equal numbers have the same nearest double; all NaNs are equal.
            let double = asDouble
            hasher.combine(double.isNaN ? .nan : double)
        }
    }
}

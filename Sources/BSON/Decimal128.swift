// A decimal floating-point number of 34 digits.

/// A decimal number of up to 34 digits, as IEEE 754-2008 decimal128 with the binary integer encoding.
///
/// Holds the sixteen bytes as they are stored; equality is that of the bytes, so 1.0 and 1.00 differ.
public struct Decimal128: Hashable, Sendable {
    /// The most significant eight bytes: sign, exponent and the coefficient's upper part.
    public var high: UInt64
    /// The least significant eight bytes.
    public var low: UInt64

    /// Creates the number that these sixteen bytes stand for.
    @inlinable public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }
}

extension Decimal128 {
    /// Infinity.
    public static var infinity: Decimal128 { Decimal128(high: 0x7800_0000_0000_0000, low: 0) }
    /// Not a number.
    public static var nan: Decimal128 { Decimal128(high: 0x7C00_0000_0000_0000, low: 0) }

    /// Whether the number is not one.
    public var isNaN: Bool { high >> 58 & 0x1F == 0x1F }
    /// Whether the number is infinite.
    public var isInfinite: Bool { high >> 58 & 0x1F == 0x1E }
    /// Whether the sign is set, which zero and NaN have too.
    public var isNegative: Bool { high >> 63 == 1 }

    static let largestCoefficient: UInt128 = 9_999_999_999_999_999_999_999_999_999_999_999
    static let exponents = -6176...6111

    /// The number as `coefficient * 10^exponent` with a sign; `nil` if it is infinite or NaN.
    ///
    /// A coefficient of more than 34 digits stands for zero, as the standard demands.
    public var parts: (negative: Bool, coefficient: UInt128, exponent: Int)? {
        if high >> 59 & 0xF == 0xF { return nil }
        // The two bits after the sign move the exponent and imply a coefficient that is too large.
        if high >> 61 & 3 == 3 { return (isNegative, 0, Int(high >> 47 & 0x3FFF) - 6176) }
        let coefficient = UInt128(high & 0x1_FFFF_FFFF_FFFF) << 64 | UInt128(low)
        let exponent = Int(high >> 49 & 0x3FFF) - 6176
        return (isNegative, coefficient > Decimal128.largestCoefficient ? 0 : coefficient, exponent)
    }

    /// Creates `coefficient * 10^exponent`; `nil` if that is not exactly a number of 34 digits.
    ///
    /// Zeros are appended or dropped if the exponent is out of range otherwise; zero takes the nearest exponent.
    public init?(negative: Bool, coefficient: UInt128, exponent: Int) {
        guard coefficient <= Decimal128.largestCoefficient else { return nil }
        var coefficient = coefficient
        var exponent = exponent
        if coefficient == 0 {
            exponent = min(max(exponent, Decimal128.exponents.lowerBound), Decimal128.exponents.upperBound)
        }
        while exponent > Decimal128.exponents.upperBound {
            guard coefficient <= Decimal128.largestCoefficient / 10 else { return nil }
            coefficient *= 10
            exponent -= 1
        }
        while exponent < Decimal128.exponents.lowerBound {
            let (quotient, remainder) = coefficient.quotientAndRemainder(dividingBy: 10)
            guard remainder == 0 else { return nil }
            coefficient = quotient
            exponent += 1
        }
        high = (negative ? 1 << 63 : 0) | UInt64(exponent + 6176) << 49 | UInt64(coefficient >> 64)
        low = UInt64(truncatingIfNeeded: coefficient)
    }
}

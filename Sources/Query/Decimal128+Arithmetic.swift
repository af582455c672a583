// The arithmetic of decimals, as IEEE 754-2008 has it: 34 digits, halves to even, and a preferred exponent.

internal import BSON

extension Decimal128 {
    /// The digits of a coefficient.
    static let precision = 34
    static let exponentRange = -6176...6111
    static let negativeInfinity = Decimal128(high: 0xF800_0000_0000_0000, low: 0)

    static func infinity(negative: Bool) -> Decimal128 { negative ? negativeInfinity : .infinity }

    /// Zero with an exponent, which is moved into the range.
    static func zero(negative: Bool, exponent: Int) -> Decimal128 {
        Decimal128(negative: negative, coefficient: 0, exponent: exponent) ?? .nan
    }

    var isZero: Bool { parts?.coefficient == 0 }

    var magnitude: Decimal128 { Decimal128(high: high & (UInt64.max >> 1), low: low) }

    var negated: Decimal128 { Decimal128(high: high ^ 1 << 63, low: low) }

    /// Creates the number of at most 34 digits that is nearest to `coefficient * 10^exponent`.
    ///
    /// - Parameter isInexact: The number is a little greater than that; then the coefficient has more than 34 digits.
    init(rounding coefficient: WideInteger, exponent: Int, negative: Bool, isInexact: Bool = false) {
        let surplus = coefficient.digits - Decimal128.precision
        let dropped = max(surplus, Decimal128.exponentRange.lowerBound - exponent, 0)
        var value = coefficient
        if dropped > 0, !coefficient.isZero {
            value = coefficient.droppingDigits(dropped, isInexact: isInexact)
        }
        self = Decimal128.fitting(value.low, exponent + dropped, negative: negative)
    }

    /// The number of a coefficient of up to 34 digits, or of 10 to the power of 34; infinity if it is too large.
    private static func fitting(_ coefficient: UInt128, _ exponent: Int, negative: Bool) -> Decimal128 {
        let isLong = coefficient.digits > precision
        let number = Decimal128(
            negative: negative, coefficient: isLong ? coefficient / 10 : coefficient,
            exponent: isLong ? exponent + 1 : exponent)
        return number ?? infinity(negative: negative)
    }
}

// MARK: - Sums

extension Decimal128 {
    /// The sum; its exponent is the lesser one, as far as 34 digits allow.
    static func add(_ left: Decimal128, _ right: Decimal128) -> Decimal128 {
        guard let one = left.parts, let other = right.parts else { return addSpecial(left, right) }
        let (large, small) = one.exponent >= other.exponent ? (one, other) : (other, one)
        let shift = large.exponent - small.exponent
        let digits = large.coefficient.digits
        if large.coefficient == 0 || shift <= 76 - digits {
            let scaled =
                large.coefficient == 0
                ? WideInteger(low: 0)
                : WideInteger(large.coefficient, times: powerOfTen(min(shift, 38)))
                    .multiplied(by: powerOfTen(max(shift - 38, 0)))
            return sum(
                scaled, large.negative, WideInteger(low: small.coefficient), small.negative, exponent: small.exponent)
        }
        if small.coefficient == 0 {
            let zeros = precision - digits
            let padded = large.coefficient * powerOfTen(zeros)
            return Decimal128(negative: large.negative, coefficient: padded, exponent: large.exponent - zeros) ?? .nan
        }
        // What is added is far below the last digit that counts: every number that small rounds alike.
        let zeros = precision + 4 - digits
        return sum(
            WideInteger(large.coefficient, times: powerOfTen(zeros)), large.negative, WideInteger(low: 1),
            small.negative, exponent: large.exponent - zeros)
    }

    static func subtract(_ left: Decimal128, _ right: Decimal128) -> Decimal128 {
        right.isNaN ? notANumber(left, right) : add(left, right.negated)
    }

    private static func sum(
        _ one: WideInteger, _ oneIsNegative: Bool, _ other: WideInteger, _ otherIsNegative: Bool, exponent: Int
    ) -> Decimal128 {
        if oneIsNegative == otherIsNegative {
            return Decimal128(rounding: one + other, exponent: exponent, negative: oneIsNegative)
        }
        if one == other { return zero(negative: false, exponent: exponent) }
        return one > other
            ? Decimal128(rounding: one - other, exponent: exponent, negative: oneIsNegative)
            : Decimal128(rounding: other - one, exponent: exponent, negative: otherIsNegative)
    }

    /// The first operand that is NaN, with its sign, made quiet.
    static func notANumber(_ left: Decimal128, _ right: Decimal128) -> Decimal128 {
        let number = left.isNaN ? left : right
        return Decimal128(high: number.high & ~(1 << 57), low: number.low)
    }

    private static func addSpecial(_ left: Decimal128, _ right: Decimal128) -> Decimal128 {
        if left.isNaN || right.isNaN { return notANumber(left, right) }
        if left.isInfinite && right.isInfinite && left.isNegative != right.isNegative { return .nan }
        return infinity(negative: left.isInfinite ? left.isNegative : right.isNegative)
    }
}

// MARK: - Products and quotients

extension Decimal128 {
    static func multiply(_ left: Decimal128, _ right: Decimal128) -> Decimal128 {
        let negative = left.isNegative != right.isNegative
        guard let one = left.parts, let other = right.parts else {
            if left.isNaN || right.isNaN { return notANumber(left, right) }
            if left.isZero || right.isZero { return .nan }
            return infinity(negative: negative)
        }
        return Decimal128(
            rounding: WideInteger(one.coefficient, times: other.coefficient), exponent: one.exponent + other.exponent,
            negative: negative)
    }

    /// The quotient; if it is exact its exponent is as near as possible to the difference of the exponents.
    static func divide(_ left: Decimal128, _ right: Decimal128) -> Decimal128 {
        let negative = left.isNegative != right.isNegative
        guard let one = left.parts, let other = right.parts else {
            if left.isNaN || right.isNaN { return notANumber(left, right) }
            if left.isInfinite && right.isInfinite { return .nan }
            if left.isInfinite { return infinity(negative: negative) }
            return zero(negative: negative, exponent: exponentRange.lowerBound)
        }
        if other.coefficient == 0 { return one.coefficient == 0 ? .nan : infinity(negative: negative) }
        let preferred = one.exponent - other.exponent
        if one.coefficient == 0 { return zero(negative: negative, exponent: preferred) }
        // Two digits more than are kept, and whether anything is left.
        let zeros = precision + 2 + other.coefficient.digits - one.coefficient.digits
        let scaled = WideInteger(one.coefficient, times: powerOfTen(min(zeros, 38)))
            .multiplied(by: powerOfTen(max(zeros - 38, 0)))
        let (quotient, remainder) = scaled.dividing(by: other.coefficient)
        let exponent = preferred - zeros
        if remainder != 0 {
            return Decimal128(rounding: quotient, exponent: exponent, negative: negative, isInexact: true)
        }
        return exact(quotient.low, exponent: exponent, preferred: preferred, negative: negative)
    }

    /// The number without zeros at its end while the exponent is below the preferred one.
    static func exact(_ coefficient: UInt128, exponent: Int, preferred: Int, negative: Bool) -> Decimal128 {
        var value = coefficient
        var scale = exponent
        while scale < preferred {
            let (quotient, remainder) = value.quotientAndRemainder(dividingBy: 10)
            if remainder != 0 { break }
            value = quotient
            scale += 1
        }
        return Decimal128(rounding: WideInteger(low: value), exponent: scale, negative: negative)
    }

    /// What is left of `left` when `right` is taken away as often as it fits, with the sign of `left`.
    static func remainder(_ left: Decimal128, _ right: Decimal128) -> Decimal128 {
        if left.isNaN || right.isNaN { return notANumber(left, right) }
        if left.isInfinite || right.isZero { return .nan }
        guard let one = left.parts, let other = right.parts else { return left }
        let exponent = min(one.exponent, other.exponent)
        var rest: WideInteger
        if one.exponent >= other.exponent {
            rest = WideInteger(
                low: remainder(of: one.coefficient, shifted: one.exponent - other.exponent, by: other.coefficient))
        } else if other.exponent - one.exponent > precision {
            return left
        } else {
            let divisor = WideInteger(other.coefficient, times: powerOfTen(other.exponent - one.exponent))
            let value = WideInteger(low: one.coefficient)
            rest = divisor > value ? value : WideInteger(low: one.coefficient % divisor.low)
        }
        return Decimal128(rounding: rest, exponent: exponent, negative: one.negative)
    }

    /// `value * 10^shift % divisor`.
    private static func remainder(of value: UInt128, shifted shift: Int, by divisor: UInt128) -> UInt128 {
        var rest = value % divisor
        var base: UInt128 = 10 % divisor
        var left = shift
        while left > 0 {
            if left & 1 == 1 { rest = WideInteger(rest, times: base).dividing(by: divisor).remainder }
            base = WideInteger(base, times: base).dividing(by: divisor).remainder
            left >>= 1
        }
        return rest
    }

    /// The square root; `nil` for a negative number.
    var squareRoot: Decimal128? {
        guard let parts else { return isNaN ? .notANumber(self, self) : isNegative ? nil : .infinity }
        let preferred = parts.exponent >> 1
        if parts.coefficient == 0 { return Decimal128.zero(negative: parts.negative, exponent: preferred) }
        if parts.negative { return nil }
        // An even exponent, and a root of 36 or 37 digits.
        var zeros = 72 - parts.coefficient.digits
        if (parts.exponent - zeros) & 1 != 0 { zeros += 1 }
        let scaled = WideInteger(parts.coefficient, times: powerOfTen(38)).multiplied(by: powerOfTen(zeros - 38))
        let exponent = (parts.exponent - zeros) >> 1
        let (root, isExact) = scaled.squareRoot
        if !isExact {
            return Decimal128(rounding: WideInteger(low: root), exponent: exponent, negative: false, isInexact: true)
        }
        return Decimal128.exact(root, exponent: exponent, preferred: preferred, negative: false)
    }
}

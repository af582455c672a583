// Decimal numbers beside other numbers: conversion and exact comparison.

internal import BSON
internal import Glibc

extension Decimal128 {
    /// Creates the decimal number of an integer.
    init(_ value: Int64) {
        self = Decimal128(negative: value < 0, coefficient: UInt128(value.magnitude), exponent: 0) ?? .nan
    }

    /// The nearest double.
    var asDouble: Double {
        guard parts != nil else { return isNaN ? .nan : isNegative ? -.infinity : .infinity }
        // strtod rounds correctly, and the text is exact.
        return strtod(description, nil)
    }

    /// The value, if it is an integer of 64 bits.
    var asInteger: Int64? {
        guard let parts = reducedParts else { return nil }
        if parts.coefficient == 0 { return 0 }
        guard (0...18).contains(parts.exponent) else { return nil }
        let (value, overflow) = parts.coefficient.multipliedReportingOverflow(by: powerOfTen(parts.exponent))
        if overflow || value > UInt128(UInt64.max) { return nil }
        let magnitude = UInt64(value)
        if parts.negative { return magnitude <= 1 << 63 ? Int64(truncatingIfNeeded: 0 &- magnitude) : nil }
        return Int64(exactly: magnitude)
    }

    /// Returns a negative number, 0 or a positive number for less, equal or greater.
    static func compare(_ left: Decimal128, _ right: Decimal128) -> Int {
        if left.isNaN || right.isNaN { return (left.isNaN ? 0 : 1) - (right.isNaN ? 0 : 1) }
        let signs = left.signum - right.signum
        if signs != 0 || left.signum == 0 { return signs }
        let magnitude = compareMagnitudes(left, right)
        return left.isNegative ? -magnitude : magnitude
    }

    /// -1, 0 or 1; for infinities too.
    private var signum: Int {
        if let parts, parts.coefficient == 0 { return 0 }
        return isNegative ? -1 : 1
    }

    /// Compares two numbers that are not zero and have the same sign, without it.
    private static func compareMagnitudes(_ left: Decimal128, _ right: Decimal128) -> Int {
        guard let one = left.parts else { return right.isInfinite ? 0 : 1 }
        guard let other = right.parts else { return -1 }
        let digits = one.coefficient.digits + one.exponent - other.coefficient.digits - other.exponent
        if digits != 0 { return digits }
        // As many digits before the point: the exponents differ by 33 at most, and the shift fits.
        let shift = one.exponent - other.exponent
        let large = shift > 0 ? one.coefficient * powerOfTen(shift) : one.coefficient
        let small = shift < 0 ? other.coefficient * powerOfTen(-shift) : other.coefficient
        return large == small ? 0 : large < small ? -1 : 1
    }

    /// Compares with the exact value of a double.
    static func compare(_ left: Decimal128, exactly right: Double) -> Int {
        if left.isNaN || right.isNaN { return (left.isNaN ? 0 : 1) - (right.isNaN ? 0 : 1) }
        let sign = right == 0 ? 0 : right < 0 ? -1 : 1
        if left.signum != sign || sign == 0 { return left.signum - sign }
        guard let parts = left.parts else { return right.isInfinite ? 0 : sign }
        if right.isInfinite { return -sign }
        // The nearest double is monotone: if it differs, so do the numbers.
        let near = Number.order(left.asDouble, right)
        if near != 0 { return near }
        return sign * compareExactly(parts.coefficient, parts.exponent, right.magnitude)
    }

    /// Compares `coefficient * 10^exponent` with a double that is nearly the same, as large integers.
    private static func compareExactly(_ coefficient: UInt128, _ exponent: Int, _ double: Double) -> Int {
        var left = LargeInteger(coefficient)
        var right = LargeInteger(UInt128(double.significandBitPattern | (double.isNormal ? 1 << 52 : 0)))
        let power = Int(double.isNormal ? double.exponent : -1022) - 52
        if exponent > 0 { left.multiply(byPowerOfTen: exponent) } else { right.multiply(byPowerOfTen: -exponent) }
        if power > 0 { right.shiftLeft(power) } else { left.shiftLeft(-power) }
        return LargeInteger.compare(left, right)
    }

    /// The parts without trailing zeros of the coefficient, so that equal numbers have equal parts.
    var reducedParts: (negative: Bool, coefficient: UInt128, exponent: Int)? {
        guard var parts else { return nil }
        if parts.coefficient == 0 { return (false, 0, 0) }
        while true {
            let (quotient, remainder) = parts.coefficient.quotientAndRemainder(dividingBy: 10)
            if remainder != 0 { return parts }
            parts.coefficient = quotient
            parts.exponent += 1
        }
    }
}

/// Returns 10 to the power of `exponent`, which is at most 38.
func powerOfTen(_ exponent: Int) -> UInt128 {
    var power: UInt128 = 1
    for _ in 0..<exponent { power *= 10 }
    return power
}

extension UInt128 {
    /// The number of decimal digits; 1 for 0.
    var digits: Int {
        var count = 1
        var power: UInt128 = 10
        while self >= power {
            count += 1
            let (next, overflow) = power.multipliedReportingOverflow(by: 10)
            if overflow { break }
            power = next
        }
        return count
    }
}

// Unsigned integers of 256 bits, as products and quotients of decimals need them.

/// An unsigned integer of 256 bits.
struct WideInteger: Comparable {
    var high: UInt128
    var low: UInt128

    init(high: UInt128 = 0, low: UInt128) {
        self.high = high
        self.low = low
    }

    /// The product of two numbers.
    init(_ left: UInt128, times right: UInt128) {
        (high, low) = left.multipliedFullWidth(by: right)
    }

    static func < (left: WideInteger, right: WideInteger) -> Bool {
        left.high != right.high ? left.high < right.high : left.low < right.low
    }

    static func + (left: WideInteger, right: WideInteger) -> WideInteger {
        let (low, carry) = left.low.addingReportingOverflow(right.low)
        return WideInteger(high: left.high &+ right.high &+ (carry ? 1 : 0), low: low)
    }

    /// The difference; `right` must not be the greater one.
    static func - (left: WideInteger, right: WideInteger) -> WideInteger {
        let (low, borrow) = left.low.subtractingReportingOverflow(right.low)
        return WideInteger(high: left.high &- right.high &- (borrow ? 1 : 0), low: low)
    }

    /// The product, which must fit.
    func multiplied(by factor: UInt128) -> WideInteger {
        let (upper, lower) = low.multipliedFullWidth(by: factor)
        return WideInteger(high: upper &+ high &* factor, low: lower)
    }

    var isZero: Bool { high == 0 && low == 0 }

    /// Returns quotient and remainder.
    func dividing(by divisor: UInt128) -> (quotient: WideInteger, remainder: UInt128) {
        if high == 0 {
            let (quotient, remainder) = low.quotientAndRemainder(dividingBy: divisor)
            return (WideInteger(low: quotient), remainder)
        }
        let (upper, rest) = high.quotientAndRemainder(dividingBy: divisor)
        let (lower, remainder) = divisor.dividingFullWidth((rest, low))
        return (WideInteger(high: upper, low: lower), remainder)
    }

    /// The number of decimal digits; 1 for 0.
    var digits: Int {
        if high == 0 { return low.digits }
        // 10^38 is the largest power of ten of 128 bits.
        return 38 + dividing(by: powerOfTen(38)).quotient.digits
    }

    /// Drops decimal digits; a half of the last one that stays is rounded to even.
    ///
    /// - Parameter isInexact: What is dropped is a little more than its digits say.
    func droppingDigits(_ count: Int, isInexact: Bool) -> WideInteger {
        if count > 77 { return WideInteger(low: 0) }
        var value = self
        var hasRest = isInexact
        var left = count - 1
        while left > 0 {
            let step = min(left, 38)
            let (quotient, remainder) = value.dividing(by: powerOfTen(step))
            value = quotient
            hasRest = hasRest || remainder != 0
            left -= step
        }
        let (quotient, last) = value.dividing(by: 10)
        let isOdd = quotient.low & 1 == 1
        let isUp = last > 5 || last == 5 && (hasRest || isOdd)
        return isUp ? quotient + WideInteger(low: 1) : quotient
    }

    /// The largest integer whose square is not greater, and whether it is the root exactly.
    var squareRoot: (root: UInt128, isExact: Bool) {
        var root: UInt128 = 0
        var bit: UInt128 = 1 << 127
        while bit > 0 {
            let next = root | bit
            if WideInteger(next, times: next) <= self { root = next }
            bit >>= 1
        }
        return (root, WideInteger(root, times: root) == self)
    }
}

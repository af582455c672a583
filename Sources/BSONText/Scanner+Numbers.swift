// Numbers: integers exactly, others to the nearest double.

/// A number as it is written: with a point or an exponent it is a double, else an integer if one holds it.
enum Number {
    case integer(Int64)
    case double(Double)
}

extension Scanner {
    /// Whether a number can begin with this byte.
    @inline(__always)
    func isNumberStart(_ byte: UInt8) -> Bool {
        if byte &- ASCII.zero < 10 || byte == ASCII.minus { return true }
        return isRelaxed && (byte == ASCII.plus || byte == ASCII.point)
    }

    /// Reads a number.
    @inline(__always)
    mutating func number() throws(TextError) -> Number {
        let first = at
        let isNegative = next == ASCII.minus
        let digits = isNegative || (isRelaxed && next == ASCII.plus) ? first + 1 : first
        var value: UInt64 = 0
        var last = digits
        while last < end {
            let digit = last.pointee &- ASCII.zero
            if digit > 9 { break }
            value = value &* 10 &+ UInt64(digit)
            last += 1
        }
        at = last
        let count = last - digits
        let byte = next
        let endsHere = byte != ASCII.point && byte | 0x20 != UInt8(ascii: "e") && byte | 0x20 != UInt8(ascii: "x")
        if endsHere && count > 0 && count <= 19 && (digits.pointee != ASCII.zero || count == 1) {
            if value <= UInt64(Int64.max) {
                return .integer(isNegative ? -Int64(value) : Int64(value))
            }
            if isNegative && value == UInt64(Int64.max) + 1 { return .integer(.min) }
        }
        return try rareNumber(first, digits, isNegative, value, count)
    }

    /// Reads what is not an integer of 64 bits; stands behind the digits that were read, `count` of them.
    @inline(never)
    private mutating func rareNumber(
        _ first: UnsafePointer<UInt8>, _ digits: UnsafePointer<UInt8>, _ isNegative: Bool, _ value: UInt64,
        _ count: Int
    ) throws(TextError) -> Number {
        if count == 0 {
            if isRelaxed, let special = specialNumber(isNegative) { return .double(special) }
            if !(isRelaxed && next == ASCII.point) { throw expected("a digit") }
        }
        if isRelaxed && count == 1 && digits.pointee == ASCII.zero && next | 0x20 == UInt8(ascii: "x") {
            at += 1
            return try hexadecimalNumber(isNegative)
        }
        if count > 1 && digits.pointee == ASCII.zero {
            throw error("found a number that begins with 0, expected one without", at: digits)
        }
        var mantissa = value
        var places = 0
        var exponent = 0
        if take(ASCII.point) {
            let fraction = at
            var last = at
            while last < end {
                let digit = last.pointee &- ASCII.zero
                if digit > 9 { break }
                mantissa = mantissa &* 10 &+ UInt64(digit)
                last += 1
            }
            at = last
            places = last - fraction
            if places == 0 && !(isRelaxed && count > 0) { throw expected("a digit") }
        }
        if next | 0x20 == UInt8(ascii: "e") { exponent = try self.exponent() }
        // Nineteen digits always fit; leading zeros of a small fraction need not count.
        if count + places <= 19, let exact = Double(mantissa, timesTenTo: exponent - places) {
            return .double(isNegative ? -exact : exact)
        }
        return .double(try slowDouble(first))
    }

    private mutating func exponent() throws(TextError) -> Int {
        at += 1
        let isNegative = next == ASCII.minus
        if isNegative || next == ASCII.plus { at += 1 }
        let digits = at
        var value = 0
        while at < end {
            let digit = at.pointee &- ASCII.zero
            if digit > 9 { break }
            if value < 100_000 { value = value * 10 + Int(digit) }
            at += 1
        }
        if at == digits { throw expected("a digit of the exponent") }
        return isNegative ? -value : value
    }

    /// `Infinity` and `NaN`.
    private mutating func specialNumber(_ isNegative: Bool) -> Double? {
        if take("Infinity") { return isNegative ? -.infinity : .infinity }
        if take("NaN") { return .nan }
        return nil
    }

    private mutating func hexadecimalNumber(_ isNegative: Bool) throws(TextError) -> Number {
        let first = at
        var value: UInt64 = 0
        var isTooLarge = false
        while at < end, let digit = hexadecimalDigit(at.pointee) {
            isTooLarge = isTooLarge || value >> 60 != 0
            value = value << 4 | UInt64(digit)
            at += 1
        }
        if at == first { throw expected("a hexadecimal digit") }
        if !isTooLarge && value <= UInt64(Int64.max) { return .integer(isNegative ? -Int64(value) : Int64(value)) }
        if !isTooLarge && isNegative && value == UInt64(Int64.max) + 1 { return .integer(.min) }
        let text = "0x" + String(decoding: UnsafeBufferPointer(start: first, count: at - first), as: UTF8.self)
        guard let double = Double(text), double.isFinite else {
            throw error("found a number beyond the range of doubles, expected a smaller one", at: first)
        }
        return .double(isNegative ? -double : double)
    }

    /// The double nearest to the decimal number between `first` and the position.
    private func slowDouble(_ first: UnsafePointer<UInt8>) throws(TextError) -> Double {
        let text = String(decoding: UnsafeBufferPointer(start: first, count: at - first), as: UTF8.self)
        guard let double = Double(text), double.isFinite else {
            throw error("found a number beyond the range of doubles, expected a smaller one", at: first)
        }
        return double
    }
}

extension Double {
    /// The double nearest to `mantissa` × 10^`power`, for the powers where that is cheap to know exactly, else `nil`.
    @inline(__always)
    init?(_ mantissa: UInt64, timesTenTo power: Int) {
        if mantissa == 0 {
            self = 0
        } else if mantissa <= 1 << 53 && (-22...22).contains(power) {
            // Both operands are exact, so the one rounding of the operation is the right one.
            let ten = powersOfTen[abs(power)]
            self = power < 0 ? Double(mantissa) / ten : Double(mantissa) * ten
        } else if (-19 ... -1).contains(power) {
            self = Double.quotient(mantissa, integerPowersOfTen[-power])
        } else {
            return nil
        }
    }

    /// The double nearest to `dividend` / `divisor`, neither of which is zero.
    private static func quotient(_ dividend: UInt64, _ divisor: UInt64) -> Double {
        let dividendShift = dividend.leadingZeroBitCount
        let divisorShift = divisor.leadingZeroBitCount
        let (top, bottom) = (dividend << dividendShift, divisor << divisorShift)
        // 63 or 64 bits of quotient; whatever is left over becomes the last of them, far below the rounding.
        let (quotient, rest) = bottom.dividingFullWidth((top >> 1, top << 63))
        let rounded = Double(quotient | (rest == 0 ? 0 : 1))
        return Double(sign: .plus, exponent: divisorShift - dividendShift - 63, significand: rounded)
    }
}

private let powersOfTen: InlineArray<23, Double> = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
    1e20, 1e21, 1e22,
]

private let integerPowersOfTen: InlineArray<20, UInt64> = [
    1, 10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000, 10_000_000_000,
    100_000_000_000, 1_000_000_000_000, 10_000_000_000_000, 100_000_000_000_000, 1_000_000_000_000_000,
    10_000_000_000_000_000, 100_000_000_000_000_000, 1_000_000_000_000_000_000, 10_000_000_000_000_000_000,
]

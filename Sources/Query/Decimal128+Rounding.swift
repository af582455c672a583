// Decimals rounded to a place, and to and from binary numbers.

internal import BSON
internal import Glibc

extension Decimal128 {
    /// Where a number goes that lies between two.
    enum Rounding {
        /// To the nearer one; from the middle to the even one.
        case nearest
        case towardZero
        case up
        case down
    }

    /// The number with this exponent; NaN if it would need more than 34 digits, or is infinite.
    func quantized(to exponent: Int, _ rounding: Rounding) -> Decimal128 {
        guard let parts else { return isNaN ? .notANumber(self, self) : .nan }
        guard Decimal128.exponentRange.contains(exponent) else { return .nan }
        let shift = parts.exponent - exponent
        if shift >= 0 {
            if parts.coefficient == 0 { return .zero(negative: parts.negative, exponent: exponent) }
            guard parts.coefficient.digits + shift <= Decimal128.precision else { return .nan }
            return Decimal128(
                negative: parts.negative, coefficient: parts.coefficient * powerOfTen(shift), exponent: exponent)
                ?? .nan
        }
        let whole = -shift > 38 ? 0 : parts.coefficient / powerOfTen(-shift)
        let isExact = parts.coefficient == 0 || -shift <= 38 && parts.coefficient % powerOfTen(-shift) == 0
        let coefficient: UInt128 =
            switch rounding {
            case .nearest: WideInteger(low: parts.coefficient).droppingDigits(-shift, isInexact: false).low
            case .towardZero: whole
            case .up: isExact || parts.negative ? whole : whole + 1
            case .down: isExact || !parts.negative ? whole : whole + 1
            }
        return Decimal128(negative: parts.negative, coefficient: coefficient, exponent: exponent) ?? .nan
    }

    /// The integer that it is when rounded; `nil` if it is not one of 64 bits.
    func integer(_ rounding: Rounding) -> Int64? {
        guard let parts else { return nil }
        return parts.exponent >= 0 ? asInteger : quantized(to: 0, rounding).asInteger
    }

    /// Creates the nearest number of 34 digits; without zeros at its end if it is exact.
    init(_ value: Double) {
        guard value.isFinite, value != 0 else {
            self =
                value.isNaN
                ? (value.sign == .minus ? Decimal128.nan.negated : .nan)
                : value == 0
                    ? .zero(negative: value.sign == .minus, exponent: 0) : .infinity(negative: value < 0)
            return
        }
        // The lowest bit that is set tells how many digits the exact value has behind the point.
        let bits = value.significandBitPattern | (value.isNormal ? 1 << 52 : 0)
        let places = -Int(value.ulp.exponent) - bits.trailingZeroBitCount
        let (coefficient, exponent) = Decimal128.digits(of: value.magnitude)
        self = .exact(coefficient, exponent: exponent, preferred: -max(places, 0), negative: value < 0)
    }

    /// Creates the nearest number of exactly 15 digits, which is how MongoDB makes decimals of doubles mostly.
    init(shortening value: Double) {
        let exact = Decimal128(value)
        guard let parts = exact.parts, parts.coefficient != 0 else {
            self = exact
            return
        }
        let surplus = parts.coefficient.digits - 15
        if surplus <= 0 {
            self = exact.quantized(to: parts.exponent + surplus, .nearest)
            return
        }
        let rounded = WideInteger(low: parts.coefficient).droppingDigits(surplus, isInexact: false).low
        let carry = rounded.digits - 15
        self =
            Decimal128(
                negative: parts.negative, coefficient: rounded / powerOfTen(carry),
                exponent: parts.exponent + surplus + carry) ?? .nan
    }

    /// 34 digits of a positive number and the exponent of the last one.
    private static func digits(of value: Double) -> (UInt128, Int) {
        // The C library rounds correctly, whatever the number of digits.
        var text: InlineArray<64, CChar> = .init(repeating: 0)
        var span = text.mutableSpan
        span.withUnsafeMutableBufferPointer { buffer in
            _ = withVaList([value]) { vsnprintf(buffer.baseAddress, buffer.count, "%.33e", $0) }
        }
        var coefficient: UInt128 = 0
        var place = 0
        while text[place] != 0x65 {
            if text[place] != 0x2E { coefficient = coefficient * 10 + UInt128(UInt8(bitPattern: text[place]) - 0x30) }
            place += 1
        }
        var exponent = 0
        let isNegative = text[place + 1] == 0x2D
        place += 2
        while text[place] != 0 {
            exponent = exponent * 10 + Int(text[place] - 0x30)
            place += 1
        }
        return (coefficient, (isNegative ? -exponent : exponent) - 33)
    }
}

extension Decimal128 {
    /// Reads a number as text; `nil` for what is none, or is out of range.
    ///
    /// Digits behind the 34th are cut off, as mongod does.
    init?(parsing text: String) {
        if let exact = Decimal128(text) {
            self = exact.isNaN && text.utf8.first == 0x2D ? exact.negated : exact
            return
        }
        // More than 34 digits, or no number.
        var rest = text.utf8[...]
        let negative = rest.first == 0x2D
        if rest.first == 0x2D || rest.first == 0x2B { rest.removeFirst() }
        let mantissa = rest.prefix { $0 | 0x20 != 0x65 }
        let tail = rest.dropFirst(mantissa.count)
        var digits: [UInt8] = []
        var places = 0
        var sawPoint = false
        for byte in mantissa {
            if byte == 0x2E, !sawPoint {
                sawPoint = true
            } else if (0x30...0x39).contains(byte) {
                if !digits.isEmpty || byte != 0x30 { digits.append(byte - 0x30) }
                if sawPoint { places += 1 }
            } else {
                return nil
            }
        }
        guard !digits.isEmpty, let power = Decimal128.power(tail) else { return nil }
        let kept = digits.prefix(Decimal128.precision).reduce(0) { $0 * 10 + UInt128($1) }
        let exponent = power - places + digits.count - min(digits.count, Decimal128.precision)
        self.init(negative: negative, coefficient: kept, exponent: exponent)
    }

    /// Reads `E`, a sign and digits, or nothing.
    private static func power(_ text: Substring.UTF8View) -> Int? {
        if text.isEmpty { return 0 }
        guard text.count <= 10, let power = Int(String(Substring(text.dropFirst()))) else { return nil }
        return power
    }
}

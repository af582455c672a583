// Decimal numbers as text, by the rules of the BSON specification of decimal128.

extension Decimal128: CustomStringConvertible, LosslessStringConvertible {
    /// Reads `-12.50`, `1E+3`, `Infinity`, `NaN` and the like, in either case.
    ///
    /// `nil` if the text is not a number, or cannot be held exactly: nothing is rounded.
    public init?(_ text: String) {
        var rest = text.utf8[...]
        let negative = rest.first == 0x2D
        if rest.first == 0x2D || rest.first == 0x2B { rest.removeFirst() }
        if let special = Decimal128(word: rest, negative: negative) {
            self = special
            return
        }
        guard let (coefficient, scale) = Decimal128.coefficient(&rest),
            let exponent = Decimal128.exponent(&rest), rest.isEmpty
        else { return nil }
        self.init(negative: negative, coefficient: coefficient, exponent: exponent + scale)
    }

    /// The number in its canonical text: all digits of the coefficient, in scientific notation if it is large or small.
    public var description: String {
        guard let (negative, coefficient, exponent) = parts else {
            return isNaN ? "NaN" : isNegative ? "-Infinity" : "Infinity"
        }
        let digits = String(coefficient)
        let sign = negative ? "-" : ""
        let scientific = exponent + digits.utf8.count - 1
        if exponent > 0 || scientific < -6 {
            let fraction = digits.dropFirst()
            let mantissa = fraction.isEmpty ? digits : "\(digits.prefix(1)).\(fraction)"
            return "\(sign)\(mantissa)E\(scientific < 0 ? "" : "+")\(scientific)"
        }
        if exponent == 0 { return sign + digits }
        let whole = digits.utf8.count + exponent
        if whole > 0 { return "\(sign)\(digits.prefix(whole)).\(digits.dropFirst(whole))" }
        return "\(sign)0.\(String(repeating: "0", count: -whole))\(digits)"
    }

    private init?(word: Substring.UTF8View, negative: Bool) {
        switch String(Substring(word)).lowercased() {
        case "nan": self = .nan
        case "inf", "infinity": self.init(high: negative ? 0xF800_0000_0000_0000 : 0x7800_0000_0000_0000, low: 0)
        default: return nil
        }
    }

    /// Reads digits with at most one point among them; returns the digits' value and the power of ten that it lacks.
    private static func coefficient(_ rest: inout Substring.UTF8View) -> (UInt128, Int)? {
        var value: UInt128 = 0
        var scale = 0
        var digits = 0
        var sawPoint = false
        while let byte = rest.first {
            if byte == 0x2E && !sawPoint {
                sawPoint = true
            } else if (0x30...0x39).contains(byte) {
                digits += 1
                if sawPoint { scale -= 1 }
                if value <= largestCoefficient / 10 {
                    value = value * 10 + UInt128(byte - 0x30)
                } else if byte == 0x30 {
                    scale += 1
                } else {
                    return nil
                }
            } else {
                break
            }
            rest.removeFirst()
        }
        return digits > 0 ? (value, scale) : nil
    }

    /// Reads `E`, an optional sign and digits, or nothing, which is 0.
    private static func exponent(_ rest: inout Substring.UTF8View) -> Int? {
        guard let letter = rest.first, letter | 0x20 == 0x65 else { return 0 }
        rest.removeFirst()
        let negative = rest.first == 0x2D
        if rest.first == 0x2D || rest.first == 0x2B { rest.removeFirst() }
        guard !rest.isEmpty else { return nil }
        var value = 0
        while let byte = rest.first, (0x30...0x39).contains(byte) {
            // Far beyond the range it no longer matters by how much.
            value = min(value * 10 + Int(byte - 0x30), 1 << 40)
            rest.removeFirst()
        }
        return negative ? -value : value
    }
}

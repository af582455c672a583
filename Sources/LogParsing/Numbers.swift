// Decimal numbers as logs write them.

extension RawSpan {
    /// Reads decimal digits from `index` on, or a `-`, which counts as no digits; nil if neither stands there or there
    /// are more than 18.
    @inline(__always)
    func decimal(at index: inout Int) -> (value: Int64, digits: Int)? {
        let start = index
        var value: Int64 = 0
        precondition(start >= 0)
        while index < byteCount {
            let digit = unsafeLoad(fromUncheckedByteOffset: index, as: UInt8.self) &- 48
            guard digit <= 9 else { break }
            value = value &* 10 &+ Int64(digit)
            index &+= 1
        }
        let digits = index &- start
        if digits > 0 { return digits <= 18 ? (value, digits) : nil }
        guard index < byteCount, byte(at: index) == UInt8(ascii: "-") else { return nil }
        index += 1
        return (0, 0)
    }

    /// The number that digits stand for, if there is nothing else in `range` and it fits.
    @inline(__always)
    func integer(in range: Range<Int>) -> Int64? {
        guard range.count > 0, range.count <= 18 else { return nil }
        precondition(range.lowerBound >= 0 && range.upperBound <= byteCount)
        var value: Int64 = 0
        for index in range {
            let digit = unsafeLoad(fromUncheckedByteOffset: index, as: UInt8.self) &- 48
            guard digit <= 9 else { return nil }
            value = value &* 10 &+ Int64(digit)
        }
        return value
    }

    /// The number that digits with at most one point stand for, if there is nothing else in `range`.
    @inline(__always)
    func fraction(in range: Range<Int>) -> Double? {
        guard let (digits, places) = decimalDigits(in: range) else { return nil }
        // Both are exact, so that the quotient is the nearest number there is.
        return Double(digits) / Self.powersOfTen[places]
    }

    /// The digits of a number, at most 15 of them, and how many stand behind its point.
    @inline(__always)
    func decimalDigits(in range: Range<Int>) -> (digits: Int64, places: Int)? {
        guard range.count > 0, range.count <= 16 else { return nil }
        precondition(range.lowerBound >= 0 && range.upperBound <= byteCount)
        var value: Int64 = 0
        var point = -1
        for index in range {
            let byte = unsafeLoad(fromUncheckedByteOffset: index, as: UInt8.self)
            if byte == UInt8(ascii: "."), point < 0 {
                point = index
                continue
            }
            let digit = byte &- 48
            guard digit <= 9 else { return nil }
            value = value &* 10 &+ Int64(digit)
        }
        guard range.count > (point < 0 ? 0 : 1), value < 1 << 53 else { return nil }
        return (value, point < 0 ? 0 : range.upperBound - point - 1)
    }

    private static var powersOfTen: [Double] {
        [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15]
    }
}

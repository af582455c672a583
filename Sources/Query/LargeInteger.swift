// Integers of any size, as far as exact comparisons need them.

/// An unsigned integer of any size.
struct LargeInteger {
    private var words: [UInt32] = []  // least significant first, no zeros at the end

    init(_ value: UInt128) {
        var rest = value
        while rest > 0 {
            words.append(UInt32(truncatingIfNeeded: rest))
            rest >>= 32
        }
    }

    mutating func multiply(byPowerOfTen exponent: Int) {
        var left = exponent
        while left > 0 {
            let step = min(left, 9)
            multiply(by: UInt32(truncatingIfNeeded: powerOfTen(step)))
            left -= step
        }
    }

    private mutating func multiply(by factor: UInt32) {
        var carry: UInt64 = 0
        for index in words.indices {
            let product = UInt64(words[index]) * UInt64(factor) + carry
            words[index] = UInt32(truncatingIfNeeded: product)
            carry = product >> 32
        }
        if carry > 0 { words.append(UInt32(carry)) }
    }

    mutating func shiftLeft(_ bits: Int) {
        multiply(by: 1 << UInt32(bits % 32))
        if !words.isEmpty { words.insert(contentsOf: repeatElement(0, count: bits / 32), at: 0) }
    }

    /// Returns a negative number, 0 or a positive number for less, equal or greater.
    static func compare(_ left: LargeInteger, _ right: LargeInteger) -> Int {
        if left.words.count != right.words.count { return left.words.count - right.words.count }
        for (one, other) in zip(left.words.reversed(), right.words.reversed()) where one != other {
            return one < other ? -1 : 1
        }
        return 0
    }
}

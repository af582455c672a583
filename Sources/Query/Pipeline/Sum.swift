// Sums of numbers of all types.

internal import BSON

/// A sum as exact as MongoDB's.
///
/// Integers are added as integers, doubles with the rounding errors carried along, decimals as decimals.
///
/// Source: the two-sum algorithm of Knuth, The Art of Computer Programming, volume 2, 4.2.2.
struct Sum {
    private var integers: Int128 = 0
    private var high = 0.0
    private var low = 0.0
    private var decimals: Decimal128?
    private var widest = BSONType.int32
    /// Numbers that were added.
    private(set) var count: Int64 = 0

    /// Adds the value of a field, if it is a number.
    @inline(__always)
    mutating func add(_ field: FoundField, of bytes: RawSpan) {
        let value = Int(field.value)
        switch bytes.byte(at: Int(field.start)) {
        case 0x10: add(int32: bytes.int32(at: value))
        case 0x01: add(double: Double(bitPattern: UInt64(bitPattern: bytes.int64(at: value))))
        case 0x12: add(.integer(bytes.int64(at: value)), .int64)
        case 0x13:
            let number = ValueView(.decimal128, bytes.extracting(value..<Int(field.end))).number
            if let number { add(number, .decimal128) }
        default: break
        }
    }

    @inline(__always)
    mutating func add(int32 value: Int32) {
        count += 1
        integers &+= Int128(value)
    }

    @inline(__always)
    mutating func add(double value: Double) {
        count += 1
        if widest != .decimal128 { widest = .double }
        addExactly(value)
    }

    @inline(__always)
    private mutating func addExactly(_ value: Double) {
        let sum = high + value
        let other = sum - high
        low += (high - (sum - other)) + (value - other)
        high = sum
    }

    mutating func add(_ number: Number, _ type: BSONType?) {
        switch number {
        case .integer(let value):
            count += 1
            integers &+= Int128(value)
            if type == .int64 && widest == .int32 { widest = .int64 }
        case .double(let value): add(double: value)
        case .decimal(let value):
            count += 1
            widest = .decimal128
            // From 0 on, as in MongoDB: it decides on the zeros at the end.
            decimals = Decimal128.add(decimals ?? Decimal128(0 as Int64), value)
        }
    }

    mutating func merge(_ other: Sum) {
        count += other.count
        integers &+= other.integers
        addExactly(other.high)
        if other.low.isFinite { low += other.low }
        if let value = other.decimals { decimals = decimals.map { Decimal128.add($0, value) } ?? value }
        if Self.rank(other.widest) > Self.rank(widest) { widest = other.widest }
    }

    private static func rank(_ type: BSONType) -> Int {
        switch type {
        case .int32: 0
        case .int64: 1
        case .double: 2
        default: 3
        }
    }

    private mutating func addIntegers() {
        let near = Double(integers)
        addExactly(near)
        addExactly(Double(integers - Int128(near)))
    }

    /// The doubles and the integers.
    private var double: Double {
        var whole = self
        whole.addIntegers()
        // Infinities and NaN have no rounding error.
        let sum = whole.high + whole.low
        return whole.low.isNaN ? whole.high : sum
    }

    private var decimal: Decimal128 {
        var sum = decimals ?? Decimal128(0 as Int64)
        // A sum without doubles is exact.
        if high == 0 && low == 0, let integer = Int64(exactly: integers) {
            return integer == 0 && decimals != nil ? sum : Decimal128.add(sum, Decimal128(integer))
        }
        var whole = self
        whole.addIntegers()
        if !whole.low.isFinite { return Decimal128.add(sum, Decimal128(whole.high)) }
        // Both parts of the sum are decimals that are exact, or nearly.
        let total = whole.high + whole.low
        let rest = whole.low - (total - whole.high)
        sum = Decimal128.add(sum, Decimal128(total))
        return rest == 0 ? sum : Decimal128.add(sum, Decimal128(rest))
    }

    /// The sum: 0 if there was nothing; an integer if there were only integers and the sum is one of 64 bits.
    var total: Value {
        switch widest {
        case .int32: Int64(exactly: integers).map { .integer($0) } ?? .double(double)
        case .int64: Int64(exactly: integers).map { .int64($0) } ?? .double(double)
        case .double: .double(double)
        default: .decimal128(decimal)
        }
    }

    /// The average; null if there was nothing.
    var average: Value {
        if count == 0 { return .null }
        if widest == .decimal128 { return .decimal128(Decimal128.divide(decimal, Decimal128(count))) }
        return .double(double / Double(count))
    }
}

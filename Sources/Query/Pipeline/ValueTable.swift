// A set of values, each with a number.

internal import BSON

/// Values of all types that are found again, numbered in the order in which they came.
///
/// Equal are values that MongoDB's order calls equal: 1 and 1.0 are the same, null and a missing value are not. The
/// hashes are seeded anew in each process: those who choose the values cannot make them collide.
struct ValueTable {
    /// The values by their number.
    private(set) var values: [Value] = []
    private var entries: [Entry] = []
    private var bytes: [UInt8] = []  // the values as stored, one behind the other
    private var places: [Int32] = []  // indices into `values`, -1 for none; a power of two of them

    /// Plain numbers only, so that looking at entries touches no reference counts.
    private struct Entry {
        let hash: UInt64
        let type: UInt8  // 0 for a missing value
        let start: Int  // in `bytes`
        let count: Int
    }

    /// The number of values.
    var count: Int { values.count }

    /// Returns the number of a value, which is added if it is new.
    ///
    /// - Throws: ``QueryError`` if the value has too many levels to be stored.
    mutating func row(of value: Value) throws(QueryError) -> Int {
        var writer = DocumentWriter(limit: Int(Int32.max))
        writer.beginDocument()
        writer[""] = value
        let holder = try writer.endedDocument()
        guard let element = holder.view.element(at: 4) else {
            if let row = entries.firstIndex(where: { $0.type == 0 }) { return row }
            return insert(.missing, Entry(hash: 0, type: 0, start: 0, count: 0))
        }
        return row(of: element)
    }

    /// Returns the number of the value of an element, which is copied and added if it is new.
    mutating func row(of element: ElementView) -> Int {
        let isString = element.typeByte == BSONType.string.rawValue
        let value = isString ? ValueView(.string, element.valueBytes) : ValueView(element)
        let hash = isString ? ValueHash.text(value.bytes) : ValueHash.hash(value)
        return place(of: value, hash) ?? add(element, value, hash)
    }

    @inline(never)
    private mutating func add(_ element: ElementView, _ value: ValueView, _ hash: UInt64) -> Int {
        let entry = Entry(hash: hash, type: value.type.rawValue, start: bytes.count, count: value.bytes.byteCount)
        value.bytes.withUnsafeBytes { bytes.append(contentsOf: $0) }
        return insert(Value(element), entry)
    }

    /// Replaces what is shown for a number; it is found by its first value as before.
    mutating func show(_ value: Value, for row: Int) { values[row] = value }

    @inline(__always)
    private func place(of value: ValueView, _ hash: UInt64) -> Int? {
        if places.isEmpty { return nil }
        let mask = places.count &- 1
        var index = Int(truncatingIfNeeded: hash) & mask
        while true {
            let row = Int(places[index])
            if row < 0 { return nil }
            if entries[row].hash == hash && equals(entries[row], value) { return row }
            index = (index &+ 1) & mask
        }
    }

    @inline(__always)
    private func equals(_ entry: Entry, _ value: ValueView) -> Bool {
        // Mostly the same type and bytes.
        let isSameType = entry.type == value.type.rawValue && entry.count == value.bytes.byteCount
        if isSameType && kept(entry).holds(value.bytes, at: 0) { return true }
        guard let type = BSONType(rawValue: entry.type) else { return false }
        return Order.compare(ValueView(type, kept(entry)), value) == 0
    }

    /// The bytes of an entry's value.
    @_lifetime(borrow self)
    private func kept(_ entry: Entry) -> RawSpan {
        bytes.span.bytes.extracting(entry.start..<entry.start &+ entry.count)
    }

    private mutating func insert(_ value: Value, _ entry: Entry) -> Int {
        values.append(value)
        entries.append(entry)
        if values.count * 2 > places.count { rebuild() } else { put(values.count - 1) }
        return values.count - 1
    }

    private mutating func rebuild() {
        places = Array(repeating: -1, count: max(16, places.count * 2))
        for row in values.indices { put(row) }
    }

    private mutating func put(_ row: Int) {
        let mask = places.count - 1
        var index = Int(truncatingIfNeeded: entries[row].hash) & mask
        while places[index] >= 0 { index = (index + 1) & mask }
        places[index] = Int32(truncatingIfNeeded: row)
    }
}

/// Hashes of values: equal values have equal hashes, whatever their types.
enum ValueHash {
    private static let seed = UInt64.random(in: .min ... .max) | 1

    static func hash(_ value: ValueView) -> UInt64 { hash(value, seed) }

    /// The hash of a string as stored.
    static func text(_ value: RawSpan) -> UInt64 { bytes(value.extracting(4..<max(4, value.byteCount - 1)), seed ^ 15) }

    private static func hash(_ value: ValueView, _ state: UInt64) -> UInt64 {
        switch value.type {
        case .int32: return mix(state ^ 10, UInt64(bitPattern: Int64(value.bytes.int32(at: 0))))
        case .int64: return mix(state ^ 10, UInt64(bitPattern: value.bytes.int64(at: 0)))
        case .double, .decimal128: return number(value, state)
        case .string, .symbol: return bytes(value.textBytes, state ^ 15)
        case .document, .array: return nested(value, state ^ UInt64(value.type.rawValue))
        default:
            return bytes(value.bytes, state ^ UInt64(truncatingIfNeeded: Order.rank(value.type)) << 8)
        }
    }

    private static func number(_ value: ValueView, _ state: UInt64) -> UInt64 {
        guard let number = value.number else { return state }
        if let integer = number.asInteger { return mix(state ^ 10, UInt64(bitPattern: integer)) }
        let double = number.asDouble
        return mix(state ^ 11, double.isNaN ? 0 : double.bitPattern)
    }

    private static func nested(_ value: ValueView, _ state: UInt64) -> UInt64 {
        var state = state
        var elements = DocumentView(unchecked: value.bytes).makeIterator()
        while let element = elements.next() {
            state = bytes(element.keyBytes, state)
            state = hash(ValueView(element), state)
        }
        return mix(state, 1)
    }

    private static func bytes(_ bytes: RawSpan, _ state: UInt64) -> UInt64 {
        var state = state ^ UInt64(bytes.byteCount)
        var offset = 0
        while offset <= bytes.byteCount - 8 {
            state = mix(state, bytes.uncheckedWord(at: offset))
            offset += 8
        }
        return mix(state, bytes.word(at: offset, upTo: bytes.byteCount - offset))
    }

    /// Multiplies to 128 bits and folds them.
    @inline(__always)
    private static func mix(_ state: UInt64, _ word: UInt64) -> UInt64 {
        let product = (state ^ 0x9E37_79B9_7F4A_7C15).multipliedFullWidth(by: word ^ seed)
        return product.high ^ product.low
    }
}

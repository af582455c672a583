// The order of values of all types, as MongoDB sorts.

internal import BSON
internal import Glibc

/// Compares values of all types: first by the rank of their type, then by value.
///
/// Source: "Comparison/Sort Order" in the MongoDB manual, and what mongod 6.0 does.
enum Order {
    /// The rank of a type; types of equal rank are compared by value.
    static func rank(_ type: BSONType?) -> Int {
        switch type {
        case .minKey: -1
        case nil, .undefined: 0
        case .null: 5
        case .double, .int32, .int64, .decimal128: 10
        case .string, .symbol: 15
        case .document: 20
        case .array: 25
        case .binary: 30
        case .objectID: 35
        case .bool: 40
        case .datetime: 45
        case .timestamp: 47
        case .regex: 50
        case .dbPointer: 55
        case .javascript: 60
        case .javascriptWithScope: 65
        case .maxKey: 127
        }
    }

    /// Compares bytes as unsigned numbers, then by length; text in UTF-8 sorts by code points that way.
    static func bytes(_ left: RawSpan, _ right: RawSpan) -> Int {
        let shorter = min(left.byteCount, right.byteCount)
        let order = left.withUnsafeBytes { left in
            right.withUnsafeBytes { (right) -> Int in
                guard shorter > 0, let one = left.baseAddress, let other = right.baseAddress else { return 0 }
                return Int(memcmp(one, other, shorter))
            }
        }
        return order != 0 ? order : left.byteCount - right.byteCount
    }
}

// MARK: - Where the bytes are

extension Order {
    /// Returns a negative number, 0 or a positive number for less, equal or greater.
    static func compare(_ left: ValueView, _ right: ValueView) -> Int {
        let ranks = rank(left.type) - rank(right.type)
        if ranks != 0 { return ranks }
        switch left.type {
        case .int32, .int64, .double, .decimal128:
            guard let one = left.number, let other = right.number else { return 0 }
            return Number.compare(one, other)
        case .string, .symbol, .javascript: return bytes(left.textBytes, right.textBytes)
        case .document, .array:
            return compare(DocumentView(unchecked: left.bytes), DocumentView(unchecked: right.bytes))
        default: return compareRare(left, right)
        }
    }

    /// Compares field by field: type, name, value; what has more fields is greater.
    static func compare(_ left: DocumentView, _ right: DocumentView) -> Int {
        var ones = left.makeIterator()
        var others = right.makeIterator()
        while let one = ones.next() {
            guard let other = others.next() else { return 1 }
            let order = compareFields(one, other)
            if order != 0 { return order }
        }
        if let _ = others.next() { return -1 }
        return 0
    }

    private static func compareFields(_ one: ElementView, _ other: ElementView) -> Int {
        let ranks = rank(one.type) - rank(other.type)
        if ranks != 0 { return ranks }
        let names = bytes(one.keyBytes, other.keyBytes)
        return names != 0 ? names : compare(ValueView(one), ValueView(other))
    }

    /// Compares two values of the same rank that are no numbers, texts or documents.
    private static func compareRare(_ left: ValueView, _ right: ValueView) -> Int {
        switch left.type {
        case .bool: Int(left.bytes.byte(at: 0)) - Int(right.bytes.byte(at: 0))
        case .datetime: Number.order(left.bytes.int64(at: 0), right.bytes.int64(at: 0))
        case .timestamp:
            compareUnsigned(left.bytes.int64(at: 0), right.bytes.int64(at: 0))
        case .objectID: bytes(left.bytes, right.bytes)
        case .binary, .dbPointer: compareByLength(left.bytes, right.bytes)
        case .regex: compareRegexes(left.bytes, right.bytes)
        case .javascriptWithScope: compareCode(left.bytes, right.bytes)
        default: 0  // null, undefined, MinKey and MaxKey have no value
        }
    }

    private static func compareUnsigned(_ left: Int64, _ right: Int64) -> Int {
        left == right ? 0 : UInt64(bitPattern: left) < UInt64(bitPattern: right) ? -1 : 1
    }

    /// The shorter is less; of the same length, the subtype is in front of the bytes.
    private static func compareByLength(_ left: RawSpan, _ right: RawSpan) -> Int {
        if left.byteCount != right.byteCount { return left.byteCount - right.byteCount }
        return bytes(left.extracting(droppingFirst: 4), right.extracting(droppingFirst: 4))
    }

    /// Pattern and options end with a NUL each, so a shorter text is less by itself.
    private static func compareRegexes(_ left: RawSpan, _ right: RawSpan) -> Int { bytes(left, right) }

    /// The code of the two decides, then their variables.
    private static func compareCode(_ left: RawSpan, _ right: RawSpan) -> Int {
        let one = codeLength(left)
        let other = codeLength(right)
        guard one > 0, other > 0 else { return bytes(left, right) }
        let codes = bytes(left.extracting(8..<7 + one), right.extracting(8..<7 + other))
        if codes != 0 { return codes }
        return compare(
            DocumentView(unchecked: left.extracting(droppingFirst: 8 + one)),
            DocumentView(unchecked: right.extracting(droppingFirst: 8 + other)))
    }

    /// The length of the code of a value of type ``BSONType/javascriptWithScope`` with its NUL, or 0.
    private static func codeLength(_ bytes: RawSpan) -> Int {
        guard bytes.byteCount >= 14 else { return 0 }
        let length = Int(bytes.int32(at: 4))
        return length >= 1 && length <= bytes.byteCount - 8 ? length : 0
    }
}

// MARK: - Values of their own

extension Order {
    /// Returns a negative number, 0 or a positive number for less, equal or greater.
    static func compare(_ left: Value, _ right: Value) -> Int {
        switch (left, right) {
        case (.string(let one), .string(let other)): return strings(one, other)
        case (.document(let one), .document(let other)): return compare(one.view, other.view)
        case (.array(let ones), .array(let others)): return compare(ones, others)
        default: return compareOthers(left, right)
        }
    }

    private static func compareOthers(_ left: Value, _ right: Value) -> Int {
        let ranks = rank(left.type) - rank(right.type)
        if ranks != 0 { return ranks }
        // A missing value and undefined are the same here.
        if rank(left.type) == 0 { return 0 }
        if let one = left.number, let other = right.number { return Number.compare(one, other) }
        // What is left has no values inside that would need bytes of their own: two small documents are compared.
        let one = Document { $0[""] = left }
        let other = Document { $0[""] = right }
        return compare(one.view, other.view)
    }

    private static func strings(_ left: String, _ right: String) -> Int {
        bytes(left.utf8Span.span.bytes, right.utf8Span.span.bytes)
    }

    private static func compare(_ left: [Value], _ right: [Value]) -> Int {
        for (one, other) in zip(left, right) {
            let order = compare(one.inArray, other.inArray)
            if order != 0 { return order }
        }
        return left.count - right.count
    }
}

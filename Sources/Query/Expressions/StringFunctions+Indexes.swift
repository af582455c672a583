// The operators of expressions that count bytes or code points of strings.

internal import BSON

extension StringFunction {
    static func substringOfBytes(_ operands: [Value?]) throws(QueryError) -> Value {
        let bytes = Array(try operands.operand(0).coercedText().utf8)
        let start = try wholeNumber(operands.operand(1), "the start of $substrBytes")
        let length = try wholeNumber(operands.operand(2), "the length of $substrBytes")
        if start < 0 { throw QueryError("the start of $substrBytes must not be negative, found \(start)") }
        if isInsideCharacter(bytes, start) {
            throw QueryError("the start of $substrBytes is inside a character of several bytes")
        }
        // A negative length means the rest.
        let end = length < 0 ? Int64(bytes.count) : start.addingReportingOverflow(length).partialValue
        if end >= 0 && isInsideCharacter(bytes, end) {
            throw QueryError("the end of $substrBytes is inside a character of several bytes")
        }
        guard start < bytes.count else { return .string("") }
        let stop = end < start ? bytes.count : Int(min(end, Int64(bytes.count)))
        return .string(String(decoding: bytes[Int(start)..<stop], as: UTF8.self))
    }

    private static func isInsideCharacter(_ bytes: [UInt8], _ offset: Int64) -> Bool {
        offset < bytes.count && bytes[Int(offset)] & 0xC0 == 0x80
    }

    /// Doubles are cut, decimals are rounded, as in MongoDB.
    private static func wholeNumber(_ value: Value, _ role: String) throws(QueryError) -> Int64 {
        switch value.number {
        case .integer(let value): return value
        case .double(let value):
            guard let whole = Int64(exactly: value.rounded(.towardZero)) else {
                throw QueryError("\(role) is out of range: \(value)")
            }
            return whole
        case .decimal(let value):
            guard let whole = Int64(exactly: value.asDouble.rounded(.toNearestOrEven)) else {
                throw QueryError("\(role) is out of range: \(value)")
            }
            return value.asInteger ?? whole
        case nil: throw QueryError("\(role) must be a number, found \(value.typeName)")
        }
    }

    static func substringOfCodePoints(_ operands: [Value?]) throws(QueryError) -> Value {
        let text = try operands.operand(0).coercedText().unicodeScalars
        let start = try index(operands.operand(1), "the start of $substrCP")
        let length = try index(operands.operand(2), "the length of $substrCP")
        return .string(String(text.dropFirst(start).prefix(length)))
    }

    /// A number without a fraction that fits 32 bits and is not negative.
    private static func index(_ value: Value, _ role: String) throws(QueryError) -> Int {
        guard let index = value.int32, index >= 0 else {
            throw QueryError("\(role) must be a whole number of 32 bits that is not negative, found \(value.typeName)")
        }
        return Int(index)
    }

    static func indexOfByte(_ operands: [Value?]) throws(QueryError) -> Value {
        guard let search = try search("$indexOfBytes", operands) else { return .null }
        let end = min(search.end ?? .max, search.text.count)
        // Beyond the text nothing is found, not even nothing.
        guard search.start <= end else { return .int32(-1) }
        let found = firstIndex(of: search.wanted, in: search.text, search.start..<end)
        return .int32(found.flatMap { Int32(exactly: $0) } ?? -1)
    }

    /// Unlike ``indexOfByte(_:)``, what is found may go on behind the end, and an empty text is not found at it.
    static func indexOfCodePoint(_ operands: [Value?]) throws(QueryError) -> Value {
        guard let search = try search("$indexOfCP", operands) else { return .null }
        if search.text.isEmpty && search.wanted.isEmpty && search.start == 0 { return .int32(0) }
        var point = -1
        for (offset, byte) in search.text.enumerated() where byte & 0xC0 != 0x80 {
            point += 1
            guard point < search.end ?? .max else { break }
            guard point >= search.start, offset + search.wanted.count <= search.text.count else { continue }
            let here = offset..<offset + search.wanted.count
            if firstIndex(of: search.wanted, in: search.text, here) != nil { return .int32(Int32(clamping: point)) }
        }
        return .int32(-1)
    }

    private struct Search {
        var text: [UInt8]
        var wanted: [UInt8]
        var start = 0
        var end: Int?
    }

    /// Reads the operands; `nil` if there is nothing to search in.
    private static func search(_ name: String, _ operands: [Value?]) throws(QueryError) -> Search? {
        if operands.operand(0).isNullish { return nil }
        var search = Search(
            text: Array(try operands.operand(0).text(for: "the first operand of \(name)").utf8),
            wanted: Array(try operands.operand(1).text(for: "the second operand of \(name)").utf8))
        if operands.isGiven(2) { search.start = try index(operands.operand(2), "the start of \(name)") }
        if operands.isGiven(3) { search.end = try index(operands.operand(3), "the end of \(name)") }
        return search
    }
}

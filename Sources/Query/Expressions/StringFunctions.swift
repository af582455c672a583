// The operators of expressions on strings: joining, cutting, comparing.

internal import BSON

extension Function {
    /// The functions on strings.
    static let strings: [Function] = [
        Function(name: "$concat", operands: .list(0...Int.max), apply: StringFunction.concat),
        Function(name: "$substr", operands: .list(3...3), apply: StringFunction.substringOfBytes),
        Function(name: "$substrBytes", operands: .list(3...3), apply: StringFunction.substringOfBytes),
        Function(name: "$substrCP", operands: .list(3...3), apply: StringFunction.substringOfCodePoints),
        Function(name: "$toLower", operands: .list(1...1), apply: StringFunction.lowercase),
        Function(name: "$toUpper", operands: .list(1...1), apply: StringFunction.uppercase),
        Function(name: "$strcasecmp", operands: .list(2...2), apply: StringFunction.compareIgnoringCase),
        Function(name: "$split", operands: .list(2...2), apply: StringFunction.split),
        Function(name: "$strLenCP", operands: .list(1...1), apply: StringFunction.countCodePoints),
        Function(name: "$strLenBytes", operands: .list(1...1), apply: StringFunction.countBytes),
        Function(name: "$indexOfCP", operands: .list(2...4), apply: StringFunction.indexOfCodePoint),
        Function(name: "$indexOfBytes", operands: .list(2...4), apply: StringFunction.indexOfByte),
        trim("$trim", start: true, end: true),
        trim("$ltrim", start: true, end: false),
        trim("$rtrim", start: false, end: true),
        replace("$replaceOne", all: false),
        replace("$replaceAll", all: true),
    ]

    private static func trim(_ name: String, start: Bool, end: Bool) -> Function {
        Function(
            name: name,
            operands: .named([Name(name: "input", isRequired: true), Name(name: "chars", isRequired: false)])
        ) { operands throws(QueryError) in
            try StringFunction.trim(name, operands, start: start, end: end)
        }
    }

    private static func replace(_ name: String, all: Bool) -> Function {
        let names = ["input", "find", "replacement"].map { Name(name: $0, isRequired: true) }
        return Function(name: name, operands: .named(names)) { operands throws(QueryError) in
            try StringFunction.replace(name, operands, all: all)
        }
    }
}

/// What the functions on strings do.
enum StringFunction {
    static func concat(_ operands: [Value?]) throws(QueryError) -> Value {
        var result = ""
        for operand in operands {
            let value = operand ?? .missing
            if value.isNullish { return .null }
            result += try value.text(for: "an operand of $concat")
        }
        return .string(result)
    }

    static func lowercase(_ operands: [Value?]) throws(QueryError) -> Value {
        .string(mapped(try operands.operand(0).coercedText()) { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 })
    }

    static func uppercase(_ operands: [Value?]) throws(QueryError) -> Value {
        .string(uppercase(try operands.operand(0).coercedText()))
    }

    /// ASCII only, as in MongoDB.
    private static func uppercase(_ text: String) -> String {
        mapped(text) { (0x61...0x7A).contains($0) ? $0 & ~0x20 : $0 }
    }

    private static func mapped(_ text: String, _ change: (UInt8) -> UInt8) -> String {
        String(decoding: text.utf8.map(change), as: UTF8.self)
    }

    static func compareIgnoringCase(_ operands: [Value?]) throws(QueryError) -> Value {
        let left = uppercase(try operands.operand(0).coercedText())
        let right = uppercase(try operands.operand(1).coercedText())
        return .int32(Int32(Order.compare(.string(left), .string(right)).signum()))
    }

    static func countCodePoints(_ operands: [Value?]) throws(QueryError) -> Value {
        let text = try operands.operand(0).text(for: "the operand of $strLenCP")
        return .int32(Int32(clamping: text.unicodeScalars.count))
    }

    static func countBytes(_ operands: [Value?]) throws(QueryError) -> Value {
        .int32(Int32(clamping: try operands.operand(0).text(for: "the operand of $strLenBytes").utf8.count))
    }

    static func split(_ operands: [Value?]) throws(QueryError) -> Value {
        if operands.operand(0).isNullish || operands.operand(1).isNullish { return .null }
        let text = try operands.operand(0).text(for: "the first operand of $split")
        let separator = Array(try operands.operand(1).text(for: "the separator of $split").utf8)
        if separator.isEmpty { throw QueryError("the separator of $split must not be empty") }
        let bytes = Array(text.utf8)
        var parts: [Value] = []
        var start = 0
        while let found = firstIndex(of: separator, in: bytes, start..<bytes.count) {
            parts.append(.string(String(decoding: bytes[start..<found], as: UTF8.self)))
            start = found + separator.count
        }
        parts.append(.string(String(decoding: bytes[start...], as: UTF8.self)))
        return .array(parts)
    }

    static func replace(_ name: String, _ operands: [Value?], all: Bool) throws(QueryError) -> Value {
        var texts: [String] = []
        for (index, role) in ["input", "find", "replacement"].enumerated() where !operands.operand(index).isNullish {
            texts.append(try operands.operand(index).text(for: "'\(role)' of \(name)"))
        }
        guard texts.count == 3 else { return .null }
        if texts[1].isEmpty { return .string(insert(texts[2], into: texts[0], all: all)) }
        let bytes = Array(texts[0].utf8)
        let wanted = Array(texts[1].utf8)
        var result: [UInt8] = []
        var start = 0
        while let found = firstIndex(of: wanted, in: bytes, start..<bytes.count) {
            result += bytes[start..<found]
            result += texts[2].utf8
            start = found + wanted.count
            if !all { break }
        }
        return .string(String(decoding: result + bytes[start...], as: UTF8.self))
    }

    /// An empty text is found in front of each character, and at the end; MongoDB tears characters of several bytes
    /// apart there.
    private static func insert(_ replacement: String, into text: String, all: Bool) -> String {
        if !all { return replacement + text }
        var result = replacement
        for character in text.unicodeScalars {
            result.unicodeScalars.append(character)
            result += replacement
        }
        return result
    }

    static func trim(_ name: String, _ operands: [Value?], start: Bool, end: Bool) throws(QueryError) -> Value {
        let input = operands.operand(0)
        if input.isNullish { return .null }
        let text = try input.text(for: "'input' of \(name)").unicodeScalars
        var unwanted = blanks
        if operands.isGiven(1) {
            let characters = operands.operand(1)
            if characters.isNullish { return .null }
            unwanted = Array(try characters.text(for: "'chars' of \(name)").unicodeScalars)
        }
        var rest = text[...]
        if start { rest = rest.drop { unwanted.contains($0) } }
        if end { while let last = rest.last, unwanted.contains(last) { rest.removeLast() } }
        return .string(String(rest))
    }

    /// What is trimmed if nothing is said; not all that Unicode calls white space.
    private static let blanks: [Unicode.Scalar] =
        ["\0", " ", "\t", "\n", "\u{B}", "\u{C}", "\r", "\u{A0}", "\u{1680}"]
        + (0x2000...0x200A).compactMap { Unicode.Scalar($0 as UInt32) }

    /// Returns where `wanted` first begins, all of it within `range`.
    static func firstIndex(of wanted: [UInt8], in bytes: [UInt8], _ range: Range<Int>) -> Int? {
        guard range.count >= wanted.count else { return nil }
        let last = range.upperBound - wanted.count
        return (range.lowerBound...last).first { start in
            for offset in wanted.indices where bytes[start + offset] != wanted[offset] { return false }
            return true
        }
    }
}

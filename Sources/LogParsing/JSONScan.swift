// JSON on a line: where its members stand, and nested values as BSON.
internal import BSON

/// What kind of value stands in JSON.
enum JSONKind: UInt8, Sendable {
    case string, number, yes, no, null, object, array
}

/// A member of the outermost object of a line.
struct JSONMember: Sendable {
    /// Within the quotation marks.
    var key: TextRange
    /// Within the quotation marks of a string, else all of it.
    var value: TextRange
    var kind: JSONKind
    /// Whether the key or the string has escapes.
    var isEscaped: Bool
}

/// Finds the members of a JSON object that fills a line.
struct JSONScanner: ~Escapable {
    /// Levels of nested values.
    static let depthLimit = 32
    /// Members of the outermost object.
    static let memberLimit = 1024

    private let line: RawSpan
    private var index = 0

    @_lifetime(copy line)
    init(_ line: RawSpan) { self.line = line }

    /// Fills `members` with those of an object, or of an array without keys.
    ///
    /// False if the line is neither, or has too many or too deep values.
    @_lifetime(self: copy self)
    mutating func scan(into members: inout [JSONMember]) -> Bool {
        members.removeAll(keepingCapacity: true)
        skipSpace()
        let isObject = take(UInt8(ascii: "{"))
        guard isObject || take(UInt8(ascii: "[")) else { return false }
        let close = isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")
        skipSpace()
        if take(close) { return isAtEnd() }
        while members.count < Self.memberLimit {
            var key = (TextRange.absent, false)
            skipSpace()
            if isObject {
                guard let found = string() else { return false }
                key = found
                skipSpace()
                guard take(UInt8(ascii: ":")) else { return false }
                skipSpace()
            }
            guard let (value, kind, isEscaped) = value(depth: 1) else { return false }
            members.append(JSONMember(key: key.0, value: value, kind: kind, isEscaped: isEscaped || key.1))
            skipSpace()
            if take(UInt8(ascii: ",")) { continue }
            return take(close) && isAtEnd()
        }
        return false
    }

    @_lifetime(self: copy self)
    private mutating func isAtEnd() -> Bool {
        skipSpace()
        return index == line.byteCount
    }

    @inline(__always)
    @_lifetime(self: copy self)
    private mutating func skipSpace() {
        while index < line.byteCount, line.byte(at: index) <= 0x20 { index += 1 }
    }

    @inline(__always)
    @_lifetime(self: copy self)
    private mutating func take(_ byte: UInt8) -> Bool {
        guard index < line.byteCount, line.byte(at: index) == byte else { return false }
        index += 1
        return true
    }

    /// A string's place, and whether it has escapes.
    @_lifetime(self: copy self)
    private mutating func string() -> (TextRange, Bool)? {
        guard take(UInt8(ascii: "\"")) else { return nil }
        let start = index
        var isEscaped = false
        while index < line.byteCount {
            let byte = line.byte(at: index)
            if byte == UInt8(ascii: "\"") {
                index += 1
                return (TextRange(start, index - 1), isEscaped)
            }
            if byte == UInt8(ascii: "\\") {
                isEscaped = true
                index += 1
            }
            index += 1
        }
        return nil
    }

    @_lifetime(self: copy self)
    private mutating func value(depth: Int) -> (TextRange, JSONKind, Bool)? {
        guard index < line.byteCount else { return nil }
        let start = index
        switch line.byte(at: index) {
        case UInt8(ascii: "\""):
            guard let (range, isEscaped) = string() else { return nil }
            return (range, .string, isEscaped)
        case UInt8(ascii: "{"): return skipNested(depth) ? (TextRange(start, index), .object, false) : nil
        case UInt8(ascii: "["): return skipNested(depth) ? (TextRange(start, index), .array, false) : nil
        default:
            while index < line.byteCount, !Self.endsWord(line.byte(at: index)) { index += 1 }
            let range = TextRange(start, index)
            if line.has("true", at: start), index == start + 4 { return (range, .yes, false) }
            if line.has("false", at: start), index == start + 5 { return (range, .no, false) }
            if line.has("null", at: start), index == start + 4 { return (range, .null, false) }
            return JSONNumber(line, start..<index) == nil ? nil : (range, .number, false)
        }
    }

    private static func endsWord(_ byte: UInt8) -> Bool {
        byte <= 0x20 || byte == UInt8(ascii: ",") || byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]")
    }

    /// Moves behind an object or an array.
    @_lifetime(self: copy self)
    private mutating func skipNested(_ depth: Int) -> Bool {
        guard depth < Self.depthLimit else { return false }
        let isObject = line.byte(at: index) == UInt8(ascii: "{")
        let end = isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")
        index += 1
        skipSpace()
        if take(end) { return true }
        while true {
            skipSpace()
            if isObject {
                guard string() != nil else { return false }
                skipSpace()
                guard take(UInt8(ascii: ":")) else { return false }
                skipSpace()
            }
            guard value(depth: depth + 1) != nil else { return false }
            skipSpace()
            if take(UInt8(ascii: ",")) { continue }
            return take(end)
        }
    }
}

/// A number of JSON.
enum JSONNumber {
    case int32(Int32)
    case int64(Int64)
    case double(Double)

    /// Reads a number that fills `range`.
    init?(_ line: RawSpan, _ range: Range<Int>) {
        guard range.count > 0, range.count <= 400 else { return nil }
        let isNegative = line.byte(at: range.lowerBound) == UInt8(ascii: "-")
        let digits = range.lowerBound + (isNegative ? 1 : 0)..<range.upperBound
        if let value = line.integer(in: digits) {
            let signed = isNegative ? -value : value
            if let small = Int32(exactly: signed) { self = .int32(small) } else { self = .int64(signed) }
            return
        }
        if let value = line.fraction(in: digits), line.byte(at: digits.lowerBound) &- 48 <= 9 {
            self = .double(isNegative ? -value : value)
            return
        }
        for index in digits {
            let byte = line.byte(at: index)
            guard byte &- 48 <= 9 || byte | 0x20 == UInt8(ascii: "e") || ".+-".utf8.contains(byte) else { return nil }
        }
        let text = line.extracting(range).withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
        if let whole = Int64(text) {
            self = .int64(whole)
        } else if let value = Double(text) {
            self = .double(value)
        } else {
            return nil
        }
    }
}

/// Writes values of JSON as BSON.
struct JSONWriter: Sendable {
    /// Whether a text was not valid UTF-8.
    var isRepaired = false
    private var scratch: [UInt8] = []

    /// The text within quotation marks, as bytes of UTF-8.
    mutating func text(_ range: TextRange, of line: RawSpan) -> [UInt8] {
        scratch.removeAll(keepingCapacity: true)
        Unescaping.json(line.extracting(range.start..<range.end), to: &scratch)
        if BSONValidator.isUTF8(scratch.span.bytes) { return scratch }
        isRepaired = true
        return Array(String(decoding: scratch, as: UTF8.self).utf8)
    }

    /// A key: as the text says, without NUL, which keys cannot have.
    mutating func key(_ range: TextRange, of line: RawSpan) -> [UInt8] {
        let key = text(range, of: line)
        guard key.contains(0) else { return key }
        isRepaired = true
        return Array(String(decoding: key, as: UTF8.self).replacing("\0", with: "\u{FFFD}").utf8)
    }

    /// Writes a value under a key; null is absent.
    mutating func write(
        _ kind: JSONKind, key: [UInt8], _ value: TextRange, of line: RawSpan, to event: inout DocumentWriter
    ) {
        let range = value.start..<value.end
        switch kind {
        case .string: event.append(key: key.span.bytes, utf8: text(value, of: line).span.bytes)
        case .number: Self.writeNumber(key, JSONNumber(line, range), to: &event)
        case .yes: event.append(key: key.span.bytes, true)
        case .no: event.append(key: key.span.bytes, false)
        case .null: break
        case .object, .array: writeNested(kind, key: key, line.extracting(range), to: &event)
        }
    }

    /// Writes an object or an array, of which nothing is left if it has too many members.
    private mutating func writeNested(
        _ kind: JSONKind, key: [UInt8], _ json: RawSpan, to event: inout DocumentWriter
    ) {
        var members: [JSONMember] = []
        var scanner = JSONScanner(json)
        guard scanner.scan(into: &members) else { return }
        if kind == .object {
            event.document(key: key.span.bytes) { nested in
                for member in members {
                    write(member.kind, key: self.key(member.key, of: json), member.value, of: json, to: &nested)
                }
            }
        } else {
            event.array(key: key.span.bytes) { list in
                for member in members { append(member, of: json, to: &list) }
            }
        }
    }

    private mutating func append(_ member: JSONMember, of json: RawSpan, to list: inout ArrayWriter) {
        let range = member.value.start..<member.value.end
        switch member.kind {
        case .string: list.appendRepairing(utf8: text(member.value, of: json).span.bytes)
        case .number:
            switch JSONNumber(json, range) {
            case .int32(let value): list.append(value)
            case .int64(let value): list.append(value)
            case .double(let value): list.append(value)
            case nil: break
            }
        case .yes: list.append(true)
        case .no: list.append(false)
        case .null: list.append(Null())
        case .object, .array:
            var members: [JSONMember] = []
            let inner = json.extracting(range)
            var scanner = JSONScanner(inner)
            guard scanner.scan(into: &members) else { return }
            if member.kind == .object {
                list.document { nested in
                    for member in members {
                        write(member.kind, key: key(member.key, of: inner), member.value, of: inner, to: &nested)
                    }
                }
            } else {
                list.array { list in for member in members { append(member, of: inner, to: &list) } }
            }
        }
    }

    private static func writeNumber(_ key: [UInt8], _ number: JSONNumber?, to event: inout DocumentWriter) {
        switch number {
        case .int32(let value): event.append(key: key.span.bytes, value)
        case .int64(let value): event.append(key: key.span.bytes, value)
        case .double(let value): event.append(key: key.span.bytes, value)
        case nil: break
        }
    }
}

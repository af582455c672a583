// The texts of access logs: unescaped, repaired and written.
internal import BSON

/// Where a text stands on its line.
///
/// An absent one is empty.
struct TextRange: Sendable {
    private let low: UInt32
    private let high: UInt32

    static let absent = TextRange(0, 0)

    var start: Int { Int(low) }
    var end: Int { Int(high) }
    var isAbsent: Bool { low == high }

    @inline(__always)
    init(_ start: Int, _ end: Int) {
        low = UInt32(truncatingIfNeeded: start)
        high = UInt32(truncatingIfNeeded: end)
    }

    /// A whole field, which is absent if it is `-` or two quotation marks.
    @inline(__always)
    init(_ start: Int, _ end: Int, in line: RawSpan) {
        let isAbsent =
            switch end - start {
            case 1: line.byte(at: start) == UInt8(ascii: "-")
            case 2: line.has("\"\"", at: start)
            default: false
            }
        self.init(start, isAbsent ? start : end)
    }
}

/// Writes texts of a line as strings of a document; keeps the room it needs for unescaping.
struct FieldText: Sendable {
    /// Whether a text of the line was not valid UTF-8.
    private(set) var isRepaired = false
    private let escape: LogEscape
    private var isPlain = true
    private var unescaped: [UInt8] = []

    /// Prepares for texts that were escaped in one way.
    init(escape: LogEscape = .default) { self.escape = escape }

    /// Begins a line.
    ///
    /// - Parameter isPlain: Whether it is all ASCII and has no backslash.
    mutating func begin(isPlain: Bool) {
        self.isPlain = isPlain
        isRepaired = false
    }

    /// Writes a text under a key, unless it is absent.
    @inline(__always)
    mutating func append(
        _ key: StaticString, _ text: TextRange, of line: RawSpan, to event: inout DocumentWriter
    ) {
        append(key: key.bytes, text, of: line, to: &event)
    }

    /// Writes a text under a key, unless it is absent.
    @inline(__always)
    mutating func append(key: RawSpan, _ text: TextRange, of line: RawSpan, to event: inout DocumentWriter) {
        if text.isAbsent { return }
        let bytes = line.extracting(text.start..<text.end)
        if isPlain {
            event.append(key: key, utf8: bytes)
        } else {
            appendDifficult(key, bytes, to: &event)
        }
    }

    /// Appends a text to an array.
    mutating func append(_ text: TextRange, of line: RawSpan, to list: inout ArrayWriter) {
        readUnescaped(line.extracting(text.start..<text.end))
        if !BSONValidator.isUTF8(unescaped.span.bytes) { isRepaired = true }
        list.appendRepairing(utf8: unescaped.span.bytes)
    }

    @inline(never)
    private mutating func appendDifficult(_ key: RawSpan, _ bytes: RawSpan, to event: inout DocumentWriter) {
        if bytes.isPlain { return event.append(key: key, utf8: bytes) }
        readUnescaped(bytes)
        if !BSONValidator.isUTF8(unescaped.span.bytes) { isRepaired = true }
        event.appendRepairing(key: key, utf8: unescaped.span.bytes)
    }

    /// Fills `unescaped` with the text that `bytes` stand for.
    private mutating func readUnescaped(_ bytes: RawSpan) {
        unescaped.removeAll(keepingCapacity: true)
        switch escape {
        case .default: Unescaping.server(bytes, to: &unescaped)
        case .json: Unescaping.json(bytes, to: &unescaped)
        case .none: bytes.withUnsafeBytes { unescaped.append(contentsOf: $0) }
        }
    }
}

/// Undoes escapes.
enum Unescaping {
    /// Appends what `bytes` of an access log stand for.
    ///
    /// nginx writes `\xHH` for every byte it escapes, Apache also C's letters; any other backslash stands for itself.
    static func server(_ bytes: RawSpan, to text: inout [UInt8]) {
        var index = 0
        while index < bytes.byteCount {
            let byte = bytes.byte(at: index)
            index += 1
            guard byte == UInt8(ascii: "\\"), index < bytes.byteCount else {
                text.append(byte)
                continue
            }
            let letter = bytes.byte(at: index)
            if letter == UInt8(ascii: "x"), let value = hex(bytes, at: index + 1, digits: 2) {
                text.append(UInt8(truncatingIfNeeded: value))
                index += 3
            } else if letter != UInt8(ascii: "/"), let meaning = meaning(of: letter) {
                text.append(meaning)
                index += 1
            } else {
                text.append(byte)
            }
        }
    }

    /// Appends what the `bytes` within a JSON string stand for; half a surrogate pair is U+FFFD.
    static func json(_ bytes: RawSpan, to text: inout [UInt8]) {
        var index = 0
        while index < bytes.byteCount {
            let byte = bytes.byte(at: index)
            index += 1
            guard byte == UInt8(ascii: "\\"), index < bytes.byteCount else {
                text.append(byte)
                continue
            }
            let letter = bytes.byte(at: index)
            if letter == UInt8(ascii: "u"), let unit = hex(bytes, at: index + 1, digits: 4) {
                index += 5
                appendScalar(unit, bytes, &index, to: &text)
            } else if letter != UInt8(ascii: "v"), let meaning = meaning(of: letter) {
                text.append(meaning)
                index += 1
            } else {
                text.append(byte)
            }
        }
    }

    private static func appendScalar(_ unit: UInt32, _ bytes: RawSpan, _ index: inout Int, to text: inout [UInt8]) {
        var value = unit
        if unit & 0xFC00 == 0xD800, bytes.has("\\u", at: index), let low = hex(bytes, at: index + 2, digits: 4),
            low & 0xFC00 == 0xDC00
        {
            value = 0x10000 + (unit & 0x3FF) << 10 + low & 0x3FF
            index += 6
        }
        text.append(contentsOf: String(Unicode.Scalar(value) ?? "\u{FFFD}").utf8)
    }

    private static func hex(_ bytes: RawSpan, at start: Int, digits: Int) -> UInt32? {
        guard start + digits <= bytes.byteCount else { return nil }
        var value: UInt32 = 0
        for index in start..<start + digits {
            guard let digit = hex(bytes.byte(at: index)) else { return nil }
            value = value << 4 | UInt32(digit)
        }
        return value
    }

    private static func hex(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 48...57: byte - 48
        case 65...70: byte - 55
        case 97...102: byte - 87
        default: nil
        }
    }

    private static func meaning(of letter: UInt8) -> UInt8? {
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): letter
        case UInt8(ascii: "n"): 10
        case UInt8(ascii: "r"): 13
        case UInt8(ascii: "t"): 9
        case UInt8(ascii: "b"): 8
        case UInt8(ascii: "f"): 12
        case UInt8(ascii: "v"): 11
        default: nil
        }
    }
}

extension StaticString {
    /// The literal's UTF-8, which never goes away.
    var bytes: RawSpan {
        @inline(__always) @_lifetime(immortal) get {
            let span = RawSpan(_unsafeStart: UnsafeRawPointer(utf8Start), byteCount: utf8CodeUnitCount)
            return _overrideLifetime(span, copying: ())
        }
    }
}

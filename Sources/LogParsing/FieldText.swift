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
    private var isPlain = true
    private var unescaped: [UInt8] = []

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
        if text.isAbsent { return }
        let bytes = line.extracting(text.start..<text.end)
        if isPlain {
            event.append(key: key, utf8: bytes)
        } else {
            appendDifficult(key, bytes, to: &event)
        }
    }

    @inline(never)
    private mutating func appendDifficult(_ key: StaticString, _ bytes: RawSpan, to event: inout DocumentWriter) {
        if bytes.isPlain { return event.append(key: key, utf8: bytes) }
        unescape(bytes)
        if !BSONValidator.isUTF8(unescaped.span.bytes) { isRepaired = true }
        event.appendRepairing(key: key, utf8: unescaped.span.bytes)
    }

    /// Fills `unescaped` with the text that `bytes` stand for.
    ///
    /// nginx writes `\xHH` for every byte it escapes, Apache also C's letters; any other backslash stands for itself.
    private mutating func unescape(_ bytes: RawSpan) {
        unescaped.removeAll(keepingCapacity: true)
        var index = 0
        while index < bytes.byteCount {
            let byte = bytes.byte(at: index)
            index += 1
            guard byte == UInt8(ascii: "\\"), index < bytes.byteCount else {
                unescaped.append(byte)
                continue
            }
            let letter = bytes.byte(at: index)
            if letter == UInt8(ascii: "x"), index + 2 < bytes.byteCount,
                let high = Self.hex(bytes.byte(at: index + 1)), let low = Self.hex(bytes.byte(at: index + 2))
            {
                unescaped.append(high << 4 | low)
                index += 3
            } else if let meaning = Self.meaning(of: letter) {
                unescaped.append(meaning)
                index += 1
            } else {
                unescaped.append(byte)
            }
        }
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
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): letter
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

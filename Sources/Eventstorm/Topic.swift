// The name under which events travel.

/// A topic: segments joined by dots, such as `shop.order.paid`.
///
/// A segment is one or more of `A-Z a-z 0-9 _ - + : @ %` and letters beyond ASCII; a topic has at most 255 bytes.
/// Topics are compared byte by byte: two spellings of a letter in Unicode are two topics.
public struct Topic: Sendable {
    /// The name as a string.
    public let name: String

    /// The name's bytes, as they travel.
    public let utf8: [UInt8]

    /// Makes a topic of a name; throws when the name is not one.
    public init(_ name: String) throws(TopicError) {
        let utf8 = [UInt8](name.utf8)
        if let fault = Topic.fault(in: utf8.span.bytes) { throw TopicError(text: name, fault: fault) }
        self.name = name
        self.utf8 = utf8
    }

    /// Makes a topic of received bytes; throws when they are not one.
    public init(validating bytes: RawSpan) throws(TopicError) {
        if let fault = Topic.fault(in: bytes) {
            let shown = bytes.extracting(first: min(bytes.byteCount, Limits.topicBytes + 1))
            throw TopicError(text: shown.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }, fault: fault)
        }
        utf8 = bytes.withUnsafeBytes { [UInt8]($0) }
        name = String(decoding: utf8, as: UTF8.self)
    }

    /// Trusts `name`, which is written in this module.
    private init(known name: StaticString) {
        self.name = name.description
        utf8 = [UInt8](self.name.utf8)
    }

    /// The topic of the publishers' beats; the library consumes them.
    public static let beat = Topic(known: "_es.beat")

    /// The topic of the programs' status, an ordinary event.
    public static let status = Topic(known: "_es.status")

    /// Stands in counters for all topics beyond a limit; nothing is ever sent on it.
    public static let overflow = Topic(known: "_es.overflow")

    /// Where sources say what they could not read: reason and place, never the text.
    public static let unparsed = Topic(known: "_es.unparsed")

    /// Whether the topic belongs to the library: it begins with `_es.`.
    public var isReserved: Bool { utf8.starts(with: Topic.reservedPrefix) }

    /// What every topic of the library begins with.
    static let reservedPrefix: [UInt8] = [0x5F, 0x65, 0x73, 0x2E]

    /// Whether `bytes` are a valid topic.
    public static func isValid(_ bytes: RawSpan) -> Bool { fault(in: bytes) == nil }
}

extension Topic: Hashable, Comparable, CustomStringConvertible {
    /// The name.
    public var description: String { name }

    /// Compares the bytes of both names.
    public static func == (a: Topic, b: Topic) -> Bool { a.utf8 == b.utf8 }

    /// Orders topics by their bytes.
    public static func < (a: Topic, b: Topic) -> Bool { a.utf8.lexicographicallyPrecedes(b.utf8) }

    /// Hashes the name's bytes.
    public func hash(into hasher: inout Hasher) { hasher.combine(utf8) }
}

// MARK: - Escaping

extension Topic {
    /// Returns `value` in a form that is one segment of a topic, and a safe collection or file name.
    ///
    /// Each byte outside the alphabet, the dot and `%` become `%XX`, so that different values stay different. An empty
    /// value becomes a lone `%`, which no other value does.
    ///
    ///     Topic.escape("example.org/a")  // "example%2Eorg%2Fa"
    public static func escape(_ value: String) -> String {
        if value.isEmpty { return "%" }
        if value.utf8.allSatisfy({ isPlainASCII($0) && $0 != UInt8(ascii: "%") }) { return value }
        var result: [UInt8] = []
        result.reserveCapacity(value.utf8.count + 16)
        for scalar in value.unicodeScalars {
            let kept = scalar.isASCII ? isPlainASCII(UInt8(scalar.value)) && scalar != "%" : isLetter(scalar)
            for byte in UTF8.encode(scalar).map(Array.init) ?? [] {
                if kept { result.append(byte) } else { appendEscaped(byte, to: &result) }
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// Returns the value that ``escape(_:)`` turned into `segment`; sequences that are no escapes stay as they are.
    public static func unescape(_ segment: String) -> String {
        if segment == "%" { return "" }
        let bytes = [UInt8](segment.utf8)
        var result: [UInt8] = []
        var index = 0
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "%"), index + 2 < bytes.count,
                let high = hexDigitValue(bytes[index + 1]), let low = hexDigitValue(bytes[index + 2])
            {
                result.append(high << 4 | low)
                index += 3
            } else {
                result.append(bytes[index])
                index += 1
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    private static func appendEscaped(_ byte: UInt8, to result: inout [UInt8]) {
        result.append(UInt8(ascii: "%"))
        for digit in [byte >> 4, byte & 15] {
            result.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "A") + digit - 10)
        }
    }
}

/// Returns the value of a hexadecimal digit of either case.
func hexDigitValue(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
}

// MARK: - The alphabet

extension Topic {
    /// Returns what is wrong with `bytes` as a topic, nil if nothing is.
    static func fault(in bytes: RawSpan) -> TopicError.Fault? {
        if bytes.isEmpty { return .empty }
        if bytes.byteCount > Limits.topicBytes { return .tooLong(bytes.byteCount) }
        var index = 0
        var segmentStart = 0
        while index < bytes.byteCount {
            let byte = bytes.unsafeLoad(fromByteOffset: index, as: UInt8.self)
            if byte == UInt8(ascii: ".") {
                if index == segmentStart { return .emptySegment(at: index) }
                segmentStart = index + 1
                index += 1
            } else if byte < 0x80 {
                if !isPlainASCII(byte) { return .character(Unicode.Scalar(byte), at: index) }
                index += 1
            } else {
                guard let (scalar, length) = decodeScalar(bytes, at: index) else { return .invalidUTF8(at: index) }
                if !isLetter(scalar) { return .character(scalar, at: index) }
                index += length
            }
        }
        return segmentStart == bytes.byteCount ? .emptySegment(at: segmentStart) : nil
    }

    private static func isPlainASCII(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "+"),
            UInt8(ascii: ":"), UInt8(ascii: "@"), UInt8(ascii: "%"):
            true
        default: false
        }
    }

    /// Whether Unicode's general category of `scalar` is one of the letters (Lu, Ll, Lt, Lm, Lo).
    private static func isLetter(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: true
        default: false
        }
    }

    /// Decodes the scalar of two to four bytes at `index`; nil if the bytes are not UTF-8 in its shortest form.
    private static func decodeScalar(_ bytes: RawSpan, at index: Int) -> (Unicode.Scalar, length: Int)? {
        let first = bytes.unsafeLoad(fromByteOffset: index, as: UInt8.self)
        let length =
            switch first {
            case 0xC2...0xDF: 2
            case 0xE0...0xEF: 3
            case 0xF0...0xF4: 4
            default: 0
            }
        if length == 0 || bytes.byteCount - index < length { return nil }
        var value = UInt32(first) & (length == 2 ? 0x1F : length == 3 ? 0x0F : 0x07)
        for offset in 1..<length {
            let next = bytes.unsafeLoad(fromByteOffset: index + offset, as: UInt8.self)
            if next & 0xC0 != 0x80 { return nil }
            value = value << 6 | UInt32(next & 0x3F)
        }
        if length == 3 && value < 0x800 || length == 4 && value < 0x1_0000 { return nil }
        guard let scalar = Unicode.Scalar(value) else { return nil }  // a surrogate
        return (scalar, length)
    }
}

// MARK: - Errors

/// Tells why a text is not a topic.
public struct TopicError: Error, Hashable, CustomStringConvertible {
    /// What is wrong.
    public enum Fault: Hashable, Sendable {
        /// There is no text.
        case empty
        /// The text has more than 255 bytes.
        case tooLong(Int)
        /// Two dots follow each other, or a dot begins or ends the text, at this byte.
        case emptySegment(at: Int)
        /// A character that topics do not have, at this byte.
        case character(Unicode.Scalar, at: Int)
        /// The bytes are not UTF-8, at this byte.
        case invalidUTF8(at: Int)
        /// Topics below `_es.` belong to the library.
        case reserved
        /// The source has as many topics as it may have.
        case tooMany
    }

    /// The text.
    public let text: String

    /// What is wrong with it.
    public let fault: Fault

    /// A sentence that names the text and what would be right.
    public var description: String {
        switch fault {
        case .empty: "a topic cannot be empty"
        case .tooLong(let count):
            "topic '\(text.prefix(40))…' has \(count) bytes, at most \(Limits.topicBytes) are allowed"
        case .emptySegment(let at):
            "topic '\(text)' has an empty segment at byte \(at): segments are joined by single dots, as in 'shop.order'"
        case .character(let scalar, let at):
            "topic '\(text)' has \(TopicError.show(scalar)) at byte \(at): allowed are letters, digits, _ - + : @ % "
                + "and dots between segments"
        case .invalidUTF8(let at): "topic '\(text)' is not UTF-8 at byte \(at)"
        case .reserved: "topic '\(text)' belongs to the library: choose one that does not begin with '_es.'"
        case .tooMany: "topic '\(text)' is one too many: a source has at most \(Limits.topicsPerOrigin) topics"
        }
    }

    private static func show(_ scalar: Unicode.Scalar) -> String {
        let isShown = scalar.value > 0x20 && scalar.properties.generalCategory != .control && scalar.value != 0x7F
        if isShown { return "'\(scalar)'" }
        let hex = String(scalar.value, radix: 16, uppercase: true)
        return "U+" + String(repeating: "0", count: max(0, 4 - hex.count)) + hex
    }
}

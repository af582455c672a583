// Values of events as parts of topics, and of other names.
package import BSON

extension Topic {
    /// Stands in a name for a field that is missing or holds what is no part of a name.
    package static let noValue = Array("_none".utf8)
    /// Stands in a name for all values where there would be too many names.
    package static let tooManyValues = Array("_other".utf8)
}

extension [UInt8] {
    /// Appends a value as a part of a segment of a topic: numbers, Booleans, ObjectIds and times as text, escaped as
    /// ``Topic/escape(_:)`` does.
    ///
    /// What is missing or holds anything else becomes ``Topic/noValue``. A text that is this word or
    /// ``Topic/tooManyValues`` is written with `%5F` in front. Of a text that is too long for a topic only so much is
    /// appended that the result is too long as well.
    package mutating func append(escaping element: ElementView?) {
        guard let element else { return append(contentsOf: Topic.noValue) }
        let start = count
        switch element.type {
        case .string:
            guard let text = element.utf8 else { return }
            append(escaping: text)
        case .symbol: append(contentsOf: Topic.escape(element.symbol?.name ?? "").utf8)
        case .int32, .int64: append(contentsOf: (element.integer ?? 0).description.utf8)
        case .double: append(contentsOf: Topic.escape((element.double ?? 0).description).utf8)
        case .decimal128: append(contentsOf: Topic.escape(element.decimal128?.description ?? "").utf8)
        case .bool: append(contentsOf: (element.bool ?? false ? "true" : "false").utf8)
        case .objectID: append(contentsOf: (element.objectID?.description ?? "").utf8)
        case .datetime: append(contentsOf: Topic.escape(element.datetime?.description ?? "").utf8)
        default:
            append(contentsOf: Topic.noValue)
            return
        }
        let value = self[start...]
        if value.elementsEqual(Topic.noValue) || value.elementsEqual(Topic.tooManyValues) {
            replaceSubrange(start...start, with: [0x25, 0x35, 0x46])  // %5F
        }
    }

    /// Appends a text; without a string in between where it is ASCII.
    private mutating func append(escaping text: RawSpan) {
        let start = count
        for offset in text.byteOffsets {
            let byte = text.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
            switch byte {
            case 0x30...0x3A, 0x40...0x5A, 0x61...0x7A, 0x2B, 0x2D, 0x5F: append(byte)
            case 0x80...:
                // Letters beyond ASCII stay as they are: that takes more than a look at a byte.
                removeLast(count - start)
                let string = text.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
                append(contentsOf: Topic.escape(string).utf8)
                return
            default:
                append(0x25)
                append(Self.hexadecimal(byte >> 4))
                append(Self.hexadecimal(byte & 15))
            }
            // More cannot be a topic.
            if count - start > Limits.topicBytes { return }
        }
        if count == start { append(0x25) }
    }

    private static func hexadecimal(_ digit: UInt8) -> UInt8 { digit < 10 ? 0x30 + digit : 0x37 + digit }
}

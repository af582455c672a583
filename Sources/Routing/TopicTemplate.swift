// Topics that are made of an event's fields: http.error.{host}.
import BSON
public import Eventstorm

/// A topic with fields in braces, such as `http.error.{client.host}`.
///
/// A value becomes a part of a segment, escaped as ``Topic/escape(_:)`` does: numbers, Booleans, ObjectIds and times as
/// text. A field that is missing or holds anything else becomes `_none`. Where there are too many topics, or the name
/// would be too long, all fields become `_other`. A value that is one of these words is written with `%5F` in front.
public struct TopicTemplate: Hashable, Sendable {
    private enum Part: Hashable, Sendable {
        case literal([UInt8])
        /// A dotted path.
        case field([UInt8])
    }

    private let parts: [Part]
    /// What all topics of the template begin with.
    public let prefix: [UInt8]
    /// Where events go whose own topic cannot be made.
    public let overflow: Topic

    static let missing = Array("_none".utf8)
    static let other = Array("_other".utf8)

    /// Whether a text is a template rather than a topic.
    static func isTemplate(_ text: String) -> Bool { text.contains("{") || text.contains("}") }

    /// Reads a template.
    ///
    /// - Throws: A ``RouteError`` that says what is wrong with the text.
    init(_ text: String) throws(RouteError) {
        func wrong(_ reason: String) -> RouteError { RouteError(text: text, reason: reason) }
        var parts: [Part] = []
        var rest = text[...]
        while !rest.isEmpty {
            let literal = rest.prefix { $0 != "{" && $0 != "}" }
            if !literal.isEmpty { parts.append(.literal(Array(literal.utf8))) }
            rest = rest[literal.endIndex...]
            guard let brace = rest.first else { break }
            if brace == "}" { throw wrong("has a '}' without a '{' before it") }
            guard let end = rest.firstIndex(of: "}") else { throw wrong("has a '{' without a '}' behind it") }
            let path = rest[rest.index(after: rest.startIndex)..<end]
            guard RoutePath.isValid(path) else {
                throw wrong("'{\(path)}' is no field: write {host}, or {client.host} for a field inside another")
            }
            parts.append(.field(Array(path.utf8)))
            rest = rest[rest.index(after: end)...]
        }
        self.parts = parts
        if case .literal(let bytes)? = parts.first { prefix = bytes } else { prefix = [] }
        let name = parts.flatMap { part in if case .literal(let bytes) = part { bytes } else { TopicTemplate.other } }
        do throws(TopicError) {
            overflow = try Topic(validating: name.span.bytes)
        } catch {
            throw wrong("\(error)")
        }
        if overflow.isReserved { throw wrong("topics below '_es.' belong to the library") }
    }

    /// The paths of the fields.
    var paths: [[UInt8]] { parts.compactMap { if case .field(let path) = $0 { path } else { nil } } }

    /// Puts the name of an event's topic into `name`; false if it is none, being too long or reserved.
    func write(_ event: DocumentView, to name: inout [UInt8]) -> Bool {
        name.removeAll(keepingCapacity: true)
        for part in parts {
            switch part {
            case .literal(let bytes): name.append(contentsOf: bytes)
            case .field(let path):
                let start = name.count
                if let element = event.find(path: path.span.bytes) {
                    name.append(escaping: element)
                } else {
                    name.append(contentsOf: TopicTemplate.missing)
                }
                if name.count - start > Limits.topicBytes { return false }
            }
        }
        return name.count <= Limits.topicBytes && !name.starts(with: TopicTemplate.reserved)
    }

    private static let reserved = Array("_es.".utf8)
}

extension [UInt8] {
    /// Appends a value as a part of a segment.
    fileprivate mutating func append(escaping element: ElementView) {
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
            append(contentsOf: TopicTemplate.missing)
            return
        }
        let value = self[start...]
        if value.elementsEqual(TopicTemplate.missing) || value.elementsEqual(TopicTemplate.other) {
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

/// Dotted paths of fields, as routes name them.
enum RoutePath {
    /// Whether a text is a path: names that are not empty and do not begin with a dollar sign, joined by dots.
    static func isValid(_ path: some StringProtocol) -> Bool {
        path.split(separator: ".", omittingEmptySubsequences: false)
            .allSatisfy { !$0.isEmpty && !$0.hasPrefix("$") && !$0.contains("{") && !$0.utf8.contains(0) }
    }

    /// Whether one of two paths leads to the other, or both to the same.
    static func overlap(_ a: [UInt8], _ b: [UInt8]) -> Bool {
        let (short, long) = a.count <= b.count ? (a, b) : (b, a)
        return long.starts(with: short) && (long.count == short.count || long[short.count] == 0x2E)
    }
}

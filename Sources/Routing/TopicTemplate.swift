// Topics that are made of an event's fields: http.error.{host}.
import BSON
public import Eventstorm
import Query

/// A topic with fields in braces, such as `http.error.{client.host}`.
///
/// A value becomes a part of a segment, escaped as `Topic.escape` does: numbers, Booleans, ObjectIds and times as
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
            guard DottedPath.isValid(path) else {
                throw wrong("'{\(path)}' is no field: write {host}, or {client.host} for a field inside another")
            }
            parts.append(.field(Array(path.utf8)))
            rest = rest[rest.index(after: end)...]
        }
        self.parts = parts
        if case .literal(let bytes)? = parts.first { prefix = bytes } else { prefix = [] }
        let name = parts.flatMap { part in if case .literal(let bytes) = part { bytes } else { Topic.tooManyValues } }
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
                name.append(escaping: event.find(path: path.span.bytes))
                if name.count - start > Limits.topicBytes { return false }
            }
        }
        return name.count <= Limits.topicBytes && !name.starts(with: TopicTemplate.reserved)
    }

    private static let reserved = Array("_es.".utf8)
}

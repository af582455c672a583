// What a client may ask for.

import BSON
import BSONText
import Eventstorm

/// Says what is wrong with a client's message.
struct RequestError: Error, Equatable {
    var message: String
    /// Whether the client does not speak our language and is dropped.
    var isFatal: Bool

    init(_ message: String, isFatal: Bool) {
        self.message = message
        self.isFatal = isFatal
    }
}

/// One message of a client, understood.
///
/// `docs/live.md` describes them.
enum ClientRequest: Equatable {
    /// These fields shall be sent, and no others.
    case fields(Set<FieldKey>)
    /// Events of this pattern shall be sent; nil while paused.
    case tail(Pattern?)
    /// Whether the rows of the books shall be sent.
    case books(Bool)

    /// Reads a message.
    init(_ message: [UInt8]) throws(RequestError) {
        let document: Document
        do {
            document = try BSONText.parse(message.span.bytes, dialect: .json, extendedJSON: false).document
        } catch {
            throw RequestError("not JSON: \(error)", isFatal: true)
        }
        let view = document.view
        switch view["type"]?.string {
        case "fields": self = .fields(try Self.keys(view))
        case "tail": self = .tail(try Self.pattern(view))
        case "books": self = .books(view["on"]?.bool == true)
        default: throw RequestError("the type is none of fields, tail, books", isFatal: true)
        }
    }

    private static func keys(_ view: DocumentView) throws(RequestError) -> Set<FieldKey> {
        guard let list = view["watch"]?.array else {
            throw RequestError("fields needs \"watch\": [[topic, field], …]", isFatal: true)
        }
        var keys: Set<FieldKey> = []
        var elements = list.makeIterator()
        while let element = elements.next() {
            guard let pair = element.array, let topic = pair["0"]?.string, let path = pair["1"]?.string else {
                throw RequestError("a field is [topic, field]", isFatal: true)
            }
            guard let topic = try? Topic(topic) else {
                throw RequestError("\(topic.prefix(80)) is no topic", isFatal: false)
            }
            guard !path.isEmpty, path.utf8.count <= LiveLimits.fieldPathBytes else {
                throw RequestError("a field has between 1 and \(LiveLimits.fieldPathBytes) bytes", isFatal: false)
            }
            keys.insert(FieldKey(topic: topic, path: path))
        }
        guard keys.count <= LiveLimits.fieldsPerClient else {
            throw RequestError("\(LiveLimits.fieldsPerClient) fields are the limit", isFatal: false)
        }
        return keys
    }

    private static func pattern(_ view: DocumentView) throws(RequestError) -> Pattern? {
        guard let text = view["topic"]?.string else { return nil }
        do throws(PatternError) {
            return try Pattern(text)
        } catch {
            throw RequestError("\(error)", isFatal: false)
        }
    }
}

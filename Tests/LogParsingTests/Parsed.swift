// What the tests of parsers share: a line in, its fields out.
import BSON
@testable import LogParsing

/// What a parser made of one line, with every field as text or number.
enum Parsed: Equatable {
    case event([String: Value])
    case refused(Refusal)

    subscript(key: String) -> Value? {
        if case .event(let fields) = self { fields[key] } else { nil }
    }
}

/// A field's value.
enum Value: Equatable, ExpressibleByStringLiteral, ExpressibleByBooleanLiteral {
    case string(String)
    case int32(Int32)
    case int64(Int64)
    case bool(Bool)
    case time(Int64)
    case other(BSONType)

    init(stringLiteral text: String) { self = .string(text) }
    init(booleanLiteral value: Bool) { self = .bool(value) }
}

let anyPlace = LinePlace(file: FileIdentity(seed: 1), offset: 0)

/// Parses a line and reads the event back, without its `_id`.
func parse(_ bytes: [UInt8], with parser: inout any LineParser) -> Parsed {
    var events = DocumentWriter()
    if case .refused(let reason) = parser.parse(bytes.span.bytes, at: anyPlace, into: &events) {
        precondition(events.count == 0, "a refused line left bytes behind")
        return .refused(reason)
    }
    return .event(fields(of: events.take()).first ?? [:])
}

func parse(_ line: String, as format: String = "combined") throws -> Parsed {
    var parser = try LogFormat.parser(format)
    return parse(Array(line.utf8), with: &parser)
}

/// The fields of documents that stand one after another.
func fields(of bytes: [UInt8]) -> [[String: Value]] {
    var documents: [[String: Value]] = []
    var start = 0
    while start < bytes.count {
        guard let length = try? BSONValidator.validate(bytes.span.bytes, from: start) else { return documents }
        documents.append(fields(of: DocumentView(unchecked: bytes.span.bytes.extracting(start..<start + length))))
        start += length
    }
    return documents
}

private func fields(of view: DocumentView) -> [String: Value] {
    var fields: [String: Value] = [:]
    view.forEach { element in
        guard element.key != "_id" else { return }
        fields[element.key] =
            element.string.map { .string($0) } ?? element.int32.map { .int32($0) } ?? element.int64.map { .int64($0) }
            ?? element.bool.map { .bool($0) } ?? element.datetime.map { .time($0.millisecondsSinceEpoch) }
            ?? .other(element.type)
    }
    return fields
}

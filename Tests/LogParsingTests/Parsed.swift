// What the tests of parsers share: a line in, its fields out.
import BSON
import Testing

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
enum Value: Hashable, Sendable, ExpressibleByStringLiteral, ExpressibleByBooleanLiteral {
    case string(String)
    case int32(Int32)
    case int64(Int64)
    case bool(Bool)
    case double(Double)
    case time(Int64)
    case null
    case array([Value])
    case document([String: Value])
    case other(BSONType)

    init(stringLiteral text: String) { self = .string(text) }
    init(booleanLiteral value: Bool) { self = .bool(value) }
}

let anyPlace = LinePlace(file: FileIdentity(seed: 1), offset: 0)

/// Collects events like a file would.
final class Collector: EventOutput {
    var isWanted = true
    var events = DocumentWriter()
    /// The topic of each event.
    var topics: [Int] = []
    var unparsed: [Unparsed] = []

    func wants(topic: Int) -> Bool { true }

    func emit(topic: Int, _ build: (inout DocumentWriter) -> Void) {
        events.beginDocument()
        build(&events)
        let isWhole = events.endDocument()
        #expect(isWhole)
        topics.append(topic)
    }

    func report(_ line: Unparsed, path: String) { unparsed.append(line) }

    /// The bytes of all events.
    var bytes: [UInt8] { events.withBytes { $0.withUnsafeBytes { Array($0) } } }
}

/// Parses a line and reads the event back, without its `_id`.
func parse(_ bytes: [UInt8], with parser: inout any LineParser) -> Parsed {
    let collector = Collector()
    if case .refused(let reason) = parser.take(bytes.span.bytes, at: anyPlace, to: collector) {
        precondition(collector.events.count == 0, "a refused line left bytes behind")
        return .refused(reason)
    }
    return .event(fields(of: collector.bytes).first ?? [:])
}

func parser(_ format: String) throws -> any LineParser {
    var topics = LogTopics()
    return try LogFormat.parser(format, topics: &topics)
}

func parse(_ line: String, as format: String = "combined") throws -> Parsed {
    var parser = try parser(format)
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
        if element.key != "_id" { fields[element.key] = value(of: element) }
    }
    return fields
}

private func value(of element: ElementView) -> Value {
    if let text = element.string { return .string(text) }
    if let number = element.int32 { return .int32(number) }
    if let number = element.int64 { return .int64(number) }
    if let number = element.double { return .double(number) }
    if let flag = element.bool { return .bool(flag) }
    if let time = element.datetime { return .time(time.millisecondsSinceEpoch) }
    if element.type == .null { return .null }
    if let view = element.document { return .document(fields(of: view)) }
    if let view = element.array {
        var values: [Value] = []
        view.forEach { values.append(value(of: $0)) }
        return .array(values)
    }
    return .other(element.type)
}

// Names of databases and collections that are made of topics and fields: logs_{timestamp:%Y_%m}.

internal import BSON
internal import Eventstorm
internal import Query

/// What is wrong with the template of a name.
struct NameError: Error, Hashable, CustomStringConvertible {
    /// What is wrong, and what would be right.
    var description: String
    init(_ description: String) { self.description = description }
}

/// The name of a database or a collection, with values in braces.
///
/// - `{topic}` is the topic; `{host}` and `{client.host}` are fields; `{timestamp:%Y_%m}` is a time in UTC.
/// - A value becomes text as in the router's topics: what is not a letter, a digit or one of `_ - + : @ %`, and the
///   point, becomes `%XX`. A field that is missing or holds no such value becomes `_none`.
/// - Where there are too many names, or one would be too long, all values become `_other`.
struct NameTemplate: Hashable, Sendable {
    /// What is named: each has rules of its own.
    enum Use: Hashable, Sendable {
        case database
        case collection
    }

    private enum Part: Hashable, Sendable {
        case literal([UInt8])
        case topic
        case field([UInt8])
        case time([UInt8], TimePattern)
    }

    /// MongoDB's limit of a database's name is 63 bytes, of both names with the point between them 255.
    static let longestDatabase = 63
    static let longestName = 255

    private let parts: [Part]
    private let use: Use
    /// The name whose values are all `_other`.
    let other: [UInt8]

    /// Reads a template.
    init(_ text: String, for use: Use) throws(NameError) {
        if text.isEmpty { throw NameError("is empty") }
        var parts: [Part] = []
        var rest = text[...]
        while let first = rest.first {
            if first == "}" { throw NameError("has a '}' without a '{' before it") }
            if first == "{" {
                guard let end = rest.firstIndex(of: "}") else { throw NameError("has a '{' without a '}' behind it") }
                parts.append(try NameTemplate.value(rest[rest.index(after: rest.startIndex)..<end]))
                rest = rest[rest.index(after: end)...]
                continue
            }
            let literal = rest.prefix { $0 != "{" && $0 != "}" }
            if let wrong = literal.utf8.first(where: { !use.permits($0) }) {
                throw NameError(
                    "has a '\(Unicode.Scalar(wrong))', which the name of a \(use) in MongoDB cannot have")
            }
            parts.append(.literal(Array(literal.utf8)))
            rest = rest[literal.endIndex...]
        }
        self.parts = parts
        self.use = use
        other = parts.flatMap { if case .literal(let bytes) = $0 { bytes } else { Topic.tooManyValues } }
        if other.starts(with: "system.".utf8), use == .collection { throw NameError("'system.' is the server's own") }
        if use == .collection, other.first == 0x2E || other.last == 0x2E {
            throw NameError("a collection's name neither begins nor ends with a point")
        }
        let limit = use == .database ? NameTemplate.longestDatabase : NameTemplate.longestName - 2
        if other.count > limit { throw NameError("is too long: \(limit) bytes are the most") }
    }

    private static func value(_ text: Substring) throws(NameError) -> Part {
        if text == "topic" { return .topic }
        let pieces = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let path = pieces[0]
        if !DottedPath.isValid(path) {
            throw NameError("'{\(text)}' is no field: write {host}, {client.host} or {timestamp:%Y_%m}")
        }
        if pieces.count == 1 { return .field(Array(path.utf8)) }
        return .time(Array(path.utf8), try TimePattern(String(pieces[1])))
    }

    /// Whether the name is the same for all events of a topic.
    var isOfTopic: Bool {
        parts.allSatisfy { part in
            switch part {
            case .literal, .topic: true
            case .field, .time: false
            }
        }
    }

    /// Whether events of different topics can get the same name even if their fields differ.
    var joinsTopics: Bool { !parts.contains(.topic) }

    /// Puts the name for an event into `name`.
    func write(_ topic: Topic, _ event: DocumentView, to name: inout [UInt8]) {
        name.removeAll(keepingCapacity: true)
        for part in parts {
            switch part {
            case .literal(let bytes): name.append(contentsOf: bytes)
            case .topic: append(topic: topic, to: &name)
            case .field(let path): append(event.find(path: path.span.bytes), to: &name)
            case .time(let path, let pattern):
                if let time = event.find(path: path.span.bytes)?.datetime {
                    pattern.write(time, to: &name)
                } else {
                    name.append(contentsOf: Topic.noValue)
                }
            }
        }
        if use == .collection, name.starts(with: "system.".utf8) {
            // The server keeps these for itself.
            name.replaceSubrange(0..<1, with: "%73".utf8)
        }
        let limit = use == .database ? NameTemplate.longestDatabase : NameTemplate.longestName
        if name.count > limit { name = other }
    }

    private func append(topic: Topic, to name: inout [UInt8]) { append(topic.utf8, to: &name) }

    private func append(_ element: ElementView?, to name: inout [UInt8]) {
        var value: [UInt8] = []
        value.append(escaping: element)
        append(value, to: &name)
    }

    private func append(_ value: [UInt8], to name: inout [UInt8]) {
        if use == .collection { return name.append(contentsOf: value) }
        for byte in value { append(byte, to: &name) }
    }

    /// Appends a byte of a value: what a database's name cannot have is escaped.
    private func append(_ byte: UInt8, to name: inout [UInt8]) {
        if use.permits(byte) { return name.append(byte) }
        let digits = String(byte, radix: 16, uppercase: true)
        name.append(contentsOf: ("%" + (digits.count < 2 ? "0" : "") + digits).utf8)
    }
}

extension NameTemplate.Use: CustomStringConvertible {
    /// Whether a name can have this byte, by MongoDB's rules for servers of any system.
    func permits(_ byte: UInt8) -> Bool {
        switch self {
        case .collection: byte != 0 && byte != 0x24
        case .database: byte > 0x20 && !"/\\.\"$*<>:|?".utf8.contains(byte)
        }
    }

    var description: String { self == .database ? "database" : "collection" }
}

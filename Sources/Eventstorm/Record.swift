// Reads the fields of beats and status strictly: what is there must be of its type and range.

internal import BSON

/// Tells which field of a beat or a status is not as it must be.
public struct RecordError: Error, Hashable, CustomStringConvertible {
    /// The field.
    public let field: String
    /// What it should be.
    public let expected: String

    init(_ field: StaticString, _ expected: String) { self.init(field: field.description, expected) }

    init(field: String, _ expected: String) {
        self.field = field
        self.expected = expected
    }

    /// A sentence that names the field and what it should be.
    public var description: String { "'\(field)' must be \(expected)" }
}

extension DocumentView {
    /// Bytes of a name in a record: what a topic may have.
    private static let textBytes = 255

    /// Reads a number from 0 to 2^63 - 1; 0 if there is none.
    func counter(_ key: StaticString) throws(RecordError) -> UInt64 { try counter(self[key], key.description) }

    /// Reads the number in an element, 0 if there is none; `name` is its field's name.
    func counter(_ element: ElementView?, _ name: String) throws(RecordError) -> UInt64 {
        guard let element else { return 0 }
        guard let value = element.int64 ?? element.int32.map(Int64.init), value >= 0 else {
            throw RecordError(field: name, "an integer from 0 to 2^63 - 1")
        }
        return UInt64(value)
    }

    /// Reads an integer; 0 if there is none.
    func signed(_ key: StaticString) throws(RecordError) -> Int64 {
        guard let element = self[key] else { return 0 }
        guard let value = element.int64 ?? element.int32.map(Int64.init) else { throw RecordError(key, "an integer") }
        return value
    }

    /// Reads a number that is finite; 0 if there is none.
    func quantity(_ key: StaticString) throws(RecordError) -> Double {
        guard let element = self[key] else { return 0 }
        guard let value = element.number, value.isFinite else { throw RecordError(key, "a finite number") }
        return value
    }

    /// Reads a text of at most 255 bytes; empty if there is none.
    func text(_ key: StaticString) throws(RecordError) -> String {
        guard let element = self[key] else { return "" }
        guard let utf8 = element.utf8, utf8.byteCount <= DocumentView.textBytes, let text = element.string else {
            throw RecordError(key, "a string of at most \(DocumentView.textBytes) bytes")
        }
        return text
    }

    /// Reads a Boolean; nil if there is none.
    func flag(_ key: StaticString) throws(RecordError) -> Bool? {
        guard let element = self[key] else { return nil }
        guard let value = element.bool else { throw RecordError(key, "a Boolean") }
        return value
    }

    /// Reads a time; the epoch if there is none.
    func time(_ key: StaticString) throws(RecordError) -> Datetime {
        guard let element = self[key] else { return Datetime(millisecondsSinceEpoch: 0) }
        guard let value = element.datetime else { throw RecordError(key, "a UTC datetime") }
        return value
    }

    /// Reads an origin, which must be there.
    func origin(_ key: StaticString) throws(RecordError) -> UInt64 {
        guard let value = self[key]?.origin else { throw RecordError(key, "16 hexadecimal digits") }
        return value
    }

    /// Reads an array of origins; empty if there is none.
    func origins(_ key: StaticString, atMost limit: Int) throws(RecordError) -> [UInt64] {
        let expected = "an array of at most \(limit) texts of 16 hexadecimal digits"
        guard let element = self[key] else { return [] }
        guard let array = element.array else { throw RecordError(key, expected) }
        var origins: [UInt64] = []
        try array.forEach { element throws(RecordError) in
            guard origins.count < limit, let origin = element.origin else { throw RecordError(key, expected) }
            origins.append(origin)
        }
        return origins
    }

    /// Reads a topic, which must be there.
    func topic(_ key: StaticString) throws(RecordError) -> Topic {
        guard let element = self[key], let utf8 = element.utf8 else { throw RecordError(key, "a topic") }
        do throws(TopicError) {
            return try Topic(validating: utf8)
        } catch {
            throw RecordError(key, "a topic")
        }
    }

    /// Reads a list of patterns; nil if there is none.
    func patterns(_ key: StaticString) throws(RecordError) -> [Pattern]? {
        guard let element = self[key] else { return nil }
        guard let array = element.array else { throw RecordError(key, "an array of patterns") }
        var patterns: [Pattern] = []
        try array.forEach { element throws(RecordError) in
            guard patterns.count < Limits.topicsPerOrigin, let text = element.string, let pattern = try? Pattern(text)
            else { throw RecordError(key, "an array of patterns") }
            patterns.append(pattern)
        }
        return patterns
    }

    /// Calls `body` with each document of an array, which must be there and not be longer than `limit`.
    func forEachRow(
        _ key: StaticString, atMost limit: Int, isRequired: Bool = true,
        _ body: (DocumentView) throws(RecordError) -> Void
    ) throws(RecordError) {
        let expected = "an array of at most \(limit) documents"
        guard let element = self[key] else {
            if isRequired { throw RecordError(key, expected) } else { return }
        }
        guard let array = element.array else { throw RecordError(key, expected) }
        var count = 0
        try array.forEach { element throws(RecordError) in
            count += 1
            guard count <= limit, let row = element.document else { throw RecordError(key, expected) }
            try body(row)
        }
    }
}

extension ElementView {
    /// The origin that 16 hexadecimal digits stand for.
    fileprivate var origin: UInt64? {
        guard let utf8, utf8.byteCount == 16 else { return nil }
        var value: UInt64 = 0
        for index in 0..<16 {
            guard let digit = hexDigitValue(utf8.unsafeLoad(fromByteOffset: index, as: UInt8.self)) else { return nil }
            value = value << 4 | UInt64(digit)
        }
        return value
    }
}

// Writes Codable values as documents.

/// Writes the fields of a Codable value into a document.
///
///     struct Hit: Encodable { var path: String; var status: Int32; var at: Datetime }
///     let document = try BSONEncoder().encode(Hit(path: "/", status: 200, at: .now()))
///
/// Integers are stored as ``DocumentWriter`` stores them, but one beyond int64 is an error. An optional property that
/// is `nil` is left out; an array keeps its place with null. ``Datetime``, ``ObjectID``, ``Decimal128``, ``Document``
/// and the other values of this module keep their types. A `Date` of Foundation becomes the number that it encodes.
public struct BSONEncoder: Sendable {
    /// Creates an encoder.
    public init() {}

    /// Appends the value's fields to the open document; if it throws, nothing of them is left.
    ///
    /// - Throws: `EncodingError` with the coding path of what cannot be stored, or what the value itself throws.
    public func encode(_ value: some Encodable, to writer: inout DocumentWriter) throws {
        precondition(writer.isOpen, "no document is open")
        let (mark, depth) = (writer.written, writer.depth)
        let session = EncodingSession()
        swap(&session.writer, &writer)
        defer { swap(&session.writer, &writer) }
        do {
            if let ready = value as? Document {
                session.writer.append(contentsOf: ready.view)
            } else {
                let encoder = ElementEncoder(session, slot: nil, path: [])
                try value.encode(to: encoder)
                try encoder.finish()
            }
            try session.check([], value)
        } catch {
            session.writer.written = mark
            session.writer.depth = depth
            throw error
        }
    }

    /// Returns a document of the value's fields.
    ///
    /// - Throws: `EncodingError` with the coding path of what cannot be stored, or what the value itself throws.
    public func encode(_ value: some Encodable) throws -> Document {
        var writer = DocumentWriter()
        writer.beginDocument()
        try encode(value, to: &writer)
        writer.endDocument()
        return Document(trusting: writer.take())
    }
}

/// Holds the writer while values encode themselves.
final class EncodingSession {
    var writer = DocumentWriter(limit: Int(Int32.max))

    init() {}

    /// Begins a document whose elements another document that is `depth` levels deep will get.
    init(depth: Int) {
        writer.beginDocument()
        writer.depth = depth
    }

    /// Throws if the writer has failed, which the element at `path` caused.
    func check(_ path: @autoclosure () -> [any CodingKey], _ value: Any) throws {
        guard let failure = writer.failure else { return }
        throw EncodingError.invalidValue(
            value, .init(codingPath: path(), debugDescription: failure.description, underlyingError: failure))
    }
}

/// An index as a coding key.
struct IndexKey: CodingKey {
    let intValue: Int?
    var stringValue: String { intValue.map(String.init) ?? "super" }

    init(intValue: Int) { self.intValue = intValue }

    init?(stringValue: String) {
        guard let index = Int(stringValue) else { return nil }
        intValue = index
    }
}

/// The place that a superclass takes.
struct SuperKey: CodingKey {
    let stringValue = "super"
    let intValue: Int? = nil

    init() {}
    init?(stringValue: String) { nil }
    init?(intValue: Int) { nil }
}

// Reading text: what there is to choose, and the entry points.

public import BSON

/// Reads JSON, JSON5 and MongoDB's Extended JSON into BSON, and writes BSON as such text.
///
///     let parsed = try BSONText.parse("{listen: 8080, tags: ['a', 'b'],}", dialect: .json5)
///     parsed.document.view["listen"]?.int32
///     BSONText.string(parsed.document.view)  // {"listen":8080,"tags":["a","b"]}
///
/// The order of fields is kept. A number without point and exponent becomes an int32, an int64 or, beyond those, a
/// double: the first that holds it (`-0` is the int32 0). With a point or an exponent it is a double; one beyond the
/// range of doubles is refused. A field that occurs twice in one object is refused, in every dialect: RFC 8259 leaves
/// open which of them counts. So is half of a surrogate pair, which no UTF-8 can hold.
///
/// Extended JSON's wrappers such as `{"$oid": "…"}` are recognised by their first field; from there the object must
/// have exactly the wrapper's form. Fields beginning with `$` that are no wrapper's are ordinary. What MongoDB wrote
/// before version 2 of the notation (`$binary` with `$type`, `$regex` as a type, numbers in `$date`) is not read.
public enum BSONText {
    /// The notations that can be read.
    public enum Dialect: Hashable, Sendable, CaseIterable {
        /// JSON exactly as RFC 8259 has it.
        case json
        /// JSON5: comments, trailing commas, names without quotation marks, and more; see spec.json5.org.
        case json5
        /// JSON5 with mongosh's values: `/regex/i`, `ObjectId("…")`, `ISODate("…")`, `NumberLong("…")` and so on.
        case query
    }

    /// The limits of what is read; text beyond one of them is refused.
    public struct Limits: Hashable, Sendable {
        /// Levels of objects and arrays, the outermost one included; at most `BSONLimits.depth`.
        public var depth: Int
        /// Bytes of text.
        public var textBytes: Int
        /// Bytes of the document that the text becomes.
        public var documentBytes: Int

        /// Creates limits, by default those of an event.
        public init(depth: Int = BSONLimits.depth, textBytes: Int = 8 << 20, documentBytes: Int = 8 << 20) {
            self.depth = min(depth, BSONLimits.depth)
            self.textBytes = min(textBytes, Int(Int32.max))
            self.documentBytes = documentBytes
        }
    }

    /// Reads an object, and remembers where each of its elements stands.
    ///
    /// - Parameters:
    ///   - text: The text, UTF-8.
    ///   - dialect: The notation.
    ///   - extendedJSON: Whether wrappers such as `{"$oid": "…"}` are values; else they are plain objects.
    ///   - limits: How much is read at most.
    /// - Complexity: O(*n*).
    public static func parse(
        _ text: RawSpan, dialect: Dialect = .json, extendedJSON: Bool = true, limits: Limits = Limits()
    ) throws(TextError) -> ParsedDocument {
        try parse(text, dialect, extendedJSON, limits) { reader, writer throws(TextError) in
            try reader.wholeDocument(&writer)
        }
    }

    /// Reads an object, and remembers where each of its elements stands.
    public static func parse(
        _ text: String, dialect: Dialect = .json, extendedJSON: Bool = true, limits: Limits = Limits()
    ) throws(TextError) -> ParsedDocument {
        try parse(text.utf8Span.span.bytes, dialect: dialect, extendedJSON: extendedJSON, limits: limits)
    }

    /// Reads a value of any type; it becomes the only element of a document, under the empty key.
    public static func parseValue(
        _ text: RawSpan, dialect: Dialect = .json, extendedJSON: Bool = true, limits: Limits = Limits()
    ) throws(TextError) -> ParsedDocument {
        try parse(text, dialect, extendedJSON, limits) { reader, writer throws(TextError) in
            try reader.wholeValue(&writer)
        }
    }

    /// Reads a value of any type; it becomes the only element of a document, under the empty key.
    public static func parseValue(
        _ text: String, dialect: Dialect = .json, extendedJSON: Bool = true, limits: Limits = Limits()
    ) throws(TextError) -> ParsedDocument {
        try parseValue(text.utf8Span.span.bytes, dialect: dialect, extendedJSON: extendedJSON, limits: limits)
    }

    /// Reads an object and appends its fields to the document that is open in `writer`.
    ///
    /// If this throws, some fields may have been written: cancel the document. What the writer could not hold is for
    /// its `endDocument` to say. Fields that the document has already are not compared with.
    public static func parse(
        _ text: RawSpan, into writer: inout DocumentWriter, dialect: Dialect = .json, extendedJSON: Bool = true,
        limits: Limits = Limits()
    ) throws(TextError) {
        var reader = Reader(dialect, extendedJSON: extendedJSON, limits: limits)
        try text.withUnsafeBytes { bytes throws(TextError) in
            try reader.begin(bytes.assumingMemoryBound(to: UInt8.self), notesPlaces: false, &writer)
            try reader.wholeDocument(&writer)
        }
    }

    private static func parse(
        _ text: RawSpan, _ dialect: Dialect, _ extendedJSON: Bool, _ limits: Limits,
        _ read: (inout Reader, inout DocumentWriter) throws(TextError) -> Void
    ) throws(TextError) -> ParsedDocument {
        var reader = Reader(dialect, extendedJSON: extendedJSON, limits: limits)
        var writer = DocumentWriter(capacity: max(256, text.byteCount), limit: limits.documentBytes)
        writer.beginDocument()
        try text.withUnsafeBytes { bytes throws(TextError) in
            try reader.begin(bytes.assumingMemoryBound(to: UInt8.self), notesPlaces: true, &writer)
            try read(&reader, &writer)
            if !writer.endDocument() { throw reader.failed(writer.failure) }
        }
        return ParsedDocument(taking: writer, places: reader.places, text: text)
    }
}

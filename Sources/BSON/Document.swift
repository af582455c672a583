// A whole document that owns its bytes.

/// A document that owns its bytes, which are valid.
///
///     let hit = Document {
///         $0["path"] = "/"
///         $0["status"] = 200
///     }
///     hit.view["status"]?.int64
///
/// Two documents are equal if their bytes are: order and types of the fields count.
public struct Document: Hashable, Sendable {
    /// The document as it is stored and sent.
    public let bytes: [UInt8]

    /// Creates a document without fields.
    public init() { bytes = [5, 0, 0, 0, 0] }

    /// Creates a document of the fields that `build` sets.
    ///
    /// - Precondition: the fields can be written; use ``DocumentWriter`` where that is not certain.
    public init<E: Error>(_ build: (inout DocumentWriter) throws(E) -> Void) throws(E) {
        var writer = DocumentWriter(limit: Int(Int32.max))
        writer.beginDocument()
        try build(&writer)
        if !writer.endDocument() { preconditionFailure("\(writer.failure.map(\.description) ?? "")") }
        bytes = writer.take()
    }

    /// Creates a document of bytes that are exactly one.
    public init(validating bytes: [UInt8]) throws(BSONError) {
        _ = try DocumentView(validating: bytes.span.bytes)
        self.bytes = bytes
    }

    /// Creates a document that is a copy of what is seen.
    public init(copying view: DocumentView) {
        bytes = view.bytes.withUnsafeBytes { Array($0) }
    }

    /// Creates a document of bytes that this module wrote.
    init(trusting bytes: [UInt8]) { self.bytes = bytes }

    /// Reads the document where it is.
    public var view: DocumentView {
        @_lifetime(borrow self) get { DocumentView(unchecked: bytes.span.bytes) }
    }

    /// Whether there are no fields.
    public var isEmpty: Bool { bytes.count <= BSONLimits.smallestDocument }
}

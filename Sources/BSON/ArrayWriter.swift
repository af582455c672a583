// Writes the elements of an array.

/// Appends values to an array that is being written; the keys "0", "1", "2" come by themselves.
///
///     writer.array("tags") {
///         $0.append("blue")
///         $0.document { $0["depth"] = 2 }
///     }
public struct ArrayWriter: ~Copyable {
    @usableFromInline var writer: DocumentWriter
    /// Values written so far.
    public private(set) var count = 0

    @usableFromInline init(_ writer: consuming DocumentWriter) { self.writer = writer }

    @usableFromInline consuming func finish() -> DocumentWriter { writer }

    /// Why the document failed, if it did.
    public var failure: WriteFailure? { writer.failure }

    /// Appends a value; an optional that is `nil` appends nothing.
    @inlinable public mutating func append<T: BSONWritable>(_ value: T) {
        let before = writer.count
        withKey { writer, key in value.append(to: &writer, key: key) }
        advance(from: before)
    }

    /// Appends a document.
    @inlinable public mutating func document<E: Error>(
        _ build: (inout DocumentWriter) throws(E) -> Void
    ) throws(E) {
        let before = writer.count
        try withKey { writer, key throws(E) in try writer.document(key: key, build) }
        advance(from: before)
    }

    /// Appends an array.
    @inlinable public mutating func array<E: Error>(_ build: (inout ArrayWriter) throws(E) -> Void) throws(E) {
        let before = writer.count
        try withKey { writer, key throws(E) in try writer.array(key: key, build) }
        advance(from: before)
    }

    /// Appends a copy of a document.
    public mutating func document(copying view: DocumentView) {
        let before = writer.count
        withKey { writer, key in writer.document(key: key, copying: view) }
        advance(from: before)
    }

    /// Appends a copy of an array.
    public mutating func array(copying view: DocumentView) {
        let before = writer.count
        withKey { writer, key in writer.array(key: key, copying: view) }
        advance(from: before)
    }

    /// Appends a copy of an element's value; its key does not matter.
    public mutating func append(_ element: ElementView) {
        let before = writer.count
        withKey { writer, key in writer.append(element, key: key) }
        advance(from: before)
    }

    /// Appends a string of bytes; what is not UTF-8 in them becomes U+FFFD.
    public mutating func appendRepairing(utf8: RawSpan) {
        let before = writer.count
        withKey { writer, key in writer.appendRepairing(key: key, utf8: utf8) }
        advance(from: before)
    }

    @usableFromInline mutating func advance(from before: Int) {
        if writer.count > before { count += 1 }
    }

    /// Lends the next index as decimal digits.
    @usableFromInline mutating func withKey<E: Error>(
        _ body: (inout DocumentWriter, RawSpan) throws(E) -> Void
    ) throws(E) {
        var digits: InlineArray<20, UInt8> = .init(repeating: 0x30)
        var rest = count
        var first = 20
        repeat {
            first -= 1
            digits[first] = UInt8(truncatingIfNeeded: 0x30 + rest % 10)
            rest /= 10
        } while rest > 0
        try body(&writer, digits.span.bytes.extracting(first..<20))
    }
}

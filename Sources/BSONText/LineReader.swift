// Documents from lines of JSON.

public import BSON
internal import Glibc

/// Reads a document from each line of a text that comes in chunks.
///
///     var lines = LineReader()
///     while let chunk = try input.next() {
///         lines.read(chunk, document: { event, _ in topic.emit(bson: event.bytes) }, failed: { log("\(name):\($0)") })
///     }
///     lines.finish(document: …, failed: …)
///
/// A line that cannot be read is reported with its number, and reading goes on with the next. Blank lines are
/// skipped; lines end with LF or CR LF, the last one also without. A line longer than the limit is reported once and
/// skipped to its end, so memory stays bounded whatever comes.
public struct LineReader: ~Copyable {
    /// The number of the line that was read last, from 1; 0 before the first.
    public private(set) var line = 0
    private var reader: Reader
    private var writer: DocumentWriter
    private var begun = ByteBuffer()  // a line whose end has not come yet
    private var isSkipping = false  // the line that has begun is too long

    /// Creates a reader at line 1.
    ///
    /// - Parameters:
    ///   - dialect: The notation of a line.
    ///   - extendedJSON: Whether wrappers such as `{"$oid": "…"}` are values; else they are plain objects.
    ///   - limits: How much a line and its document may hold; `textBytes` bounds the line.
    public init(
        dialect: BSONText.Dialect = .json, extendedJSON: Bool = true, limits: BSONText.Limits = BSONText.Limits()
    ) {
        reader = Reader(dialect, extendedJSON: extendedJSON, limits: limits)
        writer = DocumentWriter(limit: limits.documentBytes)
    }

    /// Reads the lines that end in `chunk`; keeps what comes after the last end for the next chunk.
    ///
    /// - Parameters:
    ///   - chunk: The next bytes of the text.
    ///   - document: Called with each line's document, which it may look at until it returns, and the line's number.
    ///   - failed: Called for each line that could not be read; the error's line is that of the whole text.
    /// - Throws: What the closures throw; what is left of the chunk is lost then.
    public mutating func read<E: Error>(
        _ chunk: RawSpan, document: (DocumentView, _ line: Int) throws(E) -> Void, failed: (TextError) throws(E) -> Void
    ) throws(E) {
        try chunk.withUnsafeBytes { bytes throws(E) in
            guard var at = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
            let end = at + bytes.count
            while at < end {
                guard let found = memchr(at, Int32(ASCII.lineFeed), end - at) else {
                    return try keep(at, end - at, failed)
                }
                let lineEnd = UnsafePointer(found.assumingMemoryBound(to: UInt8.self))
                let first = at
                at = lineEnd + 1
                if isSkipping || begun.count > 0 {
                    try keep(first, lineEnd - first, failed)
                    try finish(document: document, failed: failed)
                } else {
                    try read(line: UnsafeBufferPointer(start: first, count: lineEnd - first), document, failed)
                }
            }
        }
    }

    /// Reads the last line, if it had no end; further chunks begin a new line.
    ///
    /// - Parameters:
    ///   - document: Called with the line's document and number.
    ///   - failed: Called if the line could not be read.
    public mutating func finish<E: Error>(
        document: (DocumentView, _ line: Int) throws(E) -> Void, failed: (TextError) throws(E) -> Void
    ) throws(E) {
        let wasSkipping = isSkipping
        isSkipping = false
        if wasSkipping || begun.count == 0 { return }
        let bytes = begun.bytes.assumingMemoryBound(to: UInt8.self)
        // The bytes stay where they are until something is appended again.
        begun.removeAll()
        try read(line: bytes, document, failed)
    }

    /// Keeps a part of a line, unless the line is too long.
    private mutating func keep<E: Error>(
        _ part: UnsafePointer<UInt8>, _ count: Int, _ failed: (TextError) throws(E) -> Void
    ) throws(E) {
        if isSkipping { return }
        if begun.count + count <= reader.limits.textBytes { return begun.append(part, count: count) }
        isSkipping = true
        begun.removeAll()
        line += 1
        try failed(tooLong)
    }

    private var tooLong: TextError {
        TextError(
            "found a line of more than \(reader.limits.textBytes) bytes, expected less",
            at: TextPlace(line: line, column: 1))
    }

    private mutating func read<E: Error>(
        line text: UnsafeBufferPointer<UInt8>, _ document: (DocumentView, _ line: Int) throws(E) -> Void,
        _ failed: (TextError) throws(E) -> Void
    ) throws(E) {
        line += 1
        if text.count > reader.limits.textBytes { return try failed(tooLong) }
        if text.allSatisfy({ $0 == ASCII.space || $0 == ASCII.tab || $0 == ASCII.carriageReturn }) { return }
        writer.removeAll()
        writer.beginDocument()
        var failure: TextError?
        do throws(TextError) {
            try reader.begin(text, notesPlaces: false, &writer)
            try reader.wholeDocument(&writer)
            if !writer.endDocument() { failure = reader.failed(writer.failure) }
        } catch {
            writer.cancelDocument()
            failure = error
        }
        guard var failure else { return try document(DocumentView(unchecked: writer.bytes), line) }
        failure.place.line = line
        try failed(failure)
    }
}

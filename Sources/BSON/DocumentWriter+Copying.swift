// Copying what is written already: elements, whole documents, buffers.

internal import Glibc

extension DocumentWriter {
    /// Appends a copy of an element with its key.
    public mutating func append(_ element: ElementView) {
        appendRaw(element.bytes)
    }

    /// Appends a copy of an element under another key.
    public mutating func append(_ element: ElementView, key: RawSpan) {
        let value = element.valueBytes
        guard let place = place(element.type, key, value.byteCount) else { return }
        value.copy(to: place)
    }

    /// Appends a copy of an element under another key.
    public mutating func append(_ element: ElementView, key: String) {
        append(element, key: key.utf8Span.span.bytes)
    }

    /// Appends copies of all elements of a document.
    public mutating func append(contentsOf view: DocumentView) {
        appendRaw(view.elementBytes)
    }

    /// Appends a copy of a document under a key.
    public mutating func document(key: RawSpan, copying view: DocumentView) {
        copy(view, as: .document, key)
    }

    /// Appends a copy of a document under a key.
    public mutating func document(_ key: String, copying view: DocumentView) {
        copy(view, as: .document, key.utf8Span.span.bytes)
    }

    /// Appends a copy of an array under a key.
    public mutating func array(key: RawSpan, copying view: DocumentView) {
        copy(view, as: .array, key)
    }

    /// Appends a copy of an array under a key.
    public mutating func array(_ key: String, copying view: DocumentView) {
        copy(view, as: .array, key.utf8Span.span.bytes)
    }

    private mutating func copy(_ view: DocumentView, as type: BSONType, _ key: RawSpan) {
        let start = open(type, key)
        appendRaw(view.elementBytes)
        close(start)
    }

    /// Appends a copy of a whole document behind those that are complete.
    ///
    /// - Returns: `false` if the buffer's limit does not allow it.
    /// - Precondition: no document is open.
    @discardableResult public mutating func appendDocument(_ view: DocumentView) -> Bool {
        beginDocument()
        appendRaw(view.elementBytes)
        return endDocument()
    }

    /// Puts elements between others; what is behind `offset` moves.
    mutating func insert(_ bytes: RawSpan, at offset: Int) {
        let behind = written - offset
        guard bytes.byteCount > 0, room(bytes.byteCount) != nil, let base else { return }
        (base + offset + bytes.byteCount).copyMemory(from: base + offset, byteCount: behind)
        bytes.copy(to: base + offset)
    }

    mutating func appendRaw(_ bytes: RawSpan) {
        guard bytes.byteCount > 0, let place = room(bytes.byteCount) else { return }
        bytes.copy(to: place)
    }
}

// MARK: - For those who hand buffers on

extension DocumentWriter {
    /// Where the open document, or else the last one, begins.
    @inlinable package var openDocumentStart: Int { start }

    /// The place for `count` more bytes of the open document, which the caller fills with whole elements.
    ///
    /// `nil` if the document has failed.
    @inlinable package mutating func place(count: Int) -> UnsafeMutableRawPointer? { room(count) }

    /// Gives the buffer away, to be freed with `free`; the writer is empty and allocates anew when it writes again.
    ///
    /// `nil` if there is no buffer. No document may be open.
    package mutating func takeStorage() -> (UnsafeMutableRawPointer, count: Int, capacity: Int)? {
        precondition(depth == 0, "a document is open")
        guard let base else { return nil }
        let taken = (base, count: written, capacity: capacity)
        self.base = nil
        written = 0
        capacity = 0
        start = 0
        return taken
    }

    /// Writes into this malloc'd buffer from now on and frees it at the end.
    ///
    /// The writer must be empty.
    package mutating func adoptStorage(_ storage: UnsafeMutableRawPointer, capacity: Int) {
        precondition(depth == 0 && written == 0, "documents would be lost")
        free(base)
        base = storage
        self.capacity = capacity
    }

    /// Removes everything from `count` on, which is where a document began.
    ///
    /// No document may be open.
    package mutating func truncate(to count: Int) {
        precondition(depth == 0 && count <= written, "a document is open, or there is less")
        written = count
        start = count
    }

    /// Moves the last document, open or complete, behind those of `other`, which has none open.
    ///
    /// The writer it is moved to allocates what it needs, even beyond its limit; an open document goes on there.
    package mutating func moveLastDocument(to other: inout DocumentWriter) {
        precondition(depth <= 1 && other.depth == 0, "documents are open")
        let size = written - start
        other.reserve(max(other.written + size, other.initialCapacity))
        if size > 0, let from = base, let to = other.base {
            (to + other.written).copyMemory(from: from + start, byteCount: size)
        }
        other.start = other.written
        other.written += size
        other.depth = depth
        other.trouble = trouble
        other.writable = depth > 0 && trouble == nil ? other.capacity : 0
        written = start
        depth = 0
        writable = 0
        trouble = nil
    }
}

// Writes documents one after another straight into one buffer.

internal import Glibc

/// Appends documents one after another to one growable buffer.
///
/// A document is begun, its fields are set, and it is ended. There is no tree in between: every field is bytes in the
/// buffer at once, and nothing is allocated unless the buffer has to grow.
///
///     var writer = DocumentWriter()
///     writer.beginDocument()
///     writer["path"] = "/index.html"
///     writer["status"] = 200 as Int32
///     writer.document("client") { $0["port"] = 40_312 }
///     writer.endDocument()
///
/// What cannot be written makes the open document fail: `failure` says why, further fields are ignored, and
/// ``endDocument()`` removes the document again. Writing the same key twice writes it twice.
public struct DocumentWriter: ~Copyable, @unchecked Sendable {
    @usableFromInline var base: UnsafeMutableRawPointer?  // malloc'd; nil before the first write and after a take
    /// Bytes in the buffer: the complete documents and what there is of the open one.
    @inlinable public var count: Int { written }
    @usableFromInline var written = 0
    @usableFromInline var writable = 0  // the capacity while a document is open and has not failed, else 0
    @usableFromInline var capacity = 0  // bytes at `base`
    @usableFromInline var start = 0  // where the open document, or else the last one, begins
    @usableFromInline var depth = 0  // levels that are open
    @usableFromInline var trouble: WriteFailure?
    let initialCapacity: Int
    let limit: Int

    /// Creates an empty writer, which allocates when it first writes.
    ///
    /// - Parameters:
    ///   - capacity: Bytes to allocate at first; the buffer doubles when it is full.
    ///   - limit: Bytes that the buffer never grows beyond; a document that needs more fails as `tooLarge`.
    public init(capacity: Int = 256, limit: Int = 8 << 20) {
        self.limit = min(max(limit, BSONLimits.smallestDocument), Int(Int32.max))
        initialCapacity = min(max(capacity, 64), self.limit)
    }

    deinit { free(base) }

    /// Why the open document, or else the last one, failed; the first reason stays until the next document begins.
    @inlinable public var failure: WriteFailure? { trouble }

    /// Whether a document was begun and not ended.
    @inlinable public var isOpen: Bool { depth > 0 }

    /// Begins a document behind those that are complete.
    ///
    /// - Precondition: no document is open.
    @inlinable @inline(__always) public mutating func beginDocument() {
        precondition(depth == 0, "a document is open already")
        trouble = nil
        start = written
        depth = 1
        writable = capacity
        if let place = room(4) { place.storeBytes(of: 0, as: UInt32.self) }
    }

    /// Ends the open document.
    ///
    /// - Returns: `false` if something could not be written: then the document is gone, and `failure` says why.
    /// - Precondition: a document is open, and none inside it.
    @inlinable @inline(__always) @discardableResult public mutating func endDocument() -> Bool {
        precondition(depth == 1, "no document is open, or one inside it")
        if let place = room(1) { place.storeBytes(of: 0, as: UInt8.self) }
        depth = 0
        writable = 0
        if trouble != nil {
            written = start
            return false
        }
        patchLength(at: start)
        return true
    }

    /// Removes the open document, as if it had not been begun.
    ///
    /// - Precondition: a document is open, and none inside it.
    public mutating func cancelDocument() {
        precondition(depth == 1, "no document is open, or one inside it")
        depth = 0
        writable = 0
        written = start
    }

    /// Removes all documents, keeping the buffer.
    ///
    /// - Precondition: no document is open.
    public mutating func removeAll() {
        precondition(depth == 0, "a document is open")
        written = 0
        start = 0
        trouble = nil
    }

    /// The bytes in the buffer.
    public var bytes: RawSpan {
        @_lifetime(borrow self) get {
            guard let base else { return RawSpan() }
            let span = RawSpan(_unsafeStart: UnsafeRawPointer(base), byteCount: written)
            return _overrideLifetime(span, borrowing: self)
        }
    }

    /// Lends the bytes in the buffer.
    public borrowing func withBytes<R: ~Copyable, E: Error>(_ body: (RawSpan) throws(E) -> R) throws(E) -> R {
        try body(bytes)
    }

    /// Ends the writer's life and returns a copy of its bytes.
    public consuming func take() -> [UInt8] {
        precondition(depth == 0, "a document is open")
        return Array(UnsafeRawBufferPointer(start: base, count: written))
    }
}

// MARK: - The buffer

extension DocumentWriter {
    /// Appends whole documents behind those that are in the buffer, as they are; the limit is none for them.
    ///
    /// - Precondition: No document is open.
    public mutating func append(documents: RawSpan) {
        precondition(depth == 0, "a document is open")
        if written + documents.byteCount > capacity { reserve(max(written + documents.byteCount, 2 * capacity)) }
        documents.withUnsafeBytes { bytes in
            if let base, let source = bytes.baseAddress {
                (base + written).copyMemory(from: source, byteCount: bytes.count)
            }
        }
        written += documents.byteCount
    }

    /// Returns the place for `size` more bytes and counts them as written; `nil` if the document has failed.
    @inlinable @inline(__always)
    mutating func room(_ size: Int) -> UnsafeMutableRawPointer? {
        if written &+ size > writable {
            guard grow(size) else { return nil }
        }
        let place = base.unsafelyUnwrapped + written
        written &+= size
        return place
    }

    /// Makes room for `size` more bytes, or fails.
    @usableFromInline @inline(never)
    mutating func grow(_ size: Int) -> Bool {
        precondition(depth > 0, "no document is open")
        if trouble != nil { return false }
        guard size <= limit - written else {
            fail(.tooLarge)
            return false
        }
        reserve(min(max(written + size, 2 * capacity, initialCapacity), limit))
        writable = capacity
        return true
    }

    mutating func reserve(_ size: Int) {
        guard size > capacity else { return }
        guard let larger = realloc(base, size) else { fatalError("out of memory") }
        base = larger
        capacity = size
    }

    @usableFromInline mutating func fail(_ reason: WriteFailure) {
        if trouble == nil { trouble = reason }
        writable = 0
    }

    /// Writes the type and the key of an element; returns the place for the `size` bytes of its value.
    @inlinable @inline(__always)
    mutating func place(_ type: BSONType, _ key: RawSpan, _ size: Int) -> UnsafeMutableRawPointer? {
        let length = key.byteCount
        guard let place = room(length &+ 2 &+ size) else { return nil }
        place.storeBytes(of: type.rawValue, as: UInt8.self)
        let hasNUL = key.withUnsafeBytes { copyFindingNUL($0, to: place + 1) }
        if hasNUL {
            written &-= length &+ 2 &+ size
            fail(.invalidKey)
            return nil
        }
        (place + (1 &+ length)).storeBytes(of: 0, as: UInt8.self)
        return place + (2 &+ length)
    }

    @inlinable @inline(__always)
    mutating func patchLength(at offset: Int) {
        let length = Int32(truncatingIfNeeded: written &- offset).littleEndian
        base.unsafelyUnwrapped.storeBytes(of: length, toByteOffset: offset, as: Int32.self)
    }

    /// Opens a document or an array under `key` and returns where it begins, or -1; `close` ends it.
    @inlinable mutating func open(_ type: BSONType, _ key: RawSpan) -> Int {
        depth += 1
        if depth > BSONLimits.depth { fail(.tooDeep) }
        guard place(type, key, 4) != nil else { return -1 }
        return written &- 4
    }

    @inlinable mutating func close(_ start: Int) {
        depth -= 1
        guard let place = room(1) else { return }
        place.storeBytes(of: 0, as: UInt8.self)
        precondition(start >= 0 && start <= written &- 5, "the writer was exchanged for another one")
        patchLength(at: start)
    }
}

/// Copies `bytes` to `place`; returns whether there was a NUL among them.
///
/// Where the bytes are a literal the compiler does the search.
@inlinable @inline(__always)
func copyFindingNUL(_ bytes: UnsafeRawBufferPointer, to place: UnsafeMutableRawPointer) -> Bool {
    guard let source = bytes.baseAddress else { return false }
    var offset = 0
    while offset &+ 8 <= bytes.count {
        let word = source.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
        if hasZeroByte(word) { return true }
        place.storeBytes(of: word, toByteOffset: offset, as: UInt64.self)
        offset &+= 8
    }
    while offset < bytes.count {
        let byte = source.load(fromByteOffset: offset, as: UInt8.self)
        if byte == 0 { return true }
        place.storeBytes(of: byte, toByteOffset: offset, as: UInt8.self)
        offset &+= 1
    }
    return false
}

extension StaticString {
    /// The literal's UTF-8, which never goes away.
    @inlinable var bytes: RawSpan {
        @inline(__always) @_lifetime(immortal) get {
            precondition(hasPointerRepresentation, "a key is a literal of characters, not of one Unicode scalar")
            let span = RawSpan(_unsafeStart: UnsafeRawPointer(utf8Start), byteCount: utf8CodeUnitCount)
            return _overrideLifetime(span, copying: ())
        }
    }
}

/// Whether one of the eight bytes is zero.
@inlinable @inline(__always)
func hasZeroByte(_ word: UInt64) -> Bool {
    (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080 != 0
}

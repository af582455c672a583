// Setting fields: keys that are literals, keys that are strings, documents and arrays inside.

extension DocumentWriter {
    /// Writes a field; an optional that is `nil` writes nothing.
    ///
    /// An `Int` is stored as int64 and an `Int32` as int32, whatever the value.
    @inlinable public subscript<T: BSONWritable>(key: StaticString) -> T {
        @available(*, unavailable, message: "a writer only writes")
        get { fatalError("a writer only writes") }
        @inline(__always) set { newValue.append(to: &self, key: key.bytes) }
    }

    /// Writes a field whose key is not a literal.
    ///
    /// Generic, because a subscript of `String` would win over that of `StaticString` for literals.
    @inlinable @_disfavoredOverload public subscript<T: BSONWritable>(key: some StringProtocol) -> T {
        @available(*, unavailable, message: "a writer only writes")
        get { fatalError("a writer only writes") }
        set {
            var key = String(key)
            key.withUTF8 { newValue.append(to: &self, key: UnsafeRawBufferPointer($0).bytes) }
        }
    }

    /// Writes a field whose key is given as UTF-8.
    @inlinable public mutating func append<T: BSONWritable>(key: RawSpan, _ value: T) {
        value.append(to: &self, key: key)
    }

    /// Writes a document inside the open one; if `build` throws, nothing of it is left.
    @inlinable public mutating func document<E: Error>(
        _ key: StaticString, _ build: (inout DocumentWriter) throws(E) -> Void
    ) throws(E) {
        try document(key: key.bytes, build)
    }

    /// Writes a document whose key is not known before; if `build` throws, nothing of it is left.
    ///
    /// It has a label because without one, fields that `build` sets in a single expression would be ambiguous.
    @inlinable public mutating func document<E: Error>(
        key: String, _ build: (inout DocumentWriter) throws(E) -> Void
    ) throws(E) {
        try document(key: key.utf8Span.span.bytes, build)
    }

    /// Writes a document inside the open one; if `build` throws, nothing of it is left.
    @inlinable public mutating func document<E: Error>(
        key: RawSpan, _ build: (inout DocumentWriter) throws(E) -> Void
    ) throws(E) {
        let mark = written
        let start = open(.document, key)
        do throws(E) {
            try build(&self)
        } catch {
            depth -= 1
            written = mark
            throw error
        }
        close(start)
    }

    /// Writes an array inside the open document; if `build` throws, nothing of it is left.
    @inlinable public mutating func array<E: Error>(
        _ key: StaticString, _ build: (inout ArrayWriter) throws(E) -> Void
    ) throws(E) {
        try array(key: key.bytes, build)
    }

    /// Writes an array whose key is not known before; if `build` throws, nothing of it is left.
    ///
    /// It has a label because without one, fields that `build` sets in a single expression would be ambiguous.
    @inlinable public mutating func array<E: Error>(
        key: String, _ build: (inout ArrayWriter) throws(E) -> Void
    ) throws(E) {
        try array(key: key.utf8Span.span.bytes, build)
    }

    /// Writes an array inside the open document; if `build` throws, nothing of it is left.
    @inlinable public mutating func array<E: Error>(
        key: RawSpan, _ build: (inout ArrayWriter) throws(E) -> Void
    ) throws(E) {
        let mark = written
        let start = open(.array, key)
        // The array's writer holds this one for as long as `build` runs.
        var list = ArrayWriter(self)
        do throws(E) {
            try build(&list)
        } catch {
            self = list.finish()
            depth -= 1
            written = mark
            throw error
        }
        self = list.finish()
        close(start)
    }

    /// Writes an array whose keys `build` writes itself; if it throws, nothing of it is left.
    @inlinable package mutating func array<E: Error>(
        key: RawSpan, withKeys build: (inout DocumentWriter) throws(E) -> Void
    ) throws(E) {
        let mark = written
        let start = open(.array, key)
        do throws(E) {
            try build(&self)
        } catch {
            depth -= 1
            written = mark
            throw error
        }
        close(start)
    }

    /// Writes a string of bytes that the caller knows to be UTF-8; others make the document invalid.
    @inlinable @inline(__always) public mutating func append(key: StaticString, utf8: RawSpan) {
        append(key: key.bytes, utf8: utf8)
    }

    /// Writes a string of bytes that the caller knows to be UTF-8; others make the document invalid.
    @inlinable @_disfavoredOverload public mutating func append(key: String, utf8: RawSpan) {
        append(key: key.utf8Span.span.bytes, utf8: utf8)
    }

    /// Writes a string of bytes that the caller knows to be UTF-8; others make the document invalid.
    @inlinable @inline(__always) public mutating func append(key: RawSpan, utf8: RawSpan) {
        utf8.withUnsafeBytes { appendText(.string, key, $0) }
    }

    /// Writes a string of bytes; what is not UTF-8 in them becomes U+FFFD.
    public mutating func appendRepairing(key: StaticString, utf8: RawSpan) {
        appendRepairing(key: key.bytes, utf8: utf8)
    }

    /// Writes a string of bytes; what is not UTF-8 in them becomes U+FFFD.
    @_disfavoredOverload public mutating func appendRepairing(key: String, utf8: RawSpan) {
        appendRepairing(key: key.utf8Span.span.bytes, utf8: utf8)
    }

    /// Writes a string of bytes; what is not UTF-8 in them becomes U+FFFD.
    public mutating func appendRepairing(key: RawSpan, utf8: RawSpan) {
        if BSONValidator.isUTF8(utf8) {
            append(key: key, utf8: utf8)
        } else {
            let repaired = utf8.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
            append(key: key, repaired)
        }
    }

    /// Writes text: length, bytes, NUL.
    @inlinable @inline(__always)
    mutating func appendText(_ type: BSONType, _ key: RawSpan, _ text: UnsafeRawBufferPointer) {
        guard let place = place(type, key, text.count &+ 5) else { return }
        storeText(text, to: place)
    }
}

@inlinable @inline(__always)
func storeText(_ text: UnsafeRawBufferPointer, to place: UnsafeMutableRawPointer) {
    place.storeBytes(of: Int32(truncatingIfNeeded: text.count &+ 1).littleEndian, as: Int32.self)
    if let source = text.baseAddress { copyShort(source, to: place + 4, text.count) }
    (place + (4 &+ text.count)).storeBytes(of: 0, as: UInt8.self)
}

/// Stores a string; a call, because ten copies of it in one event would be too much code for the compiler to inline.
@usableFromInline @inline(never)
func storeText(_ text: String, to place: UnsafeMutableRawPointer) {
    let stored: Void? = text.utf8.withContiguousStorageIfAvailable {
        storeText(UnsafeRawBufferPointer($0), to: place)
    }
    if stored == nil { Array(text.utf8).withUnsafeBytes { storeText($0, to: place) } }
}

/// Copies bytes, up to 32 of them without a call: most texts of events are short, and a call would cost more than they.
@inlinable @inline(__always)
func copyShort(_ source: UnsafeRawPointer, to place: UnsafeMutableRawPointer, _ count: Int) {
    if count > 32 {
        place.copyMemory(from: source, byteCount: count)
    } else if count >= 16 {
        copyEnds(source, to: place, count, as: SIMD2<UInt64>.self)
    } else if count >= 8 {
        // A short String was just put on the stack as two words: a load across both would have to wait for them.
        copyWord(source, to: place, at: 0, as: UInt64.self)
        var offset = 8
        if count & 4 != 0 {
            copyWord(source, to: place, at: offset, as: UInt32.self)
            offset &+= 4
        }
        if count & 2 != 0 {
            copyWord(source, to: place, at: offset, as: UInt16.self)
            offset &+= 2
        }
        if count & 1 != 0 { copyWord(source, to: place, at: offset, as: UInt8.self) }
    } else if count >= 4 {
        copyEnds(source, to: place, count, as: UInt32.self)
    } else if count >= 2 {
        copyEnds(source, to: place, count, as: UInt16.self)
    } else if count == 1 {
        place.storeBytes(of: source.load(as: UInt8.self), as: UInt8.self)
    }
}

@inlinable @inline(__always)
func copyWord<Word: BitwiseCopyable>(
    _ source: UnsafeRawPointer, to place: UnsafeMutableRawPointer, at offset: Int, as type: Word.Type
) {
    place.storeBytes(of: source.loadUnaligned(fromByteOffset: offset, as: type), toByteOffset: offset, as: type)
}

/// Copies the first and the last bytes that fit into a word, which together are all.
@inlinable @inline(__always)
func copyEnds<Word: BitwiseCopyable>(
    _ source: UnsafeRawPointer, to place: UnsafeMutableRawPointer, _ count: Int, as type: Word.Type
) {
    let last = count &- MemoryLayout<Word>.size
    let (head, tail) = (source.loadUnaligned(as: type), source.loadUnaligned(fromByteOffset: last, as: type))
    place.storeBytes(of: head, as: type)
    place.storeBytes(of: tail, toByteOffset: last, as: type)
}

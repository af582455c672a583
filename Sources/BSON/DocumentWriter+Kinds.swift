// The types of element that no Swift literal stands for.

extension DocumentWriter {
    /// Writes null.
    @inlinable public mutating func null(_ key: StaticString) { self[key] = Null() }
    /// Writes null.
    @inlinable @_disfavoredOverload public mutating func null(_ key: String) { self[key] = Null() }

    /// Writes the least value.
    @inlinable public mutating func minKey(_ key: StaticString) { self[key] = MinKey() }
    /// Writes the least value.
    @inlinable @_disfavoredOverload public mutating func minKey(_ key: String) { self[key] = MinKey() }

    /// Writes the greatest value.
    @inlinable public mutating func maxKey(_ key: StaticString) { self[key] = MaxKey() }
    /// Writes the greatest value.
    @inlinable @_disfavoredOverload public mutating func maxKey(_ key: String) { self[key] = MaxKey() }

    /// Writes undefined.
    @inlinable public mutating func undefined(_ key: StaticString) { self[key] = Undefined() }
    /// Writes undefined.
    @inlinable @_disfavoredOverload public mutating func undefined(_ key: String) { self[key] = Undefined() }

    /// Writes a regular expression.
    public mutating func regex(_ key: String, _ pattern: String, options: String = "") {
        self[key] = Regex(pattern, options: options)
    }

    /// Writes code.
    public mutating func javascript(_ key: String, _ code: String) { self[key] = JavaScript(code) }

    /// Writes a symbol.
    public mutating func symbol(_ key: String, _ name: String) { self[key] = Symbol(name) }

    /// Writes a pointer into a collection.
    public mutating func dbPointer(_ key: String, _ collection: String, id: ObjectID) {
        self[key] = DBPointer(collection, id: id)
    }

    /// Writes a timestamp.
    public mutating func timestamp(_ key: String, seconds: UInt32, increment: UInt32) {
        self[key] = Timestamp(seconds: seconds, increment: increment)
    }

    /// Writes code with its variables, which `scope` sets.
    public mutating func javascriptWithScope<E: Error>(
        _ key: String, _ code: String, scope: (inout DocumentWriter) throws(E) -> Void
    ) throws(E) {
        try javascriptWithScope(key: key.utf8Span.span.bytes, code, scope: scope)
    }

    /// Writes code with its variables, which `scope` sets.
    public mutating func javascriptWithScope<E: Error>(
        key: RawSpan, _ code: String, scope: (inout DocumentWriter) throws(E) -> Void
    ) throws(E) {
        let mark = written
        let text = Array(code.utf8)
        depth += 1
        if depth > BSONLimits.depth { fail(.tooDeep) }
        var start = -1
        if let place = place(.javascriptWithScope, key, 4 + text.count + 5 + 4) {
            text.withUnsafeBytes { storeText($0, to: place + 4) }
            start = written - 4
        }
        do throws(E) {
            try scope(&self)
        } catch {
            depth -= 1
            written = mark
            throw error
        }
        close(start)
        if trouble == nil { patchLength(at: start - text.count - 9) }
    }

    /// Writes a binary.
    public mutating func binary(_ key: String, subtype: UInt8 = 0, _ bytes: RawSpan) {
        binary(key: key.utf8Span.span.bytes, subtype: subtype, bytes)
    }

    /// Writes a binary; the old subtype 2 gets its inner length.
    public mutating func binary(key: RawSpan, subtype: UInt8 = 0, _ bytes: RawSpan) {
        let inner = subtype == 2 ? 4 : 0
        let size = bytes.byteCount + inner
        guard let place = place(.binary, key, 5 + size) else { return }
        place.storeBytes(of: Int32(truncatingIfNeeded: size).littleEndian, as: Int32.self)
        place.storeBytes(of: subtype, toByteOffset: 4, as: UInt8.self)
        if inner > 0 {
            let length = Int32(truncatingIfNeeded: bytes.byteCount).littleEndian
            place.storeBytes(of: length, toByteOffset: 5, as: Int32.self)
        }
        bytes.copy(to: place + 5 + inner)
    }
}

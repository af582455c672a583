// How values of several parts write themselves.

extension Optional: BSONWritable where Wrapped: BSONWritable {
    /// Appends the value if there is one, else nothing at all.
    @inlinable public func append(to writer: inout DocumentWriter, key: RawSpan) {
        if let self { self.append(to: &writer, key: key) }
    }
}

extension Array: BSONWritable where Element: BSONWritable {
    /// Appends an array of the values.
    @inlinable public func append(to writer: inout DocumentWriter, key: RawSpan) {
        writer.array(key: key) { list in
            for element in self { list.append(element) }
        }
    }
}

extension Document: BSONWritable {
    /// Appends an embedded document.
    @inlinable public func append(to writer: inout DocumentWriter, key: RawSpan) {
        writer.document(key: key, copying: view)
    }
}

extension Binary: BSONWritable {
    /// Appends a binary.
    public func append(to writer: inout DocumentWriter, key: RawSpan) {
        writer.binary(key: key, subtype: subtype, bytes.span.bytes)
    }
}

extension Regex: BSONWritable {
    /// Appends a regular expression, its options in alphabetical order; a NUL in it makes the document fail.
    public func append(to writer: inout DocumentWriter, key: RawSpan) {
        let parts = [Array(pattern.utf8), Array(String(options.unicodeScalars.sorted().map(Character.init)).utf8)]
        let sizes = parts.map(\.count)
        if parts.contains(where: { $0.contains(0) }) { return writer.fail(.invalidKey) }
        guard var place = writer.place(.regex, key, sizes[0] + sizes[1] + 2) else { return }
        for part in parts {
            part.withUnsafeBytes { UnsafeMutableRawBufferPointer(start: place, count: $0.count).copyMemory(from: $0) }
            (place + part.count).storeBytes(of: 0, as: UInt8.self)
            place += part.count + 1
        }
    }
}

extension JavaScript: BSONWritable {
    /// Appends code.
    public func append(to writer: inout DocumentWriter, key: RawSpan) {
        var text = code
        text.withUTF8 { writer.appendText(.javascript, key, UnsafeRawBufferPointer($0)) }
    }
}

extension Symbol: BSONWritable {
    /// Appends a symbol.
    public func append(to writer: inout DocumentWriter, key: RawSpan) {
        var text = name
        text.withUTF8 { writer.appendText(.symbol, key, UnsafeRawBufferPointer($0)) }
    }
}

extension DBPointer: BSONWritable {
    /// Appends a pointer into a collection.
    public func append(to writer: inout DocumentWriter, key: RawSpan) {
        var text = collection
        text.withUTF8 { bytes in
            guard let place = writer.place(.dbPointer, key, 4 + bytes.count + 1 + 12) else { return }
            storeText(UnsafeRawBufferPointer(bytes), to: place)
            id.store(to: place + (4 + bytes.count + 1))
        }
    }
}

extension JavaScriptWithScope: BSONWritable {
    /// Appends code with its variables.
    public func append(to writer: inout DocumentWriter, key: RawSpan) {
        writer.javascriptWithScope(key: key, code) { $0.append(contentsOf: scope.view) }
    }
}

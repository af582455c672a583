// How a value writes itself under a key.

/// A value that a ``DocumentWriter`` can write.
///
/// A type of yours conforms by writing as one that does:
///
///     extension Severity: BSONWritable {
///         func append(to writer: inout DocumentWriter, key: RawSpan) { writer.append(key: key, rawValue) }
///     }
public protocol BSONWritable {
    /// Appends this value as an element with this key to the open document.
    func append(to writer: inout DocumentWriter, key: RawSpan)
}

extension Int32: BSONWritable {
    /// Appends an int32.
    @inlinable @inline(__always) public func append(to writer: inout DocumentWriter, key: RawSpan) {
        writer.place(.int32, key, 4)?.storeBytes(of: littleEndian, as: Int32.self)
    }
}

extension Int64: BSONWritable {
    /// Appends an int64.
    @inlinable @inline(__always) public func append(to writer: inout DocumentWriter, key: RawSpan) {
        writer.place(.int64, key, 8)?.storeBytes(of: littleEndian, as: Int64.self)
    }
}

extension Int: BSONWritable {
    /// Appends an int64, whatever the value.
    @inlinable @inline(__always) public func append(to writer: inout DocumentWriter, key: RawSpan) {
        Int64(self).append(to: &writer, key: key)
    }
}

extension Int8: BSONWritable {
    /// Appends an int32.
    @inlinable @inline(__always) public func append(to writer: inout DocumentWriter, key: RawSpan) {
        Int32(self).append(to: &writer, key: key)
    }
}

extension Int16: BSONWritable {
    /// Appends an int32.
    @inlinable @inline(__always) public func append(to writer: inout DocumentWriter, key: RawSpan) {
        Int32(self).append(to: &writer, key: key)
    }
}

extension UInt8: BSONWritable {
    /// Appends an int32.
    @inlinable @inline(__always) public func append(to writer: inout DocumentWriter, key: RawSpan) {
        Int32(self).append(to: &writer, key: key)
    }
}

extension UInt16: BSONWritable {
    /// Appends an int32.
    @inlinable @inline(__always) public func append(to writer: inout DocumentWriter, key: RawSpan) {
        Int32(self).append(to: &writer, key: key)
    }
}

extension UInt32: BSONWritable {
    /// Appends an int64, whatever the value.
    @inlinable @inline(__always) public func append(to writer: inout DocumentWriter, key: RawSpan) {
        Int64(self).append(to: &writer, key: key)
    }
}

extension UInt64: BSONWritable {
    /// Appends an int64 if it fits, else a double.
    @inlinable @inline(__always) public func append(to writer: inout DocumentWriter, key: RawSpan) {
        if let exact = Int64(exactly: self) {
            exact.append(to: &writer, key: key)
        } else {
            Double(self).append(to: &writer, key: key)
        }
    }
}

extension UInt: BSONWritable {
    /// Appends an int64 if it fits, else a double.
    @inlinable @inline(__always) public func append(to writer: inout DocumentWriter, key: RawSpan) {
        UInt64(self).append(to: &writer, key: key)
    }
}

extension Double: BSONWritable {
    /// Appends a double.
    @inlinable @inline(__always) public func append(to writer: inout DocumentWriter, key: RawSpan) {
        writer.place(.double, key, 8)?.storeBytes(of: bitPattern.littleEndian, as: UInt64.self)
    }
}

extension Float: BSONWritable {
    /// Appends a double.
    @inlinable @inline(__always) public func append(to writer: inout DocumentWriter, key: RawSpan) {
        Double(self).append(to: &writer, key: key)
    }
}

extension Bool: BSONWritable {
    /// Appends a Boolean.
    @inlinable @inline(__always) public func append(to writer: inout DocumentWriter, key: RawSpan) {
        writer.place(.bool, key, 1)?.storeBytes(of: self ? 1 : 0, as: UInt8.self)
    }
}

extension String: BSONWritable {
    /// Appends a string.
    @inlinable @inline(__always) public func append(to writer: inout DocumentWriter, key: RawSpan) {
        guard let place = writer.place(.string, key, utf8.count &+ 5) else { return }
        storeText(self, to: place)
    }
}

extension Substring: BSONWritable {
    /// Appends a string.
    @inlinable @inline(__always) public func append(to writer: inout DocumentWriter, key: RawSpan) {
        var text = self
        text.withUTF8 { writer.appendText(.string, key, UnsafeRawBufferPointer($0)) }
    }
}

extension StaticString: BSONWritable {
    /// Appends a string.
    @inlinable @inline(__always) public func append(to writer: inout DocumentWriter, key: RawSpan) {
        withUTF8Buffer { writer.appendText(.string, key, UnsafeRawBufferPointer($0)) }
    }
}

extension Datetime: BSONWritable {
    /// Appends a datetime.
    @inlinable @inline(__always) public func append(to writer: inout DocumentWriter, key: RawSpan) {
        writer.place(.datetime, key, 8)?.storeBytes(of: millisecondsSinceEpoch.littleEndian, as: Int64.self)
    }
}

extension ObjectID: BSONWritable {
    /// Appends an ObjectID.
    @inlinable @inline(__always) public func append(to writer: inout DocumentWriter, key: RawSpan) {
        if let place = writer.place(.objectID, key, 12) { store(to: place) }
    }
}

extension Decimal128: BSONWritable {
    /// Appends a decimal128.
    @inlinable @inline(__always) public func append(to writer: inout DocumentWriter, key: RawSpan) {
        guard let place = writer.place(.decimal128, key, 16) else { return }
        place.storeBytes(of: low.littleEndian, as: UInt64.self)
        place.storeBytes(of: high.littleEndian, toByteOffset: 8, as: UInt64.self)
    }
}

extension Timestamp: BSONWritable {
    /// Appends a timestamp.
    @inlinable @inline(__always) public func append(to writer: inout DocumentWriter, key: RawSpan) {
        writer.place(.timestamp, key, 8)?.storeBytes(of: value.littleEndian, as: UInt64.self)
    }
}

extension Null: BSONWritable {
    /// Appends null.
    @inlinable @inline(__always) public func append(to writer: inout DocumentWriter, key: RawSpan) {
        _ = writer.place(.null, key, 0)
    }
}

extension Undefined: BSONWritable {
    /// Appends undefined.
    @inlinable @inline(__always) public func append(to writer: inout DocumentWriter, key: RawSpan) {
        _ = writer.place(.undefined, key, 0)
    }
}

extension MinKey: BSONWritable {
    /// Appends the least value.
    @inlinable @inline(__always) public func append(to writer: inout DocumentWriter, key: RawSpan) {
        _ = writer.place(.minKey, key, 0)
    }
}

extension MaxKey: BSONWritable {
    /// Appends the greatest value.
    @inlinable @inline(__always) public func append(to writer: inout DocumentWriter, key: RawSpan) {
        _ = writer.place(.maxKey, key, 0)
    }
}

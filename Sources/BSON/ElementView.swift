// One element of a document: type, key and value.

/// An element of a document, seen where it is.
///
/// Each typed property is `nil` if the element is of another type.
public struct ElementView: ~Escapable {
    @usableFromInline let bytes: RawSpan  // type, key, NUL, value
    @usableFromInline let keyCount: Int
    /// Where the element begins (its type byte), in bytes from the start of the outermost document.
    public let offset: Int

    @inlinable
    @_lifetime(copy bytes)
    init(bytes: RawSpan, keyCount: Int, offset: Int) {
        self.bytes = bytes
        self.keyCount = keyCount
        self.offset = offset
    }

    @inlinable package var typeByte: UInt8 { bytes.byte(at: 0) }

    /// What the element holds.
    @inlinable public var type: BSONType { BSONType(rawValue: typeByte) ?? .undefined }

    /// The key, copied.
    public var key: String { keyBytes.text }

    /// The key as UTF-8.
    @inlinable public var keyBytes: RawSpan {
        @_lifetime(copy self) get { bytes.extracting(1..<1 + keyCount) }
    }

    /// The value as it is stored.
    @inlinable public var valueBytes: RawSpan {
        @_lifetime(copy self) get { bytes.extracting(2 + keyCount..<bytes.byteCount) }
    }

    /// Whether this is null.
    public var isNull: Bool { typeByte == BSONType.null.rawValue }

    private var valueStart: Int { 2 + keyCount }

    /// The value of an int32.
    public var int32: Int32? { typeByte == 0x10 ? bytes.int32(at: valueStart) : nil }

    /// The value of an int64.
    public var int64: Int64? { typeByte == 0x12 ? bytes.int64(at: valueStart) : nil }

    /// The value of a double.
    public var double: Double? {
        typeByte == 0x01 ? Double(bitPattern: UInt64(bitPattern: bytes.int64(at: valueStart))) : nil
    }

    /// The value of an int32 or int64, or of a double without a fraction.
    public var integer: Int64? {
        switch typeByte {
        case 0x10: Int64(bytes.int32(at: valueStart))
        case 0x12: bytes.int64(at: valueStart)
        case 0x01: double.flatMap { Int64(exactly: $0) }
        default: nil
        }
    }

    /// The value of an int32, int64 or double; a large int64 is rounded.
    public var number: Double? {
        switch typeByte {
        case 0x10: Double(bytes.int32(at: valueStart))
        case 0x12: Double(bytes.int64(at: valueStart))
        case 0x01: double
        default: nil
        }
    }

    /// The value of a Boolean.
    public var bool: Bool? { typeByte == 0x08 ? bytes.byte(at: valueStart) != 0 : nil }

    /// The value of a string, copied.
    public var string: String? { typeByte == 0x02 ? lengthPrefixed.text : nil }

    /// The value of a string as UTF-8.
    public var utf8: RawSpan? {
        @_lifetime(copy self) get { typeByte == 0x02 ? lengthPrefixed : nil }
    }

    /// The text of a value that begins with its length, without the NUL.
    private var lengthPrefixed: RawSpan {
        @_lifetime(copy self) get {
            let count = Int(bytes.int32(at: valueStart)) - 1
            return bytes.extracting(valueStart + 4..<valueStart + 4 + count)
        }
    }

    /// The embedded document.
    public var document: DocumentView? {
        @_lifetime(copy self) get {
            typeByte == 0x03 ? DocumentView(valueBytes, origin: offset + valueStart) : nil
        }
    }

    /// The embedded array, as the document that it is.
    public var array: DocumentView? {
        @_lifetime(copy self) get {
            typeByte == 0x04 ? DocumentView(valueBytes, origin: offset + valueStart) : nil
        }
    }

    /// The embedded document or array.
    public var nested: DocumentView? {
        @_lifetime(copy self) get {
            typeByte == 0x03 || typeByte == 0x04 ? DocumentView(valueBytes, origin: offset + valueStart) : nil
        }
    }

    /// The value of an ObjectID.
    public var objectID: ObjectID? { typeByte == 0x07 ? ObjectID(bytes, at: valueStart) : nil }

    /// The value of a datetime.
    public var datetime: Datetime? {
        typeByte == 0x09 ? Datetime(millisecondsSinceEpoch: bytes.int64(at: valueStart)) : nil
    }

    /// The value of a timestamp.
    public var timestamp: Timestamp? {
        guard typeByte == 0x11 else { return nil }
        let value = UInt64(bitPattern: bytes.int64(at: valueStart))
        return Timestamp(seconds: UInt32(value >> 32), increment: UInt32(truncatingIfNeeded: value))
    }

    /// The value of a decimal128.
    public var decimal128: Decimal128? {
        guard typeByte == 0x13 else { return nil }
        return Decimal128(
            high: UInt64(bitPattern: bytes.int64(at: valueStart + 8)),
            low: UInt64(bitPattern: bytes.int64(at: valueStart)))
    }
}

// MARK: - Rarer types

extension ElementView {
    /// The value of a binary, copied; of the old subtype 2 without its inner length.
    public var binary: Binary? {
        guard let content = binaryBytes, let subtype = binarySubtype else { return nil }
        return Binary(content.withUnsafeBytes { Array($0) }, subtype: subtype)
    }

    /// The subtype of a binary.
    public var binarySubtype: UInt8? { typeByte == 0x05 ? bytes.byte(at: valueStart + 4) : nil }

    /// The bytes of a binary; of the old subtype 2 without its inner length.
    public var binaryBytes: RawSpan? {
        @_lifetime(copy self) get {
            guard typeByte == 0x05 else { return nil }
            let inner = bytes.byte(at: valueStart + 4) == 2 ? 4 : 0
            return bytes.extracting(min(valueStart + 5 + inner, bytes.byteCount)..<bytes.byteCount)
        }
    }

    /// The value of a regular expression.
    public var regex: Regex? {
        guard typeByte == 0x0B else { return nil }
        let end = bytes.firstNUL(from: valueStart)
        return Regex(
            bytes.extracting(valueStart..<end).text, options: bytes.extracting(end + 1..<bytes.byteCount - 1).text)
    }

    /// The value of a pointer into a collection.
    public var dbPointer: DBPointer? {
        guard typeByte == 0x0C else { return nil }
        return DBPointer(lengthPrefixed.text, id: ObjectID(bytes, at: bytes.byteCount - 12))
    }

    /// The code of a value of type ``BSONType/javascript``.
    public var javascript: JavaScript? { typeByte == 0x0D ? JavaScript(lengthPrefixed.text) : nil }

    /// The value of a symbol.
    public var symbol: Symbol? { typeByte == 0x0E ? Symbol(lengthPrefixed.text) : nil }

    /// The code of a value of type ``BSONType/javascriptWithScope``.
    public var scopedCode: String? {
        guard typeByte == 0x0F, let count = scopedCodeCount else { return nil }
        return bytes.extracting(valueStart + 8..<valueStart + 8 + count - 1).text
    }

    /// The variables of a value of type ``BSONType/javascriptWithScope``.
    public var scope: DocumentView? {
        @_lifetime(copy self) get {
            guard typeByte == 0x0F, let count = scopedCodeCount else { return nil }
            let start = valueStart + 8 + count
            return DocumentView(bytes.extracting(start..<bytes.byteCount), origin: offset + start)
        }
    }

    private var scopedCodeCount: Int? {
        guard bytes.byteCount >= valueStart + 8 else { return nil }
        let count = Int(bytes.int32(at: valueStart + 4))
        return (1...max(1, bytes.byteCount - valueStart - 8)).contains(count) ? count : nil
    }

    /// The value of code with variables, copied.
    public var javascriptWithScope: JavaScriptWithScope? {
        guard let code = scopedCode, let scope else { return nil }
        return JavaScriptWithScope(code, scope: Document(copying: scope))
    }
}

// MARK: - Extents

extension ElementView {
    /// Returns where the key's NUL is and where the element at `position` ends; `end` is -1 at the end of the document
    /// and in nonsense.
    @inlinable @inline(__always)
    package static func extent(of bytes: RawSpan, at position: Int) -> (key: Int, end: Int) {
        guard position < bytes.byteCount else { return (0, -1) }
        let type = bytes.uncheckedByte(at: position)
        guard type != 0 else { return (0, -1) }
        let key = bytes.firstNUL(from: position &+ 1)
        guard key >= 0 else { return (0, -1) }
        let size = size(of: type, bytes, at: key &+ 1)
        let end = key &+ 1 &+ size
        return (key, size < 0 || end > bytes.byteCount ? -1 : end)
    }

    /// Returns the size of a value, or a negative number.
    @inlinable @inline(__always)
    package static func size(of type: UInt8, _ bytes: RawSpan, at value: Int) -> Int {
        switch type {
        case 0x01, 0x09, 0x11, 0x12: 8
        case 0x10: 4
        case 0x02: length(bytes, value, atLeast: 1, more: 4)
        case 0x08: 1
        case 0x07: 12
        case 0x13: 16
        case 0x06, 0x0A, 0x7F, 0xFF: 0
        case 0x03, 0x04: length(bytes, value, atLeast: 5, more: 0)
        default: rareSize(of: type, bytes, at: value)
        }
    }

    @usableFromInline @inline(never)
    package static func rareSize(of type: UInt8, _ bytes: RawSpan, at value: Int) -> Int {
        switch type {
        case 0x0D, 0x0E: return length(bytes, value, atLeast: 1, more: 4)
        case 0x0F: return length(bytes, value, atLeast: 14, more: 0)
        case 0x05: return length(bytes, value, atLeast: 0, more: 5)
        case 0x0C: return length(bytes, value, atLeast: 1, more: 16)
        case 0x0B:
            let pattern = bytes.firstNUL(from: value)
            let options = pattern < 0 ? -1 : bytes.firstNUL(from: pattern &+ 1)
            return options < 0 ? -1 : options &+ 1 &- value
        default: return -1
        }
    }

    /// Returns the length that is stored at `value` and so many bytes more, or -1.
    @inlinable @inline(__always)
    package static func length(_ bytes: RawSpan, _ value: Int, atLeast least: Int, more: Int) -> Int {
        guard value <= bytes.byteCount &- 4 else { return -1 }
        let length = Int(bytes.uncheckedInt32(at: value))
        return length >= least ? length &+ more : -1
    }
}

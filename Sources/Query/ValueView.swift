// One value, seen where its bytes are.

internal import BSON

/// A value in someone else's bytes, which it cannot outlive: an element without its key, or a whole document.
struct ValueView: ~Escapable {
    let type: BSONType
    /// The value as it is stored.
    let bytes: RawSpan

    @_lifetime(copy element)
    init(_ element: ElementView) {
        type = element.type
        bytes = element.valueBytes
    }

    @_lifetime(copy bytes)
    init(_ type: BSONType, _ bytes: RawSpan) {
        self.type = type
        self.bytes = bytes
    }

    @_lifetime(copy document)
    init(_ document: DocumentView) {
        type = .document
        bytes = document.bytes
    }
}

extension ValueView {
    /// The number, if it is one.
    var number: Number? {
        switch type {
        case .int32: .integer(Int64(bytes.int32(at: 0)))
        case .int64: .integer(bytes.int64(at: 0))
        case .double: .double(Double(bitPattern: UInt64(bitPattern: bytes.int64(at: 0))))
        case .decimal128:
            .decimal(
                Decimal128(
                    high: UInt64(bitPattern: bytes.int64(at: 8)), low: UInt64(bitPattern: bytes.int64(at: 0))))
        default: nil
        }
    }

    /// The text of a string, a symbol or code, without its length and its NUL.
    var textBytes: RawSpan {
        @_lifetime(copy self) get { bytes.extracting(4..<max(4, bytes.byteCount - 1)) }
    }

    /// The elements of a document or an array.
    var nested: DocumentView? {
        @_lifetime(copy self) get {
            type == .document || type == .array ? DocumentView(unchecked: bytes) : nil
        }
    }
}

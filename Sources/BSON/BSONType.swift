// The types that an element of a document can have.

/// What an element holds; the raw value is the byte that bsonspec.org assigns.
public enum BSONType: UInt8, Hashable, Sendable {
    /// A 64-bit floating-point number.
    case double = 0x01
    /// UTF-8 text with a length.
    case string = 0x02
    /// An embedded document.
    case document = 0x03
    /// A document whose keys are "0", "1", "2" and so on.
    case array = 0x04
    /// Bytes with a subtype.
    case binary = 0x05
    /// Deprecated: no value.
    case undefined = 0x06
    /// Twelve bytes that are unique.
    case objectID = 0x07
    /// `true` or `false`.
    case bool = 0x08
    /// Milliseconds since 1970, UTC.
    case datetime = 0x09
    /// Null.
    case null = 0x0A
    /// A regular expression: pattern and options.
    case regex = 0x0B
    /// Deprecated: a collection's name and an ObjectID.
    case dbPointer = 0x0C
    /// JavaScript code.
    case javascript = 0x0D
    /// Deprecated: a symbol.
    case symbol = 0x0E
    /// Deprecated: JavaScript code with a document of variables.
    case javascriptWithScope = 0x0F
    /// A 32-bit integer.
    case int32 = 0x10
    /// MongoDB's internal timestamp: seconds and a counter.
    case timestamp = 0x11
    /// A 64-bit integer.
    case int64 = 0x12
    /// A 128-bit decimal floating-point number.
    case decimal128 = 0x13
    /// Less than every other value.
    case minKey = 0xFF
    /// Greater than every other value.
    case maxKey = 0x7F
}

/// The limits that hold for every document.
public enum BSONLimits {
    /// Levels of documents and arrays, the outermost one included: as many as MongoDB stores.
    public static let depth = 100
    /// Bytes of the smallest document: its length and its end.
    public static let smallestDocument = 5
}

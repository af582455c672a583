// The small values that Swift has no type for.

/// MongoDB's internal timestamp: not a time for people, see ``Datetime``.
public struct Timestamp: Hashable, Comparable, Sendable {
    /// Seconds since 1970.
    public var seconds: UInt32
    /// A counter within the second.
    public var increment: UInt32

    /// Creates the timestamp of its two parts.
    @inlinable public init(seconds: UInt32, increment: UInt32) {
        self.seconds = seconds
        self.increment = increment
    }

    /// Both parts as they are stored, seconds high.
    @inlinable public var value: UInt64 { UInt64(seconds) << 32 | UInt64(increment) }

    /// Orders by seconds, then by increment.
    @inlinable public static func < (left: Timestamp, right: Timestamp) -> Bool { left.value < right.value }
}

/// A regular expression as stored; it is not compiled or checked.
public struct Regex: Hashable, Sendable {
    /// The pattern; contains no NUL.
    public var pattern: String
    /// The options as letters, which are stored in alphabetical order; contains no NUL.
    public var options: String

    /// Creates an expression of a pattern and options.
    public init(_ pattern: String, options: String = "") {
        self.pattern = pattern
        self.options = options
    }
}

/// Bytes with a subtype.
public struct Binary: Hashable, Sendable {
    /// The subtype: 0 generic, 4 UUID, 128 and above free for own use.
    public var subtype: UInt8
    /// The bytes; for the old subtype 2 without its inner length.
    public var bytes: [UInt8]

    /// Creates a binary of bytes.
    public init(_ bytes: [UInt8], subtype: UInt8 = 0) {
        self.bytes = bytes
        self.subtype = subtype
    }
}

/// The value null.
public struct Null: Hashable, Sendable {
    /// Creates null.
    public init() {}
}

/// The deprecated value undefined.
public struct Undefined: Hashable, Sendable {
    /// Creates undefined.
    public init() {}
}

/// The value less than every other.
public struct MinKey: Hashable, Sendable {
    /// Creates the value.
    public init() {}
}

/// The value greater than every other.
public struct MaxKey: Hashable, Sendable {
    /// Creates the value.
    public init() {}
}

/// JavaScript code.
public struct JavaScript: Hashable, Sendable {
    /// The code.
    public var code: String

    /// Creates a value of code.
    public init(_ code: String) { self.code = code }
}

/// Deprecated: JavaScript code with variables.
public struct JavaScriptWithScope: Hashable, Sendable {
    /// The code.
    public var code: String
    /// The variables.
    public var scope: Document

    /// Creates a value of code and variables.
    public init(_ code: String, scope: Document) {
        self.code = code
        self.scope = scope
    }
}

/// Deprecated: a symbol, which is text of another type.
public struct Symbol: Hashable, Sendable {
    /// The symbol's text.
    public var name: String

    /// Creates a symbol.
    public init(_ name: String) { self.name = name }
}

/// Deprecated: a pointer into a collection.
public struct DBPointer: Hashable, Sendable {
    /// The collection's name.
    public var collection: String
    /// The document's ``ObjectID``.
    public var id: ObjectID

    /// Creates a pointer to a document.
    public init(_ collection: String, id: ObjectID) {
        self.collection = collection
        self.id = id
    }
}

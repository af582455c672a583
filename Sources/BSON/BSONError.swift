// Why bytes are not a document, and why a document could not be written.

/// What is wrong with bytes that should be a document, and where.
public struct BSONError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kinds of mistakes that ``BSONValidator`` finds.
    public enum Reason: UInt8, Hashable, Sendable {
        /// The bytes end before the document does.
        case truncated
        /// Bytes follow where the document should have ended.
        case trailingBytes
        /// The document's length is less than 5, or does not lead to its end.
        case documentLength
        /// A string's length is not positive, or leads out of its document.
        case stringLength
        /// A string does not end with a NUL.
        case stringEnd
        /// A binary's length is negative, leads out of its document, or contradicts the inner length of subtype 2.
        case binaryLength
        /// The length of code with scope is not the sum of its parts.
        case codeLength
        /// The type byte stands for no type.
        case unknownType
        /// A Boolean is neither 0 nor 1.
        case boolean
        /// Text or a key is not UTF-8.
        case utf8
        /// Documents are nested deeper than allowed.
        case tooDeep
        /// The document is longer than allowed.
        case tooLarge
        /// The number of documents is another than announced.
        case documentCount
    }

    /// The kind of mistake.
    public let reason: Reason
    /// Where it is, in bytes from the start of what was validated.
    public let offset: Int

    /// Creates the error for `reason` at `offset`.
    public init(_ reason: Reason, at offset: Int) {
        self.reason = reason
        self.offset = offset
    }

    /// The reason in words and the offset.
    public var description: String { "\(reason.words) at byte \(offset)" }
}

extension BSONError.Reason {
    var words: String {
        switch self {
        case .truncated: "the document is cut short"
        case .trailingBytes: "bytes follow the document"
        case .documentLength: "wrong length of a document"
        case .stringLength: "wrong length of a string"
        case .stringEnd: "a string does not end with NUL"
        case .binaryLength: "wrong length of a binary"
        case .codeLength: "wrong length of code with scope"
        case .unknownType: "unknown type"
        case .boolean: "a Boolean that is neither 0 nor 1"
        case .utf8: "text that is not UTF-8"
        case .tooDeep: "documents nested too deeply"
        case .tooLarge: "the document is too large"
        case .documentCount: "another number of documents than announced"
        }
    }
}

/// Why the open document of a ``DocumentWriter`` could not be completed.
public enum WriteFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// The buffer would have grown beyond its limit.
    case tooLarge
    /// Documents were nested deeper than ``BSONLimits/depth``.
    case tooDeep
    /// A key, a pattern or its options contain a NUL.
    case invalidKey

    /// The failure in words.
    public var description: String {
        switch self {
        case .tooLarge: "the document is too large"
        case .tooDeep: "documents nested too deeply"
        case .invalidKey: "a key, or a regular expression, contains NUL"
        }
    }
}

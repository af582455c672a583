// Decides in one pass whether bytes are documents.

/// Validates documents: structure, lengths, UTF-8 of keys and text, depth, in one pass that allocates nothing.
///
/// Valid is what bsonspec.org calls valid. Text may contain NUL, keys cannot; keys of arrays, repeated keys and the
/// meaning of values are not looked at.
public enum BSONValidator {
    /// Validates the one document that begins at `start`; returns its length.
    ///
    /// - Parameters:
    ///   - bytes: The document and whatever else.
    ///   - start: Where it begins.
    ///   - maximumDepth: Levels of documents and arrays that are accepted, the outermost one included.
    ///   - maximumSize: Bytes of the document that are accepted.
    public static func validate(
        _ bytes: RawSpan, from start: Int = 0, maximumDepth: Int = BSONLimits.depth, maximumSize: Int = .max
    ) throws(BSONError) -> Int {
        precondition(start >= 0 && start <= bytes.byteCount, "the start is outside of the bytes")
        let length = try documentLength(bytes, at: start, end: bytes.byteCount)
        if length > maximumSize { throw BSONError(.tooLarge, at: start) }
        try elements(bytes, from: start &+ 4, end: start &+ length, depth: maximumDepth)
        return length
    }

    /// Validates documents that fill the bytes one after another; returns how many they are.
    ///
    /// - Parameters:
    ///   - bytes: The documents.
    ///   - count: How many there must be, if that is known.
    ///   - maximumDepth: Levels of documents and arrays that are accepted, the outermost one included.
    ///   - maximumSize: Bytes of each document that are accepted.
    @discardableResult public static func validateSequence(
        _ bytes: RawSpan, count: Int? = nil, maximumDepth: Int = BSONLimits.depth, maximumSize: Int = .max
    ) throws(BSONError) -> Int {
        var position = 0
        var found = 0
        while position < bytes.byteCount {
            if found == count { throw BSONError(.documentCount, at: position) }
            position += try validate(bytes, from: position, maximumDepth: maximumDepth, maximumSize: maximumSize)
            found += 1
        }
        if let count, found != count { throw BSONError(.documentCount, at: position) }
        return found
    }

    /// Returns whether the bytes are UTF-8.
    public static func isUTF8(_ bytes: RawSpan) -> Bool {
        firstNonUTF8(bytes, from: 0, to: bytes.byteCount) == nil
    }
}

// MARK: - The pass

extension BSONValidator {
    private static func documentLength(_ bytes: RawSpan, at position: Int, end: Int) throws(BSONError) -> Int {
        if end &- position < BSONLimits.smallestDocument { throw BSONError(.truncated, at: position) }
        let length = Int(bytes.uncheckedInt32(at: position))
        if length < BSONLimits.smallestDocument { throw BSONError(.documentLength, at: position) }
        if length > end &- position { throw BSONError(.truncated, at: position) }
        return length
    }

    /// Validates elements and the NUL that ends them exactly at `end`.
    private static func elements(
        _ bytes: RawSpan, from start: Int, end: Int, depth: Int
    ) throws(BSONError) {
        if depth <= 0 { throw BSONError(.tooDeep, at: start &- 4) }
        var position = start
        while true {
            // `position` is below `end` here: the smallest value ends where the last NUL must be at the latest.
            let type = bytes.uncheckedByte(at: position)
            if type == 0 {
                if position &+ 1 != end { throw BSONError(.documentLength, at: position) }
                return
            }
            let value = try keyEnd(bytes, from: position &+ 1, end: end)
            position = try valueEnd(type, bytes, at: value, end: end, element: position, depth: depth)
            if position >= end { throw BSONError(.truncated, at: value) }
        }
    }

    /// Returns what follows the NUL of a key or another cstring.
    @inline(__always)
    private static func keyEnd(_ bytes: RawSpan, from start: Int, end: Int) throws(BSONError) -> Int {
        var position = start
        // Words may reach beyond this document's end, but not beyond the bytes.
        while position <= bytes.byteCount &- 8 {
            let word = bytes.uncheckedWord(at: position)
            let zeros = zeroBytes(word)
            let high = word & 0x8080_8080_8080_8080
            if zeros != 0 {
                // Only what is before the first zero byte counts.
                if high & ((zeros & (0 &- zeros)) &- 1) != 0 { break }
                position &+= (zeros.trailingZeroBitCount >> 3) &+ 1
                if position > end { throw BSONError(.truncated, at: start) }
                return position
            }
            if high != 0 { break }
            position &+= 8
        }
        return try slowKeyEnd(bytes, from: start, end: end)
    }

    @inline(never)
    private static func slowKeyEnd(_ bytes: RawSpan, from start: Int, end: Int) throws(BSONError) -> Int {
        var position = start
        while position < end, bytes.uncheckedByte(at: position) != 0 { position &+= 1 }
        if position == end { throw BSONError(.truncated, at: start) }
        if let wrong = firstNonUTF8(bytes, from: start, to: position) { throw BSONError(.utf8, at: wrong) }
        return position &+ 1
    }

    /// Validates the value at `position` and returns where it ends, which may be beyond `end`.
    @inline(__always)
    private static func valueEnd(
        _ type: UInt8, _ bytes: RawSpan, at position: Int, end: Int, element: Int, depth: Int
    ) throws(BSONError) -> Int {
        switch type {
        case 0x01, 0x09, 0x11, 0x12: return position &+ 8
        case 0x10: return position &+ 4
        case 0x02: return try textEnd(bytes, at: position, end: end)
        case 0x07: return position &+ 12
        case 0x08:
            if position < end, bytes.uncheckedByte(at: position) > 1 { throw BSONError(.boolean, at: position) }
            return position &+ 1
        case 0x06, 0x0A, 0x7F, 0xFF: return position
        case 0x13: return position &+ 16
        default:
            return try rareValueEnd(type, bytes, at: position, end: end, element: element, depth: depth)
        }
    }

    @inline(never)
    private static func rareValueEnd(
        _ type: UInt8, _ bytes: RawSpan, at position: Int, end: Int, element: Int, depth: Int
    ) throws(BSONError) -> Int {
        switch type {
        case 0x03, 0x04:
            let length = try documentLength(bytes, at: position, end: end)
            try elements(bytes, from: position &+ 4, end: position &+ length, depth: depth &- 1)
            return position &+ length
        case 0x05: return try binaryEnd(bytes, at: position, end: end)
        case 0x0B: return try keyEnd(bytes, from: keyEnd(bytes, from: position, end: end), end: end)
        case 0x0C: return try textEnd(bytes, at: position, end: end) &+ 12
        case 0x0D, 0x0E: return try textEnd(bytes, at: position, end: end)
        case 0x0F: return try codeEnd(bytes, at: position, end: end, depth: depth)
        default: throw BSONError(.unknownType, at: element)
        }
    }

    @inline(__always)
    private static func textEnd(_ bytes: RawSpan, at position: Int, end: Int) throws(BSONError) -> Int {
        if end &- position < 5 { throw BSONError(.truncated, at: position) }
        let length = Int(bytes.uncheckedInt32(at: position))
        if length < 1 || length > end &- position &- 4 { throw BSONError(.stringLength, at: position) }
        let last = position &+ 3 &+ length
        if bytes.uncheckedByte(at: last) != 0 { throw BSONError(.stringEnd, at: last) }
        if let wrong = firstNonUTF8(bytes, from: position &+ 4, to: last) { throw BSONError(.utf8, at: wrong) }
        return last &+ 1
    }

    private static func binaryEnd(_ bytes: RawSpan, at position: Int, end: Int) throws(BSONError) -> Int {
        if end &- position < 5 { throw BSONError(.truncated, at: position) }
        let length = Int(bytes.uncheckedInt32(at: position))
        if length < 0 || length > end &- position &- 5 { throw BSONError(.binaryLength, at: position) }
        if bytes.uncheckedByte(at: position &+ 4) == 2 {
            if length < 4 || Int(bytes.uncheckedInt32(at: position &+ 5)) != length &- 4 {
                throw BSONError(.binaryLength, at: position)
            }
        }
        return position &+ 5 &+ length
    }

    private static func codeEnd(_ bytes: RawSpan, at position: Int, end: Int, depth: Int) throws(BSONError) -> Int {
        if end &- position < 14 { throw BSONError(.truncated, at: position) }
        let length = Int(bytes.uncheckedInt32(at: position))
        if length < 14 || length > end &- position { throw BSONError(.codeLength, at: position) }
        let codeEnd = position &+ length
        let scope = try textEnd(bytes, at: position &+ 4, end: codeEnd)
        let scopeLength = try documentLength(bytes, at: scope, end: codeEnd)
        if scope &+ scopeLength != codeEnd { throw BSONError(.codeLength, at: position) }
        try elements(bytes, from: scope &+ 4, end: codeEnd, depth: depth &- 1)
        return codeEnd
    }
}

// MARK: - UTF-8

extension BSONValidator {
    /// Returns where the first byte is that does not belong to UTF-8.
    @inline(__always)
    static func firstNonUTF8(_ bytes: RawSpan, from start: Int, to end: Int) -> Int? {
        var position = start
        while position <= end &- 8 {
            if bytes.uncheckedWord(at: position) & 0x8080_8080_8080_8080 != 0 {
                return multibyte(bytes, from: position, to: end)
            }
            position &+= 8
        }
        if position < end {
            // The rest is the upper part of the word that ends with it.
            let word =
                end >= 8
                ? bytes.uncheckedWord(at: end &- 8) >> UInt64(truncatingIfNeeded: 64 &- 8 &* (end &- position))
                : 0x80
            if word & 0x8080_8080_8080_8080 != 0 { return multibyte(bytes, from: position, to: end) }
        }
        return nil
    }

    @inline(never)
    private static func multibyte(_ bytes: RawSpan, from start: Int, to end: Int) -> Int? {
        var position = start
        while position < end {
            let first = bytes.uncheckedByte(at: position)
            if first < 0x80 {
                position &+= 1
                continue
            }
            // Lead byte, continuation bytes, and the range of the first of them: Unicode's table 3-7.
            let (more, range): (Int, ClosedRange<UInt8>)
            switch first {
            case 0xC2...0xDF: (more, range) = (1, 0x80...0xBF)
            case 0xE0: (more, range) = (2, 0xA0...0xBF)
            case 0xED: (more, range) = (2, 0x80...0x9F)
            case 0xE1...0xEF: (more, range) = (2, 0x80...0xBF)
            case 0xF0: (more, range) = (3, 0x90...0xBF)
            case 0xF1...0xF3: (more, range) = (3, 0x80...0xBF)
            case 0xF4: (more, range) = (3, 0x80...0x8F)
            default: return position
            }
            guard position &+ more < end, range.contains(bytes.uncheckedByte(at: position &+ 1)) else {
                return position
            }
            var next = position &+ 2
            while next <= position &+ more {
                if bytes.uncheckedByte(at: next) & 0xC0 != 0x80 { return position }
                next &+= 1
            }
            position = next
        }
        return nil
    }
}

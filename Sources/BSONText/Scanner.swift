// Walks over a text: spaces, comments, and what to say when something else was expected.

internal import Glibc

/// The position in a text and the notation it is in; the pointers are valid while the text is being read.
///
/// The extensions read strings, names and numbers. Nothing here knows BSON.
struct Scanner {
    private(set) var start: UnsafePointer<UInt8>
    private(set) var end: UnsafePointer<UInt8>
    var at: UnsafePointer<UInt8>
    /// JSON5 and what builds on it, else RFC 8259 alone.
    let isRelaxed: Bool
    /// JSON5 with mongosh's values.
    let isQuery: Bool

    init(_ dialect: BSONText.Dialect) {
        start = sentinel
        end = sentinel
        at = sentinel
        isRelaxed = dialect != .json
        isQuery = dialect == .query
    }

    /// Begins to read `text`, behind its byte order mark if it has one.
    mutating func begin(_ text: UnsafeBufferPointer<UInt8>) {
        start = text.baseAddress ?? UnsafePointer(sentinel)
        end = start + text.count
        at = start
        if text.count >= 3 && at[0] == 0xEF && at[1] == 0xBB && at[2] == 0xBF { at += 3 }
    }

    var text: UnsafeBufferPointer<UInt8> { UnsafeBufferPointer(start: start, count: end - start) }

    /// The position in bytes from the start.
    var offset: Int { at - start }

    /// The next byte, or 0 at the end.
    @inline(__always)
    var next: UInt8 { at < end ? at.pointee : 0 }

    /// The byte `distance` further on, or 0 behind the end.
    @inline(__always)
    func peek(_ distance: Int) -> UInt8 { end - at > distance ? at[distance] : 0 }

    /// Steps over `byte` if it is next.
    @inline(__always)
    mutating func take(_ byte: UInt8) -> Bool {
        guard at < end, at.pointee == byte else { return false }
        at += 1
        return true
    }

    /// Steps over `byte`, or throws that it was expected.
    @inline(__always)
    mutating func expect(_ byte: UInt8) throws(TextError) {
        if !take(byte) { throw expected("'\(Unicode.Scalar(byte))'") }
    }
}

// MARK: - Spaces and comments

extension Scanner {
    /// Steps over spaces, ends of lines and, in JSON5, comments.
    @inline(__always)
    mutating func skipSpace() throws(TextError) {
        guard at < end else { return }
        let byte = at.pointee
        if byte > ASCII.space && (!isRelaxed || (byte != ASCII.slash && byte < 0x80)) { return }
        try skipSpaces()
    }

    @inline(never)
    private mutating func skipSpaces() throws(TextError) {
        while at < end {
            let byte = at.pointee
            if byte == ASCII.space || byte == ASCII.lineFeed || byte == ASCII.carriageReturn || byte == ASCII.tab {
                at += 1
            } else if try !skipRareSpace(byte) {
                return
            }
        }
    }

    private mutating func skipRareSpace(_ byte: UInt8) throws(TextError) -> Bool {
        guard isRelaxed else { return false }
        if byte == 0x0B || byte == 0x0C {
            at += 1
            return true
        }
        if byte == ASCII.slash && (peek(1) == ASCII.slash || peek(1) == ASCII.star) {
            try skipComment()
            return true
        }
        guard byte >= 0x80, let scalar = scalar(), scalar.isSpace else { return false }
        at += UTF8.width(scalar)
        return true
    }

    private mutating func skipComment() throws(TextError) {
        let first = at
        let isBlock = at[1] == ASCII.star
        at += 2
        while at < end {
            if isBlock {
                if next == ASCII.star && peek(1) == ASCII.slash {
                    at += 2
                    return
                }
            } else if isLineEnd() {
                return
            }
            at += 1
        }
        if isBlock { throw error("found a comment without an end, expected '*/'", at: first) }
    }

    /// Whether an end of line, as JavaScript knows them, is next.
    func isLineEnd() -> Bool {
        if next == ASCII.lineFeed || next == ASCII.carriageReturn { return at < end }
        return next == 0xE2 && peek(1) == 0x80 && (peek(2) == 0xA8 || peek(2) == 0xA9)
    }

    /// The scalar that is next, if it is well-formed UTF-8.
    func scalar() -> Unicode.Scalar? {
        let length = utf8Length(at, end)
        guard length > 0 else { return nil }
        var iterator = UnsafeBufferPointer(start: at, count: length).makeIterator()
        var decoder = UTF8()
        if case .scalarValue(let scalar) = decoder.decode(&iterator) { return scalar }
        return nil
    }
}

// MARK: - Errors

extension Scanner {
    /// The error that `what` was expected here.
    @inline(never)
    func expected(_ what: String) -> TextError {
        error("found \(found), expected \(what)", at: at)
    }

    /// The error `message` about the byte at `pointer`.
    @inline(never)
    func error(_ message: String, at pointer: UnsafePointer<UInt8>) -> TextError {
        let offset = pointer - start
        return TextError(message, at: TextPlace(offset: offset, in: text), offset: offset)
    }

    /// The error that the bytes at `pointer` are not UTF-8.
    @inline(never)
    func notUTF8(at pointer: UnsafePointer<UInt8>) -> TextError {
        error("found a byte that is not UTF-8 (byte \(pointer - start) of the text), expected UTF-8", at: pointer)
    }

    /// What is here, in words: one character, or a word where people write by hand.
    private var found: String {
        guard at < end else { return "the end of the text" }
        guard let scalar = scalar() else { return "a byte that is not UTF-8 (byte \(offset) of the text)" }
        if isRelaxed && isNameStart(scalar) {
            var word = self
            var text = ""
            while text.count < 24, let scalar = word.scalar(), isNamePart(scalar) {
                text.unicodeScalars.append(scalar)
                word.at += UTF8.width(scalar)
            }
            return "'\(text)'"
        }
        if scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) || scalar.isSpace {
            let hex = String(scalar.value, radix: 16, uppercase: true)
            return "the character U+\(String(repeating: "0", count: max(0, 4 - hex.count)))\(hex)"
        }
        return scalar.value == UInt32(ASCII.apostrophe) ? "an apostrophe" : "'\(scalar)'"
    }

    /// Throws unless the whole text is UTF-8.
    func checkUTF8() throws(TextError) {
        var position = at
        while position < end {
            let length = utf8Length(position, end)
            if length == 0 { throw notUTF8(at: position) }
            position += length
        }
    }
}

extension Unicode.Scalar {
    /// Whether JSON5 takes this for a space, line ends included.
    fileprivate var isSpace: Bool {
        switch value {
        case 0x09...0x0D, 0x20, 0xA0, 0x2028, 0x2029, 0xFEFF: true
        default: properties.generalCategory == .spaceSeparator
        }
    }
}

/// Something for a pointer to point at when there is no text.
nonisolated(unsafe) let sentinel = UnsafePointer<UInt8>(UnsafeMutablePointer<UInt8>.allocate(capacity: 8))

/// The length of the well-formed UTF-8 sequence at `at`, or 0 if there is none.
@inline(__always)
func utf8Length(_ at: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>) -> Int {
    guard at < end else { return 0 }
    let first = at.pointee
    if first < 0x80 { return 1 }
    let available = end - at
    guard available > 1 else { return 0 }
    let second = at[1]
    switch first {
    case 0xC2...0xDF:
        return second & 0xC0 == 0x80 ? 2 : 0
    case 0xE0...0xEF:
        // The second byte's range leaves out longer forms than needed and the surrogates.
        let range: ClosedRange<UInt8> = first == 0xE0 ? 0xA0...0xBF : first == 0xED ? 0x80...0x9F : 0x80...0xBF
        return available > 2 && range.contains(second) && at[2] & 0xC0 == 0x80 ? 3 : 0
    case 0xF0...0xF4:
        let range: ClosedRange<UInt8> = first == 0xF0 ? 0x90...0xBF : first == 0xF4 ? 0x80...0x8F : 0x80...0xBF
        return available > 3 && range.contains(second) && at[2] & 0xC0 == 0x80 && at[3] & 0xC0 == 0x80 ? 4 : 0
    default:
        return 0
    }
}

// Bytes that grow, kept between documents.

internal import Glibc

/// Bytes that grow by doubling; emptied and filled again, so that reading and writing do not allocate per value.
struct ByteBuffer: ~Copyable {
    private var start: UnsafeMutableRawPointer?
    private var capacity = 0
    private(set) var count = 0

    init() {}

    deinit { free(start) }

    /// The bytes; valid until the next change.
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: start, count: count) }

    /// Makes room for `more` bytes and returns where they begin; ``advance(_:)`` then counts them.
    @inline(__always)
    mutating func reserve(_ more: Int) -> UnsafeMutablePointer<UInt8> {
        if _slowPath(capacity - count < more) { grow(more) }
        // The branch above leaves `start` set; the fallback is never taken.
        return (start ?? UnsafeMutableRawPointer(mutating: sentinel)).advanced(by: count)
            .assumingMemoryBound(to: UInt8.self)
    }

    @inline(__always)
    mutating func advance(_ more: Int) { count += more }

    @inline(never)
    private mutating func grow(_ more: Int) {
        capacity = max(256, count + more, capacity * 2)
        guard let larger = realloc(start, capacity) else { fatalError("out of memory for \(capacity) bytes of text") }
        start = larger
    }

    @inline(__always)
    mutating func append(_ byte: UInt8) {
        reserve(1).pointee = byte
        count += 1
    }

    @inline(__always)
    mutating func append(_ from: UnsafePointer<UInt8>, count length: Int) {
        if length == 0 { return }
        memcpy(reserve(length), from, length)
        count += length
    }

    @inline(__always)
    mutating func append(_ text: StaticString) { append(text.utf8Start, count: text.utf8CodeUnitCount) }

    /// Appends the UTF-8 form of `scalar`.
    mutating func append(scalar: Unicode.Scalar) {
        for byte in UTF8.encode(scalar).unsafelyUnwrapped { append(byte) }
    }

    mutating func removeAll() { count = 0 }

    mutating func truncate(to length: Int) { count = min(count, length) }
}

/// The names of characters that the notations give a meaning to.
enum ASCII {
    static let tab: UInt8 = 0x09
    static let lineFeed: UInt8 = 0x0A
    static let carriageReturn: UInt8 = 0x0D
    static let space: UInt8 = 0x20
    static let quote: UInt8 = 0x22
    static let dollar: UInt8 = 0x24
    static let apostrophe: UInt8 = 0x27
    static let leftParenthesis: UInt8 = 0x28
    static let rightParenthesis: UInt8 = 0x29
    static let star: UInt8 = 0x2A
    static let plus: UInt8 = 0x2B
    static let comma: UInt8 = 0x2C
    static let minus: UInt8 = 0x2D
    static let point: UInt8 = 0x2E
    static let slash: UInt8 = 0x2F
    static let zero: UInt8 = 0x30
    static let nine: UInt8 = 0x39
    static let colon: UInt8 = 0x3A
    static let less: UInt8 = 0x3C
    static let leftBracket: UInt8 = 0x5B
    static let backslash: UInt8 = 0x5C
    static let rightBracket: UInt8 = 0x5D
    static let underscore: UInt8 = 0x5F
    static let leftBrace: UInt8 = 0x7B
    static let rightBrace: UInt8 = 0x7D
    static let delete: UInt8 = 0x7F
}

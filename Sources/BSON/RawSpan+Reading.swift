// Reading numbers, text and NULs out of bytes.

extension RawSpan {
    @inlinable @inline(__always)
    package func byte(at offset: Int) -> UInt8 { unsafeLoad(fromByteOffset: offset, as: UInt8.self) }

    @inlinable @inline(__always)
    package func int32(at offset: Int) -> Int32 {
        Int32(littleEndian: unsafeLoadUnaligned(fromByteOffset: offset, as: Int32.self))
    }

    @inlinable @inline(__always)
    package func int64(at offset: Int) -> Int64 {
        Int64(littleEndian: unsafeLoadUnaligned(fromByteOffset: offset, as: Int64.self))
    }

    /// Copies all bytes to `place`.
    func copy(to place: UnsafeMutableRawPointer) {
        withUnsafeBytes { if let source = $0.baseAddress { place.copyMemory(from: source, byteCount: $0.count) } }
    }

    /// The bytes as text; what is not UTF-8 becomes U+FFFD.
    var text: String { withUnsafeBytes { String(decoding: $0, as: UTF8.self) } }

    /// Returns where the first NUL is, not before `offset`; -1 if there is none.
    @inlinable @inline(__always)
    package func firstNUL(from offset: Int) -> Int {
        var offset = offset
        while offset <= byteCount &- 8 {
            let word = uncheckedWord(at: offset)
            let zeros = zeroBytes(word)
            if zeros != 0 { return offset &+ zeros.trailingZeroBitCount >> 3 }
            offset &+= 8
        }
        while offset < byteCount {
            if uncheckedByte(at: offset) == 0 { return offset }
            offset &+= 1
        }
        return -1
    }

    /// Returns whether the bytes from `offset` on are those of `other`, which must fit.
    @inlinable @inline(__always)
    package func holds(_ other: RawSpan, at offset: Int) -> Bool {
        var place = 0
        while place <= other.byteCount &- 8 {
            if uncheckedWord(at: offset &+ place) != other.uncheckedWord(at: place) { return false }
            place &+= 8
        }
        while place < other.byteCount {
            if uncheckedByte(at: offset &+ place) != other.uncheckedByte(at: place) { return false }
            place &+= 1
        }
        return true
    }
}

/// Marks the zero bytes of a word: the lowest mark is exact, those above it may be wrong.
@inlinable @inline(__always)
package func zeroBytes(_ word: UInt64) -> UInt64 {
    (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080
}

// For those who compared with the end before they read; checking again at each load would double the work.
extension RawSpan {
    @inlinable @inline(__always)
    package func uncheckedByte(at offset: Int) -> UInt8 {
        unsafeLoad(fromUncheckedByteOffset: offset, as: UInt8.self)
    }

    @inlinable @inline(__always)
    package func uncheckedInt32(at offset: Int) -> Int32 {
        Int32(littleEndian: unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: Int32.self))
    }

    @inlinable @inline(__always)
    package func uncheckedWord(at offset: Int) -> UInt64 {
        UInt64(littleEndian: unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt64.self))
    }
}

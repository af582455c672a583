// Reading numbers, text and NULs out of bytes.

extension RawSpan {
    @inline(__always)
    func byte(at offset: Int) -> UInt8 { unsafeLoad(fromByteOffset: offset, as: UInt8.self) }

    @inline(__always)
    func int32(at offset: Int) -> Int32 {
        Int32(littleEndian: unsafeLoadUnaligned(fromByteOffset: offset, as: Int32.self))
    }

    @inline(__always)
    func int64(at offset: Int) -> Int64 {
        Int64(littleEndian: unsafeLoadUnaligned(fromByteOffset: offset, as: Int64.self))
    }

    /// Copies all bytes to `place`.
    func copy(to place: UnsafeMutableRawPointer) {
        withUnsafeBytes { if let source = $0.baseAddress { place.copyMemory(from: source, byteCount: $0.count) } }
    }

    /// The bytes as text; what is not UTF-8 becomes U+FFFD.
    var text: String { withUnsafeBytes { String(decoding: $0, as: UTF8.self) } }

    /// Returns where the first NUL is, not before `offset`.
    func firstNUL(from offset: Int) -> Int? {
        var offset = offset
        while offset <= byteCount &- 8 {
            let word = UInt64(littleEndian: unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt64.self))
            let zeros = (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080
            // Bits above the first zero byte may be wrong; the lowest never is.
            if zeros != 0 { return offset &+ zeros.trailingZeroBitCount >> 3 }
            offset &+= 8
        }
        while offset < byteCount {
            if byte(at: offset) == 0 { return offset }
            offset &+= 1
        }
        return nil
    }

    /// Returns whether the bytes are the same.
    func isEqual(to other: RawSpan) -> Bool {
        guard byteCount == other.byteCount else { return false }
        var offset = 0
        while offset <= byteCount &- 8 {
            let left = unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt64.self)
            let right = other.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt64.self)
            if left != right { return false }
            offset &+= 8
        }
        while offset < byteCount {
            if byte(at: offset) != other.byte(at: offset) { return false }
            offset &+= 1
        }
        return true
    }
}

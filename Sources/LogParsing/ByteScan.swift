// Looking for bytes: eight at a time, or as fast as the C library can.
internal import Glibc

extension RawSpan {
    /// The byte at `index`, which is checked.
    @inline(__always)
    func byte(at index: Int) -> UInt8 { unsafeLoad(fromByteOffset: index, as: UInt8.self) }

    /// Eight bytes from `index` on, checked; the first is the lowest.
    @inline(__always)
    func word(at index: Int) -> UInt64 {
        UInt64(littleEndian: unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self))
    }

    /// The place of the first `byte` in `range`, or nil.
    ///
    /// Meant for places that are likely to be near.
    @inline(__always)
    func firstIndex(of byte: UInt8, in range: Range<Int>) -> Int? {
        precondition(range.lowerBound >= 0 && range.upperBound <= byteCount)
        var index = range.lowerBound
        let pattern = Lanes.all(byte)
        while index &+ 8 <= range.upperBound {
            let word = unsafeLoadUnaligned(fromUncheckedByteOffset: index, as: UInt64.self)
            let hits = Lanes.zeros(UInt64(littleEndian: word) ^ pattern)
            if hits != 0 { return index &+ hits.trailingZeroBitCount / 8 }
            index &+= 8
        }
        while index < range.upperBound {
            if unsafeLoad(fromUncheckedByteOffset: index, as: UInt8.self) == byte { return index }
            index &+= 1
        }
        return nil
    }

    /// The place of the first `byte` from `start` on, or nil.
    ///
    /// Meant for places that may be far.
    @inline(__always)
    func firstIndex(of byte: UInt8, from start: Int) -> Int? {
        withUnsafeBytes { bytes in
            guard start >= 0, start < bytes.count, let base = bytes.baseAddress,
                let found = memchr(base + start, CInt(byte), bytes.count - start)
            else { return nil }
            return UnsafeRawPointer(found) - base
        }
    }

    /// The place of the last `byte` in `range`, or nil.
    @inline(__always)
    func lastIndex(of byte: UInt8, in range: Range<Int>) -> Int? {
        var index = range.upperBound
        while index > range.lowerBound {
            index -= 1
            if self.byte(at: index) == byte { return index }
        }
        return nil
    }

    /// Whether the letters of `text` stand at `index`.
    @inline(__always)
    func has(_ text: StaticString, at index: Int) -> Bool {
        let count = text.utf8CodeUnitCount
        guard index >= 0, index + count <= byteCount else { return false }
        let start = text.utf8Start
        for letter in 0..<count
        where unsafeLoad(fromUncheckedByteOffset: index &+ letter, as: UInt8.self) != start[letter] {
            return false
        }
        return true
    }

    /// Whether there is nothing but ASCII, and no backslash.
    @inline(__always)
    var isPlain: Bool {
        guard byteCount >= 16 else { return isShortPlain }
        let slashes = SIMD16(repeating: UInt8(ascii: "\\"))
        var all = SIMD16<UInt8>()
        var found = all .== slashes  // false everywhere
        var index = 0
        while index &+ 16 <= byteCount {
            let piece = unsafeLoadUnaligned(fromUncheckedByteOffset: index, as: SIMD16<UInt8>.self)
            all |= piece
            found = found .| (piece .== slashes)
            index &+= 16
        }
        // The last piece overlaps the one before.
        let piece = unsafeLoadUnaligned(fromUncheckedByteOffset: byteCount &- 16, as: SIMD16<UInt8>.self)
        all |= piece
        found = found .| (piece .== slashes)
        let high = unsafeBitCast(all, to: SIMD2<UInt64>.self)
        let hits = unsafeBitCast(found, to: SIMD2<UInt64>.self)
        return ((high[0] | high[1] | hits[0] | hits[1]) & Lanes.high) == 0
    }

    private var isShortPlain: Bool {
        for index in 0..<byteCount where byte(at: index) >= 128 || byte(at: index) == UInt8(ascii: "\\") {
            return false
        }
        return true
    }
}

/// Arithmetic on the eight bytes of a word.
enum Lanes {
    static let ones: UInt64 = 0x0101_0101_0101_0101
    static let high: UInt64 = 0x8080_8080_8080_8080

    /// The same byte eight times.
    @inline(__always)
    static func all(_ byte: UInt8) -> UInt64 { ones &* UInt64(byte) }

    /// Sets the high bit of bytes that are zero, and none if none is.
    ///
    /// The lowest bit set is exact; those above it may be false.
    @inline(__always)
    static func zeros(_ word: UInt64) -> UInt64 { (word &- ones) & ~word & high }
}

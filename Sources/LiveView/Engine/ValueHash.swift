// Hashes of values: what tells groups and distinct values apart.

import BSON

/// Hashes values so that equal ones have equal hashes, whatever their types: 200, 200.0 and NumberLong(200).
///
/// Seeded anew in each process, since strangers choose the values: nobody can prepare two that collide.
struct ValueHash: Sendable {
    /// The seed of this process; sketches that were filled with it can be merged.
    static let process = ValueHash(seed: UInt64.random(in: .min ... .max))

    /// The hash of a value that is not there, and of null, which MongoDB groups together.
    static let none: UInt64 = 0x9E37_79B9_7F4A_7C15

    private let seed: UInt64

    init(seed: UInt64) { self.seed = seed }

    /// The hash of a value of BSON's type `type` that stands in these bytes.
    @inline(__always)
    func hash(_ type: UInt8, _ bytes: RawSpan, _ start: Int, _ end: Int) -> UInt64 {
        switch type {
        case 0x02: return text(bytes, start &+ 4, end &- 1)
        case 0x10: return integer(Int64(bytes.int32(at: start)))
        case 0x12: return integer(bytes.int64(at: start))
        case 0x01:
            let double = Double(bitPattern: UInt64(bitPattern: bytes.int64(at: start)))
            if let whole = Int64(exactly: double) { return integer(whole) }
            // All NaNs are one value.
            return Self.mix(seed ^ 0x0100, double.isNaN ? 0x7FF8 << 48 : double.bitPattern)
        case 0x0A, 0x06: return Self.none
        default: return Self.mix(text(bytes, start, end), UInt64(type))
        }
    }

    @inline(__always)
    func integer(_ value: Int64) -> UInt64 { Self.mix(seed ^ 0x1000, UInt64(bitPattern: value)) }

    /// The hash of the bytes of a text.
    @inline(__always)
    func text(_ bytes: RawSpan, _ start: Int, _ end: Int) -> UInt64 {
        var hash = seed ^ UInt64(truncatingIfNeeded: end &- start) &* 0xA076_1D64_78BD_642F
        var place = start
        while place &+ 8 <= end {
            hash = Self.mix(hash, bytes.uncheckedWord(at: place))
            place &+= 8
        }
        var rest: UInt64 = 0
        var shift: UInt64 = 0
        while place < end {
            rest |= UInt64(bytes.uncheckedByte(at: place)) << shift
            shift &+= 8
            place &+= 1
        }
        return Self.mix(hash ^ 0xE703_7ED1_A0B4_28DB, rest)
    }

    /// Folds the 128-bit product, whose every bit depends on every bit of both words.
    @inline(__always)
    static func mix(_ hash: UInt64, _ word: UInt64) -> UInt64 {
        let product = (hash ^ word ^ 0x8EBC_6AF0_9C88_C6E3).multipliedFullWidth(by: 0xD6E8_FEB8_6659_FD93)
        let folded = product.high ^ product.low
        let again = (folded ^ hash).multipliedFullWidth(by: 0x5895_65DA_C1B1_9A65)
        return again.high ^ again.low
    }
}

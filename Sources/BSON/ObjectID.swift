// Twelve bytes that name a document.

internal import Glibc
internal import Synchronization

/// Names a document: four bytes of seconds, then eight that make it unique.
///
/// A fresh one has five bytes that are random for this process and a counter of three bytes.
public struct ObjectID: Hashable, Sendable {
    /// Seconds since 1970: the first four bytes.
    public var seconds: UInt32
    /// The last eight bytes as a big-endian number.
    public var low: UInt64

    /// Creates an identity of its parts.
    @inlinable public init(seconds: UInt32, low: UInt64) {
        self.seconds = seconds
        self.low = low
    }

    /// Creates an identity of its parts as MongoDB's drivers divide it: five random bytes and a counter of three.
    @inlinable public init(seconds: UInt32, random: UInt64, counter: UInt32) {
        self.init(seconds: seconds, low: random << 24 | UInt64(counter & 0xFF_FFFF))
    }

    /// Creates a fresh identity of this second.
    public init() {
        let counter = ObjectID.counter.wrappingAdd(1, ordering: .relaxed).newValue
        self.init(seconds: UInt32(truncatingIfNeeded: Glibc.time(nil)), random: ObjectID.process, counter: counter)
    }

    /// Reads an identity from its twelve bytes.
    ///
    /// - Precondition: `bytes` has twelve bytes.
    @inlinable public init(bytes: RawSpan) {
        precondition(bytes.byteCount == 12, "an ObjectID has twelve bytes")
        self.init(bytes, at: 0)
    }

    @inlinable init(_ span: RawSpan, at offset: Int) {
        seconds = UInt32(bigEndian: span.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt32.self))
        low = UInt64(bigEndian: span.unsafeLoadUnaligned(fromByteOffset: offset + 4, as: UInt64.self))
    }

    /// Lends the twelve bytes.
    @inlinable public func withBytes<R, E: Error>(_ body: (RawSpan) throws(E) -> R) throws(E) -> R {
        let low = low.bigEndian
        let words: InlineArray<3, UInt32> = [
            seconds.bigEndian, UInt32(truncatingIfNeeded: low), UInt32(truncatingIfNeeded: low >> 32),
        ]
        return try body(words.span.bytes)
    }

    @inlinable @inline(__always)
    func store(to place: UnsafeMutableRawPointer) {
        place.storeBytes(of: seconds.bigEndian, as: UInt32.self)
        place.storeBytes(of: low.bigEndian, toByteOffset: 4, as: UInt64.self)
    }

    private static let counter = Atomic<UInt32>(UInt32.random(in: 0...0xFF_FFFF))
    private static let process = UInt64.random(in: 0...0xFF_FFFF_FFFF)
}

extension ObjectID: Comparable, CustomStringConvertible, LosslessStringConvertible {
    /// Orders as the bytes do: by second first.
    @inlinable public static func < (left: ObjectID, right: ObjectID) -> Bool {
        (left.seconds, left.low) < (right.seconds, right.low)
    }

    /// Reads 24 hexadecimal digits of either case; `nil` if it is anything else.
    public init?(_ hex: String) {
        guard hex.utf8.count == 24 else { return nil }
        var digits = hex.utf8.makeIterator()
        func number(of count: Int) -> UInt64? {
            var value: UInt64 = 0
            for _ in 0..<count {
                guard let digit = digits.next().flatMap(hexadecimalValue) else { return nil }
                value = value << 4 | UInt64(digit)
            }
            return value
        }
        guard let seconds = number(of: 8), let low = number(of: 16) else { return nil }
        self.init(seconds: UInt32(truncatingIfNeeded: seconds), low: low)
    }

    /// The identity as 24 lower-case hexadecimal digits.
    public var description: String {
        String(unsafeUninitializedCapacity: 24) { digits in
            for place in 0..<8 { digits[place] = hexadecimalDigit(UInt64(seconds) >> UInt64(28 - 4 * place)) }
            for place in 0..<16 { digits[8 + place] = hexadecimalDigit(low >> UInt64(60 - 4 * place)) }
            return 24
        }
    }
}

private func hexadecimalDigit(_ value: UInt64) -> UInt8 {
    let digit = UInt8(value & 15)
    return digit < 10 ? 0x30 + digit : 0x57 + digit
}

private func hexadecimalValue(_ digit: UInt8) -> UInt8? {
    switch digit {
    case 0x30...0x39: digit - 0x30
    case 0x41...0x46: digit - 0x37
    case 0x61...0x66: digit - 0x57
    default: nil
    }
}

// The subscription by which a subscriber learns that all its others are in force.

/// The nonce of a fence: `0xFF` and eight random bytes.
///
/// A subscriber subscribes to it besides its patterns, a new one whenever these change. Since 0xFF begins no topic and
/// libzmq sends a connection's subscriptions in byte order, it reaches a publisher last; the publisher answers with a
/// full beat under this name.
public struct FenceNonce: Hashable, Sendable, CustomStringConvertible {
    /// Bytes of a nonce.
    public static let byteCount = 9

    /// The first of them.
    public static let firstByte: UInt8 = 0xFF

    /// The eight random bytes, little-endian.
    public let value: UInt64

    /// Makes a new nonce.
    public init() { value = .random(in: .min ... .max) }

    /// Makes the nonce of a known value.
    public init(value: UInt64) { self.value = value }

    /// Reads the nonce from the nine bytes of a subscription; nil if they are none.
    public init?(subscription bytes: RawSpan) {
        guard bytes.byteCount == FenceNonce.byteCount,
            bytes.unsafeLoad(fromByteOffset: 0, as: UInt8.self) == FenceNonce.firstByte
        else { return nil }
        value = UInt64(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: 1, as: UInt64.self))
    }

    /// The nine bytes that the subscriber subscribes to.
    public var subscription: [UInt8] {
        var bytes: [UInt8] = [FenceNonce.firstByte]
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
        return bytes
    }

    /// The eight random bytes in hexadecimal, in the order in which they travel.
    public var description: String { hexadecimal(value.byteSwapped) }
}

/// Returns the sixteen lower-case hexadecimal digits of `value`.
package func hexadecimal(_ value: UInt64) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
}

// A decimal floating-point number of 34 digits.

/// A decimal number of up to 34 digits, as IEEE 754-2008 decimal128 with the binary integer encoding.
///
/// Holds the sixteen bytes as they are stored; equality is that of the bytes, so 1.0 and 1.00 differ.
public struct Decimal128: Hashable, Sendable {
    /// The most significant eight bytes: sign, exponent and the coefficient's upper part.
    public var high: UInt64
    /// The least significant eight bytes.
    public var low: UInt64

    /// Creates the number that these sixteen bytes stand for.
    @inlinable public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }
}

// What the library writes in front of each event.
import BSON
import ZeroMQ

/// Which fields the library writes in front of an event that comes without them.
public struct Filling: OptionSet, Sendable, Hashable {
    /// The bits.
    public let rawValue: UInt8

    /// Creates a set from its bits.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// `_id`, a fresh ObjectId.
    public static let id = Filling(rawValue: 1)
    /// `timestamp`, the time of the call, UTC in milliseconds.
    public static let timestamp = Filling(rawValue: 2)
    /// Both: the usual choice.
    public static let all: Filling = [.id, .timestamp]
}

/// The bytes of `_id` and `timestamp`, made once and patched for each event.
///
/// Each opened topic has random bytes and a counter of its own for its ObjectIds, so that topics share no counter.
struct IdentityTemplate {
    private var bytes: InlineArray<36, UInt8>
    private var counter: UInt32
    private var clock = MillisecondClock()

    // Offsets of what is patched: `07 _id 00` and 12 bytes, then `09 timestamp 00` and 8 bytes.
    private static let secondsOffset = 5
    private static let randomOffset = 9
    private static let counterOffset = 14
    private static let timestampOffset = 17
    private static let millisecondsOffset = 28

    init() {
        bytes = InlineArray(repeating: 0)
        let random = randomUInt64()
        counter = UInt32(truncatingIfNeeded: randomUInt64())
        var index = 0
        for byte in [0x07] + Array("_id".utf8) {
            bytes[index] = byte
            index += 1
        }
        for shift in 0..<5 {
            bytes[IdentityTemplate.randomOffset + shift] = UInt8(truncatingIfNeeded: random >> (8 * UInt64(shift)))
        }
        index = IdentityTemplate.timestampOffset
        for byte in [0x09] + Array("timestamp".utf8) {
            bytes[index] = byte
            index += 1
        }
    }

    /// Writes the chosen fields into the document that was just begun.
    mutating func write(_ filling: Filling, into writer: inout DocumentWriter) {
        if filling.isEmpty { return }
        let now = clock.now()
        counter &+= 1
        let seconds = UInt32(truncatingIfNeeded: now / 1_000).bigEndian
        let count = (counter << 8).bigEndian  // three bytes, the highest first
        let from = filling.contains(.id) ? 0 : IdentityTemplate.timestampOffset
        let to = filling.contains(.timestamp) ? 36 : IdentityTemplate.timestampOffset
        withUnsafeMutableBytes(of: &bytes) { raw in
            raw.storeBytes(of: seconds, toByteOffset: IdentityTemplate.secondsOffset, as: UInt32.self)
            // The fourth byte written here is the timestamp's type byte: put back at once.
            raw.storeBytes(of: count, toByteOffset: IdentityTemplate.counterOffset, as: UInt32.self)
            raw[IdentityTemplate.timestampOffset] = 0x09
            raw.storeBytes(of: now.littleEndian, toByteOffset: IdentityTemplate.millisecondsOffset, as: Int64.self)
            if let base = raw.baseAddress { writer.append(prefix: base + from, count: to - from) }
        }
    }
}

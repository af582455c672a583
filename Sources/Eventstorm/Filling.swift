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
    private static let millisecondsOffset = 11  // from the timestamp's first byte

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
        if filling == .all {
            guard let place = writer.place(count: 36) else { return }
            // Patched where it was copied to: bytes just stored one by one would have to settle before they are copied.
            bytes.span.bytes.withUnsafeBytes { raw in
                if let base = raw.baseAddress { place.copyMemory(from: base, byteCount: 36) }
            }
            patchID(at: place, now)
            patchTimestamp(at: place + IdentityTemplate.timestampOffset, now)
            return
        }
        let isID = filling.contains(.id)
        let offset = isID ? 0 : IdentityTemplate.timestampOffset
        let count = isID ? IdentityTemplate.timestampOffset : 36 - IdentityTemplate.timestampOffset
        guard let place = writer.place(count: count) else { return }
        bytes.span.bytes.withUnsafeBytes { raw in
            if let base = raw.baseAddress { place.copyMemory(from: base + offset, byteCount: count) }
        }
        if isID { patchID(at: place, now) } else { patchTimestamp(at: place, now) }
    }

    /// Writes the time and the counter into the 17 bytes of an `_id`.
    @inline(__always)
    private func patchID(at place: UnsafeMutableRawPointer, _ now: Int64) {
        let seconds = UInt32(truncatingIfNeeded: now / 1_000).bigEndian
        let low = UInt16(truncatingIfNeeded: counter).bigEndian
        place.storeBytes(of: seconds, toByteOffset: IdentityTemplate.secondsOffset, as: UInt32.self)
        place.storeBytes(
            of: UInt8(truncatingIfNeeded: counter >> 16), toByteOffset: IdentityTemplate.counterOffset, as: UInt8.self)
        place.storeBytes(of: low, toByteOffset: IdentityTemplate.counterOffset + 1, as: UInt16.self)
    }

    /// Writes the time into the 19 bytes of a `timestamp`.
    @inline(__always)
    private func patchTimestamp(at place: UnsafeMutableRawPointer, _ now: Int64) {
        place.storeBytes(of: now.littleEndian, toByteOffset: IdentityTemplate.millisecondsOffset, as: Int64.self)
    }
}

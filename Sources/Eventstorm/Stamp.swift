// Twenty bytes that number what is sent.

/// The stamp of a message: which documents of which origin it carries.
///
/// | bytes | field |
/// |---|---|
/// | 0 | version, 1 |
/// | 1 | flags: bit 7 replayed, bits 0-3 routers passed |
/// | 2-3 | count of documents |
/// | 4-11 | origin |
/// | 12-19 | sequence of the first document |
///
/// All integers are little-endian.
public struct Stamp: Hashable, Sendable {
    /// Bytes of a stamp.
    public static let byteCount = 20

    /// The version this library writes and reads.
    public static let version: UInt8 = 1

    /// Whether the documents come from an archive, not from what happens now.
    public var replayed: Bool

    /// Routers passed, 15 at most.
    public var hops: UInt8

    /// Documents in the payload, at least 1.
    public var count: UInt16

    /// A random number of the opened source or router that sent the message.
    public var origin: UInt64

    /// The number of the payload's first document among all that the origin sent on the topic, from 0.
    public var sequence: UInt64

    /// Makes a stamp; `hops` beyond 15 are kept at 15.
    @inlinable
    public init(origin: UInt64, sequence: UInt64, count: UInt16, hops: UInt8 = 0, replayed: Bool = false) {
        self.replayed = replayed
        self.hops = min(hops, Limits.hops)
        self.count = count
        self.origin = origin
        self.sequence = sequence
    }

    /// The sequence that follows the payload's last document.
    ///
    /// Never overflows in a stamp that was parsed: those ending beyond 2^63 - 1 are malformed.
    @inlinable
    public var next: UInt64 { sequence &+ UInt64(count) }

    /// The second byte.
    @inlinable
    public var flags: UInt8 { (replayed ? 0x80 : 0) | (hops & 0x0F) }

    /// Writes the stamp's 20 bytes into `buffer`, which must have room for them at `offset`.
    @inlinable
    public func write(into buffer: UnsafeMutableRawBufferPointer, at offset: Int = 0) {
        precondition(offset >= 0 && buffer.count - offset >= Stamp.byteCount, "no room for a stamp")
        buffer.storeBytes(of: Stamp.version, toByteOffset: offset, as: UInt8.self)
        buffer.storeBytes(of: flags, toByteOffset: offset + 1, as: UInt8.self)
        buffer.storeBytes(of: count.littleEndian, toByteOffset: offset + 2, as: UInt16.self)
        buffer.storeBytes(of: origin.littleEndian, toByteOffset: offset + 4, as: UInt64.self)
        buffer.storeBytes(of: sequence.littleEndian, toByteOffset: offset + 12, as: UInt64.self)
    }

    /// The stamp's 20 bytes.
    public var bytes: [UInt8] {
        [UInt8](unsafeUninitializedCapacity: Stamp.byteCount) { buffer, count in
            write(into: UnsafeMutableRawBufferPointer(buffer))
            count = Stamp.byteCount
        }
    }

    /// Reads the stamp at `offset`; throws the reason when it is none.
    @inlinable
    public init(parsing bytes: RawSpan, at offset: Int = 0) throws(MalformedReason) {
        if offset < 0 || bytes.byteCount - offset < Stamp.byteCount { throw .envelope }
        if bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self) != Stamp.version { throw .version }
        let flags = bytes.unsafeLoad(fromByteOffset: offset + 1, as: UInt8.self)
        replayed = flags & 0x80 != 0
        hops = flags & 0x0F
        count = UInt16(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: offset + 2, as: UInt16.self))
        origin = UInt64(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: offset + 4, as: UInt64.self))
        sequence = UInt64(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: offset + 12, as: UInt64.self))
        if count == 0 { throw .count }
        if sequence > Limits.sequenceEnd - UInt64(count) { throw .sequence }
    }
}

/// Why a message was dropped as malformed; the counters' names.
public enum MalformedReason: UInt8, Error, CaseIterable, Sendable, CustomStringConvertible {
    /// The message has not two frames.
    case frames
    /// The envelope's length fits none of the kinds, or it is empty or too long.
    case envelope
    /// The topic in the envelope is not one.
    case topic
    /// The stamp has another version.
    case version
    /// The stamp says that the payload has no document.
    case count
    /// The stamp's sequence ends beyond 2^63 - 1.
    case sequence
    /// The payload is larger than 8 MiB.
    case size
    /// The payload is not as many valid BSON documents as the stamp says, or none at all.
    case payload
    /// A beat or the answer to a fence does not have the form of one.
    case beat
    /// The sender's key may not publish the topic, or may not come in any more.
    case forbidden
    /// The origin belongs to another sender's key.
    case forged

    /// The reason's name in tools and metrics.
    public var description: String {
        switch self {
        case .frames: "frames"
        case .envelope: "envelope"
        case .topic: "topic"
        case .version: "version"
        case .count: "count"
        case .sequence: "sequence"
        case .size: "size"
        case .payload: "payload"
        case .beat: "beat"
        case .forbidden: "forbidden"
        case .forged: "forged"
        }
    }
}

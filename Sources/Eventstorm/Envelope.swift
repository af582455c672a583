// The first frame of a message: a topic, NUL, and the stamp.

internal import Glibc

/// The first frame of a message.
///
///     switch Envelope.parse(frame) {
///     case .stamped(let topicByteCount, let stamp): …
///     case .unstamped(let topicByteCount): …      // a foreign publisher
///     case .fence(let nonce, let stamp): …        // the answer to a subscriber's fence
///     case .malformed(let reason): …
///     }
public enum Envelope {
    /// What the bytes of a frame are.
    ///
    /// The length tells the kind; whether the topic's bytes are a ``Topic`` is for the receiver to find out, once for
    /// each topic that is new to it.
    public enum Kind: Hashable, Sendable {
        /// A topic of that many bytes, NUL, and the stamp.
        case stamped(topicByteCount: Int, stamp: Stamp)
        /// A topic of that many bytes with or without a NUL behind it.
        case unstamped(topicByteCount: Int)
        /// The nonce of a fence, NUL, and the stamp of the beat that answers it.
        case fence(nonce: FenceNonce, stamp: Stamp)
        /// None of these.
        case malformed(MalformedReason)
    }

    /// Bytes of the longest envelope.
    public static let maximumByteCount = Limits.topicBytes + 1 + Stamp.byteCount

    /// Tells what the bytes of a frame are, without allocating.
    public static func parse(_ frame: RawSpan) -> Kind {
        let count = frame.byteCount
        if count == 0 || count > maximumByteCount { return .malformed(.envelope) }
        if frame.unsafeLoad(fromByteOffset: 0, as: UInt8.self) == FenceNonce.firstByte { return parseFence(frame) }
        let topicByteCount = frame.withUnsafeBytes { bytes in
            guard let start = bytes.baseAddress, let nul = memchr(start, 0, count) else { return count }
            return UnsafeRawPointer(nul) - start
        }
        if topicByteCount == 0 || topicByteCount > Limits.topicBytes { return .malformed(.topic) }
        switch count - topicByteCount {
        case 0, 1: return .unstamped(topicByteCount: topicByteCount)
        case 1 + Stamp.byteCount:
            do throws(MalformedReason) {
                let stamp = try Stamp(parsing: frame, at: topicByteCount + 1)
                return .stamped(topicByteCount: topicByteCount, stamp: stamp)
            } catch {
                return .malformed(error)
            }
        default: return .malformed(.envelope)
        }
    }

    /// The nonce may contain NUL, so its length is fixed instead.
    private static func parseFence(_ frame: RawSpan) -> Kind {
        let stampOffset = FenceNonce.byteCount + 1
        guard frame.byteCount == stampOffset + Stamp.byteCount,
            frame.unsafeLoad(fromByteOffset: FenceNonce.byteCount, as: UInt8.self) == 0,
            let nonce = FenceNonce(subscription: frame.extracting(first: FenceNonce.byteCount))
        else { return .malformed(.envelope) }
        do throws(MalformedReason) {
            return .fence(nonce: nonce, stamp: try Stamp(parsing: frame, at: stampOffset))
        } catch {
            return .malformed(error)
        }
    }

    /// Lends the topic's bytes in a frame whose kind says that it has `topicByteCount` of them.
    @inlinable @_lifetime(copy frame)
    public static func topicBytes(_ frame: RawSpan, topicByteCount: Int) -> RawSpan {
        frame.extracting(first: topicByteCount)
    }

    /// Bytes of the stamped envelope of a topic.
    @inlinable
    public static func byteCount(topicByteCount: Int) -> Int { topicByteCount + 1 + Stamp.byteCount }

    /// Writes a stamped envelope into `buffer`, which must have room for it, and returns its length.
    @discardableResult
    public static func write(topic: RawSpan, stamp: Stamp, into buffer: UnsafeMutableRawBufferPointer) -> Int {
        let length = byteCount(topicByteCount: topic.byteCount)
        precondition(buffer.count >= length, "no room for an envelope")
        topic.withUnsafeBytes { buffer.copyMemory(from: $0) }
        buffer[topic.byteCount] = 0
        stamp.write(into: buffer, at: topic.byteCount + 1)
        return length
    }

    /// The stamped envelope of a topic.
    public static func bytes(topic: Topic, stamp: Stamp) -> [UInt8] { topic.utf8 + [0] + stamp.bytes }

    /// The envelope of the beat that answers a fence.
    public static func bytes(fence nonce: FenceNonce, stamp: Stamp) -> [UInt8] {
        nonce.subscription + [0] + stamp.bytes
    }
}

// Events that came by one path, so that their copies by another are known.
import BSON
import ZeroMQ

/// The events a subscriber has seen lately, by topic and `_id`.
final class SeenEvents {
    private let keys: SeenKeys

    init(window: Duration) {
        let seconds = Double(window.components.seconds) + Double(window.components.attoseconds) / 1e18
        keys = SeenKeys(window: UInt64(min(max(0, seconds), 1e9) * 1e9))
    }

    /// What is left of a message when the copies of events that came before are taken out, and how many they are.
    func fresh(_ incoming: Incoming, _ payload: RawSpan, topic: [UInt8]) -> (Incoming, duplicates: Int) {
        let now = monotonicNanoseconds()
        var parts: [Range<Int>] = []
        var offset = 0
        var duplicates = 0
        for position in 0..<incoming.count {
            let event = DocumentView(unchecked: payload.extracting(offset..<payload.byteCount))
            offset += max(event.bytes.byteCount, 5)
            if let wanted = incoming.parts, !wanted.contains(where: { $0.contains(position) }) { continue }
            if let id = event["_id"], !keys.isNew(SeenEvents.key(topic, id), now: now) {
                duplicates += 1
            } else if let last = parts.last, last.upperBound == position {
                parts[parts.count - 1] = last.lowerBound..<position + 1
            } else {
                parts.append(position..<position + 1)
            }
        }
        if duplicates == 0 { return (incoming, 0) }
        let rest = Incoming(topic: incoming.topic, stamp: incoming.stamp, count: incoming.count, parts: parts)
        return (rest, duplicates)
    }

    /// The system's keyed hash, so that nobody can make up values that collide.
    private static func key(_ topic: [UInt8], _ id: ElementView) -> UInt64 {
        var hasher = Hasher()
        topic.withUnsafeBytes { hasher.combine(bytes: $0) }
        hasher.combine(id.type.rawValue)
        id.valueBytes.withUnsafeBytes { hasher.combine(bytes: $0) }
        return UInt64(bitPattern: Int64(hasher.finalize()))
    }
}

// An `_id` for events that come without one: the router's setting `ids`.
import BSON
import Eventstorm

/// Gives events an `_id`, the same as every other router that received the same message.
enum Identities {
    /// The documents of a message, those without an `_id` with one in front.
    ///
    /// - Parameters:
    ///   - payload: Valid documents.
    ///   - stamp: Whose they are; nil from a publisher that does not stamp, whose events get a fresh one.
    ///   - parts: Which documents of the message they are; nil if they are all of it.
    /// - Returns: Nil if there is nothing to add, or no room for it in a message.
    static func fill(_ payload: RawSpan, _ topic: Topic, _ stamp: Stamp?, _ parts: [Range<Int>]?) -> [UInt8]? {
        if topic.isReserved || !isNeeded(payload) { return nil }
        let identity = stamp.map { DerivedIdentity(origin: $0.origin, topic: topic) }
        let positions = parts.map { $0.flatMap { Array($0) } }
        var writer = DocumentWriter(capacity: payload.byteCount * 5 / 4, limit: Limits.payloadBytes)
        var offset = 0
        var number = 0
        while offset < payload.byteCount {
            let event = DocumentView(unchecked: payload.extracting(offset..<payload.byteCount))
            writer.beginDocument()
            if event["_id"] == nil {
                if let stamp, let identity {
                    let position = positions.map { number < $0.count ? $0[number] : number } ?? number
                    writer["_id"] = identity.id(
                        sequence: stamp.sequence &+ UInt64(position), time: event["timestamp"]?.datetime)
                } else {
                    writer["_id"] = ObjectID()
                }
            }
            writer.append(contentsOf: event)
            if !writer.endDocument() { return nil }
            offset += max(event.bytes.byteCount, 5)
            number += 1
        }
        return writer.take()
    }

    private static func isNeeded(_ payload: RawSpan) -> Bool {
        var offset = 0
        while offset < payload.byteCount {
            let event = DocumentView(unchecked: payload.extracting(offset..<payload.byteCount))
            if event["_id"] == nil { return true }
            offset += max(event.bytes.byteCount, 5)
        }
        return false
    }
}

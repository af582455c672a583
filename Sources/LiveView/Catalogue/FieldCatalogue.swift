// Which fields the events of each topic have, learned from a few of them.

import BSON
import Eventstorm

/// What is known of a field.
struct FieldFacts {
    /// Events looked into that had it, by BSON's type.
    var types: [UInt8: Int] = [:]
    var distinct = DistinctSketch()
    var top = TopSketch(capacity: 20)
    var low = Double.infinity
    var high = -Double.infinity
}

/// Fields of topics, from samples: bounded in number, and with them in bytes.
struct FieldCatalogue {
    /// What is known of the events of a topic.
    struct TopicFacts {
        /// Events that were looked into, and their bytes.
        var events = 0
        var bytes = 0
        var fields: [String: FieldFacts] = [:]
        /// Milliseconds since 1970 at which an event was last looked into.
        var lookedAt: Int64 = 0
        /// Events that may still be looked into before the next tick.
        var allowed = perTick
    }

    /// Events of a topic that are looked into between two ticks.
    static let perTick = 4
    static let fieldsPerTopic = 64
    /// Fields of all topics: with some 6 KiB each they take 12 MiB.
    static let mostFields = 2_000
    /// Levels of documents inside each other.
    static let depth = 4
    /// Bytes of a path.
    static let pathBytes = 128
    /// Bytes of a text that counts as a value: longer ones are hardly ever chosen from.
    static let valueBytes = 128

    private(set) var topics: [Topic: TopicFacts] = [:]
    private var fieldCount = 0

    /// Looks into the first documents of a message, if the topic may be looked into again.
    mutating func look(_ topic: Topic, _ payload: RawSpan, now: Int64) {
        guard topics[topic] != nil || topics.count < LiveLimits.topics, !topic.isReserved else { return }
        if topics[topic]?.allowed == 0 { return }
        // Taken out meanwhile, so that it is changed where it is.
        var facts = topics.removeValue(forKey: topic) ?? TopicFacts()
        var offset = 0
        while facts.allowed > 0, let length = Columns.documentLength(payload, at: offset) {
            facts.allowed -= 1
            facts.events += 1
            facts.bytes += length
            facts.lookedAt = now
            let view = DocumentView(unchecked: payload.extracting(offset..<offset + length))
            learn(view, "", 1, &facts)
            offset += length
        }
        topics[topic] = facts
    }

    private mutating func learn(_ view: DocumentView, _ prefix: String, _ depth: Int, _ facts: inout TopicFacts) {
        var elements = view.makeIterator()
        while let element = elements.next() {
            let key = element.key
            // What cannot be asked for by a path is no field here.
            if key.isEmpty || key.contains(".") || key.hasPrefix("$") { continue }
            let path = prefix + key
            guard path.utf8.count <= Self.pathBytes else { continue }
            if let inner = element.document, depth < Self.depth {
                learn(inner, path + ".", depth + 1, &facts)
                continue
            }
            if facts.fields[path] == nil {
                guard facts.fields.count < Self.fieldsPerTopic, fieldCount < Self.mostFields else { continue }
                fieldCount += 1
            }
            Self.note(element, &facts.fields[path, default: FieldFacts()])
        }
    }

    private static func note(_ element: ElementView, _ field: inout FieldFacts) {
        let type = element.type.rawValue
        field.types[type, default: 0] += 1
        if let number = element.number, number.isFinite {
            field.low = min(field.low, number)
            field.high = max(field.high, number)
        }
        let bytes = element.valueBytes
        guard bytes.byteCount <= valueBytes, element.nested == nil else { return }
        let hash = ValueHash.process.hash(type, bytes, 0, bytes.byteCount)
        field.distinct.add(hash)
        field.top.add(
            hash, weight: 1, bytes, ValuePlace(type: type, start: 0, end: Int32(truncatingIfNeeded: bytes.byteCount)))
    }

    /// Lets every topic be looked into again.
    mutating func renew() { for topic in topics.keys { topics[topic]?.allowed = Self.perTick } }
}

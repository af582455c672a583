// The topics a receiver has seen, each known by a small number.
import BSON

/// Gives each topic a number, so that its name is checked and copied once and not for every message.
package struct TopicTable: Sendable {
    /// Topics remembered at most; a table that would grow beyond begins anew.
    private static let most = 16_384

    /// The topics, by number.
    package private(set) var topics: [Topic] = []
    /// Counts how often the table began anew; numbers of an older generation mean nothing.
    package private(set) var generation = 0
    private var places: [UInt64: Int] = [:]
    private var last = -1
    private var beat = -1

    package init() {}

    /// The number of the topic with these bytes; nil if they are no topic.
    ///
    /// - Complexity: O(*n*) in the bytes; allocates only for a topic that is new.
    package mutating func number(of bytes: RawSpan) -> Int? {
        if last >= 0, TopicTable.equal(topics[last].utf8, bytes) { return last }
        var key = TopicTable.hash(bytes)
        while let place = places[key] {
            if TopicTable.equal(topics[place].utf8, bytes) {
                last = place
                return place
            }
            key &+= 1
        }
        guard let topic = try? Topic(validating: bytes) else { return nil }
        if topics.count == TopicTable.most {
            topics.removeAll(keepingCapacity: true)
            places.removeAll(keepingCapacity: true)
            beat = -1
            generation += 1
            key = TopicTable.hash(bytes)
        }
        last = topics.count
        places[key] = last
        if topic == .beat { beat = last }
        topics.append(topic)
        return last
    }

    /// Whether a number is that of the topic of beats.
    package func isBeat(_ number: Int) -> Bool { number == beat }

    private static let seed = UInt64.random(in: .min ... .max)

    private static func equal(_ name: [UInt8], _ bytes: RawSpan) -> Bool {
        name.count == bytes.byteCount && name.span.bytes.holds(bytes, at: 0)
    }

    /// FNV-1a from a secret start, so that nobody can make up topics that collide.
    private static func hash(_ bytes: RawSpan) -> UInt64 {
        var hash = seed
        for offset in bytes.byteOffsets {
            hash = (hash ^ UInt64(bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self))) &* 0x100_0000_01B3
        }
        return hash
    }
}

// Taking a part of the events, and saying in each for how many it stands.
internal import BSON

/// A route's `sample`.
struct Sampling: Hashable, Sendable {
    /// The part that is taken, above 0 and at most 1.
    let rate: Double
    private let threshold: UInt64

    init(rate: Double) {
        self.rate = rate
        threshold = rate >= 1 ? .max : UInt64(rate * 0x1p64)
    }

    /// Whether the event is taken.
    ///
    /// The same `_id` is chosen by every router with the same rate, so that two of them side by side agree. An event
    /// that was sampled before is judged anew: its weight is part of the hash, else a second router would find that
    /// all of what the first one took is to be taken again.
    ///
    /// - Parameter random: Decides about events without `_id`.
    func takes(_ event: DocumentView, weight: Double, random: inout FastRandom) -> Bool {
        if threshold == .max { return true }
        guard let id = event["_id"] else { return random.next() < threshold }
        return Sampling.hash(id, salt: weight.bitPattern) < threshold
    }

    /// FNV-1a over type and value, mixed so that all bits of the result are even chances.
    private static func hash(_ id: ElementView, salt: UInt64) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325 ^ salt
        hash = (hash ^ UInt64(id.type.rawValue)) &* 0x100_0000_01B3
        let bytes = id.valueBytes
        for offset in bytes.byteOffsets {
            hash = (hash ^ UInt64(bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self))) &* 0x100_0000_01B3
        }
        return FastRandom.mixed(hash)
    }
}

/// How many events one stands for: the field `weight`.
enum Weight {
    /// The weight of an event as it came; 1 if it has none.
    static func of(_ event: DocumentView) -> Double {
        guard let weight = event["weight"]?.number, weight > 0, weight.isFinite else { return 1 }
        return weight
    }

    /// Appends the event with another weight.
    static func write(_ weight: Double, _ event: DocumentView, to writer: inout DocumentWriter) throws(WriteFailure) {
        writer.beginDocument()
        if event["weight"] == nil {
            writer.append(contentsOf: event)
            writer["weight"] = weight
        } else {
            var isWritten = false
            var elements = event.makeIterator()
            while let element = elements.next() {
                let isWeight = Redaction.isKey(element, Weight.key)
                if !isWeight { writer.append(element) }
                if isWeight && !isWritten { writer["weight"] = weight }
                isWritten = isWritten || isWeight
            }
        }
        if !writer.endDocument() { throw writer.failure ?? .tooLarge }
    }

    private static let key = Array("weight".utf8)
}

/// Numbers that nobody needs to be unable to guess: splitmix64.
struct FastRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        return FastRandom.mixed(state)
    }

    /// Spreads a change of any bit over all of them.
    static func mixed(_ value: UInt64) -> UInt64 {
        var z = value
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

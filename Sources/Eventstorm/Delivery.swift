// One message as it is lent to a subscriber's program.
public import BSON

/// One received message: one or more events of one topic.
///
/// Lent for the duration of a call; its documents are views of the received bytes. They were validated when the message
/// came in. Copy what must be kept.
public struct Delivery: ~Escapable {
    /// The topic of all its events.
    public let topic: Topic
    /// The origin's stamp; nil from a publisher that is no Eventstorm source.
    public let stamp: Stamp?
    /// How many events it carries.
    public let count: Int
    /// The events' bytes: BSON documents, one after another.
    public let payload: RawSpan
    /// Which documents of the message these are; nil if they are all of it.
    public let positions: [Range<Int>]?

    @_lifetime(copy payload)
    init(topic: Topic, stamp: Stamp?, count: Int, payload: RawSpan, positions: [Range<Int>]? = nil) {
        self.topic = topic
        self.stamp = stamp
        self.count = count
        self.payload = payload
        self.positions = positions
    }

    /// Calls `body` with each event, in order.
    @inlinable
    public func forEachDocument<E: Error>(_ body: (DocumentView) throws(E) -> Void) throws(E) {
        var offset = 0
        while offset + 4 <= payload.byteCount {
            let length = Int(Int32(littleEndian: payload.unsafeLoadUnaligned(fromByteOffset: offset, as: Int32.self)))
            // Validated, so this holds; should it ever not, the loop ends instead of going wild.
            guard length >= 5, length <= payload.byteCount - offset else { return }
            try body(DocumentView(unchecked: payload.extracting(offset..<offset + length)))
            offset += length
        }
    }
}

// What the feed counts between two ticks: no locks, no clocks, no sockets.

import BSON
import Eventstorm

/// A numeric field of a topic that somebody watches.
struct FieldKey: Hashable, Sendable {
    var topic: Topic
    var path: String
}

/// What a watched field held between two ticks.
struct FieldValues: Sendable {
    var key: FieldKey
    var count = 0
    var sum = 0.0
    var low = Double.infinity
    var high = -Double.infinity
    var last = 0.0

    var average: Double { sum / Double(count) }

    mutating func add(_ value: Double) {
        count += 1
        sum += value
        low = min(low, value)
        high = max(high, value)
        last = value
    }
}

/// Events and bytes; they only grow while somebody watches.
struct Volume: Sendable {
    var events: UInt64 = 0
    var bytes: UInt64 = 0

    mutating func add(_ events: Int, _ bytes: Int) {
        self.events &+= UInt64(events)
        self.bytes &+= UInt64(bytes)
    }
}

/// An event kept for the tails.
struct Sample: Sendable {
    /// Its place among all events kept since the last tick.
    var order: Int
    /// Its bytes; of one that is too large to show, the first four, which are its length.
    var document: [UInt8]
}

/// What happened since the last tick, handed to the service thread.
struct Tick: Sendable {
    struct Row: Sendable {
        var index: Int
        var topic: Topic
        var volume: Volume
        var samples: [Sample]
    }

    var total = Volume()
    var others = Volume()
    var otherTopics = 0
    /// The rows that changed; an index once given keeps its topic until the feed is reset.
    var rows: [Row] = []
    var fields: [FieldValues] = []
    /// The books, if they were recorded since the last tick.
    var books: [LiveBook]?
}

/// Counts events by topic, aggregates watched fields, keeps a few events for the tails.
struct FeedState {
    private struct Row {
        var topic: Topic
        var volume = Volume()
        var hasChanged = false
        var isTailed = false
        var fields: [Int] = []
        var samples: [Sample] = []
    }

    private var indices: [Topic: Int] = [:]
    private var rows: [Row] = []
    private var changed: [Int] = []
    private var total = Volume()
    private var others = Volume()
    private var otherTopics: Set<Topic> = []
    private var fields: [FieldValues] = []
    private var tails: [Pattern] = []
    private var samples = 0
    private var sampleBytes = 0
    /// Events of earlier watches.
    private var past: [Topic: UInt64] = [:]
    var books: [LiveBook]?

    /// Counts one message: `count` validated documents of one topic, one after another.
    ///
    /// Looks into the documents only when somebody watches a field of the topic or still needs an event for a tail.
    mutating func ingest(_ topic: Topic, count: Int, payload: RawSpan) {
        total.add(count, payload.byteCount)
        guard let index = index(of: topic) else {
            others.add(count, payload.byteCount)
            return
        }
        if !rows[index].hasChanged {
            rows[index].hasChanged = true
            changed.append(index)
        }
        rows[index].volume.add(count, payload.byteCount)
        guard rows[index].isTailed || !rows[index].fields.isEmpty else { return }
        look(into: payload, index)
    }

    private mutating func index(of topic: Topic) -> Int? {
        if let index = indices[topic] { return index }
        guard rows.count < LiveLimits.topics else {
            if otherTopics.count < LiveLimits.otherTopics { otherTopics.insert(topic) }
            return nil
        }
        indices[topic] = rows.count
        rows.append(Row(topic: topic))
        connect(rows.count - 1)
        return rows.count - 1
    }

    private mutating func look(into payload: RawSpan, _ index: Int) {
        var offset = 0
        while let length = Self.documentLength(payload, at: offset) {
            let bytes = payload.extracting(offset..<offset + length)
            offset += length
            let isSampling = keepSample(bytes, index)
            for field in rows[index].fields {
                let value = DocumentView(unchecked: bytes).find(path: fields[field].key.path)?.number
                if let value, value.isFinite { fields[field].add(value) }
            }
            if !isSampling && rows[index].fields.isEmpty { return }
        }
    }

    private static func documentLength(_ payload: RawSpan, at offset: Int) -> Int? {
        guard payload.byteCount - offset >= 5 else { return nil }
        let length = Int(Int32(littleEndian: payload.unsafeLoadUnaligned(fromByteOffset: offset, as: Int32.self)))
        return length >= 5 && length <= payload.byteCount - offset ? length : nil
    }

    /// Keeps an event for the tails while there is room; says whether another one would be kept.
    private mutating func keepSample(_ bytes: RawSpan, _ index: Int) -> Bool {
        guard rows[index].isTailed, rows[index].samples.count < LiveLimits.samplesPerTopic else { return false }
        let kept = bytes.byteCount <= LiveLimits.tailEventBytes ? bytes.byteCount : 4
        guard sampleBytes + kept <= LiveLimits.sampleBytes else { return false }
        sampleBytes += kept
        let document = bytes.extracting(first: kept).withUnsafeBytes { Array($0) }
        rows[index].samples.append(Sample(order: samples, document: document))
        samples += 1
        return true
    }

    // MARK: What is watched

    /// Watches these fields from now on, and no others.
    mutating func watch(fields keys: Set<FieldKey>) {
        let kept = fields.filter { keys.contains($0.key) }
        let known = Set(kept.map(\.key))
        fields = kept + keys.subtracting(known).map { FieldValues(key: $0) }
        reconnect()
    }

    /// Keeps events of the topics that match one of the patterns from now on, and of no others.
    mutating func tail(_ patterns: Set<Pattern>) {
        tails = Array(patterns)
        reconnect()
    }

    private mutating func reconnect() { for index in rows.indices { connect(index) } }

    private mutating func connect(_ index: Int) {
        let topic = rows[index].topic
        rows[index].isTailed = tails.contains { $0.matches(topic) }
        rows[index].fields = fields.indices.filter { fields[$0].key.topic == topic }
    }

    /// Forgets what was counted and what was wanted; only the fates outlive a watch.
    mutating func reset() {
        let past = events
        self = FeedState()
        self.past = past
    }

    /// Events since the start, by topic; those beyond the limit of topics are left out.
    var events: [Topic: UInt64] {
        var events = past
        for row in rows where events.count < LiveLimits.topics || events[row.topic] != nil {
            events[row.topic, default: 0] &+= row.volume.events
        }
        return events
    }

    // MARK: The tick

    /// Hands over what changed since the last tick.
    mutating func takeTick() -> Tick {
        var tick = Tick(total: total, others: others, otherTopics: otherTopics.count)
        for index in changed {
            tick.rows.append(
                Tick.Row(
                    index: index, topic: rows[index].topic, volume: rows[index].volume, samples: rows[index].samples))
            rows[index].hasChanged = false
            rows[index].samples.removeAll(keepingCapacity: false)
        }
        changed.removeAll(keepingCapacity: true)
        (samples, sampleBytes) = (0, 0)
        tick.fields = fields.filter { $0.count > 0 }
        for index in fields.indices { fields[index] = FieldValues(key: fields[index].key) }
        tick.books = books
        books = nil
        return tick
    }
}

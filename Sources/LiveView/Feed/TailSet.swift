// The newest events for those who read along: a few of many.

import BSON
import Eventstorm
import Query

/// What somebody reads along: events of a pattern that a query selects.
struct TailSpec: Hashable, Sendable {
    var pattern: Pattern
    /// The query as a document of BSON; empty for all events.
    var match: [UInt8] = []
    /// Events in one tick at most.
    var perTick = LiveLimits.tailEvents
    /// Dotted paths of fields that are left out, with all below them.
    var hidden: [String] = []
}

/// What a tail shows of the events since the last tick.
struct TailChange: Sendable {
    /// An event.
    struct Event: Sendable {
        var topic: Topic
        /// Its bytes; of one that is too large to show, the first four, which are its length.
        var document: [UInt8]
    }

    var id: Int
    /// Events that it would have shown if there were room, since it began.
    var matching: UInt64
    var events: [Event]
    /// Why it was ended.
    var failure: String?
}

/// All tails: each keeps some of its events until the next tick.
struct TailSet {
    private struct Kept {
        var order: Int
        var document: [UInt8]
    }

    private final class Tail {
        let spec: TailSpec
        let match: Match?
        let projection: Projection?
        var holders = 1
        var matching: UInt64 = 0
        var kept: [Topic: [Kept]] = [:]
        var bytes = 0
        var order = 0
        var failed = 0

        init(_ spec: TailSpec, _ match: Match?, _ projection: Projection?) {
            self.spec = spec
            self.match = match
            self.projection = projection
        }
    }

    private var tails: [Int: Tail] = [:]
    private var ids: [TailSpec: Int] = [:]
    private var nextID = 1

    var patterns: Set<Pattern> { Set(tails.values.map(\.spec.pattern)) }

    /// Begins a tail, or joins one that is the same.
    mutating func add(_ spec: TailSpec) throws(WatchError) -> Int {
        if let id = ids[spec], let known = tails[id] {
            known.holders += 1
            return id
        }
        guard tails.count < LiveLimits.tails else { throw WatchError(message: "too many tails of all clients") }
        let match = try Match.ofWish(spec.match)
        tails[nextID] = Tail(spec, match, try Self.projection(spec.hidden))
        ids[spec] = nextID
        nextID += 1
        return nextID - 1
    }

    /// What leaves fields out; nil if there are none to leave out.
    private static func projection(_ hidden: [String]) throws(WatchError) -> Projection? {
        if hidden.isEmpty { return nil }
        let query = Document { writer in for path in hidden { writer[path] = Int32(0) } }
        do throws(QueryError) {
            return try Projection(query.view)
        } catch {
            throw WatchError(message: "hidden fields: \(error)")
        }
    }

    /// One client fewer reads along.
    mutating func remove(_ id: Int) {
        guard let tail = tails[id] else { return }
        tail.holders -= 1
        guard tail.holders == 0 else { return }
        tails[id] = nil
        ids[tail.spec] = nil
    }

    /// How many events a tail would have shown until now.
    func matching(_ id: Int) -> UInt64 { tails[id]?.matching ?? 0 }

    // MARK: Events

    /// Takes one message.
    ///
    /// Looks into the documents only for a query, or while an event is still needed.
    func ingest(_ topic: Topic, count: Int, payload: RawSpan) {
        for tail in tails.values where tail.spec.pattern.matches(topic) {
            if tail.match == nil {
                tail.matching &+= UInt64(count)
                if !Self.hasRoom(tail, topic) { continue }
            }
            Self.look(into: payload, tail, topic)
        }
    }

    /// Whether another event of the topic would be kept.
    private static func hasRoom(_ tail: Tail, _ topic: Topic) -> Bool {
        if let kept = tail.kept[topic] { return kept.count < LiveLimits.samplesPerTopic }
        return tail.kept.count < LiveLimits.sampleTopics
    }

    private static func look(into payload: RawSpan, _ tail: Tail, _ topic: Topic) {
        var offset = 0
        var hasRoom = hasRoom(tail, topic)
        while let length = Columns.documentLength(payload, at: offset) {
            let bytes = payload.extracting(offset..<offset + length)
            offset += length
            if let match = tail.match {
                guard tail.failed < LiveLimits.tailFailures else { return }
                do throws(QueryError) {
                    guard try match.matches(DocumentView(unchecked: bytes)) else { continue }
                    tail.matching &+= 1
                } catch {
                    tail.failed += 1
                    continue
                }
            }
            if hasRoom {
                keep(bytes, tail, topic)
                hasRoom = Self.hasRoom(tail, topic)
            } else if tail.match == nil {
                return
            }
        }
    }

    private static func keep(_ bytes: RawSpan, _ tail: Tail, _ topic: Topic) {
        let count = bytes.byteCount <= LiveLimits.tailEventBytes ? bytes.byteCount : 4
        guard tail.bytes + count <= LiveLimits.sampleBytes else { return }
        tail.bytes += count
        let document = shown(bytes, count, tail.projection)
        tail.kept[topic, default: []].append(Kept(order: tail.order, document: document))
        tail.order += 1
    }

    /// The event as it is shown; its length alone where it is too large, or what is hidden cannot be left out.
    private static func shown(_ bytes: RawSpan, _ count: Int, _ projection: Projection?) -> [UInt8] {
        let start = bytes.extracting(first: count).withUnsafeBytes { Array($0) }
        guard count > 4, let projection else { return start }
        var writer = DocumentWriter(capacity: count)
        do throws(QueryError) {
            try projection.apply(DocumentView(unchecked: bytes), to: &writer)
        } catch {
            return Array(start.prefix(4))
        }
        return writer.withBytes { $0.withUnsafeBytes { Array($0) } }
    }

    // MARK: The tick

    /// Hands over what is shown of the events since the last call.
    mutating func takeChanges() -> [TailChange] {
        tails.sorted { $0.key < $1.key }.map { id, tail in
            var change = TailChange(id: id, matching: tail.matching, events: Self.choose(tail))
            if tail.failed >= LiveLimits.tailFailures { change.failure = "the query fails on too many events" }
            tail.kept.removeAll(keepingCapacity: true)
            (tail.bytes, tail.order, tail.failed) = (0, 0, 0)
            return change
        }
    }

    /// Chooses events so that every topic is heard: one of each, the quietest first, then another one of each.
    ///
    /// They are returned in the order in which they came.
    private static func choose(_ tail: Tail) -> [TailChange.Event] {
        let candidates = tail.kept.sorted { ($0.value.count, $0.key) < ($1.value.count, $1.key) }
        var chosen: [(order: Int, event: TailChange.Event)] = []
        for round in 0..<LiveLimits.samplesPerTopic {
            for (topic, kept) in candidates where round < kept.count && chosen.count < tail.spec.perTick {
                chosen.append((kept[round].order, TailChange.Event(topic: topic, document: kept[round].document)))
            }
        }
        return chosen.sorted { $0.order < $1.order }.map(\.event)
    }
}

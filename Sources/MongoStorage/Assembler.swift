// From received messages to batches: which events, where, and with what added. Knows no server.

internal import BSON
internal import Eventstorm
internal import Query
internal import Service

/// How large batches get, and how many collections there can be.
struct BatchLimits: Sendable {
    var events = 5_000
    var bytes = 4 << 20
    /// How long an event waits for others.
    var time = Duration.milliseconds(20)
    /// How many collections names may make.
    var collections = 1_000
    /// All open batches together.
    var open = 16 << 20
}

/// Files events in batches by their collections; belongs to one thread.
final class Assembler {
    private let rules: [StorageRule]
    private let limits: BatchLimits
    private let usualDatabase: String
    private let state: SinkState
    /// Takes a complete batch, and may wait; false if there is nobody any more.
    private let send: (Batch) -> Bool
    private let report: @Sendable (Log.Level, String) -> Void

    private var targets: [[UInt8]: Int] = [:]
    private var places: [Target] = []
    private var open: [Batch?] = []
    private var openBytes = 0
    /// Collections that have a batch, the oldest first.
    private var waiting: [Int] = []
    private var rulesByTopic: [Topic: [Int]] = [:]
    private var targetsByTopic: [Topic: Int] = [:]
    private var database: [UInt8] = []
    private var name: [UInt8] = []
    private var lookup: [UInt8] = []
    private var saidTooMany = false
    private var failedQueries = 0

    /// Topics whose way is remembered; more are looked up each time.
    private static let topicLimit = 10_000

    init(
        _ rules: [StorageRule], limits: BatchLimits, database: String, state: SinkState,
        report: @escaping @Sendable (Log.Level, String) -> Void, send: @escaping (Batch) -> Bool
    ) {
        self.rules = rules
        self.limits = limits
        usualDatabase = database
        self.state = state
        self.report = report
        self.send = send
    }

    /// When the oldest open batch is to be sent; nil if there is none.
    var due: ContinuousClock.Instant? { waiting.first.flatMap { open[$0]?.opened }.map { $0 + limits.time } }

    /// Files the events of one message.
    func take(_ item: SinkState.Item) {
        let rules = rules(for: item.topic)
        if rules.isEmpty { return state.settle(item.topic, item.events, .filtered) }
        let identity = item.origin.map { DerivedIdentity(origin: $0.id, topic: item.topic) }
        let bytes = item.documents.span.bytes
        var offset = 0
        var positions = Positions(item.positions)
        for _ in 0..<item.events {
            let event = DocumentView(unchecked: bytes.extracting(offset..<bytes.byteCount))
            offset += max(event.bytes.byteCount, 5)
            let sequence = item.origin.map { $0.sequence &+ UInt64(positions.next()) }
            take(event, item.topic, rules, identity, sequence)
        }
    }

    /// The rules that take a topic, in their order.
    private func rules(for topic: Topic) -> [Int] {
        if let known = rulesByTopic[topic] { return known }
        let found = rules.indices.filter { rules[$0].takes(topic) }
        if rulesByTopic.count < Self.topicLimit { rulesByTopic[topic] = found }
        return found
    }

    private func take(
        _ event: DocumentView, _ topic: Topic, _ candidates: [Int], _ identity: DerivedIdentity?, _ sequence: UInt64?
    ) {
        do throws(QueryError) {
            for place in candidates {
                if let match = rules[place].match, try !match.matches(event) { continue }
                return try file(event, topic, place, identity, sequence)
            }
            state.settle(topic, 1, .filtered)
        } catch {
            if failedQueries == 0 { report(.error, "a query fails on events, which have failed: \(error)") }
            failedQueries += 1
            state.fail(topic, 1, reason: "query")
        }
    }

    /// Puts an event into the batch of its collection.
    private func file(
        _ event: DocumentView, _ topic: Topic, _ rule: Int, _ identity: DerivedIdentity?, _ sequence: UInt64?
    ) throws(QueryError) {
        let target = target(rule, topic, event)
        var id: ObjectID?
        if event["_id"] == nil {
            if let identity, let sequence {
                id = identity.id(sequence: sequence, time: event["timestamp"]?.datetime)
            } else {
                id = ObjectID()
                state.note(topic, 1, .unidentified)
            }
        }
        let addsKind = rules[rule].addsKind
        guard let projection = rules[rule].projection else {
            let kind = addsKind && event["kind"] == nil ? topic.utf8 : nil
            return append(event.bytes, topic, target, id: id, kind: kind)
        }
        var writer = DocumentWriter(capacity: event.bytes.byteCount + 64, limit: 16 << 20)
        try projection.apply(event, to: &writer)
        // A projection that leaves the `_id` out must not make an event that a retry stores twice.
        if id == nil { id = Assembler.identity(of: event, identity, sequence) }
        appendProjected(writer.bytes, topic, target, id: id, addsKind: addsKind)
    }

    private func appendProjected(_ document: RawSpan, _ topic: Topic, _ target: Int, id: ObjectID?, addsKind: Bool) {
        let view = DocumentView(unchecked: document)
        let kind = addsKind && view["kind"] == nil ? topic.utf8 : nil
        append(document, topic, target, id: view["_id"] == nil ? id : nil, kind: kind)
    }

    /// An `_id` for an event whose own was left out.
    private static func identity(
        of event: DocumentView, _ identity: DerivedIdentity?, _ sequence: UInt64?
    ) -> ObjectID {
        if let id = event["_id"]?.objectID { return id }
        guard let identity, let sequence else { return ObjectID() }
        return identity.id(sequence: sequence, time: event["timestamp"]?.datetime)
    }

    private func append(_ document: RawSpan, _ topic: Topic, _ target: Int, id: ObjectID?, kind: [UInt8]?) {
        let size = document.byteCount + 64
        if let batch = open[target], batch.byteCount + size > max(limits.bytes, 1024) { flush(target) }
        if open[target] == nil {
            open[target] = Batch(places[target])
            waiting.append(target)
        }
        guard let batch = open[target] else { return }
        let before = batch.byteCount
        batch.append(document, topic, id: id, kind: kind)
        openBytes += batch.byteCount - before
        if batch.count >= limits.events || batch.byteCount >= limits.bytes { flush(target) }
        if openBytes > limits.open, let oldest = waiting.first { flush(oldest) }
    }

    // MARK: Sending

    /// Sends the batches whose time has come.
    func flush(dueAt now: ContinuousClock.Instant) {
        while let due, due <= now, let oldest = waiting.first { flush(oldest) }
    }

    /// Sends all batches.
    func flush() {
        while let oldest = waiting.first { flush(oldest) }
    }

    private func flush(_ target: Int) {
        guard let batch = open[target] else { return }
        open[target] = nil
        waiting.removeAll { $0 == target }
        openBytes = waiting.isEmpty ? 0 : max(0, openBytes - batch.byteCount)
        if !send(batch) { state.settle(batch, .failed) }
    }

    // MARK: Collections

    private func target(_ rule: Int, _ topic: Topic, _ event: DocumentView) -> Int {
        let template = rules[rule]
        // Only where one rule takes the topic does the topic alone say where its events go.
        let isFixed = rules.count == 1 && template.collection.isOfTopic && template.database?.isOfTopic ?? true
        if isFixed, let known = targetsByTopic[topic] { return known }
        database.removeAll(keepingCapacity: true)
        if let template = template.database {
            template.write(topic, event, to: &database)
        } else {
            database.append(contentsOf: usualDatabase.utf8)
        }
        template.collection.write(topic, event, to: &name)
        if database.count + 1 + name.count > NameTemplate.longestName { name = template.collection.other }
        let found = place(rule)
        if isFixed, targetsByTopic.count < Self.topicLimit { targetsByTopic[topic] = found }
        return found
    }

    /// The number of the collection whose names are in `database` and `name`.
    private func place(_ rule: Int) -> Int {
        makeKey(rule)
        if let known = targets[lookup] { return known }
        if places.count >= limits.collections {
            if !saidTooMany {
                let most = limits.collections
                report(
                    .warning,
                    "names made \(most) collections, the most that max_collections permits: all others "
                        + "become \(String(decoding: rules[rule].collection.other, as: UTF8.self))")
                saidTooMany = true
            }
            name = rules[rule].collection.other
            if let template = rules[rule].database { database = template.other }
            makeKey(rule)
            if let known = targets[lookup] { return known }
        }
        places.append(
            Target(
                database: String(decoding: database, as: UTF8.self), collection: String(decoding: name, as: UTF8.self),
                layout: rules[rule].layout, bypassesValidation: rules[rule].bypassesValidation))
        open.append(nil)
        targets[lookup] = places.count - 1
        return places.count - 1
    }

    /// Two rules may lead to one collection, but see it prepared in ways of their own.
    private func makeKey(_ rule: Int) {
        lookup.removeAll(keepingCapacity: true)
        lookup.append(contentsOf: database)
        lookup.append(0)
        lookup.append(contentsOf: name)
        lookup.append(0)
        withUnsafeBytes(of: rule) { lookup.append(contentsOf: $0) }
    }
}

/// Counts through the positions that documents had in their message.
private struct Positions {
    private var ranges: [Range<Int>]?
    private var index = 0
    private var position = 0

    init(_ ranges: [Range<Int>]?) {
        self.ranges = ranges
        position = ranges?.first?.lowerBound ?? 0
    }

    mutating func next() -> Int {
        defer { position += 1 }
        guard let ranges else { return position }
        while index < ranges.count, position >= ranges[index].upperBound {
            index += 1
            if index < ranges.count { position = ranges[index].lowerBound }
        }
        return position
    }
}

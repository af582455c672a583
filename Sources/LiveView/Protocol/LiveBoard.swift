// What all clients are shown: the newest state, encoded once for all of them.

import BSON
import BSONText
import Eventstorm

/// Keeps the latest counters and encodes the parts of messages that clients share.
///
/// Belongs to the service thread.
final class LiveBoard {
    private struct Row {
        var name: [UInt8]
        var topic: Topic
        var volume = Volume()
        var changedAt = 0
    }

    /// The events of one pattern in the latest tick.
    private struct Tail {
        var clients = 0
        var matching: UInt64 = 0
        var events: [UInt8] = []
        var shown: UInt64 = 0
    }

    let feed: LiveFeed
    /// The clock: milliseconds since the epoch.
    let now: () -> Int64
    /// The number of the latest tick.
    private(set) var number = 0
    private(set) var time: Int64 = 0
    private(set) var books: [LiveBook] = []
    /// The tick at which the books last changed.
    private(set) var booksChangedAt = 0
    private var tick = Tick()
    private var rows: [Row] = []
    private var fields: [FieldKey: Int] = [:]
    private var tails: [Pattern: Tail] = [:]
    private var heads: [Int: [UInt8]] = [:]

    init(feed: LiveFeed, now: @escaping () -> Int64) {
        self.feed = feed
        self.now = now
    }

    /// Forgets everything: nobody watches.
    func reset() {
        rows = []
        tick = Tick()
        books = []
        heads = [:]
        booksChangedAt = number
    }

    /// Takes over what happened since the last tick.
    func advance() {
        tick = feed.takeTick()
        number += 1
        time = now()
        heads.removeAll(keepingCapacity: true)
        for row in tick.rows {
            if row.index == rows.count {
                var name: [UInt8] = []
                name.json(string: row.topic.name)
                rows.append(Row(name: name, topic: row.topic))
            }
            rows[row.index].volume = row.volume
            rows[row.index].changedAt = number
        }
        if let books = tick.books, books != self.books {
            self.books = books
            booksChangedAt = number
        }
        for pattern in tails.keys { advance(pattern) }
    }

    // MARK: What clients want

    /// Counts one more or one fewer client for each field.
    func change(fields old: Set<FieldKey>, to new: Set<FieldKey>) {
        let before = Set(fields.keys)
        for key in new.subtracting(old) { fields[key, default: 0] += 1 }
        for key in old.subtracting(new) { fields[key] = fields[key].flatMap { $0 > 1 ? $0 - 1 : nil } }
        let after = Set(fields.keys)
        if after != before { feed.watch(fields: after) }
    }

    /// Whether so many further fields would be more than are watched for all clients.
    func hasRoom(for keys: Set<FieldKey>) -> Bool {
        keys.subtracting(fields.keys).count + fields.count <= LiveLimits.fields
    }

    /// Counts one more or one fewer client for a tail.
    func change(tail old: Pattern?, to new: Pattern?) {
        guard old != new else { return }
        if let new {
            let matching = matching(new)
            tails[new, default: Tail(matching: matching)].clients += 1
        }
        if let old {
            tails[old]?.clients -= 1
            if tails[old]?.clients == 0 { tails[old] = nil }
        }
        feed.tail(Set(tails.keys))
    }

    /// How many events matched a pattern until the latest tick.
    func matching(_ pattern: Pattern) -> UInt64 {
        rows.reduce(0) { pattern.matches($1.topic) ? $0 &+ $1.volume.events : $0 }
    }

    // MARK: Parts of messages

    /// The part of a tick that depends only on which tick the client saw last.
    func head(since seen: Int) -> [UInt8] {
        if let head = heads[seen] { return head }
        var head: [UInt8] = []
        head.json("{\"type\":\"tick\",\"time\":")
        head.json(time)
        head.json(",\"events\":")
        head.json(tick.total.events)
        head.json(",\"bytes\":")
        head.json(tick.total.bytes)
        head.json(",\"books\":{")
        BookText.appendTotals(of: books, to: &head)
        head.json("},\"others\":{\"topics\":")
        head.json(tick.otherTopics)
        head.json(",\"events\":")
        head.json(tick.others.events)
        head.json(",\"bytes\":")
        head.json(tick.others.bytes)
        head.json("},\"topics\":[")
        appendRows(since: seen, to: &head)
        head.json("]")
        heads[seen] = head
        return head
    }

    private func appendRows(since seen: Int, to head: inout [UInt8]) {
        var isFirst = true
        for row in rows where row.changedAt > seen {
            head.json(isFirst ? "[" : ",[")
            isFirst = false
            head.append(contentsOf: row.name)
            head.json(",")
            head.json(row.volume.events)
            head.json(",")
            head.json(row.volume.bytes)
            head.json("]")
        }
    }

    /// Appends `[topic, field, count, average, low, high, last]` of each field that had a value in the latest tick.
    func appendFields(_ wanted: Set<FieldKey>, to message: inout [UInt8]) {
        var isFirst = true
        for values in tick.fields where wanted.contains(values.key) {
            message.json(isFirst ? "[" : ",[")
            isFirst = false
            message.json(string: values.key.topic.name)
            message.json(",")
            message.json(string: values.key.path)
            message.json(",")
            message.json(values.count)
            for number in [values.average, values.low, values.high, values.last] {
                message.json(",")
                message.json(number)
            }
            message.json("]")
        }
    }

    /// Appends the events of a tail.
    ///
    /// `seen` is how many events the client was told of: what it is not shown is left out.
    func appendTail(_ pattern: Pattern, seen: inout UInt64, to message: inout [UInt8]) {
        guard let tail = tails[pattern] else { return }
        message.json(",\"tail\":{\"topic\":")
        message.json(string: pattern.description)
        message.json(",\"events\":[")
        message.append(contentsOf: tail.events)
        message.json("],\"left_out\":")
        message.json(tail.matching > seen &+ tail.shown ? tail.matching - seen - tail.shown : 0)
        message.json("}")
        seen = tail.matching
    }

    // MARK: The tails

    private func advance(_ pattern: Pattern) {
        guard var tail = tails[pattern] else { return }
        tail.matching = matching(pattern)
        tail.events.removeAll(keepingCapacity: false)
        tail.shown = 0
        for (row, sample) in choose(tick.rows.filter { pattern.matches($0.topic) }) {
            if tail.events.count > LiveLimits.tailBytes { break }
            if tail.shown > 0 { tail.events.json(",") }
            append(sample.document, of: rows[row].name, to: &tail.events)
            tail.shown += 1
        }
        tails[pattern] = tail
    }

    /// Chooses events so that every topic is heard: one of each, the quietest first, then another one of each.
    ///
    /// They are returned in the order in which they came.
    private func choose(_ candidates: [Tick.Row]) -> [(row: Int, sample: Sample)] {
        let candidates = candidates.sorted { $0.samples.count < $1.samples.count }
        var chosen: [(row: Int, sample: Sample)] = []
        for round in 0..<LiveLimits.samplesPerTopic {
            for row in candidates where round < row.samples.count && chosen.count < LiveLimits.tailEvents {
                chosen.append((row.index, row.samples[round]))
            }
        }
        return chosen.sorted { $0.sample.order < $1.sample.order }
    }

    private func append(_ document: [UInt8], of name: [UInt8], to events: inout [UInt8]) {
        events.json("{\"topic\":")
        events.append(contentsOf: name)
        if document.count > 4 {
            events.json(",\"event\":")
            BSONText.write(DocumentView(unchecked: document.span.bytes), style: .relaxed, layout: .compact, to: &events)
        } else {
            let length = document.span.bytes.unsafeLoadUnaligned(fromByteOffset: 0, as: Int32.self)
            events.json(",\"size\":")
            events.json(Int32(littleEndian: length))
        }
        events.json("}")
    }
}

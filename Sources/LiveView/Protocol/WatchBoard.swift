// One watch as its clients are shown it.

import BSON
import Eventstorm

/// The latest changes of a watch, encoded once for all of its clients.
struct WatchBoard {
    private struct Recent {
        var text: [UInt8]
        var changedAt: Int
    }

    let spec: WatchSpec
    var holders = 1
    private var buckets: [Int64: Recent] = [:]
    private var groups: [Int: Recent] = [:]
    private var totals: Recent?
    /// The tick at which something last changed.
    private(set) var changedAt = 0
    private(set) var failure: String?
    private var history: (state: Seam.State, changedAt: Int)?
    private var bodies: [Int: [UInt8]] = [:]
    private var parts: [Int64?: (tick: Int, part: WatchPart)] = [:]

    init(_ spec: WatchSpec) { self.spec = spec }

    /// Takes over what changed.
    mutating func take(_ change: WatchChange, tick: Int) {
        bodies.removeAll(keepingCapacity: true)
        parts.removeAll(keepingCapacity: true)
        failure = change.failure
        for bucket in change.buckets { buckets[bucket.number] = Recent(text: bucket.text, changedAt: tick) }
        for group in change.groups { groups[group.number] = Recent(text: group.text, changedAt: tick) }
        if let text = change.totals { totals = Recent(text: text, changedAt: tick) }
        if let state = change.history { history = (state, tick) }
        if !change.buckets.isEmpty || !change.groups.isEmpty || change.history != nil { changedAt = tick }
        let before = tick - LiveLimits.keptTicks
        for (number, recent) in buckets where recent.changedAt <= before { buckets[number] = nil }
        for (number, recent) in groups where recent.changedAt <= before { groups[number] = nil }
    }

    /// The part of a message about what changed since a tick that does not depend on the client.
    mutating func changes(since seen: Int, time: Int64) -> [UInt8] {
        if let body = bodies[seen] { return body }
        var body = Self.head(time)
        Self.append(groups.filter { $0.value.changedAt > seen }.sorted { $0.key < $1.key }.map(\.value.text), to: &body)
        body.json(",\"buckets\":[")
        let changed = buckets.filter { $0.value.changedAt > seen }.sorted { $0.key < $1.key }
        for (index, (_, recent)) in changed.enumerated() {
            if index > 0 { body.json(",") }
            body.append(contentsOf: recent.text)
        }
        body.json("]")
        if let totals, totals.changedAt > seen { Self.append(totals: totals.text, to: &body) }
        if let history, history.changedAt > seen { Self.append(history: history.state, to: &body) }
        body.json("}")
        bodies[seen] = body
        return body
    }

    /// The part of a message about the newest buckets before a number.
    ///
    /// Shared by all clients that ask for the same within a tick: a thousand may come at once.
    mutating func part(before number: Int64?, tick: Int, from feed: LiveFeed, id: Int) -> WatchPart? {
        if let known = parts[number], known.tick == tick { return known.part }
        let part = feed.part(ofWatch: id, before: number, bytes: LiveLimits.partBytes)
        parts[number] = part.map { (tick, $0) }
        return part
    }

    // MARK: Messages

    private static func head(_ time: Int64) -> [UInt8] {
        var text: [UInt8] = []
        text.json(",\"time\":")
        text.json(time)
        return text
    }

    private static func append(_ groups: [[UInt8]], to text: inout [UInt8]) {
        text.json(",\"groups\":[")
        for (index, group) in groups.enumerated() {
            if index > 0 { text.json(",") }
            text.append(contentsOf: group)
        }
        text.json("]")
    }

    private static func append(totals: [UInt8], to text: inout [UInt8]) {
        text.json(",\"totals\":[")
        text.append(contentsOf: totals)
        text.json("]")
    }

    private static func append(history: Seam.State, to text: inout [UInt8]) {
        text.json(",\"history\":")
        switch history {
        case .reading: text.json("\"reading\"")
        case .whole: text.json("\"whole\"")
        case .failed(let message):
            text.json("\"failed\",\"message\":")
            text.json(string: message)
        }
    }

    /// The rest of a message that begins a watch for a client, or goes on with what is older.
    func body(of part: WatchPart, isFirst: Bool, time: Int64) -> [UInt8] {
        var text = Self.head(time)
        if isFirst {
            text.json(",\"every\":")
            text.json(spec.every)
            text.json(",\"last\":")
            text.json(spec.last)
            text.json(",\"since\":")
            text.json(part.since)
            Self.append(part.groups.map(\.text), to: &text)
        } else {
            text.json(",\"groups\":[]")
        }
        text.json(",\"buckets\":[")
        for (index, bucket) in part.buckets.reversed().enumerated() {
            if index > 0 { text.json(",") }
            text.append(contentsOf: bucket.text)
        }
        text.json("]")
        if let totals = part.totals { Self.append(totals: totals, to: &text) }
        if isFirst, let history = part.history { Self.append(history: history, to: &text) }
        if part.hasMore { text.json(",\"more\":true") }
        text.json("}")
        return text
    }
}

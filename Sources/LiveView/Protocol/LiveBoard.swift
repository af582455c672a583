// What all clients are shown: the newest state, encoded once for all of them.

import BSON
import BSONText
import Eventstorm

/// Keeps the latest state and encodes the parts of messages that clients share.
///
/// Belongs to the service thread.
final class LiveBoard {
    /// The events of a tail in the latest tick.
    private struct Tail {
        var pattern: Pattern
        var holders = 1
        var matching: UInt64
        var events: [UInt8] = []
        var shown: UInt64 = 0
        var failure: String?
    }

    let feed: LiveFeed
    let settings: LiveSettings
    /// The clock: milliseconds since the epoch.
    let now: () -> Int64
    /// The number of the latest tick.
    private(set) var number = 0
    private(set) var time: Int64 = 0
    private(set) var books: [LiveBook] = []
    /// The tick at which the books last changed.
    private(set) var booksChangedAt = 0
    private(set) var marks = MarkBook()
    private(set) var alerts: AlertText?
    private var total = Volume()
    private var watches: [Int: WatchBoard] = [:]
    private var tails: [Int: Tail] = [:]
    private var head: [UInt8] = []

    init(feed: LiveFeed, settings: LiveSettings = LiveSettings(), now: @escaping () -> Int64) {
        self.feed = feed
        self.settings = settings
        self.now = now
    }

    /// Takes over what happened since the last tick.
    func advance() {
        let before = time
        time = now()
        let elapsed = UInt64(clamping: time - before) &* 1_000_000
        let tick = feed.takeTick(now: time, elapsed: elapsed)
        number += 1
        total = tick.total
        for change in tick.watches { watches[change.id]?.take(change, tick: number) }
        if let books = tick.books, books != self.books {
            self.books = books
            booksChangedAt = number
        }
        for change in tick.tails { take(change) }
        for mark in tick.marks { marks.add(mark) }
        if let alerts = tick.alerts { self.alerts = alerts }
        head = makeHead()
    }

    // MARK: Watches

    /// Begins a watch for one more client; returns its number.
    func add(_ spec: WatchSpec) throws(WatchError) -> Int {
        let id = try feed.add(spec, now: now())
        if watches[id] == nil { watches[id] = WatchBoard(spec) } else { watches[id]?.holders += 1 }
        return id
    }

    /// One client fewer wants a watch.
    func remove(watch id: Int) {
        feed.remove(watch: id)
        watches[id]?.holders -= 1
        if watches[id]?.holders == 0 { watches[id] = nil }
    }

    /// Why a watch was ended, if it was.
    func failure(ofWatch id: Int) -> String? { watches[id]?.failure }

    /// Whether there is something new about a watch since a tick.
    func hasChanges(ofWatch id: Int, since seen: Int) -> Bool { (watches[id]?.changedAt ?? 0) > seen }

    /// The rest of a message about what changed since a tick, behind the name of the watch.
    func changes(ofWatch id: Int, since seen: Int) -> [UInt8] {
        watches[id]?.changes(since: seen, time: time) ?? Array("}".utf8)
    }

    /// The rest of a message about the newest buckets before a number, and the number of the oldest of them if there
    /// are more.
    func part(ofWatch id: Int, before bucket: Int64?) -> (text: [UInt8], next: Int64?) {
        guard let part = watches[id]?.part(before: bucket, tick: number, from: feed, id: id),
            let text = watches[id]?.body(of: part, isFirst: bucket == nil, time: now())
        else { return (Array("}".utf8), nil) }
        return (text, part.hasMore ? part.buckets.last?.number : nil)
    }

    /// All that a watch has to tell, as one object.
    func whole(ofWatch id: Int) -> [UInt8] {
        guard let part = feed.part(ofWatch: id, before: nil, bytes: .max),
            let body = watches[id]?.body(of: part, isFirst: true, time: now())
        else { return Array("{}".utf8) }
        // The body goes on behind a first member.
        return Array("{".utf8) + body.dropFirst()
    }

    // MARK: Tails

    /// Begins a tail for one more client; returns its number.
    func add(_ spec: TailSpec) throws(WatchError) -> Int {
        let id = try feed.add(spec)
        if tails[id] == nil {
            tails[id] = Tail(pattern: spec.pattern, matching: feed.matching(tail: id))
        } else {
            tails[id]?.holders += 1
        }
        return id
    }

    /// One client fewer reads along.
    func remove(tail id: Int) {
        feed.remove(tail: id)
        tails[id]?.holders -= 1
        if tails[id]?.holders == 0 { tails[id] = nil }
    }

    /// How many events a tail would have shown until the latest tick.
    func matching(tail id: Int) -> UInt64 { tails[id]?.matching ?? 0 }

    /// Why a tail was ended, if it was.
    func failure(ofTail id: Int) -> String? { tails[id]?.failure }

    private func take(_ change: TailChange) {
        guard var tail = tails[change.id] else { return }
        tail.matching = change.matching
        tail.failure = change.failure
        tail.events.removeAll(keepingCapacity: false)
        tail.shown = 0
        for event in change.events {
            if tail.events.count > LiveLimits.tailBytes { break }
            if tail.shown > 0 { tail.events.json(",") }
            Self.append(event, to: &tail.events)
            tail.shown += 1
        }
        tails[change.id] = tail
    }

    private static func append(_ event: TailChange.Event, to text: inout [UInt8]) {
        text.json("{\"topic\":")
        text.json(string: event.topic.name)
        let bytes = event.document.span.bytes
        if event.document.count > 4 {
            text.json(",\"event\":")
            BSONText.write(DocumentView(unchecked: bytes), style: .relaxed, layout: .compact, to: &text)
        } else {
            text.json(",\"size\":")
            text.json(Int32(littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: 0, as: Int32.self)))
        }
        text.json("}")
    }

    /// Appends the events of a tail.
    ///
    /// `seen` is how many events the client was told of: what it is not shown is left out.
    func append(tail id: Int, seen: inout UInt64, to message: inout [UInt8]) {
        guard let tail = tails[id] else { return }
        message.json(",\"tail\":{\"topic\":")
        message.json(string: tail.pattern.description)
        message.json(",\"events\":[")
        message.append(contentsOf: tail.events)
        message.json("],\"left_out\":")
        message.json(tail.matching > seen &+ tail.shown ? tail.matching - seen - tail.shown : 0)
        message.json("}")
        seen = tail.matching
    }

    // MARK: The tick

    /// The part of a tick that is the same for all clients.
    var tickHead: [UInt8] { head }

    private func makeHead() -> [UInt8] {
        var head: [UInt8] = []
        head.json("{\"type\":\"tick\",\"time\":")
        head.json(time)
        head.json(",\"events\":")
        head.json(total.events)
        head.json(",\"bytes\":")
        head.json(total.bytes)
        head.json(",\"books\":{")
        BookText.appendTotals(of: books, to: &head)
        head.json("}")
        return head
    }
}

// The past of a watch, read out of what was stored, and where it meets the present.

import BSON
import Eventstorm
import Glibc
import Synchronization
import Testing

@testable import LiveView

/// Milliseconds since 1970 at which the tests begin.
private let start: Int64 = 1_795_220_593_400

/// What was stored, in the order in which it was, and the clock of a test.
final class Store: HistorySource {
    struct State {
        var now: Int64 = start
        var stored: [(at: Int64, document: [UInt8])] = []
        var failure: HistoryError?
    }

    let state = Mutex(State())
    let topic: Topic

    init() throws { topic = try Topic("http.hit") }

    var now: Int64 {
        get { state.withLock { $0.now } }
        set { state.withLock { $0.now = newValue } }
    }

    func open(_ range: HistoryRange) throws(HistoryError) -> any HistoryCursor { Cursor(self, range) }

    /// Lends a hundred events at a time.
    final class Cursor: HistoryCursor {
        let store: Store
        let range: HistoryRange
        var place = 0

        init(_ store: Store, _ range: HistoryRange) { (self.store, self.range) = (store, range) }

        func next(_ take: (Topic, RawSpan) -> Void) throws(HistoryError) -> Bool {
            let (documents, failure) = store.state.withLock { state in
                let all = state.stored.dropFirst(place).prefix { $0.at <= state.now && $0.at <= range.storedUntil }
                return (all.prefix(100).map(\.document), state.failure)
            }
            if let failure { throw failure }
            let payload = documents.flatMap(\.self)
            place += documents.count
            if !documents.isEmpty { take(store.topic, payload.span.bytes) }
            return !documents.isEmpty
        }
    }
}

/// A hit, when it arrives at sinks, and when it is stored.
private struct Journey {
    var hit: Hit
    var arrival: Int64
    var stored: Int64
}

private func journeys(_ count: Int, seed: UInt64, from: Int64, to: Int64) -> [Journey] {
    var generator = HitGenerator(seed: seed)
    return (0..<count).map { _ in
        let time = Int64.random(in: from..<to, using: &generator.random)
        let lag = Int64(exp2(Double.random(in: 0..<13, using: &generator.random)))
        let arrival = time + lag
        let stored = arrival + Int64.random(in: 0...1_000, using: &generator.random)
        return Journey(hit: generator.next(at: time), arrival: arrival, stored: stored)
    }
}

func document(_ hit: Hit) -> [UInt8] {
    var writer = DocumentWriter()
    hit.write(to: &writer)
    return writer.withBytes { $0.withUnsafeBytes { Array($0) } }
}

@Suite("History")
struct HistoryTests {
    private let store: Store
    private let feed: LiveFeed

    init() throws {
        store = try Store()
        feed = try LiveFeed(hasHistory: true)
    }

    /// Lets time pass in steps, with events arriving, being stored and read; calls a function after each step.
    private func run(
        _ all: [Journey], seconds: Int64, subscribedAfter delay: Int64,
        each: (Int64, Bool) throws -> Void = { _, _ in }
    ) throws {
        store.state.withLock { state in
            state.stored = all.sorted { $0.stored < $1.stored }.map { ($0.stored, document($0.hit)) }
        }
        let arrivals = all.filter { $0.arrival >= start + delay }.sorted { $0.arrival < $1.arrival }
        let batch = try HistoryBatch(feed.takeWishes(), store, now: store.now)
        var isReading = true
        var next = 0
        for step in 0...seconds * 10 {
            store.now = start + step * 100
            while next < arrivals.count, arrivals[next].arrival <= store.now {
                feed.ingest(
                    store.topic, count: 1, payload: document(arrivals[next].hit).span.bytes, now: arrivals[next].arrival
                )
                next += 1
            }
            while isReading, batch.due <= store.now {
                // The test's clock stands still meanwhile.
                let due = batch.due
                isReading = try batch.step(feed) { store.now }
                if batch.due > due { break }
            }
            _ = feed.takeTick(now: store.now, elapsed: 250_000_000)
            try each(store.now, isReading)
        }
        #expect(!isReading)
    }

    @Test(
        "each event counts once, whenever the subscription takes effect and however late it is stored",
        arguments: [(1, 0), (2, 700), (3, 2_900)])
    func seam(seed: UInt64, delay: Int64) throws {
        var spec = WatchSpec(pattern: .everything, groups: [.path("status")], last: 120_000)
        spec.measures = [.count, .sum(.path("bytes")), .distinct(.path("client")), .maximum(.path("request_time"))]
        let id = try feed.add(spec, now: start)
        let all = journeys(20_000, seed: seed, from: start - 100_000, to: start + 10_000)
        try run(all, seconds: 30, subscribedAfter: delay)
        let watch = try #require(feed.state.withLock { UncheckedWatch(watch: $0.engine.watch(id)) }.watch)
        #expect(watch.seam?.state == .whole)
        // What is older than the watch keeps is gone by now.
        let kept = all.map(\.hit).filter { spec.bucket(of: $0.time) >= watch.oldest }
        #expect(kept.count > 15_000)
        expectExact(watch, kept) { "\($0.status)" }
    }

    @Test("the past is there after the first reading, the events that came live meanwhile with it")
    func atOnce() throws {
        let id = try feed.add(WatchSpec(pattern: .everything, last: 60_000), now: start)
        // All is stored at once, so that nothing is to be made up for later.
        let all = journeys(5_000, seed: 5, from: start - 50_000, to: start + 20_000).map {
            Journey(hit: $0.hit, arrival: $0.hit.time, stored: $0.hit.time)
        }
        try run(all, seconds: 20, subscribedAfter: 0) { now, _ in
            let expected = all.filter { $0.arrival <= now && $0.hit.time >= start - 50_000 }.count
            let watch = try #require(feed.state.withLock { UncheckedWatch(watch: $0.engine.watch(id)) }.watch)
            let total = watch.buckets.reduce(0) { $0 + Int($1.received) }
            let forgotten = all.filter { watch.spec.bucket(of: $0.hit.time) < watch.oldest }.count
            // Between the end of the seam and the next reading nothing is missing either.
            #expect(total == expected - forgotten, "\(now - start) ms after the beginning")
        }
    }

    @Test("an interval of the past is read and then whole, to the millisecond")
    func interval() throws {
        var spec = WatchSpec(pattern: .everything, every: 5_000)
        let range = start - 61_500..<start - 22_250
        spec.range = range
        spec.measures = [.count, .average(.path("request_time"))]
        let id = try feed.add(spec, now: start)
        #expect(!feed.isWatched)  // nothing need be subscribed to
        let all = journeys(5_000, seed: 9, from: start - 100_000, to: start + 5_000)
        try run(all, seconds: 1, subscribedAfter: 0)
        let watch = try #require(feed.state.withLock { UncheckedWatch(watch: $0.engine.watch(id)) }.watch)
        #expect(watch.seam?.state == .whole)
        expectExact(watch, all.map(\.hit).filter { range.contains($0.time) })
    }

    @Test("a watch that nobody wants any more is read no further")
    func cancelled() throws {
        let id = try feed.add(WatchSpec(pattern: .everything), now: start)
        let batch = try HistoryBatch(feed.takeWishes(), store, now: start)
        feed.remove(watch: id)
        #expect(try !batch.step(feed) { start })
    }

    @Test("what cannot be read is told, and the present goes on")
    func failing() throws {
        let id = try feed.add(WatchSpec(pattern: .everything), now: start)
        store.state.withLock { $0.failure = HistoryError("/x: Permission denied") }
        let clock: @Sendable () -> Int64 = { start }
        let reader = try HistoryReader(store, for: feed, clock: clock)
        defer { reader.close() }
        var told: Seam.State?
        while told == nil { told = feed.takeTick(now: start, elapsed: 1).watches.first?.history }
        #expect(told == .failed("/x: Permission denied"))
        try feed.emit("a", count: 3, now: start + 5_000) { document, _ in
            document["timestamp"] = Datetime(millisecondsSinceEpoch: start + 5_000)
        }
        let watch = try #require(feed.state.withLock { UncheckedWatch(watch: $0.engine.watch(id)) }.watch)
        #expect(watch.buckets.map(\.received) == [3])
    }

    @Test("without a history an interval of the past is refused, and a watch has none")
    func none() throws {
        let plain = try LiveFeed()
        var spec = WatchSpec(pattern: .everything)
        let id = try plain.add(spec, now: start)
        #expect(plain.part(ofWatch: id, before: nil, bytes: 1)?.history == nil)
        spec.range = start - 1_000..<start
        #expect(throws: WatchError.self) { try plain.add(spec, now: start) }
    }
}

/// A watch outside of its lock: the tests have one thread.
struct UncheckedWatch: @unchecked Sendable {
    let watch: Watch?
}

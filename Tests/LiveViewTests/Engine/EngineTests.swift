// What watches answer, compared with exact answers.

import BSON
import BSONText
import Glibc
import Eventstorm
import Testing

@testable import LiveView

/// Milliseconds since 1970 at which the tests begin.
private let start: Int64 = 1_795_220_593_000

private let seconds = ValueSource.path("request_time")
private let bytes = ValueSource.path("bytes")
private let everything: [Measure] = [
    .count, .sum(bytes), .average(bytes), .minimum(bytes), .maximum(bytes), .quantile(seconds, percent: 50),
    .quantile(seconds, percent: 90), .quantile(seconds, percent: 99), .quantile(bytes, percent: 99.9),
    .distinct(.path("client")),
    .average(seconds),
]

/// A spec for the topic of the tests.
private func spec(_ change: (inout WatchSpec) -> Void = { _ in }) -> WatchSpec {
    var spec = WatchSpec(pattern: .everything)
    change(&spec)
    return spec
}

private func match(_ text: String) throws -> [UInt8] { try BSONText.parse(text, dialect: .query).document.bytes }

/// Compares each cell of a watch with the exact answer for the hits that belong there.
func expectExact(_ watch: Watch, _ hits: [Hit], group: (Hit) -> String = { _ in "" }) {
    let expected = Dictionary(grouping: hits) { watch.spec.bucket(of: $0.time) }
    #expect(Set(watch.buckets.filter { $0.received > 0 }.map(\.number)) == Set(expected.keys))
    for (number, hits) in expected {
        guard let bucket = watch.bucket(number) else { continue }
        #expect(bucket.received == Double(hits.count))
        let named = Dictionary(uniqueKeysWithValues: watch.groups.groups.indices.map { ($0, name(watch, $0)) })
        let byGroup = Dictionary(grouping: hits) { hit in named.values.contains(group(hit)) ? group(hit) : "" }
        for (index, name) in named {
            let exact = ExactAnswer(hits: byGroup[name] ?? [])
            #expect(bucket.has(index) == !exact.hits.isEmpty)
            if exact.hits.isEmpty { continue }
            for (place, measure) in watch.spec.measures.enumerated() {
                let (wanted, tolerance) = exact.value(measure)
                let found = bucket.value(measure, watch.layout.places[place], index, seconds: 1)
                guard let wanted, let found else {
                    #expect(wanted == nil && found == nil, "\(measure)")
                    continue
                }
                #expect(abs(found - wanted) <= abs(wanted) * tolerance, "\(measure) \(name): \(found), not \(wanted)")
            }
        }
    }
}

/// The text that tells a group apart; empty for everything else.
private func name(_ watch: Watch, _ group: Int) -> String {
    guard let values = watch.groups.groups[group]?.key else { return "" }
    return values.map { value in
        var text: [UInt8] = []
        value.append(to: &text)
        return String(decoding: text, as: UTF8.self).filter { $0 != "\"" }
    }.joined(separator: " ")
}

@Suite("The engine")
struct EngineTests {
    @Test(
        "every measure is right in every bucket, late and out of order, whatever the size of messages", arguments: 1...4
    )
    func exact(seed: UInt64) throws {
        var engine = LiveEngine()
        var generator = HitGenerator(seed: seed)
        let id = try engine.add(spec { $0.measures = everything }, now: start)
        var all: [Hit] = []
        for step in 0..<100 {
            let now = start + Int64(step) * 137
            let count = Int.random(in: 0..<400, using: &generator.random)
            let hits = (0..<count).map { _ in
                let lag = Int64(exp2(Double.random(in: 0..<13, using: &generator.random)))
                return generator.next(at: now - lag)
            }
            all += hits
            try engine.ingest(hits, now: now)
            if step % 7 == 0 { _ = engine.takeChanges(now: now, elapsed: 250_000_000) }
        }
        #expect(all.count > 10_000)
        expectExact(try #require(engine.watch(id)), all)
    }

    @Test("groups are told apart by one field, or by several, or by the topic")
    func groups() throws {
        var engine = LiveEngine()
        var generator = HitGenerator(seed: 7)
        let hits = (0..<5_000).map { generator.next(at: start + Int64($0)) }
        let byPath = try engine.add(
            spec {
                $0.groups = [.path("request.path")]
                $0.measures = everything
                $0.limit = 200
            }, now: start)
        let byBoth = try engine.add(
            spec {
                $0.groups = [.path("status"), .topic]
                $0.measures = [.count, .distinct(.path("client"))]
            }, now: start)
        for part in stride(from: 0, to: hits.count, by: 100) {
            try engine.ingest(Array(hits[part..<part + 100]), now: start + Int64(part) + 100)
        }
        let first = try #require(engine.watch(byPath))
        #expect(first.groups.groups.count > 50)
        expectExact(first, hits) { $0.path }
        let second = try #require(engine.watch(byBoth))
        #expect(second.groups.groups.count == 5)
        expectExact(second, hits) { "\($0.status) http.hit" }
    }

    @Test("groups beyond the limit are one, and what they add up to is right")
    func other() throws {
        var engine = LiveEngine()
        var generator = HitGenerator(seed: 8)
        let hits = (0..<5_000).map { generator.next(at: start + Int64($0)) }
        let id = try engine.add(
            spec {
                $0.groups = [.path("request.path")]
                $0.measures = everything
                $0.limit = 5
            }, now: start)
        try engine.ingest(hits, now: start + 5_000)
        let watch = try #require(engine.watch(id))
        #expect(watch.groups.groups.count == 6)
        expectExact(watch, hits) { $0.path }
    }

    @Test("a group that is silent for as long as buckets are kept makes room for another")
    func release() throws {
        var engine = LiveEngine()
        var generator = HitGenerator(seed: 9)
        let id = try engine.add(
            spec {
                $0.groups = [.path("request.path")]
                $0.last = 5_000
                $0.late = 1_000
                $0.limit = 1
            }, now: start)
        var hit = generator.next(at: start)
        for (path, time) in [("/a", 0), ("/b", 1_000), ("/a", 4_000), ("/b", 11_000)] as [(String, Int64)] {
            (hit.path, hit.time) = (path, start + time)
            try engine.ingest([hit], now: start + time)
            _ = engine.takeChanges(now: start + time + 500, elapsed: 250_000_000)
            if path == "/b" && time == 11_000 { continue }
            let watch = try #require(engine.watch(id))
            #expect(name(watch, 1) == "/a")
        }
        // It was still full when the second one came for the last time: that freed the number.
        (hit.path, hit.time) = ("/c", start + 12_000)
        try engine.ingest([hit], now: start + 12_000)
        let watch = try #require(engine.watch(id))
        #expect(name(watch, 1) == "/c")
        #expect(watch.groups.groups.count == 2)
    }

    @Test("weights scale counts, sums, averages and percentiles, and tell what was sampled away")
    func weights() throws {
        var engine = LiveEngine()
        var generator = HitGenerator(seed: 10)
        let hits = (0..<3_000).map { number in
            var hit = generator.next(at: start + Int64(number))
            hit.weight = [nil, 10, 2.5, 100][number % 4]
            return hit
        }
        let id = try engine.add(spec { $0.measures = everything }, now: start)
        try engine.ingest(hits, now: start + 3_000)
        let watch = try #require(engine.watch(id))
        expectExact(watch, hits)
        let sampled = watch.buckets.reduce(0) { $0 + $1.sampled }
        #expect(abs(sampled - hits.reduce(0) { $0 + ($1.weight ?? 1) - 1 }) < 1e-6)
    }

    @Test("only what the query selects is counted, and equal queries are asked once")
    func queries() throws {
        var engine = LiveEngine()
        var generator = HitGenerator(seed: 11)
        let hits = (0..<3_000).map { generator.next(at: start + Int64($0)) }
        let query = try match("{status: {$gte: 400}, 'request.path': /^.p.[0-9]$/}")
        let id = try engine.add(
            spec {
                $0.match = query
                $0.measures = everything
            }, now: start)
        let same = try engine.add(
            spec {
                $0.match = query
                $0.groups = [.path("status")]
            }, now: start)
        try engine.ingest(hits, now: start + 3_000)
        let selected = hits.filter { $0.status >= 400 && $0.path.count == 4 }
        expectExact(try #require(engine.watch(id)), selected)
        expectExact(try #require(engine.watch(same)), selected) { "\($0.status)" }
    }

    @Test("the most frequent values are found, with counts that are never too small and never off by more than stated")
    func top() throws {
        var engine = LiveEngine()
        var generator = HitGenerator(seed: 12)
        let hits = (0..<20_000).map { _ in generator.next(at: start) }
        let id = try engine.add(
            spec { $0.measures = [.top(.path("request.path"), 10), .top(.path("client"), 5)] }, now: start)
        for part in stride(from: 0, to: hits.count, by: 1_000) {
            try engine.ingest(Array(hits[part..<part + 1_000]), now: start)
        }
        let watch = try #require(engine.watch(id))
        let bucket = try #require(watch.bucket(watch.spec.bucket(of: start)))
        let counts = Dictionary(grouping: hits, by: \.path).mapValues { Double($0.count) }
        let found = bucket.tops[0].top(10)
        for (value, count, error) in found {
            var text: [UInt8] = []
            value.append(to: &text)
            let exact = try #require(counts[String(decoding: text.dropFirst().dropLast(), as: UTF8.self)])
            #expect(count >= exact && count - error <= exact)
            #expect(error <= Double(hits.count) / Double(bucket.tops[0].capacity))
        }
        #expect(found.count == 10)
    }

    @Test("values that are equal are one, whatever their types; what is missing or null is one group")
    func equalValues() throws {
        var engine = LiveEngine()
        let id = try engine.add(spec { $0.groups = [.path("x")] }, now: start)
        var writer = DocumentWriter()
        for kind in 0..<8 {
            writer.beginDocument()
            switch kind {
            case 0: writer["x"] = Int32(200)
            case 1: writer["x"] = Int64(200)
            case 2: writer["x"] = 200.0
            case 3: writer["x"] = "200"
            case 4: writer["x"] = Null()
            case 5: writer["x"] = 0.5
            case 6: writer["x"] = String(repeating: "é", count: 4_000)
            default: break
            }
            _ = writer.endDocument()
        }
        let topic = try Topic("a")
        writer.withBytes { engine.ingest(topic, payload: $0, now: start) }
        let watch = try #require(engine.watch(id))
        let bucket = try #require(watch.buckets.first)
        let found = (1..<watch.groups.groups.count).map { (name(watch, $0), bucket.cell($0)[0]) }
        #expect(found.map(\.1) == [3, 1, 2, 1, 1])
        #expect(found.map(\.0).prefix(4) == ["200", "200", "null", "0.5"])
        #expect(found[4].0.hasSuffix("é…") && found[4].0.utf8.count < 300)
    }

    @Test("what is too late or too early is counted where it arrived, and nowhere else")
    func lateness() throws {
        var engine = LiveEngine()
        var generator = HitGenerator(seed: 13)
        let id = try engine.add(spec { $0.late = 2_000 }, now: start)
        // The bucket that ended two seconds ago takes nothing any more.
        let offsets: [Int64] = [-2_001, -2_000, -1, 0, 1_999, 60_000, .min / 2 - start, 1 << 60]
        try engine.ingest(offsets.map { generator.next(at: start &+ $0) }, now: start)
        let watch = try #require(engine.watch(id))
        #expect(watch.buckets.map(\.number).map { $0 * 1_000 - start } == [-2_000, -1_000, 0, 1_000])
        #expect(watch.buckets.reduce(0) { $0 + $1.late } == 4)
    }

    @Test("by arrival, the events' own times do not matter")
    func arrival() throws {
        var engine = LiveEngine()
        var generator = HitGenerator(seed: 14)
        let id = try engine.add(spec { $0.clock = .arrival }, now: start)
        try engine.ingest((0..<100).map { generator.next(at: Int64($0) * 1_000_000) }, now: start + 10)
        let watch = try #require(engine.watch(id))
        #expect(watch.buckets.map(\.received) == [100])
    }

    @Test("what is older than what is kept goes, and memory with it")
    func retention() throws {
        var engine = LiveEngine()
        var generator = HitGenerator(seed: 15)
        let id = try engine.add(
            spec {
                $0.last = 10_000
                $0.measures = everything
            }, now: start)
        var sizes: [Int] = []
        for second in 0..<60 {
            let now = start + Int64(second) * 1_000
            try engine.ingest((0..<200).map { _ in generator.next(at: now) }, now: now)
            _ = engine.takeChanges(now: now, elapsed: 1_000_000_000)
            sizes.append(try #require(engine.watch(id)).bytes)
        }
        let watch = try #require(engine.watch(id))
        #expect(watch.buckets.count == 11)
        #expect(watch.oldest == watch.spec.bucket(of: start) + 49)
        #expect(Double(sizes[59]) < Double(sizes[20]) * 1.2)
    }

    @Test("memory is bounded in bytes: the oldest buckets of the largest watch give way")
    func memory() throws {
        var engine = LiveEngine(limits: EngineLimits(bytes: 1 << 20))
        var generator = HitGenerator(seed: 16)
        let large = try engine.add(
            spec {
                $0.groups = [.path("client")]
                $0.measures = everything
                $0.limit = 500
            }, now: start)
        let small = try engine.add(spec(), now: start)
        for second in 0..<60 {
            let now = start + Int64(second) * 1_000
            try engine.ingest((0..<500).map { _ in generator.next(at: now) }, now: now)
            _ = engine.takeChanges(now: now, elapsed: 1_000_000_000)
            let sum = [large, small].reduce(0) { $0 + (engine.watch($1)?.bytes ?? 0) }
            #expect(sum <= 1 << 20 || engine.watch(large)?.buckets.count == 1)
        }
        #expect(engine.watch(small)?.buckets.count == 60)
        let kept = try #require(engine.watch(large)).buckets.count
        #expect(kept < 60 && kept >= 1)
    }

    @Test("watches that are equal are one, until the last who wants it leaves")
    func sharing() throws {
        var engine = LiveEngine()
        let one = try engine.add(spec(), now: start)
        let two = try engine.add(spec(), now: start)
        let other = try engine.add(spec { $0.every = 2_000 }, now: start)
        #expect(one == two && one != other)
        engine.remove(one)
        #expect(engine.watch(one) != nil)
        engine.remove(one)
        #expect(engine.watch(one) == nil)
        #expect(engine.patterns == [.everything])
        engine.remove(other)
        #expect(engine.isEmpty && engine.patterns.isEmpty)
    }

    @Test("a query that takes too long ends its watch and no other")
    func slowQuery() throws {
        var time: UInt64 = 0
        var engine = LiveEngine(clock: {
            time += 60_000_000
            return time
        })
        var generator = HitGenerator(seed: 17)
        let slow = try engine.add(spec { $0.match = (try? match("{'request.path': /(a+)+$/}")) ?? [] }, now: start)
        let quick = try engine.add(spec(), now: start)
        try engine.ingest((0..<100).map { _ in generator.next(at: start) }, now: start)
        let changes = engine.takeChanges(now: start, elapsed: 250_000_000)
        #expect(changes.first { $0.id == slow }?.failure == "the query takes too long")
        #expect(changes.first { $0.id == quick }?.failure == nil)
        #expect(engine.watch(quick)?.buckets.first?.received == 100)
    }

    @Test("lies about lengths are looked into no further than they go")
    func lies() throws {
        var engine = LiveEngine()
        _ = try engine.add(spec { $0.groups = [.path("a.b.c")] }, now: start)
        let topic = try Topic("a")
        for bytes: [UInt8] in [
            [], [5], [0, 0, 0, 0, 0], [255, 255, 255, 255, 0], [100, 0, 0, 0, 0], [4, 0, 0, 0, 0],
            [12, 0, 0, 0, 3, 97, 0, 255, 255, 255, 127, 0], [11, 0, 0, 0, 2, 97, 0, 99, 0, 0, 0],
        ] {
            engine.ingest(topic, payload: bytes.span.bytes, now: start)
        }
    }
}

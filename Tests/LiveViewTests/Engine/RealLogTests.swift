// Ten thousand lines of a real server: what watches answer, compared with exact answers.
import BSON
import Eventstorm
import Foundation
import Testing

@testable import LiveView

/// Where real data is, if there is any: `ES_DATA=DIR`.
private let dataDirectory = ProcessInfo.processInfo.environment["ES_DATA"]

private let bytes = ValueSource.path("bytes")
private let path = ValueSource.path("request.path")
private let hour: Int64 = 3_600_000

@Suite("Watches of a real access log")
struct RealLogTests {
    private static let isHere: Comment = "by hand: ES_DATA names no directory with access-combined.log"

    /// The hits of the log in its order, by a regular expression.
    private func hits() throws -> [Hit] {
        let file = try #require(dataDirectory) + "/access-combined.log"
        let text = String(decoding: try Data(contentsOf: URL(fileURLWithPath: file)), as: UTF8.self)
        let line = try NSRegularExpression(pattern: #"^(\S+) \S+ .+? \[([^\]]+)\] "\S+ ([^ ?"]+)[^"]*" (\d+) (\d+|-) "#)
        let time = DateFormatter()
        time.locale = Locale(identifier: "en_US_POSIX")
        time.dateFormat = "dd/MMM/yyyy:HH:mm:ss Z"
        return try text.split(separator: "\n").map { text in
            let text = String(text)
            let found = try #require(line.firstMatch(in: text, range: NSRange(text.startIndex..., in: text)))
            func part(_ number: Int) -> String {
                Range(found.range(at: number), in: text).map { String(text[$0]) } ?? ""
            }
            let date = try #require(time.date(from: part(2)))
            return Hit(
                time: Int64(date.timeIntervalSince1970 * 1_000), path: part(3), status: Int32(part(4)) ?? 0,
                bytes: Int64(part(5)) ?? 0, seconds: nil, address: part(1), weight: nil)
        }
    }

    /// An engine that has seen all hits, each up to two hours late, and so out of order; or not at all late.
    private func engine(_ hits: [Hit], latest: Int64, _ specs: [WatchSpec]) throws -> (LiveEngine, [Int]) {
        var engine = LiveEngine()
        var random = SeededRandom(seed: UInt64(latest))
        let arriving = hits.map { ($0.time + Int64.random(in: 0...latest, using: &random), $0) }.sorted { $0.0 < $1.0 }
        let first = try #require(arriving.first).0
        let ids = try specs.map { try engine.add($0, now: first) }
        var rest = arriving[...]
        while let (now, _) = rest.first {
            let message = rest.prefix { $0.0 < now + 60_000 }.prefix(Int.random(in: 1...200, using: &random))
            try engine.ingest(message.map(\.1), now: message.last?.0 ?? now)
            rest = rest.dropFirst(message.count)
        }
        return (engine, ids)
    }

    /// A path as it is told: one of them is so long that it is cut.
    private func shown(_ path: String) -> String {
        // As BSON has a text: a length before it, a zero behind.
        if path.utf8.count + 5 <= KeptValue.mostBytes { return path }
        return Array(path.utf8).withUnsafeBytes { cut($0.bytes, to: KeptValue.mostBytes) }
    }

    private func spec(_ measures: [Measure], by groups: [ValueSource] = []) -> WatchSpec {
        var spec = WatchSpec(pattern: .everything)
        (spec.every, spec.last, spec.late, spec.limit) = (hour, 100 * hour, 3 * hour, 3_000)
        (spec.measures, spec.groups) = (measures, groups)
        return spec
    }

    @Test(
        "counts, sums, percentiles and numbers of different values are those of the log, in every hour and group",
        .enabled(if: dataDirectory != nil, isHere), arguments: [0, 2 * hour])
    func numbers(latest: Int64) throws {
        let hits = try hits()
        #expect(hits.count == 10_000)
        let measures: [Measure] = [
            .count, .sum(bytes), .average(bytes), .minimum(bytes), .maximum(bytes), .quantile(bytes, percent: 50),
            .quantile(bytes, percent: 90), .quantile(bytes, percent: 99), .quantile(bytes, percent: 99.9),
            .distinct(.path("client")), .distinct(path),
        ]
        let specs = [
            spec(measures), spec(measures, by: [.path("status")]), spec(measures, by: [path]),
            spec(measures, by: [.path("status"), .path("client")]),
        ]
        let (engine, ids) = try engine(hits, latest: latest, specs)
        let watches = try ids.map { try #require(engine.watch($0)) }
        #expect(watches[0].buckets.filter { $0.received > 0 }.count > 80)
        #expect(watches[2].groups.groups.count > 1_000)
        expectExact(watches[0], hits)
        expectExact(watches[1], hits) { "\($0.status)" }
        expectExact(watches[2], hits) { shown($0.path) }
        expectExact(watches[3], hits) { "\($0.status) \($0.address)" }
    }

    @Test(
        "rates, the most frequent values and histograms are those of the log, in every hour",
        .enabled(if: dataDirectory != nil, isHere), arguments: [0, 2 * hour])
    func lists(latest: Int64) throws {
        let hits = try hits()
        let (engine, ids) = try engine(hits, latest: latest, [spec([.rate, .top(path, 20), .histogram(bytes)])])
        let watch = try #require(engine.watch(ids[0]))
        let byHour = Dictionary(grouping: hits) { $0.time / hour }
        for (number, hits) in byHour {
            let bucket = try #require(watch.bucket(number))
            #expect(bucket.value(.rate, 0, 0, seconds: 3_600) == Double(hits.count) / 3_600)

            let counts = Dictionary(grouping: hits) { shown($0.path) }.mapValues { Double($0.count) }
            let top = bucket.tops[0].top(20)
            let bound = Double(hits.count) / Double(bucket.tops[0].capacity)
            for (value, count, error) in top {
                var text: [UInt8] = []
                value.append(to: &text)
                let truth = counts[String(decoding: text.dropFirst().dropLast(), as: UTF8.self)] ?? 0
                #expect(count >= truth && count - error <= truth && error <= bound)
            }
            // Who is more frequent than the bound is among them, in place of somebody who is not.
            let least = top.last.map { $0.count } ?? 0
            let followed = Set(top.map { $0.count })
            for count in counts.values where count > max(bound, least) { #expect(followed.contains { $0 >= count }) }
            #expect(top.first.map { $0.count - $0.error } ?? 0 <= counts.values.max() ?? 0)

            var sum = 0.0
            bucket.quantiles[0].forEachInterval { from, count in
                sum += count
                let upper = from == 0 ? 1e-9 : from * 1.1488 * 1.0001
                let exact = hits.filter { Double($0.bytes) >= from * 0.9999 && Double($0.bytes) <= upper }.count
                #expect(Double(exact) >= count)
            }
            #expect(sum == Double(hits.count))
        }
    }
}

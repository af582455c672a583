// What a watch should answer, computed the slow and plain way.

import BSON
import Glibc
import Eventstorm
import Testing

@testable import LiveView

/// An event as the tests make them.
struct Hit: Sendable {
    var time: Int64
    var path: String
    var status: Int32
    var bytes: Int64
    var seconds: Double?
    var address: String
    var weight: Double?

    func write(to writer: inout DocumentWriter) {
        writer.beginDocument()
        writer["timestamp"] = Datetime(millisecondsSinceEpoch: time)
        writer["client"] = address
        writer.document("request") { $0["path"] = path }
        writer["status"] = status
        writer["bytes"] = bytes
        if let seconds { writer["request_time"] = seconds }
        if let weight { writer["weight"] = weight }
        _ = writer.endDocument()
    }
}

/// Hits with the shape of a busy site's: few paths take most of them, times are spread over four decades.
struct HitGenerator {
    var random: SeededRandom

    init(seed: UInt64) { random = SeededRandom(seed: seed) }

    mutating func next(at time: Int64) -> Hit {
        let rank = Int(exp2(Double.random(in: 0..<7, using: &random)))
        return Hit(
            time: time, path: "/p/\(rank)",
            status: [200, 200, 200, 304, 404, 500][Int.random(in: 0..<6, using: &random)],
            bytes: Int64.random(in: 0..<1_000_000, using: &random),
            seconds: Int.random(in: 0..<10, using: &random) == 0
                ? nil : exp2(Double.random(in: -10..<4, using: &random)),
            address: "10.0.\(Int.random(in: 0..<8, using: &random)).\(Int.random(in: 0..<100, using: &random))",
            weight: nil)
    }
}

/// Numbers that are the same in each run.
struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}

extension LiveEngine {
    /// Ingests hits of one topic as one message.
    mutating func ingest(_ hits: [Hit], topic: String = "http.hit", now: Int64) throws {
        var writer = DocumentWriter()
        for hit in hits { hit.write(to: &writer) }
        let topic = try Topic(topic)
        writer.withBytes { ingest(topic, payload: $0, now: now) }
    }
}

/// The exact answer for some hits.
struct ExactAnswer {
    let hits: [Hit]

    var weights: [Double] { hits.map { $0.weight ?? 1 } }

    func numbers(_ path: String) -> [(value: Double, weight: Double)] {
        hits.compactMap { hit in
            let value: Double? =
                switch path {
                case "bytes": Double(hit.bytes)
                case "request_time": hit.seconds
                case "status": Double(hit.status)
                default: nil
                }
            return value.map { ($0, hit.weight ?? 1) }
        }
    }

    func text(_ hit: Hit, _ path: String) -> String {
        switch path {
        case "request.path": hit.path
        case "client": hit.address
        default: ""
        }
    }

    /// What a measure should give, and how far off it may be as a part of it.
    func value(_ measure: Measure) -> (value: Double?, tolerance: Double) {
        switch measure {
        case .count: return (weights.reduce(0, +), 1e-9)
        case .sum(.path(let path)): return (numbers(path).reduce(0) { $0 + $1.value * $1.weight }, 1e-9)
        case .average(.path(let path)):
            let all = numbers(path)
            let sum = all.reduce(0) { $0 + $1.weight }
            return (sum == 0 ? nil : all.reduce(0) { $0 + $1.value * $1.weight } / sum, 1e-8)
        case .minimum(.path(let path)): return (numbers(path).map(\.value).min(), 0)
        case .maximum(.path(let path)): return (numbers(path).map(\.value).max(), 0)
        case .quantile(.path(let path), let percent):
            return (quantile(path, percent / 100), QuantileBin.relativeError + 1e-4)
        case .distinct(.path(let path)):
            let count = Set(hits.map { text($0, path) }).count
            return (Double(count), count <= DistinctSketch.mostExact ? 1e-9 : 4 * DistinctSketch.standardError)
        default: return (nil, 0)
        }
    }

    /// The value of this rank among all, each as often as its weight says.
    private func quantile(_ path: String, _ part: Double) -> Double? {
        let sorted = numbers(path).sorted { $0.value < $1.value }
        let count = sorted.reduce(0) { $0 + $1.weight }
        var rank = part * (count - 1)
        for (value, weight) in sorted {
            if rank < weight { return value }
            rank -= weight
        }
        return sorted.last?.value
    }
}

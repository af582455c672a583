// Sketches: within their stated errors, alone and merged.

import BSON
import Glibc
import Testing

@testable import LiveView

@Suite("Sketches")
struct SketchTests {
    @Test(
        "percentiles are within one per cent, whatever the values",
        arguments: ["even", "spread", "signed", "same", "tiny"])
    func percentiles(kind: String) {
        var random = SeededRandom(seed: 3)
        let values = (0..<20_000).map { _ -> Double in
            switch kind {
            case "even": Double.random(in: 0..<1_000, using: &random)
            case "spread": exp2(Double.random(in: -20..<20, using: &random))
            case "signed": Double.random(in: -100..<100, using: &random).rounded()
            case "same": 42.5
            default: Double.leastNormalMagnitude * Double.random(in: 1..<1_000, using: &random)
            }
        }
        var parts = [QuantileSketch(), QuantileSketch(), QuantileSketch()]
        for (index, value) in values.enumerated() { parts[index % 3].add(QuantileBin(value), weight: 1) }
        var sketch = QuantileSketch()
        for part in parts { sketch.merge(part) }
        let sorted = values.sorted()
        for part in [0, 0.01, 0.25, 0.5, 0.9, 0.99, 0.999, 1] {
            let exact = sorted[Int(part * Double(values.count - 1))]
            let found = sketch.quantile(part) ?? .nan
            #expect(abs(found - exact) <= abs(exact) * 0.01, "\(part): \(found), not \(exact)")
        }
        #expect(sketch.count == Double(values.count))
    }

    @Test("the stated error is below one per cent")
    func statedError() { #expect(QuantileBin.relativeError < 0.01) }

    @Test("what is no finite number has no bin, and extremes have one")
    func bins() {
        for value in [Double.nan, .infinity, -.infinity] { #expect(QuantileBin(value) == .none) }
        for value in [Double.leastNonzeroMagnitude, .greatestFiniteMagnitude, 1, -1, 1e300, -1e-300] {
            var sketch = QuantileSketch()
            sketch.add(QuantileBin(value), weight: 1)
            let found = sketch.quantile(0.5) ?? 0
            #expect(abs(found - value) <= abs(value) * 0.01 || abs(value) < 1e-300)
        }
        #expect(QuantileBin(0) == .zero && QuantileBin(-0.0) == .zero)
    }

    @Test("bins are bounded: where values are too far apart, only the smallest lose precision")
    func boundedBins() {
        for order in [true, false] {
            var sketch = QuantileSketch()
            let values = (-300..<300).map { pow10($0) }
            for value in order ? values : values.reversed() { sketch.add(QuantileBin(value), weight: 1) }
            #expect(sketch.positive.counts.count <= QuantileSketch.mostBins)
            #expect(sketch.count == 600)
            let exact = pow10(297)
            #expect(abs((sketch.quantile(597 / 599 + 1e-9) ?? 0) - exact) <= exact * 0.01)
        }
    }

    private func pow10(_ exponent: Int) -> Double { Double("1e\(exponent)") ?? 0 }

    @Test("intervals hold all values, each between its bounds")
    func histogram() {
        var sketch = QuantileSketch()
        var random = SeededRandom(seed: 4)
        let values = (0..<5_000).map { _ in Double.random(in: -50..<1_000, using: &random).rounded() }
        for value in values { sketch.add(QuantileBin(value), weight: 1) }
        var intervals: [(from: Double, count: Double)] = []
        sketch.forEachInterval { intervals.append(($0, $1)) }
        #expect(intervals.map(\.from) == intervals.map(\.from).sorted())
        #expect(intervals.reduce(0) { $0 + $1.count } == 5_000)
        // A fifth of a doubling, and what rounding puts to the other side of a bound.
        let width = 1.1488
        for (from, count) in intervals {
            let (low, high) = from >= 0 ? (from, from * width) : (from, from / width)
            let slack = abs(from) * 1e-4
            let exact = values.filter { $0 >= low - slack && $0 <= high + slack || from == 0 && $0 == 0 }.count
            #expect(Double(exact) >= count, "\(from)")
        }
    }

    @Test(
        "distinct values are exact while few, then within four standard errors",
        arguments: [0, 1, 128, 129, 1_000, 50_000])
    func distinct(count: Int) {
        var (one, two) = (DistinctSketch(), DistinctSketch())
        let hash = ValueHash(seed: 99)
        for number in 0..<count {
            // Half of the values in both, each several times.
            for _ in 0..<2 {
                if number % 4 != 0 { one.add(hash.integer(Int64(number))) }
                if number % 4 != 1 { two.add(hash.integer(Int64(number))) }
            }
        }
        var merged = one
        merged.merge(two)
        var reverse = two
        reverse.merge(one)
        #expect(merged.count == reverse.count)
        let bound = count <= DistinctSketch.mostExact ? 0 : 4 * DistinctSketch.standardError * Double(count)
        #expect(abs(merged.count - Double(count)) <= bound)
        #expect(merged.bytes <= 8_192)
    }

    @Test("merged lists of frequent values keep their bounds")
    func mergedTop() {
        var random = SeededRandom(seed: 5)
        let hash = ValueHash(seed: 1)
        var parts = [TopSketch(capacity: 50), TopSketch(capacity: 50), TopSketch(capacity: 50)]
        var exact: [Int64: Double] = [:]
        for index in 0..<30_000 {
            let value = Int64(exp2(Double.random(in: 0..<12, using: &random)))
            exact[value, default: 0] += 1
            let bytes = withUnsafeBytes(of: value.littleEndian) { Array($0) }
            let place = ValuePlace(type: 0x12, start: 0, end: 8)
            parts[index % 3].add(hash.integer(value), weight: 1, bytes.span.bytes, place)
        }
        var merged = parts[0]
        merged.merge(parts[1])
        merged.merge(parts[2])
        for (value, count, error) in merged.top(10) {
            let number = value.bytes.withUnsafeBytes { $0.loadUnaligned(as: Int64.self) }
            let truth = exact[Int64(littleEndian: number)] ?? 0
            #expect(count >= truth && count - error <= truth)
        }
        #expect(merged.top(1).first.map { $0.value.bytes[0] } == 1)
    }
}

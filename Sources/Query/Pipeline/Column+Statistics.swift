// Deviations and percentiles.

internal import BSON
internal import Glibc

/// `$stdDevPop` and `$stdDevSamp`.
///
/// Source: Welford's method, and Chan, Golub and LeVeque's for joining two parts.
final class DeviationColumn: Column {
    private struct Moments {
        var count = 0.0
        var mean = 0.0
        var squares = 0.0
    }

    private var moments: [Moments] = []
    private let isSample: Bool

    init(isSample: Bool) { self.isSample = isSample }

    override func addRow() { moments.append(Moments()) }

    override func add(_ row: Int, _ value: Value) {
        if let number = value.number { add(row, number.asDouble) }
    }

    override func add(_ row: Int, element: ElementView?) {
        if let element, let number = ValueView(element).number { add(row, number.asDouble) }
    }

    private func add(_ row: Int, _ value: Double) {
        moments[row].count += 1
        let difference = value - moments[row].mean
        if difference == 0 { return }
        moments[row].mean += difference / moments[row].count
        moments[row].squares += difference * (value - moments[row].mean)
    }

    override func merge(_ other: Column, rows: [Int]) {
        guard let other = other as? DeviationColumn else { return }
        for (index, row) in rows.enumerated() {
            let more = other.moments[index]
            if more.count == 0 { continue }
            let count = moments[row].count + more.count
            let difference = more.mean - moments[row].mean
            moments[row].squares +=
                more.squares + difference * difference * moments[row].count * more.count / count
            moments[row].mean += difference * more.count / count
            moments[row].count = count
        }
    }

    override func result(_ row: Int) -> Value {
        let values = moments[row].count - (isSample ? 1 : 0)
        return values <= 0 ? .null : .double(sqrt(moments[row].squares / values))
    }
}

/// `$percentile` and `$median`, as MongoDB 7 has them.
final class PercentileColumn: Column {
    private var sketches: [QuantileSketch] = []
    private let fractions: [Double]
    private let isMedian: Bool

    init(fractions: [Double], isMedian: Bool) {
        self.fractions = fractions
        self.isMedian = isMedian
    }

    override func addRow() { sketches.append(QuantileSketch()) }

    override func add(_ row: Int, _ value: Value) {
        if let number = value.number { add(row, number.asDouble) }
    }

    override func add(_ row: Int, element: ElementView?) {
        if let element, let number = ValueView(element).number { add(row, number.asDouble) }
    }

    private func add(_ row: Int, _ value: Double) {
        // NaN has no place in an order of values.
        if value.isNaN { return }
        let before = sketches[row].heldBytes
        sketches[row].add(value)
        hold(bytes: sketches[row].heldBytes - before)
    }

    override func merge(_ other: Column, rows: [Int]) {
        guard let other = other as? PercentileColumn else { return }
        for (index, row) in rows.enumerated() {
            let before = sketches[row].heldBytes
            sketches[row].merge(other.sketches[index])
            hold(bytes: sketches[row].heldBytes - before)
        }
    }

    override func result(_ row: Int) -> Value {
        let values = fractions.map { sketches[row].quantile($0).map { Value.double($0) } ?? .null }
        return isMedian ? values[0] : .array(values)
    }
}

/// Many numbers in little space, of which quantiles are asked.
///
/// Up to 2,048 numbers are kept as they are, and the answers are exact. Beyond, neighbours are joined, fewer towards
/// the ends: the rank of an answer is off by less than one in a thousand in the middle and far less at the ends.
///
/// Source: Dunning and Ertl, "Computing extremely accurate quantiles using t-digests" (2019), the merging digest with
/// the arcsine scale.
struct QuantileSketch {
    private static let exact = 2_048
    private static let compression = 1_000.0

    private var means: [Double] = []
    private var weights: [Double] = []  // empty while every number has weight 1
    private var fresh: [Double] = []  // numbers that came since the last joining
    private var total = 0.0
    private var least = Double.infinity
    private var greatest = -Double.infinity

    var heldBytes: Int { 8 * (means.count + weights.count + fresh.count) }

    mutating func add(_ value: Double) {
        fresh.append(value)
        if fresh.count >= Self.exact { join() }
    }

    mutating func merge(_ other: QuantileSketch) {
        if other.means.isEmpty {
            for value in other.fresh { add(value) }
            return
        }
        join()
        var rest = other
        rest.join()
        compress(
            means: means + rest.means, weights: weights + rest.weights,
            from: min(least, rest.least), to: max(greatest, rest.greatest))
    }

    private mutating func join() {
        if fresh.isEmpty { return }
        let low = fresh.reduce(least, min)
        let high = fresh.reduce(greatest, max)
        let values = means + fresh
        let ones = weights + Array(repeating: 1, count: fresh.count)
        fresh.removeAll(keepingCapacity: true)
        compress(means: values, weights: ones, from: low, to: high)
    }

    /// Joins neighbours as far as the scale allows.
    private mutating func compress(
        means values: [Double], weights amounts: [Double], from: Double, to: Double
    ) {
        let order = values.indices.sorted { values[$0] < values[$1] }
        total = amounts.reduce(0, +)
        (least, greatest) = (from, to)
        means.removeAll(keepingCapacity: true)
        weights.removeAll(keepingCapacity: true)
        var before = 0.0  // weight of what is finished
        var limit = Self.limit(after: 0) * total
        for index in order {
            if let last = weights.last, before + last + amounts[index] <= limit {
                let weight = last + amounts[index]
                // Infinities stay what they are.
                if means[means.count - 1] != values[index] {
                    means[means.count - 1] += (values[index] - means[means.count - 1]) * amounts[index] / weight
                }
                weights[weights.count - 1] = weight
            } else {
                before += weights.last ?? 0
                limit = Self.limit(after: before / total) * total
                means.append(values[index])
                weights.append(amounts[index])
            }
        }
    }

    /// The fraction up to which numbers may be joined that begin at `fraction`.
    private static func limit(after fraction: Double) -> Double {
        let place = compression / (2 * .pi) * asin(2 * min(1, fraction) - 1) + 1
        let angle = place * 2 * .pi / compression
        return angle >= .pi / 2 ? 1 : (sin(angle) + 1) / 2
    }

    /// The number with this fraction of all at or below it; `nil` if there are none.
    func quantile(_ fraction: Double) -> Double? {
        if means.isEmpty {
            if fresh.isEmpty { return nil }
            let sorted = fresh.sorted()
            return sorted[max(0, Int((fraction * Double(sorted.count)).rounded(.up)) - 1)]
        }
        var whole = self
        whole.join()
        return whole.estimate(fraction)
    }

    private func estimate(_ fraction: Double) -> Double {
        let rank = fraction * total
        if rank <= 1 { return least }
        if rank >= total - 1 { return greatest }
        var before = 0.0
        for index in means.indices {
            let middle = before + weights[index] / 2
            if rank < middle {
                if index == 0 { return least + (means[0] - least) * rank / middle }
                let previous = before - weights[index - 1] / 2
                let share = (rank - previous) / (middle - previous)
                return means[index - 1] + (means[index] - means[index - 1]) * share
            }
            before += weights[index]
        }
        return greatest
    }
}

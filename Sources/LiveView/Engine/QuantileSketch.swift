// Percentiles of any number of values in little memory: DDSketch.

import Glibc

/// The bin of a value: bins grow by the same factor, so that each stands for its values within one per cent.
///
/// 35 bins double the value. A value is in the bin that ends at or above it; positive and negative numbers have bins of
/// their own, and zero has one.
struct QuantileBin: Hashable, Sendable {
    /// Bins within which a value doubles.
    static let perOctave = 35.0
    /// What an estimate may be off, as a part of the value.
    static let relativeError = (gamma - 1) / (gamma + 1)
    /// What each bin ends at beside the one before: the 35th root of 2.
    static let gamma = exp2(1 / perOctave)

    static let none = QuantileBin(rawValue: .min)
    static let zero = QuantileBin(rawValue: .max)
    /// Added to the index of the absolute value of a negative number.
    private static let negative: Int32 = 1 << 20

    let rawValue: Int32

    private init(rawValue: Int32) { self.rawValue = rawValue }

    /// The bin of a finite value; of others there is none.
    @inline(__always)
    init(_ value: Double) {
        guard value.isFinite else {
            self = .none
            return
        }
        if value == 0 {
            self = .zero
            return
        }
        // Every double has an index between -38,000 and 36,000.
        let index = Int32((log2(value.magnitude) * Self.perOctave).rounded(.up))
        rawValue = value > 0 ? index : index &+ Self.negative
    }

    @inline(__always)
    var isNegative: Bool { rawValue > Self.negative / 2 && rawValue != .max }

    /// The index among the bins of its sign.
    @inline(__always)
    var index: Int32 { isNegative ? rawValue &- Self.negative : rawValue }

    /// The value that stands for all of the bin with this index.
    static func value(ofIndex index: Int32) -> Double {
        // The last bin ends beyond the largest number.
        min(exp2(Double(index) / perOctave) * (2 / (gamma + 1)), .greatestFiniteMagnitude)
    }
}

/// Estimates percentiles with a relative error of one per cent; two of them can be merged, in any order, without loss.
///
/// Takes the space of the bins between the smallest and the largest value, 2,048 at most: values a hundred thousand
/// million millions apart. Beyond, the smallest are counted together, and only they lose precision.
///
/// Source: Masson, Rim, Lee, "DDSketch: a fast and fully-mergeable quantile sketch with relative-error guarantees".
struct QuantileSketch: Sendable {
    /// Bins of one sign at most.
    static let mostBins = 2_048

    private(set) var positive = Bins()
    private(set) var negative = Bins()
    private(set) var zeros = 0.0

    /// Bytes that it takes beside itself.
    var bytes: Int { (positive.counts.capacity + negative.counts.capacity) * 8 }

    var isEmpty: Bool { zeros == 0 && positive.counts.isEmpty && negative.counts.isEmpty }

    /// How many values it holds, each as often as its weight says.
    var count: Double { zeros + positive.total + negative.total }

    /// Adds a value by its bin.
    @inline(__always)
    mutating func add(_ bin: QuantileBin, weight: Double) {
        if bin == .zero {
            zeros += weight
        } else if bin.isNegative {
            negative.add(bin.index, weight)
        } else {
            positive.add(bin.rawValue, weight)
        }
    }

    mutating func merge(_ other: QuantileSketch) {
        zeros += other.zeros
        positive.merge(other.positive)
        negative.merge(other.negative)
    }

    /// The value below which the part `part` of all values lies; nil without values.
    ///
    /// - Parameter part: Between 0 and 1: 0.99 for the 99th percentile.
    func quantile(_ part: Double) -> Double? {
        let count = count
        guard count > 0 else { return nil }
        // The value of this rank, from 0 on, in the order of their sizes.
        var rank = max(0, part * (count - 1))
        if rank < negative.total {
            // The largest absolute values come first.
            for index in negative.counts.indices.reversed() {
                if rank < negative.counts[index] { return -negative.value(index) }
                rank -= negative.counts[index]
            }
        }
        rank -= negative.total
        if rank < zeros { return 0 }
        rank -= zeros
        for index in positive.counts.indices {
            if rank < positive.counts[index] { return positive.value(index) }
            rank -= positive.counts[index]
        }
        // Sums of parts may miss the last one by a rounding.
        return positive.counts.indices.last.map { positive.value($0) } ?? (zeros > 0 ? 0 : nil)
            ?? negative.counts.indices.first.map { -negative.value($0) }
    }

    /// Calls with the lower bound and the count of each interval that holds values, in the order of their sizes.
    ///
    /// There are five intervals within which a value doubles.
    func forEachInterval(_ body: (_ from: Double, _ count: Double) -> Void) {
        let perInterval: Int32 = 7
        func low(_ interval: Int32) -> Double { exp2(Double(interval * perInterval) / QuantileBin.perOctave) }
        let below = negative.summed(by: perInterval)
        // An interval of negative values begins where that of their absolute values ends.
        for (interval, count) in below.reversed() { body(-low(interval + 1), count) }
        if zeros > 0 { body(0, zeros) }
        for (interval, count) in positive.summed(by: perInterval) { body(low(interval), count) }
    }
}

extension QuantileSketch {
    /// Counts in consecutive bins.
    struct Bins: Sendable {
        /// The index of the first bin.
        private(set) var first: Int32 = 0
        private(set) var counts: [Double] = []

        var total: Double { counts.reduce(0, +) }

        @inline(__always)
        mutating func add(_ index: Int32, _ weight: Double) {
            let place = Int(index &- first)
            if place >= 0 && place < counts.count {
                counts[place] += weight
            } else {
                insert(index, weight)
            }
        }

        @inline(never)
        private mutating func insert(_ index: Int32, _ weight: Double) {
            guard !counts.isEmpty else {
                // Neighbours will follow: most values are near each other.
                first = index &- 4
                counts = [Double](repeating: 0, count: 8)
                counts[4] = weight
                return
            }
            reach(index)
            counts[max(0, Int(index &- first))] += weight
        }

        /// Makes room for a bin; where there would be too many, the lowest fall together.
        private mutating func reach(_ index: Int32) {
            let most = Int32(QuantileSketch.mostBins)
            let end = first &+ Int32(counts.count)
            if index < first {
                let wanted = max(index &- 8, end &- most)
                guard wanted < first else { return }
                counts.insert(contentsOf: repeatElement(0, count: Int(first &- wanted)), at: 0)
                first = wanted
            } else if index >= end {
                counts.append(contentsOf: repeatElement(0, count: Int(min(index &- end &+ 8, most))))
                let surplus = Int(index &- first) + 1 - QuantileSketch.mostBins
                if surplus > 0 { collapse(to: index &- most &+ 1) }
                if counts.count > QuantileSketch.mostBins { counts.removeLast(counts.count - QuantileSketch.mostBins) }
            }
        }

        /// Lets the bins below `lowest` fall into that one, with room for all bins above it.
        private mutating func collapse(to lowest: Int32) {
            var kept = [Double](repeating: 0, count: QuantileSketch.mostBins)
            for (place, count) in counts.enumerated() where count > 0 {
                kept[max(0, Int(first &+ Int32(place) &- lowest))] += count
            }
            first = lowest
            counts = kept
        }

        mutating func merge(_ other: Bins) {
            for (place, count) in other.counts.enumerated() where count > 0 { add(other.first &+ Int32(place), count) }
        }

        func value(_ place: Int) -> Double { QuantileBin.value(ofIndex: first &+ Int32(place)) }

        /// The counts of intervals of so many bins each, with the intervals' numbers; empty ones are left out.
        ///
        /// Bin *i* ends at γ to the power of *i*, so the bins 1 to 7 are the interval 0.
        func summed(by width: Int32) -> [(interval: Int32, count: Double)] {
            var sums: [(interval: Int32, count: Double)] = []
            for (place, count) in counts.enumerated() where count > 0 {
                let index = first &+ Int32(place) &- 1
                let interval = (index >= 0 ? index : index &- width &+ 1) / width
                if sums.last?.interval == interval {
                    sums[sums.count - 1].count += count
                } else {
                    sums.append((interval, count))
                }
            }
            return sums
        }
    }
}

// What a cell holds: which accumulators a watch's measures need, each once.

/// The accumulators of a watch: several measures of the same value share one.
struct Layout: Sendable {
    /// Numbers in front of every cell: events, and the sum of their weights.
    static let head = 2
    /// Numbers of each value: weights, sum, minimum, maximum.
    static let perValue = 4

    /// Values with sums and extremes.
    private(set) var values: [ValueSource] = []
    /// Values with percentiles or a histogram.
    private(set) var quantiles: [ValueSource] = []
    private(set) var distincts: [ValueSource] = []
    /// Values with a list of the most frequent, and how many are followed.
    private(set) var tops: [(source: ValueSource, capacity: Int)] = []
    /// For each measure, the place of its accumulator among those of its kind.
    private(set) var places: [Int] = []

    init(_ measures: [Measure]) {
        for measure in measures {
            switch measure {
            case .count, .rate: places.append(0)
            case .sum(let source), .average(let source), .minimum(let source), .maximum(let source):
                places.append(Self.place(of: source, in: &values))
            case .quantile(let source, _), .histogram(let source):
                places.append(Self.place(of: source, in: &quantiles))
            case .distinct(let source): places.append(Self.place(of: source, in: &distincts))
            case .top(let source, let count): places.append(placeOfTop(source, count))
            }
        }
    }

    /// Numbers of a cell.
    var stride: Int { Self.head + Self.perValue * values.count }

    private static func place(of source: ValueSource, in list: inout [ValueSource]) -> Int {
        if let place = list.firstIndex(of: source) { return place }
        list.append(source)
        return list.count - 1
    }

    private mutating func placeOfTop(_ source: ValueSource, _ count: Int) -> Int {
        // Ten times as many as are shown: what is shown is then right but for the rarest.
        let capacity = min(max(count * 10, 50), 1_000)
        if let place = tops.firstIndex(where: { $0.source == source }) {
            tops[place].capacity = max(tops[place].capacity, capacity)
            return place
        }
        tops.append((source, capacity))
        return tops.count - 1
    }
}

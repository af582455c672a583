// One interval of time of a watch: a cell for each group.

/// The accumulators of all groups in one bucket of time.
///
/// Plain memory, because every event touches it: counting references would cost more than adding.
final class Bucket {
    /// The number of the bucket: its time divided by the length of a bucket.
    let number: Int64
    let layout: Layout
    /// Groups that there is room for.
    private(set) var capacity = 0
    private(set) var cells: UnsafeMutablePointer<Double>
    private(set) var quantiles: UnsafeMutablePointer<QuantileSketch>
    private(set) var distincts: UnsafeMutablePointer<DistinctSketch>
    private(set) var tops: UnsafeMutablePointer<TopSketch>
    /// Events that came too late or too early for their own bucket while this one was filled.
    var late: UInt64 = 0
    /// What went missing while this one was filled.
    var losses = LossList()
    var isDirty = false

    init(number: Int64, layout: Layout, groups: Int) {
        self.number = number
        self.layout = layout
        cells = .allocate(capacity: 0)
        quantiles = .allocate(capacity: 0)
        distincts = .allocate(capacity: 0)
        tops = .allocate(capacity: 0)
        reserve(groups)
    }

    deinit {
        quantiles.deinitialize(count: capacity * layout.quantiles.count)
        distincts.deinitialize(count: capacity * layout.distincts.count)
        tops.deinitialize(count: capacity * layout.tops.count)
        cells.deallocate()
        quantiles.deallocate()
        distincts.deallocate()
        tops.deallocate()
    }

    /// Makes room for so many groups.
    @inline(__always)
    func reserve(_ groups: Int) { if groups > capacity { grow(groups) } }

    @inline(never)
    private func grow(_ groups: Int) {
        let wanted = groups <= 1 ? 1 : max(groups, capacity * 2, 4)
        let (old, stride) = (capacity, layout.stride)
        let more = UnsafeMutablePointer<Double>.allocate(capacity: wanted * stride)
        more.moveInitialize(from: cells, count: old * stride)
        for group in old..<wanted { Self.clear(more + group * stride, layout.values.count) }
        cells.deallocate()
        cells = more
        quantiles = Self.moved(quantiles, old, wanted, layout.quantiles.count) { _ in QuantileSketch() }
        distincts = Self.moved(distincts, old, wanted, layout.distincts.count) { _ in DistinctSketch() }
        tops = Self.moved(tops, old, wanted, layout.tops.count) { TopSketch(capacity: self.layout.tops[$0].capacity) }
        capacity = wanted
    }

    private static func clear(_ cell: UnsafeMutablePointer<Double>, _ values: Int) {
        cell.initialize(repeating: 0, count: Layout.head + Layout.perValue * values)
        for value in 0..<values {
            cell[Layout.head + Layout.perValue * value + 2] = .infinity
            cell[Layout.head + Layout.perValue * value + 3] = -.infinity
        }
    }

    private static func moved<Sketch>(
        _ sketches: UnsafeMutablePointer<Sketch>, _ old: Int, _ wanted: Int, _ each: Int, _ make: (Int) -> Sketch
    ) -> UnsafeMutablePointer<Sketch> {
        let more = UnsafeMutablePointer<Sketch>.allocate(capacity: wanted * each)
        more.moveInitialize(from: sketches, count: old * each)
        for place in old * each..<wanted * each { (more + place).initialize(to: make(place % each)) }
        sketches.deallocate()
        return more
    }

    // MARK: Reading

    /// The cell of a group.
    func cell(_ group: Int) -> UnsafeMutablePointer<Double> { cells + group * layout.stride }

    /// Whether a group had events.
    func has(_ group: Int) -> Bool { group < capacity && cell(group)[0] > 0 }

    /// Events that were received.
    var received: Double {
        (0..<capacity).reduce(0) { $0 + cell($1)[0] }
    }

    /// Events that those received stand for besides themselves.
    var sampled: Double { (0..<capacity).reduce(0) { $0 + cell($1)[1] - cell($1)[0] } }

    /// Bytes that it takes.
    var bytes: Int {
        var sum = 128 + capacity * layout.stride * 8
        for place in 0..<capacity * layout.quantiles.count {
            sum += MemoryLayout<QuantileSketch>.stride + quantiles[place].bytes
        }
        for place in 0..<capacity * layout.distincts.count {
            sum += MemoryLayout<DistinctSketch>.stride + distincts[place].bytes
        }
        for place in 0..<capacity * layout.tops.count { sum += MemoryLayout<TopSketch>.stride + tops[place].bytes }
        return sum
    }

    /// Adds what another bucket counted.
    ///
    /// - Parameter numbers: For each group of the other bucket its number here; nil if they are the same.
    func merge(_ other: Bucket, numbers: [Int]? = nil) {
        reserve(numbers.map { ($0.max() ?? 0) + 1 } ?? other.capacity)
        for place in 0..<other.capacity where other.has(place) {
            add(other, place, to: numbers?[place] ?? place)
        }
        late &+= other.late
    }

    private func add(_ other: Bucket, _ from: Int, to group: Int) {
        let (own, theirs) = (cell(group), other.cell(from))
        own[0] += theirs[0]
        own[1] += theirs[1]
        for value in 0..<layout.values.count {
            let start = Layout.head + Layout.perValue * value
            own[start] += theirs[start]
            own[start + 1] += theirs[start + 1]
            own[start + 2] = min(own[start + 2], theirs[start + 2])
            own[start + 3] = max(own[start + 3], theirs[start + 3])
        }
        for place in 0..<layout.quantiles.count {
            let each = layout.quantiles.count
            quantiles[group * each + place].merge(other.quantiles[from * each + place])
        }
        for place in 0..<layout.distincts.count {
            let each = layout.distincts.count
            distincts[group * each + place].merge(other.distincts[from * each + place])
        }
        for place in 0..<layout.tops.count {
            let each = layout.tops.count
            tops[group * each + place].merge(other.tops[from * each + place])
        }
    }
}

// The first, last, least and greatest n of a group.

internal import BSON

/// `$firstN` and `$lastN`.
final class EdgesColumn: Column {
    private var arrays: [[Value]] = []
    private let limit: Int
    private let isFirst: Bool

    init(limit: Int, isFirst: Bool) {
        self.limit = limit
        self.isFirst = isFirst
    }

    override func addRow() { arrays.append([]) }

    override func add(_ row: Int, _ value: Value) {
        if arrays[row].count == limit {
            if isFirst { return }
            release(arrays[row].removeFirst())
        }
        hold(value.inArray)
        arrays[row].append(value.inArray)
    }

    override func merge(_ other: Column, rows: [Int]) {
        guard let other = other as? EdgesColumn else { return }
        for (index, row) in rows.enumerated() { for value in other.arrays[index] { add(row, value) } }
    }

    override func result(_ row: Int) -> Value { .array(arrays[row]) }
}

/// `$minN` and `$maxN`.
final class ExtremesColumn: Column {
    private var arrays: [[Value]] = []  // sorted, the best first
    private let limit: Int
    private let sign: Int

    init(limit: Int, isMaximum: Bool) {
        self.limit = limit
        sign = isMaximum ? -1 : 1
    }

    override func addRow() { arrays.append([]) }

    override func add(_ row: Int, _ value: Value) {
        if value.isNullish { return }
        if arrays[row].count == limit, let last = arrays[row].last, Order.compare(value, last) * sign >= 0 { return }
        // Of equal values the later one is the greater one, as in MongoDB.
        let place = arrays[row].partition { value.follows($0, sign) }
        arrays[row].insert(value, at: place)
        hold(value)
        if arrays[row].count > limit { release(arrays[row].removeLast()) }
    }

    override func merge(_ other: Column, rows: [Int]) {
        guard let other = other as? ExtremesColumn else { return }
        for (index, row) in rows.enumerated() {
            // In the order in which equal ones came.
            let values = sign > 0 ? other.arrays[index] : other.arrays[index].reversed()
            for value in values { add(row, value) }
        }
    }

    override func result(_ row: Int) -> Value { .array(arrays[row]) }
}

/// `$top`, `$bottom`, `$topN` and `$bottomN`: inputs are arrays of the output and the keys to sort by.
final class TopColumn: Column {
    private typealias Entry = (keys: [Value], output: Value)

    private var entries: [[Entry]] = []  // sorted
    private let order: SortOrder
    private let limit: Int
    private let isTop: Bool
    private let isSingle: Bool

    /// - Parameter limit: How many are kept; `nil` for one that is not in an array.
    init(order: SortOrder, limit: Int?, isTop: Bool) {
        self.order = order
        self.limit = limit ?? 1
        self.isTop = isTop
        isSingle = limit == nil
    }

    override func addRow() { entries.append([]) }

    /// Takes the output and the sort keys of one document.
    func add(_ row: Int, _ output: Value, keys: [Value]) {
        var place = entries[row].partition { order.compare($0.keys, keys) <= 0 }
        if isTop && place >= limit { return }
        if !isTop && entries[row].count == limit {
            // Of equal ones the first stays, as in MongoDB.
            if let first = entries[row].first, order.compare(first.keys, keys) >= 0 { return }
            release(entries[row].removeFirst())
            place -= 1
        }
        let entry: Entry = (keys, output.inArray)
        hold(entry)
        entries[row].insert(entry, at: place)
        if entries[row].count > limit { release(entries[row].removeLast()) }
    }

    private func hold(_ entry: Entry) { hold(bytes: Self.bytes(entry)) }

    private func release(_ entry: Entry) { hold(bytes: -Self.bytes(entry)) }

    private static func bytes(_ entry: Entry) -> Int {
        entry.keys.reduce(entry.output.heldBytes) { $0 + $1.heldBytes }
    }

    override func merge(_ other: Column, rows: [Int]) {
        guard let other = other as? TopColumn else { return }
        for (index, row) in rows.enumerated() {
            for entry in other.entries[index] { add(row, entry.output, keys: entry.keys) }
        }
    }

    override func result(_ row: Int) -> Value {
        isSingle ? entries[row].first?.output ?? .null : .array(entries[row].map(\.output))
    }
}

extension Value {
    /// Whether the value stands behind another one in an ascending (1) or descending (-1) order.
    fileprivate func follows(_ other: Value, _ sign: Int) -> Bool {
        let order = Order.compare(other, self) * sign
        return sign > 0 ? order <= 0 : order < 0
    }
}

extension Array {
    /// Returns the index of the first element for which the condition does not hold; it holds for all before.
    ///
    /// - Complexity: O(log *n*).
    func partition(_ holds: (Element) -> Bool) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if holds(self[middle]) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

// Adding events to a bucket: one accumulator after the other, each over all rows.

import BSON

extension Bucket {
    /// Adds the first `count` rows that are noted in the columns, each to the group that is noted for it.
    func add(_ count: Int, _ columns: Columns, _ binding: WatchBinding, _ payload: RawSpan) {
        addWeights(count, columns)
        for (place, column) in binding.values.enumerated() {
            addNumbers(count, columns, column, at: Layout.head + Layout.perValue * place)
        }
        for (place, column) in binding.quantiles.enumerated() { addBins(count, columns, column, at: place) }
        for (place, column) in binding.distincts.enumerated() { addHashes(count, columns, column, at: place) }
        for (place, column) in binding.tops.enumerated() { addFrequent(count, columns, column, payload, at: place) }
    }

    private func addWeights(_ count: Int, _ columns: Columns) {
        let (cells, stride, rows, groups, weights) = (
            cells, layout.stride, columns.rows, columns.groups, columns.weights
        )
        for place in 0..<count {
            let cell = cells + Int(groups[place]) &* stride
            cell[0] += 1
            cell[1] += weights[Int(rows[place])]
        }
    }

    private func addNumbers(_ count: Int, _ columns: Columns, _ column: Int, at start: Int) {
        let (cells, stride, rows, groups, weights) = (
            cells + start, layout.stride, columns.rows, columns.groups, columns.weights
        )
        let numbers = columns.numbers + column * Columns.mostRows
        for place in 0..<count {
            let row = Int(rows[place])
            let number = numbers[row]
            if number != number { continue }
            let cell = cells + Int(groups[place]) &* stride
            cell[0] += weights[row]
            cell[1] += weights[row] * number
            if number < cell[2] { cell[2] = number }
            if number > cell[3] { cell[3] = number }
        }
    }

    private func addBins(_ count: Int, _ columns: Columns, _ column: Int, at start: Int) {
        let (sketches, each) = (quantiles + start, layout.quantiles.count)
        let (rows, groups, weights) = (columns.rows, columns.groups, columns.weights)
        let bins = columns.bins + column * Columns.mostRows
        for place in 0..<count {
            let row = Int(rows[place])
            if bins[row] == .none { continue }
            sketches[Int(groups[place]) &* each].add(bins[row], weight: weights[row])
        }
    }

    private func addHashes(_ count: Int, _ columns: Columns, _ column: Int, at start: Int) {
        let (sketches, each) = (distincts + start, layout.distincts.count)
        let (rows, groups) = (columns.rows, columns.groups)
        let hashes = columns.hashes + column * Columns.mostRows
        let places = columns.places + column * Columns.mostRows
        for place in 0..<count {
            let row = Int(rows[place])
            // What is not there, or null, is no value.
            if places[row].type == 0 || places[row].type == 0x0A { continue }
            sketches[Int(groups[place]) &* each].add(hashes[row])
        }
    }

    private func addFrequent(_ count: Int, _ columns: Columns, _ column: Int, _ payload: RawSpan, at start: Int) {
        let (sketches, each) = (tops + start, layout.tops.count)
        let (rows, groups, weights) = (columns.rows, columns.groups, columns.weights)
        let hashes = columns.hashes + column * Columns.mostRows
        let places = columns.places + column * Columns.mostRows
        for place in 0..<count {
            let row = Int(rows[place])
            sketches[Int(groups[place]) &* each].add(hashes[row], weight: weights[row], payload, places[row])
        }
    }
}

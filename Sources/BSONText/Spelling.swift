// Which known word was meant by one that is not known.

/// Guesses what was meant.
package enum Spelling {
    /// Letters that are compared at most.
    private static let most = 64

    /// The word of `known` that `word` most likely was meant to be, if one is near enough.
    ///
    /// Near is a word with few letters changed, added, left out or swapped, or the only one that begins so.
    ///
    /// - Complexity: O(*n*) in the letters of the known words.
    package static func nearest(to word: String, among known: [String]) -> String? {
        let limit = max(1, min(3, word.count / 3))
        let given = Array(word.lowercased().prefix(most))
        let best = known.map { ($0, distance(given, Array($0.lowercased()))) }.min { $0.1 < $1.1 }
        if let (candidate, steps) = best, steps <= limit { return candidate }
        let longer = known.filter { word.count >= 3 && $0.lowercased().hasPrefix(word.lowercased()) }
        return longer.count == 1 ? longer[0] : nil
    }

    /// How many letters must be changed, added, left out or swapped with their neighbour to get from `a` to `b`.
    private static func distance(_ a: [Character], _ b: [Character]) -> Int {
        var beforeLast = [Int]()
        var last = Array(0...b.count)
        for i in a.indices {
            var row = [i + 1]
            for j in b.indices {
                var steps = min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { steps = min(steps, beforeLast[j - 1] + 1) }
                row.append(steps)
            }
            beforeLast = last
            last = row
        }
        return last[b.count]
    }
}

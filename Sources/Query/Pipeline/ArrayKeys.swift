// Sort keys of documents in which several paths go through one array.

internal import BSON

/// The keys of a document by several paths: one candidate for each element of the array that the paths share.
///
/// MongoDB sorts as an index would. The paths of one candidate look at the same element, so that `{"a.x": 1, "a.y": 1}`
/// never mixes one element's x with another one's y. Two different arrays are refused.
struct ArrayKeys {
    private let paths: [FieldPath]
    private let isBefore: ([Value], [Value]) -> Bool
    /// The candidate that stands before all others.
    private(set) var best: [Value] = []

    /// How far a path has come.
    private struct Progress {
        /// Segments behind it.
        var index = 0
        /// Whether the key is known.
        var isDone = false
        /// What the next segments picked by number from an array, and the segments behind it then.
        var picked: (value: Value, index: Int)?
    }

    /// Finds the keys.
    ///
    /// - Parameters:
    ///   - known: For each path its key, if it is known already.
    ///   - isBefore: Whether a candidate stands before another one.
    /// - Throws: ``QueryError`` for paths through different arrays.
    init(
        of document: DocumentView, paths: [FieldPath], known: [Value?],
        isBefore: @escaping ([Value], [Value]) -> Bool
    ) throws(QueryError) {
        self.paths = paths
        self.isBefore = isBefore
        try generate(
            .document(Document(copying: document)), known.map { Progress(isDone: $0 != nil) },
            known.map { $0 ?? .null })
    }

    /// Follows the paths from one value on, as far as the first array; offers a candidate where there is none.
    private mutating func generate(
        _ root: Value, _ progress: [Progress], _ keys: [Value]
    ) throws(QueryError) {
        var progress = progress
        var keys = keys
        var shared: (array: [Value], path: Int)?
        var through: [Int] = []
        var isPicked = false
        for number in paths.indices where !progress[number].isDone {
            let value: Value
            if case .missing = step(from: root, paths[number], progress[number].index),
                let picked = progress[number].picked
            {
                (value, progress[number].index) = picked
                if case .array = value { isPicked = true }
            } else {
                value = advance(root, paths[number], &progress[number].index)
            }
            progress[number].picked = nil
            guard case .array(let array) = value else {
                if case .missing = value { keys[number] = .null } else { keys[number] = value }
                progress[number].isDone = true
                continue
            }
            if let shared, !isSame(shared.path, number, progress) {
                throw SortOrder.twoArrays
            }
            shared = (array, shared?.path ?? number)
            through.append(number)
        }
        guard let array = shared?.array else { return offer(keys) }
        try expand(array, through, progress, keys, isWhole: isPicked)
    }

    /// Goes on with each element of an array.
    ///
    /// - Parameter isWhole: Whether a path that ends here means the array itself, which was itself picked from one.
    private mutating func expand(
        _ array: [Value], _ through: [Int], _ progress: [Progress], _ keys: [Value], isWhole: Bool
    ) throws(QueryError) {
        var progress = progress
        for number in through where progress[number].index < paths[number].segments.count {
            progress[number].picked = pick(from: array, paths[number], progress[number].index)
        }
        for element in array.isEmpty ? [.undefined] : array {
            var (progress, keys) = (progress, keys)
            for number in through where progress[number].index == paths[number].segments.count {
                keys[number] = isWhole && !array.isEmpty ? .array(array) : element
                progress[number].isDone = true
            }
            try generate(element, progress, keys)
        }
    }

    /// What one segment leads to in a document.
    private func step(from value: Value, _ path: FieldPath, _ index: Int) -> Value {
        let segment = path.segments[index]
        guard case .document(let document) = value, let element = document.view.first(segment.span.bytes) else {
            return .missing
        }
        return Value(element)
    }

    /// Follows a path through documents as far as an array, or its end.
    private func advance(_ value: Value, _ path: FieldPath, _ index: inout Int) -> Value {
        var value = step(from: value, path, index)
        index += 1
        while index < path.segments.count {
            if case .array = value { break }
            value = step(from: value, path, index)
            index += 1
        }
        return value
    }

    /// What a path's number picks from an array, followed as far as the next array.
    private func pick(from array: [Value], _ path: FieldPath, _ index: Int) -> (value: Value, index: Int)? {
        let text = String(decoding: path.segments[index], as: UTF8.self)
        guard let number = Int(text), String(number) == text, array.indices.contains(number) else { return nil }
        var next = index + 1
        if next == path.segments.count { return (array[number], next) }
        if case .array = array[number] { return (array[number], next) }
        let value = advance(array[number], path, &next)
        return (value, next)
    }

    /// Whether two paths have come to the same array.
    private func isSame(_ one: Int, _ other: Int, _ progress: [Progress]) -> Bool {
        let segments = paths[one].segments.prefix(progress[one].index)
        return segments == paths[other].segments.prefix(progress[other].index)
    }

    private mutating func offer(_ keys: [Value]) {
        if best.isEmpty || isBefore(keys, best) { best = keys }
    }
}

// The order that $sort asks for, and the keys of documents.

internal import BSON

/// Paths to sort by, each with its direction.
struct SortOrder: Sendable {
    /// As many paths as MongoDB allows.
    static let limit = 32

    private let paths: [FieldPath]
    private let signs: [Int]  // 1 ascending, -1 descending

    /// Reads `{a: 1, "b.c": -1}`.
    init(_ document: DocumentView, of stage: ElementView) throws(QueryError) {
        var paths: [FieldPath] = []
        var signs: [Int] = []
        var elements = document.makeIterator()
        while let element = elements.next() {
            if element.keyBytes.isOperator || FieldPath(element.keyBytes).hasEmptySegment {
                throw QueryError("'\(element.key)' is no path to sort by", at: element)
            }
            guard let sign = ValueView(element).number?.asInteger, abs(sign) == 1 else {
                throw QueryError("$sort takes 1 (ascending) or -1 (descending) for each field", at: element)
            }
            paths.append(FieldPath(element.keyBytes))
            signs.append(Int(sign))
        }
        if paths.isEmpty || paths.count > Self.limit {
            throw QueryError("$sort takes 1 to \(Self.limit) fields", at: stage)
        }
        self.paths = paths
        self.signs = signs
    }

    /// The order by one field alone.
    init(_ path: String, isAscending: Bool) {
        paths = [FieldPath(path.utf8Span.span.bytes)]
        signs = [isAscending ? 1 : -1]
    }

    /// The keys of a document: of several values in arrays the least where the order ascends, else the greatest.
    func keys(of document: DocumentView) throws(QueryError) -> [Value] {
        var keys: [Value] = []
        keys.reserveCapacity(paths.count)
        var arrays = 0
        for (path, sign) in zip(paths, signs) {
            if path.isID {
                // MongoDB takes it for granted that this is no array, and sorts by what it is as a whole.
                keys.append(path.value(in: document).inArray)
                continue
            }
            var search = KeySearch(path: path, sign: sign)
            search.descend(document, 0)
            if search.meetsArray { arrays += 1 }
            keys.append(search.best ?? .null)
        }
        if arrays < 2 { return keys }
        let known = zip(paths, keys).map { $0.isID ? $1 : nil }
        return try ArrayKeys(of: document, paths: paths, known: known) { compare($0, $1) < 0 }.best
    }

    /// The keys of a document for `$top`, `$bottom` and their kin: an array is a key as a whole, as in MongoDB.
    func wholeKeys(of document: DocumentView) throws(QueryError) -> [Value] {
        var keys: [Value] = []
        var arrays = 0
        for path in paths {
            let value = path.value(in: document).inArray
            guard case .array(let values) = value else {
                keys.append(value)
                continue
            }
            arrays += 1
            // An empty array has no element that it could be sorted by.
            keys.append(values.isEmpty ? .undefined : value)
        }
        if arrays > 1 { throw Self.twoArrays }
        return keys
    }

    static let twoArrays = QueryError("cannot sort by two fields that both hold arrays")

    /// Returns a negative number, 0 or a positive number for before, equal or behind.
    func compare(_ left: [Value], _ right: [Value]) -> Int {
        for index in signs.indices {
            let order = Order.compare(left[index], right[index])
            if order != 0 { return order * signs[index] }
        }
        return 0
    }
}

extension FieldPath {
    /// Whether this is the field `_id` itself.
    var isID: Bool { segments.count == 1 && segments[0] == Array("_id".utf8) }

    /// Whether there is nothing between two dots or at an end.
    var hasEmptySegment: Bool { segments.contains { $0.isEmpty } }
}

/// Looks for the value of a document that it is sorted by.
private struct KeySearch {
    let path: FieldPath
    let sign: Int
    private(set) var best: Value?
    /// Whether there was an array on the way.
    private(set) var meetsArray = false

    init(path: FieldPath, sign: Int) {
        self.path = path
        self.sign = sign
    }

    private mutating func offer(_ value: Value) {
        if let best, Order.compare(value, best) * sign >= 0 { return }
        best = value
    }

    mutating func descend(_ document: DocumentView, _ index: Int) {
        let segment = path.segments[index]
        guard let element = document.first(segment.span.bytes) else { return offer(.null) }
        follow(element, index + 1)
    }

    private mutating func follow(_ element: ElementView, _ index: Int) {
        if let array = element.array { return expand(array, index) }
        if index == path.segments.count { return offer(Value(element)) }
        if let document = element.document { return descend(document, index) }
        offer(.null)
    }

    private mutating func expand(_ values: DocumentView, _ index: Int) {
        meetsArray = true
        if index < path.segments.count, path.segments[index].isNumeric {
            let segment = path.segments[index]
            if let element = values.first(segment.span.bytes) { return follow(element, index + 1) }
        }
        if values.isEmpty { return offer(index == path.segments.count ? .undefined : .null) }
        var elements = values.makeIterator()
        while let element = elements.next() {
            if index == path.segments.count {
                offer(Value(element))
            } else if let document = element.document {
                descend(document, index)
            } else {
                offer(.null)
            }
        }
    }
}

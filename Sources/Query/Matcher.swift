// Evaluates a compiled query on a document.

internal import BSON

/// A part of a query.
indirect enum MatchNode: Sendable {
    /// `$and`, and the fields of one document.
    case all([MatchNode])
    /// `$or`.
    case any([MatchNode])
    /// `$nor`, `$not`, `$ne` and `$nin`.
    case not(MatchNode)
    /// A condition on a path, whose first segment is found in a slot.
    case path(FieldPath, slot: Int, Condition)
    /// `$expr`.
    case expression(Expression)
    /// What holds for every document, as the empty query does, or for none.
    case always(Bool)
}

extension MatchNode {
    /// How long the test takes beside others.
    var cost: Int {
        switch self {
        case .all(let nodes), .any(let nodes): nodes.reduce(0) { $0 + $1.cost }
        case .not(let node): node.cost
        case .path(let path, _, let condition): condition.cost + 2 * (path.segments.count - 1)
        case .expression: 64
        case .always: 0
        }
    }

    /// The node with its tests in the order of their cost; expressions stay last, so that what decides without them
    /// keeps them from failing.
    var ordered: MatchNode {
        switch self {
        case .all(let nodes): nodes.count == 1 ? nodes[0].ordered : .all(Self.sorted(nodes))
        case .any(let nodes): nodes.count == 1 ? nodes[0].ordered : .any(Self.sorted(nodes))
        case .not(let node): .not(node.ordered)
        default: self
        }
    }

    private static func sorted(_ nodes: [MatchNode]) -> [MatchNode] {
        // Stable: those of equal cost stay as they were written.
        nodes.map(\.ordered).enumerated().sorted { ($0.element.cost, $0.offset) < ($1.element.cost, $1.offset) }
            .map(\.element)
    }
}

/// A compiled query with the keys that it looks for on the first level.
///
/// One pass over the document finds them all; what lies deeper is looked up from there.
struct Matcher: Sendable {
    private let root: MatchNode
    private let keys: [Key]

    /// The first segment of one or more paths.
    struct Key: Sendable {
        let bytes: [UInt8]
        /// The first eight bytes, zeros behind a shorter key: enough to tell most keys apart.
        let word: UInt64

        init(_ bytes: [UInt8]) {
            self.bytes = bytes
            word = bytes.prefix(8).enumerated().reduce(0) { $0 | UInt64($1.element) << UInt64(8 * $1.offset) }
        }
    }

    init(_ root: MatchNode, _ keys: [[UInt8]]) {
        self.root = root.ordered
        self.keys = keys.map { Key($0) }
    }

    /// Whether the document is selected.
    func matches(_ document: DocumentView) throws(QueryError) -> Bool {
        if keys.count == 1, case .path(let path, _, let condition) = root {
            let key = keys[0].bytes
            guard let element = document.first(key.span.bytes) else { return try condition.holds(nil) }
            // The most frequent query has a short way.
            if path.segments.count == 1 && element.type != .array { return try condition.holds(element) }
            return try path.leads(from: element, to: condition)
        }
        var failure: QueryError?
        let result = withUnsafeTemporaryAllocation(of: Int32.self, capacity: keys.count) { slots -> Bool in
            find(in: document, slots)
            do throws(QueryError) {
                return try evaluate(root, document, slots)
            } catch {
                failure = error
                return false
            }
        }
        if let failure { throw failure }
        return result
    }

    /// Notes where the element of each key begins, -1 if there is none.
    private func find(in document: DocumentView, _ slots: UnsafeMutableBufferPointer<Int32>) {
        slots.initialize(repeating: -1)
        var missing = keys.count
        let bytes = document.bytes
        var position = 4
        let keys = keys.span
        while missing > 0 {
            let (end, next) = ElementView.extent(of: bytes, at: position)
            if next < 0 { return }
            let length = end &- position &- 1
            let word = bytes.word(at: position &+ 1, upTo: length)
            for index in keys.indices where slots[index] < 0 && keys[index].word == word {
                let key = keys[index].bytes.span.bytes
                guard key.byteCount == length, length <= 8 || bytes.holds(key, at: position &+ 1) else { continue }
                slots[index] = Int32(truncatingIfNeeded: position)
                missing &-= 1
                break
            }
            position = next
        }
    }

    private func evaluate(
        _ node: MatchNode, _ document: DocumentView, _ slots: UnsafeMutableBufferPointer<Int32>
    ) throws(QueryError) -> Bool {
        switch node {
        case .all(let nodes):
            for node in nodes where try !evaluate(node, document, slots) { return false }
            return true
        case .any(let nodes):
            for node in nodes where try evaluate(node, document, slots) { return true }
            return false
        case .not(let node): return try !evaluate(node, document, slots)
        case .path(let path, let slot, let condition):
            let position = Int(slots[slot])
            if position < 0 { return try path.leads(from: nil, to: condition) }
            return try path.leads(from: document.element(at: position), to: condition)
        case .expression(let expression): return try expression.evaluate(document, now: .now()).isTrue
        case .always(let value): return value
        }
    }
}

extension RawSpan {
    /// Returns up to eight bytes from `offset` on as one word, the first lowest; zeros behind `count` bytes.
    @inline(__always)
    func word(at offset: Int, upTo count: Int) -> UInt64 {
        if offset &+ 8 <= byteCount {
            let word = uncheckedWord(at: offset)
            return count >= 8 ? word : word & (1 << UInt64(8 &* count) &- 1)
        }
        var word: UInt64 = 0
        for index in 0..<min(count, 8) { word |= UInt64(byte(at: offset + index)) << UInt64(8 * index) }
        return word
    }
}

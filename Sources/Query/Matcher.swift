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
    private let finder: FieldFinder

    init(_ root: MatchNode, _ keys: [[UInt8]]) {
        self.root = root.ordered
        finder = FieldFinder(keys)
    }

    /// Whether the document is selected.
    func matches(_ document: DocumentView) throws(QueryError) -> Bool {
        if case .path(let path, _, let condition) = root {
            let key = path.segments[0]
            guard let element = document.first(key.span.bytes) else { return try condition.holds(nil) }
            // The most frequent query has a short way.
            if path.segments.count == 1 && element.type != .array { return try condition.holds(element) }
            return try path.leads(from: element, to: condition)
        }
        var failure: QueryError?
        let result = withUnsafeTemporaryAllocation(of: Int32.self, capacity: finder.count) { slots -> Bool in
            finder.find(in: document, slots)
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

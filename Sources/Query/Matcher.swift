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
    private let finder: FieldFinder
    /// Tests that all have to hold, and what decides where one of them cannot.
    private let fast: [FastTest]
    private let fallbacks: [MatchNode]
    private let texts: [UInt8]
    /// What has to hold besides.
    private let rest: MatchNode

    init(_ root: MatchNode, _ keys: [[UInt8]]) {
        finder = FieldFinder(keys)
        var fast: [FastTest] = []
        var fallbacks: [MatchNode] = []
        var others: [MatchNode] = []
        var texts: [UInt8] = []
        let ordered = root.ordered
        let nodes = if case .all(let nodes) = ordered { nodes } else { [ordered] }
        for node in nodes {
            if let test = FastTest(node, texts: &texts) {
                fast.append(test)
                fallbacks.append(node)
            } else {
                others.append(node)
            }
        }
        self.fast = fast
        self.fallbacks = fallbacks
        self.texts = texts
        rest = others.isEmpty ? .always(true) : others.count == 1 ? others[0] : .all(others)
    }

    /// Whether the document is selected.
    func matches(_ document: DocumentView) throws(QueryError) -> Bool {
        var failure: QueryError?
        let result = withUnsafeTemporaryAllocation(of: FoundField.self, capacity: finder.count) { slots -> Bool in
            finder.find(in: document, slots)
            do throws(QueryError) {
                if try !fastTestsHold(document, slots) { return false }
                if case .always(let value) = rest { return value }
                return try evaluate(rest, document, slots)
            } catch {
                failure = error
                return false
            }
        }
        if let failure { throw failure }
        return result
    }

    @inline(__always)
    private func fastTestsHold(
        _ document: DocumentView, _ slots: UnsafeMutableBufferPointer<FoundField>
    ) throws(QueryError) -> Bool {
        let bytes = document.bytes
        let texts = texts.span.bytes
        for index in fast.indices {
            let test = fast[index]
            let found = slots[test.slot]
            if found.start < 0 {
                if !test.holdsForNothing { return false }
                continue
            }
            if let holds = test.holds(bytes, found, texts: texts) {
                if !holds { return false }
            } else if try !evaluate(fallbacks[index], document, slots) {
                return false
            }
        }
        return true
    }

    private func evaluate(
        _ node: MatchNode, _ document: DocumentView, _ slots: UnsafeMutableBufferPointer<FoundField>
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
            return try path.leads(from: document.element(slots[slot]), to: condition)
        case .expression(let expression): return try expression.evaluate(document, now: .now()).isTrue
        case .always(let value): return value
        }
    }
}

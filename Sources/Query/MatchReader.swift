// Compiles the documents that queries are written as.

internal import BSON

/// Reads queries; refuses what is wrong or not supported, by name.
struct MatchReader {
    /// The first segments of all paths, in the order of their slots.
    private(set) var keys: [[UInt8]] = []
    /// Whether something occurred that MongoDB does not have.
    var usesExtensions = false
    /// Within `$elemMatch` there is no `$expr`.
    private let isInArray: Bool

    init(isInArray: Bool = false) { self.isInArray = isInArray }

    /// Reads a query or one of its parts.
    mutating func query(_ document: DocumentView) throws(QueryError) -> MatchNode {
        var nodes: [MatchNode] = []
        var elements = document.makeIterator()
        while let element = elements.next() {
            if element.keyBytes.isOperator {
                if let node = try topOperator(element) { nodes.append(node) }
            } else {
                try field(element, &nodes)
            }
        }
        return nodes.isEmpty ? .always(true) : .all(nodes)
    }

    private mutating func topOperator(_ element: ElementView) throws(QueryError) -> MatchNode? {
        switch element.key {
        case "$and": return .all(try queries(element))
        case "$or": return .any(try queries(element))
        case "$nor": return .not(.any(try queries(element)))
        case "$expr":
            if isInArray { throw QueryError("$expr is not allowed within $elemMatch", at: element) }
            return .expression(try Expression(element))
        case "$comment": return nil
        case let name: throw Operators.unknown(name, among: Operators.top, element)
        }
    }

    private mutating func queries(_ element: ElementView) throws(QueryError) -> [MatchNode] {
        guard let array = element.array, !array.isEmpty else {
            throw QueryError("\(element.key) needs an array of at least one query", at: element)
        }
        var nodes: [MatchNode] = []
        var elements = array.makeIterator()
        while let element = elements.next() {
            guard let document = element.document else {
                throw QueryError("found \(element.type.name), expected a query", at: element)
            }
            nodes.append(try query(document))
        }
        return nodes
    }

    /// Returns the slot of a path's first segment.
    private mutating func slot(of path: FieldPath) -> Int {
        if let index = keys.firstIndex(of: path.segments[0]) { return index }
        keys.append(path.segments[0])
        return keys.count - 1
    }

    /// Reads the condition on one field: a value that it equals, or operators.
    private mutating func field(_ element: ElementView, _ nodes: inout [MatchNode]) throws(QueryError) {
        let path = FieldPath(element.keyBytes)
        if let document = element.document, document.holdsOperators {
            try operators(document, of: path, in: element, &nodes)
        } else if element.type == .regex, let regex = element.regex {
            nodes.append(test(path, try regularExpression(regex.pattern, regex.options, element)))
        } else {
            nodes.append(test(path, .compares(.equal, try constant(element))))
        }
    }

    private mutating func test(_ path: FieldPath, _ condition: Condition) -> MatchNode {
        .path(path, slot: slot(of: path), condition)
    }

    /// Reads `{$gt: …, $lt: …}`.
    private mutating func operators(
        _ document: DocumentView, of path: FieldPath, in field: ElementView, _ nodes: inout [MatchNode]
    ) throws(QueryError) {
        var elements = document.makeIterator()
        while let element = elements.next() {
            switch element.key {
            case "$ne": nodes.append(.not(test(path, .compares(.equal, try operand(element)))))
            case "$nin": nodes.append(.not(test(path, .isIn(try set(element)))))
            case "$not": nodes.append(.not(try negated(element, path)))
            case "$all": nodes.append(try all(element, path))
            case "$exists":
                let exists = test(path, .exists)
                nodes.append(Value(element).isTrue ? exists : .not(exists))
            default:
                if let condition = try condition(element, in: document) { nodes.append(test(path, condition)) }
            }
        }
    }

    private mutating func negated(_ element: ElementView, _ path: FieldPath) throws(QueryError) -> MatchNode {
        if let regex = element.regex {
            return test(path, try regularExpression(regex.pattern, regex.options, element))
        }
        guard let document = element.document, !document.isEmpty else {
            throw QueryError("$not needs a regular expression or operators, as in {$not: {$gt: 5}}", at: element)
        }
        try onlyOperators(document)
        var nodes: [MatchNode] = []
        try operators(document, of: path, in: element, &nodes)
        return .all(nodes)
    }

    private func onlyOperators(_ document: DocumentView) throws(QueryError) {
        var elements = document.makeIterator()
        while let element = elements.next() {
            if !element.keyBytes.isOperator {
                throw QueryError("found the field '\(element.key)' among operators", at: element)
            }
        }
    }

    /// Reads `$all`: each value is one that the field has to equal, match or hold.
    private mutating func all(_ element: ElementView, _ path: FieldPath) throws(QueryError) -> MatchNode {
        guard let array = element.array else { throw QueryError("$all needs an array", at: element) }
        if array.isEmpty { return .always(false) }
        var nodes: [MatchNode] = []
        var elements = array.makeIterator()
        var holdsMatches: Bool?
        while let element = elements.next() {
            let condition = try self.element(ofAll: element)
            let isMatch = condition.leafArrays == .whole
            if (holdsMatches ?? isMatch) != isMatch {
                throw QueryError("$all takes either values or $elemMatch, not both", at: element)
            }
            holdsMatches = isMatch
            nodes.append(test(path, condition))
        }
        return .all(nodes)
    }

    mutating func element(ofAll element: ElementView) throws(QueryError) -> Condition {
        if let regex = element.regex { return try regularExpression(regex.pattern, regex.options, element) }
        guard let document = element.document, document.holdsOperators else {
            return .compares(.equal, try constant(element))
        }
        var operators = document.makeIterator()
        guard let first = operators.next(), first.key == "$elemMatch", operators.next() == nil else {
            throw QueryError("$all takes values and $elemMatch, no other operator", at: element)
        }
        return try elementMatch(first)
    }
}

extension RawSpan {
    /// Whether the name begins with a dollar sign.
    var isOperator: Bool { byteCount > 0 && byte(at: 0) == UInt8(ascii: "$") }
}

extension DocumentView {
    /// Whether this is a document of operators: the first name has a dollar sign, and it is no pointer (`$ref`, `$id`,
    /// `$db`) into another collection.
    var holdsOperators: Bool {
        var elements = makeIterator()
        guard let first = elements.next(), first.keyBytes.isOperator else { return false }
        return !["$ref", "$id", "$db"].contains(first.key)
    }
}

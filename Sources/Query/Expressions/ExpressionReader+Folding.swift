// Evaluates what is constant when an expression is read, and joins operators of one kind.

internal import BSON

extension ExpressionReader {
    /// Functions that may be regrouped; mongod does so, which can be seen: in the types of results and in refusals.
    private static let associative: Set<String> = [
        "$add", "$multiply", "$sum", "$min", "$max", "$concat", "$concatArrays",
    ]
    /// Associative functions whose operands have an order.
    private static let ordered: Set<String> = ["$concat", "$concatArrays"]

    func folded(_ function: Function, _ operands: [Node], _ element: ElementView) throws(QueryError) -> Node {
        guard isFolding, Self.associative.contains(function.name) else {
            return try folded(.call(function, operands), element)
        }
        var flat: [Node] = []
        for operand in operands {
            let inner = operand.operands(of: function)
            // A sum of a single operand is that of an array's elements.
            let isJoined = inner.map { $0.count > 1 || !Function.lookingIntoArrays.contains(function.name) } ?? false
            flat += isJoined ? inner ?? [] : [operand]
        }
        if flat.allSatisfy({ $0.constant != nil }) { return try folded(.call(function, flat), element) }
        return try folded(.call(function, try grouped(flat, function, element)), element)
    }

    /// Joins constant operands: neighbours if the order counts, else all of them, behind the others.
    private func grouped(_ operands: [Node], _ function: Function, _ element: ElementView) throws(QueryError) -> [Node]
    {
        var result: [Node] = []
        var constants: [Node] = []
        let isOrdered = Self.ordered.contains(function.name)
        for operand in operands {
            if operand.constant != nil {
                constants.append(operand)
                continue
            }
            if isOrdered {
                result += try joined(constants, function, element)
                constants = []
            }
            result.append(operand)
        }
        return result + (try joined(constants, function, element))
    }

    private func joined(_ constants: [Node], _ function: Function, _ element: ElementView) throws(QueryError) -> [Node]
    {
        constants.count < 2 ? constants : [try folded(.call(function, constants), element)]
    }

    /// The node, or the constant that it always is.
    func folded(_ node: Node, _ element: ElementView) throws(QueryError) -> Node {
        guard isFolding else { return node.direct }
        switch node {
        case .and(let nodes): return folded(nodes, until: false)
        case .or(let nodes): return folded(nodes, until: true)
        case .condition(let condition, let one, let other):
            guard let value = condition.constant else { return node }
            return value.isTrue ? one : other
        case .ifNull(let nodes): return folded(ifNull: nodes)
        default: break
        }
        guard node.isConstant, !node.isNeverFolded else {
            try node.checkExpression(element)
            return node.direct
        }
        do throws(QueryError) {
            var scope = Scope(now: Datetime(millisecondsSinceEpoch: 0), values: [])
            return .constant(try node.evaluate(Document().view, &scope))
        } catch {
            var error = error
            error.offset = element.offset
            throw error
        }
    }

    /// Joins conjunctions in a conjunction, or disjunctions in a disjunction; one constant can decide for all.
    private func folded(_ nodes: [Node], until decisive: Bool) -> Node {
        var flat: [Node] = []
        for node in nodes {
            switch node {
            case .and(let inner) where !decisive: flat += inner
            case .or(let inner) where decisive: flat += inner
            default: flat.append(node)
            }
        }
        var rest: [Node] = []
        for node in flat {
            guard let value = node.constant else {
                rest.append(node)
                continue
            }
            if value.isTrue == decisive { return .constant(.bool(decisive)) }
        }
        if rest.isEmpty { return .constant(.bool(!decisive)) }
        return decisive ? .or(rest) : .and(rest)
    }

    /// Leaves out constants that are null, and what follows one that is not.
    private func folded(ifNull nodes: [Node]) -> Node {
        var rest: [Node] = []
        for (index, node) in nodes.enumerated() {
            if let value = node.constant {
                if value.isNullish && index < nodes.count - 1 { continue }
                rest.append(node)
                break
            }
            rest.append(node)
        }
        return rest.count == 1 ? rest[0] : .ifNull(rest)
    }
}

extension Node {
    /// Whether nothing in it depends on the document, the moment or a variable.
    fileprivate var isConstant: Bool {
        switch self {
        case .constant: true
        case .document(let fields): fields.allSatisfy { $0.value.constant != nil }
        case .array(let nodes): nodes.allSatisfy { $0.constant != nil }
        case .one(_, _, let operand): operand.constant != nil
        case .two(_, _, let left, let right): left.constant != nil && right.constant != nil
        case .call(_, let operands): operands.allSatisfy { $0 == nil || $0?.constant != nil }
        case .convert(let conversion):
            [conversion.input, conversion.type, conversion.onError, conversion.onNull].allSatisfy {
                $0 == nil || $0?.constant != nil
            }
        default: false
        }
    }

    /// Whether mongod evaluates this for each document even if it is constant.
    fileprivate var isNeverFolded: Bool {
        if case .call(let function, _) = self { Function.neverFolded.contains(function.name) } else { false }
    }

    /// Refuses a constant regular expression that is wrong, whatever it will be applied to.
    fileprivate func checkExpression(_ element: ElementView) throws(QueryError) {
        guard case .call(let function, let operands) = self, function.name.hasPrefix("$regex") else { return }
        let values = operands.dropFirst().map { $0?.constant }
        if zip(operands.dropFirst(), values).contains(where: { $0 != nil && $1 == nil }) { return }
        do throws(QueryError) {
            _ = try function.apply([.string("")] + values)
        } catch {
            throw QueryError(error.message, at: element)
        }
    }

    /// The operands, if this is a call of the function.
    fileprivate func operands(of function: Function) -> [Node]? {
        switch self {
        case .one(let other, _, let operand) where other.name == function.name: [operand]
        case .twoUntilNull(let other, _, let left, let right) where other.name == function.name: [left, right]
        case .ordered(let other, let operands, _) where other.name == function.name: operands.compactMap { $0 }
        case .two(let other, _, let left, let right) where other.name == function.name: [left, right]
        case .call(let other, let operands) where other.name == function.name: operands.compactMap { $0 }
        default: nil
        }
    }

    /// The same without an array for one or two operands, if the function can do without.
    fileprivate var direct: Node {
        guard case .call(let function, let operands) = self else { return self }
        if operands.count == 1, let operand = operands[0], let body = Function.ones[function.name] {
            return .one(function, body, operand)
        }
        let evaluation = Function.evaluations[function.name]
        if operands.count == 2, let left = operands[0], let right = operands[1],
            let body = Function.twos[function.name]
        {
            if case .untilNull = evaluation { return .twoUntilNull(function, body, left, right) }
            return .two(function, body, left, right)
        }
        return evaluation.map { .ordered(function, operands, $0) } ?? self
    }
}

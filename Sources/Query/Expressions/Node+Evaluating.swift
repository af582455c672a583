// Evaluates expressions.

internal import BSON

extension Node {
    /// Computes the value for a document.
    func evaluate(_ root: DocumentView, _ scope: inout Scope) throws(QueryError) -> Value {
        switch self {
        case .constant(let value): return value
        case .path(let path): return path.value(in: root)
        case .two(_, let body, let left, let right):
            let one = try left.evaluate(root, &scope)
            return try body(one, try right.evaluate(root, &scope))
        case .twoUntilNull(_, let body, let left, let right):
            let one = try left.evaluate(root, &scope)
            return one.isNullish ? .null : try body(one, try right.evaluate(root, &scope)).withinLimit()
        case .ordered(let function, let operands, let evaluation):
            return try Node.call(function, operands, evaluation, root, &scope).withinLimit()
        case .one(_, let body, let operand): return try body(try operand.evaluate(root, &scope))
        case .call(let function, let operands):
            var values: [Value?] = []
            values.reserveCapacity(operands.count)
            for operand in operands { values.append(try operand?.evaluate(root, &scope)) }
            return try function.apply(values).withinLimit()
        case .variable(let slot, let path):
            let value = scope.values[slot]
            return path.map { $0.value(in: value) } ?? value
        case .root: return .document(Document(copying: root))
        case .now: return .datetime(scope.now)
        case .document(let fields): return try Node.document(fields, root, &scope)
        case .array(let nodes):
            var values: [Value] = []
            values.reserveCapacity(nodes.count)
            for node in nodes { values.append(try node.evaluate(root, &scope).inArray) }
            return .array(values)
        default: return try evaluateLazily(root, &scope)
        }
    }

    /// Evaluates what does not need all of its operands, or needs them more than once.
    private func evaluateLazily(_ root: DocumentView, _ scope: inout Scope) throws(QueryError) -> Value {
        switch self {
        case .and(let nodes):
            for node in nodes where try !node.evaluate(root, &scope).isTrue { return .bool(false) }
            return .bool(true)
        case .or(let nodes):
            for node in nodes where try node.evaluate(root, &scope).isTrue { return .bool(true) }
            return .bool(false)
        case .condition(let condition, let one, let other):
            let isTrue = try condition.evaluate(root, &scope).isTrue
            return try (isTrue ? one : other).evaluate(root, &scope)
        case .ifNull(let nodes):
            var value = Value.missing
            for node in nodes {
                value = try node.evaluate(root, &scope)
                if !value.isNullish { break }
            }
            return value
        case .choice(let branches, let otherwise):
            for branch in branches where try branch.condition.evaluate(root, &scope).isTrue {
                return try branch.result.evaluate(root, &scope)
            }
            guard let otherwise else {
                throw QueryError("$switch has no branch for this document, and no default")
            }
            return try otherwise.evaluate(root, &scope)
        case .bind(let bindings, let body):
            var values: [Value] = []
            for binding in bindings { values.append(try binding.value.evaluate(root, &scope)) }
            scope.values += values
            let value = try body.evaluate(root, &scope)
            scope.values.removeLast(values.count)
            return value
        case .map(let loop, let body): return try loop.map(to: body, root, &scope)
        case .filter(let loop, let condition, let limit):
            return try loop.filter(where: condition, limit: limit, root, &scope)
        case .reduce(let loop, let initial, let body): return try loop.reduce(from: initial, to: body, root, &scope)
        case .convert(let conversion): return try conversion.evaluate(root, &scope)
        case .field(let name, let input):
            switch try input.evaluate(root, &scope) {
            case .document(let document):
                guard let element = document.view[name] else { return .missing }
                return Value(element)
            case .null, .undefined: return .null
            default: return .missing
            }
        default: return .missing  // the others are evaluated above
        }
    }

    /// Calls a function that does not look at all of its operands.
    private static func call(
        _ function: Function, _ operands: [Node?], _ evaluation: Evaluation, _ root: DocumentView, _ scope: inout Scope
    ) throws(QueryError) -> Value {
        var values: [Value?] = []
        values.reserveCapacity(operands.count)
        for (index, operand) in operands.enumerated() {
            if case .sparing(let spared) = evaluation, spared.contains(index) {
                values.append(operand.map { _ in .missing })
                continue
            }
            let value = try operand?.evaluate(root, &scope)
            values.append(value)
            guard let value, value.isNullish else { continue }
            if case .nullIfNull(let first) = evaluation, index < first { return .null }
            if case .untilNull = evaluation { break }
        }
        let result = try function.apply(values)
        // Nothing comes back only where an operand that was spared is what the function gives.
        guard case .sparing(let spared) = evaluation, case .missing = result, let last = spared.last else {
            return result
        }
        let isNull = values[0]?.isNullish ?? true
        return try operands[isNull ? last : spared[0]]?.evaluate(root, &scope) ?? result
    }

    private static func document(
        _ fields: [Field], _ root: DocumentView, _ scope: inout Scope
    ) throws(QueryError) -> Value {
        var writer = DocumentWriter(limit: Expression.Limits.bytes)
        writer.beginDocument()
        for field in fields {
            let value = try field.value.evaluate(root, &scope)
            writer.append(key: field.key.span.bytes, value)
            if writer.failure != nil { break }
        }
        return .document(try writer.endedDocument())
    }
}

extension DocumentWriter {
    /// Ends the open document and returns it, the only one.
    consuming func endedDocument() throws(QueryError) -> Document {
        let isWhole = endDocument()
        if !isWhole { throw QueryError("a document cannot be made: \(failure.map { "\($0)" } ?? "")") }
        return Document(copying: DocumentView(unchecked: bytes))
    }
}

// MARK: - Loops

extension Node.Loop {
    /// The elements; `nil` where null or nothing is given instead.
    private func elements(_ root: DocumentView, _ scope: inout Scope) throws(QueryError) -> [Value]? {
        let value = try input.evaluate(root, &scope)
        if case .array(let elements) = value { return elements }
        if value.isNullish { return nil }
        throw QueryError("\(name) needs an array as its input, not \(value.typeName)")
    }

    func map(to body: Node, _ root: DocumentView, _ scope: inout Scope) throws(QueryError) -> Value {
        guard let elements = try elements(root, &scope) else { return .null }
        if elements.isEmpty { return .array([]) }
        scope.values.append(.missing)
        var results: [Value] = []
        results.reserveCapacity(elements.count)
        for element in elements {
            scope.values[slot] = element
            results.append(try body.evaluate(root, &scope).inArray)
        }
        scope.values.removeLast()
        return .array(results)
    }

    func filter(
        where condition: Node, limit: Node?, _ root: DocumentView, _ scope: inout Scope
    ) throws(QueryError) -> Value {
        guard let elements = try elements(root, &scope) else { return .null }
        if elements.isEmpty { return .array([]) }
        let most = try limit.map { node throws(QueryError) in try Self.limit(node.evaluate(root, &scope)) } ?? .max
        scope.values.append(.missing)
        var results: [Value] = []
        for element in elements {
            scope.values[slot] = element
            if try condition.evaluate(root, &scope).isTrue {
                results.append(element)
                if results.count == most { break }
            }
        }
        scope.values.removeLast()
        return .array(results)
    }

    private static func limit(_ value: Value) throws(QueryError) -> Int {
        if value.isNullish { return .max }
        guard let limit = value.number?.asInteger, let small = Int32(exactly: limit), small > 0 else {
            throw QueryError("$filter needs a positive 32-bit integer as its limit")
        }
        return Int(small)
    }

    /// The accumulated value has the slot of the loop, the element the next one.
    func reduce(
        from initial: Node, to body: Node, _ root: DocumentView, _ scope: inout Scope
    ) throws(QueryError) -> Value {
        guard let elements = try elements(root, &scope) else { return .null }
        let first = try initial.evaluate(root, &scope)
        scope.values += [first, .missing]
        for (count, element) in elements.enumerated() {
            scope.values[slot + 1] = element
            scope.values[slot] = try body.evaluate(root, &scope)
            // Values can grow with each step, even to twice their size: they are looked at before it is too late.
            if count & 15 == 15 { try scope.values[slot].checkSize() }
        }
        let result = scope.values[slot]
        try result.checkSize()
        scope.values.removeLast(2)
        return result
    }
}

extension Value {
    /// Throws if this is a string that is too long.
    fileprivate func withinLimit() throws(QueryError) -> Value {
        if case .string(let text) = self, text.utf8.count > Expression.Limits.bytes {
            throw QueryError("a string is made that is longer than \(Expression.Limits.bytes) bytes")
        }
        return self
    }

    /// Throws if there are too many arrays and documents in one another, or too many values in them.
    fileprivate func checkSize() throws(QueryError) {
        var left = Expression.Limits.values
        if !fits(depth: BSONLimits.depth, &left) {
            throw QueryError("$reduce makes a value of too many levels or elements")
        }
    }

    private func fits(depth: Int, _ left: inout Int) -> Bool {
        switch self {
        case .array(let elements):
            left -= elements.count
            if depth == 0 || left < 0 { return false }
            for element in elements where !element.fits(depth: depth - 1, &left) { return false }
            return true
        case .document(let document): return Value.fits(document.view, depth: depth, &left)
        default: return true
        }
    }

    private static func fits(_ document: DocumentView, depth: Int, _ left: inout Int) -> Bool {
        if depth == 0 { return false }
        var elements = document.makeIterator()
        while let element = elements.next() {
            left -= 1
            if left < 0 { return false }
            if let inner = element.nested, !fits(inner, depth: depth - 1, &left) { return false }
        }
        return true
    }
}

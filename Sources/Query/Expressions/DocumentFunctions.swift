// Functions that make documents, or take them apart.

internal import BSON

extension Function {
    static let documents: [Function] = [
        one("$arrayToObject", document),
        one("$objectToArray", array),
        any("$mergeObjects", merge),
    ]

    /// Fields in the order in which they came first; a later value takes the place of an earlier one.
    private struct Fields {
        private var fields: [(key: String, value: Value)] = []
        private var places: [String: Int] = [:]

        mutating func set(_ key: String, _ value: Value) {
            if let place = places[key] {
                fields[place].value = value
            } else {
                places[key] = fields.count
                fields.append((key, value))
            }
        }

        func document() throws(QueryError) -> Value {
            var writer = DocumentWriter(limit: Expression.Limits.bytes)
            writer.beginDocument()
            for field in fields { writer[field.key] = field.value }
            return .document(try writer.endedDocument())
        }
    }

    /// Makes a document of `[key, value]` or `{k: key, v: value}`, all of one form.
    @Sendable private static func document(_ value: Value) throws(QueryError) -> Value {
        if value.isNullish { return .null }
        var fields = Fields()
        var form: BSONType?
        for element in try elements(value, "$arrayToObject") {
            let (key, value) = try pair(element)
            if let form, form != element.type { throw QueryError("$arrayToObject needs all elements in one form") }
            form = element.type
            guard case .string(let name) = key else {
                throw QueryError("$arrayToObject needs strings as keys, not \(key.typeName)")
            }
            if name.utf8.contains(0) { throw QueryError("$arrayToObject needs keys without NUL") }
            fields.set(name, value)
        }
        return try fields.document()
    }

    private static func pair(_ element: Value) throws(QueryError) -> (Value, Value) {
        switch element {
        case .array(let pair) where pair.count == 2: return (pair[0], pair[1])
        case .document(let document):
            let view = document.view
            guard view.count == 2, let key = view["k"], let value = view["v"] else { break }
            return (Value(key), Value(value))
        default: break
        }
        throw QueryError("$arrayToObject needs pairs, [key, value] or {k: key, v: value}")
    }

    @Sendable private static func array(_ value: Value) throws(QueryError) -> Value {
        if value.isNullish { return .null }
        guard case .document(let document) = value else {
            throw QueryError("$objectToArray needs a document, not \(value.typeName)")
        }
        var pairs: [Value] = []
        document.view.forEach { element in
            pairs.append(
                .document(
                    Document {
                        $0["k"] = element.key
                        $0.append(element, key: "v")
                    }))
        }
        return .array(pairs)
    }

    @Sendable private static func merge(_ operands: [Value?]) throws(QueryError) -> Value {
        var documents = operands
        if operands.count == 1, case .array(let elements) = operands[0] { documents = elements }
        var fields = Fields()
        for case let value? in documents where !value.isNullish {
            guard case .document(let document) = value else {
                throw QueryError("$mergeObjects takes documents, not \(value.typeName)")
            }
            document.view.forEach { fields.set($0.key, Value($0)) }
        }
        return try fields.document()
    }
}

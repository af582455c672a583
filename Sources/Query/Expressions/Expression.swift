// Aggregation expressions: what computes a value from a document.

internal import BSON

/// An expression of MongoDB's aggregation language, ready to be evaluated for any number of documents.
///
/// Operators whose operands are all constant were evaluated when the expression was read, and refuse the query then.
struct Expression: Sendable {
    /// What an expression may take and make.
    enum Limits {
        /// Bytes of a document or a string: the largest that MongoDB stores.
        static let bytes = 16 << 20
        /// Values of an array, and of all arrays inside together.
        static let values = 4 << 20
    }

    let node: Node

    /// Reads an expression.
    ///
    /// - Parameter variables: The variables that it may use besides those that it defines; their values are given to
    ///   ``evaluate(_:now:values:)`` in the same order.
    init(_ element: ElementView, variables: Variables = Variables()) throws(QueryError) {
        var reader = ExpressionReader(variables)
        node = try reader.read(element)
    }

    /// Computes the value for a document.
    func evaluate(_ document: DocumentView, now: Datetime, values: [Value] = []) throws(QueryError) -> Value {
        var scope = Scope(now: now, values: values)
        return try node.evaluate(document, &scope)
    }

    /// The path, if the expression is nothing but a field of the document.
    var path: FieldPath? { if case .path(let path) = node { path } else { nil } }

    /// The value, if it is the same for every document.
    var constant: Value? { if case .constant(let value) = node { value } else { nil } }

    /// Computes the value as far as it is a number; for a plain path nothing is copied or allocated.
    func evaluateNumber(_ document: DocumentView, now: Datetime) throws(QueryError) -> Number? {
        if case .path(let path) = node { return path.number(in: document) }
        return try evaluate(document, now: now).number
    }
}

/// The names of variables that expressions may use.
struct Variables: Sendable {
    /// The names without dollar signs; a later one hides an earlier one of the same name.
    var names: [String] = []
}

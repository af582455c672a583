// What a path stands for in an expression.

internal import BSON

extension FieldPath {
    /// Reads the path of an expression, without the dollar sign.
    init(expression text: Substring, at element: ElementView) throws(QueryError) {
        let utf8 = Array(text.utf8)
        self.init(utf8.span.bytes)
        if segments.last?.isEmpty == true {
            throw QueryError("a field path must not end with a '.': '\(text)'", at: element)
        }
        for segment in segments {
            if segment.isEmpty { throw QueryError("a field path has an empty field name: '\(text)'", at: element) }
            if segment.first == 0x24 {
                throw QueryError("a field name in a path must not begin with '$': '\(text)'", at: element)
            }
            if segment.contains(0) { throw QueryError("a field name in a path must not contain NUL", at: element) }
        }
    }

    /// The number at the path, if there is one and no array is on the way; without copying or allocating anything.
    func number(in document: DocumentView, from index: Int = 0) -> Number? {
        let segment = segments[index]
        guard let element = document.first(segment.span.bytes) else { return nil }
        if index + 1 == segments.count { return ValueView(element).number }
        guard let inner = element.document else { return nil }
        return number(in: inner, from: index + 1)
    }

    /// The value at the path inside another value.
    func value(in value: Value) -> Value {
        switch value {
        case .document(let document): return self.value(in: document.view)
        case .array(let elements):
            var values: [Value] = []
            for case .document(let document) in elements {
                let value = self.value(in: document.view)
                if case .missing = value { continue }
                values.append(value)
            }
            return .array(values)
        default: return .missing
        }
    }
}

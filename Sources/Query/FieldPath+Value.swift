// The value of a path in an expression, such as "$client.address".

internal import BSON

extension FieldPath {
    /// Copies the value that the path leads to; through an array it is an array of what its documents have.
    func value(in document: DocumentView) -> Value { value(in: document, 0) }

    private func value(in document: DocumentView, _ index: Int) -> Value {
        let segment = segments[index]
        guard let element = document.first(segment.span.bytes) else { return .missing }
        if index + 1 == segments.count { return Value(element) }
        if let inner = element.document { return value(in: inner, index + 1) }
        guard let array = element.array else { return .missing }
        var values: [Value] = []
        var elements = array.makeIterator()
        while let element = elements.next() {
            guard let inner = element.document else { continue }
            let value = value(in: inner, index + 1)
            if case .missing = value { continue }
            values.append(value)
        }
        return .array(values)
    }
}

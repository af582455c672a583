internal import BSON
struct Expression: Sendable {
    init(_ element: ElementView) throws(QueryError) {
        if let text = element.string, text.hasPrefix("$") {
            path = FieldPath(String(text.dropFirst()).utf8Span.span.bytes); constant = nil
        } else {
            constant = Value(element); path = nil
        }
    }
    let constant: Value?
    let path: FieldPath?
    func evaluate(_ document: DocumentView, now: Datetime) throws(QueryError) -> Value {
        constant ?? path?.value(in: document) ?? .missing
    }
}

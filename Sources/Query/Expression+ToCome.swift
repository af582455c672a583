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
extension Decimal128 {
    static func add(_ a: Decimal128, _ b: Decimal128) -> Decimal128 { a }
    static func divide(_ a: Decimal128, _ b: Decimal128) -> Decimal128 { a }
    init(_ d: Double) { self = .nan }
}

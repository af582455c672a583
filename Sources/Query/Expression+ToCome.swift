internal import BSON
struct Expression: Sendable {
    init(_ element: ElementView) throws(QueryError) { throw QueryError("no", at: element) }
    func evaluate(_ document: DocumentView, now: Datetime) throws(QueryError) -> Value { .missing }
}

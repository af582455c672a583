// Why a query does not select an event: the parts that do not hold, and what was there instead.
import BSON
import BSONText
import Query

/// Takes a query apart and asks for each part.
enum MatchExplanation {
    /// The parts of a query that do not hold for an event, each as a sentence; empty if all do.
    static func reasons(_ query: DocumentView, _ event: DocumentView) -> [String] {
        var reasons: [String] = []
        var elements = query.makeIterator()
        while let element = elements.next() {
            switch element.key {
            case "$and": forEachQuery(element) { reasons += MatchExplanation.reasons($0, event) }
            case "$or": reasons += alternatives(element, event)
            case "$nor":
                forEachQuery(element) {
                    if holds($0, event) { reasons.append("\(text($0)) holds, wanted that it does not") }
                }
            case "$comment": break
            case "$expr":
                let one = Document { $0.append(element) }
                if !holds(one.view, event) { reasons.append("$expr \(text(element)) is not true") }
            default: reasons += field(element, event)
            }
        }
        return reasons
    }

    /// `$or`: if none of its queries holds, why not.
    private static func alternatives(_ element: ElementView, _ event: DocumentView) -> [String] {
        var reasons: [String] = []
        var isHeld = false
        forEachQuery(element) { query in
            let why = MatchExplanation.reasons(query, event)
            isHeld = isHeld || holds(query, event)
            reasons.append(why.joined(separator: " and "))
        }
        return isHeld ? [] : ["none of $or: " + reasons.joined(separator: "; ")]
    }

    /// A condition on a field: each of its operators by itself.
    private static func field(_ element: ElementView, _ event: DocumentView) -> [String] {
        let key = element.key
        guard let document = element.document, isOperators(document) else {
            let one = Document { $0.append(element) }
            return holds(one.view, event) ? [] : ["\(key) \(seen(key, event)), wanted \(text(element))"]
        }
        var reasons: [String] = []
        var options: Document?
        if let element = document["$options"] { options = one(element) }
        var operators = document.makeIterator()
        while let condition = operators.next() {
            if condition.key == "$options" { continue }
            let part = Document { writer in
                writer.document(key: key) { writer in
                    writer.append(condition)
                    if condition.key == "$regex", let options { writer.append(contentsOf: options.view) }
                }
            }
            if !holds(part.view, event) {
                reasons.append("\(key) \(seen(key, event)), wanted \(condition.key) \(text(condition))")
            }
        }
        return reasons
    }

    private static func isOperators(_ document: DocumentView) -> Bool {
        var elements = document.makeIterator()
        guard let first = elements.next() else { return false }
        return first.key.hasPrefix("$")
    }

    private static func forEachQuery(_ element: ElementView, _ body: (DocumentView) -> Void) {
        guard let array = element.array else { return }
        var queries = array.makeIterator()
        while let query = queries.next() { if let document = query.document { body(document) } }
    }

    private static func holds(_ query: DocumentView, _ event: DocumentView) -> Bool {
        guard let match = try? Match(query) else { return false }
        return (try? match.matches(event)) ?? false
    }

    /// What an event has at a path: `is 200`, `is missing`.
    private static func seen(_ path: String, _ event: DocumentView) -> String {
        var values: [String] = []
        collect(path.split(separator: ".").map(String.init)[...], event, isArray: false, &values)
        return values.isEmpty ? "is missing" : "is " + values.joined(separator: ", ")
    }

    /// Follows a path into documents and all elements of arrays.
    private static func collect(
        _ path: ArraySlice<String>, _ document: DocumentView, isArray: Bool, _ values: inout [String]
    ) {
        guard let key = path.first, values.count < 4 else { return }
        if let element = document[key] {
            if path.count == 1 {
                values.append(text(element))
            } else if let inner = element.nested {
                collect(path.dropFirst(), inner, isArray: element.type == .array, &values)
            }
        } else if isArray {
            var elements = document.makeIterator()
            while let element = elements.next() {
                if let inner = element.document { collect(path, inner, isArray: false, &values) }
            }
        }
    }

    private static func one(_ element: ElementView) -> Document { Document { $0.append(element) } }

    private static func text(_ element: ElementView) -> String { cut(BSONText.string(valueOf: element)) }

    private static func text(_ document: DocumentView) -> String { cut(BSONText.string(document)) }

    private static func cut(_ text: String) -> String { text.count > 80 ? text.prefix(77) + "..." : text }
}

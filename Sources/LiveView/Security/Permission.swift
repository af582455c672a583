// What of a question somebody may ask.

import BSON
import Eventstorm

extension UserRights {
    /// Why somebody may not ask this; nil if they may.
    func refusal(of spec: WatchSpec) -> String? {
        if let refusal = refusal(of: spec.pattern, spec.match) { return refusal }
        for source in spec.groups + spec.measures.compactMap(\.source) {
            if case .path(let path) = source, hides(path[...]) { return "you may not use the field \"\(path)\"" }
        }
        return nil
    }

    /// Why somebody may not read these events along; nil if they may.
    func refusal(of spec: TailSpec) -> String? { refusal(of: spec.pattern, spec.match) }

    private func refusal(of pattern: Pattern, _ match: [UInt8]) -> String? {
        guard mayRead(pattern) else { return "you may not read \(pattern)" }
        if hidden.isEmpty || match.isEmpty { return nil }
        return refusal(ofQuery: DocumentView(unchecked: match.span.bytes), below: "")
    }

    /// A query that asks for a hidden field would tell of it, by what it selects.
    private func refusal(ofQuery view: DocumentView, below path: String) -> String? {
        var elements = view.makeIterator()
        while let element = elements.next() {
            let key = element.key
            // An expression may reach any field in many ways.
            if key == "$expr" || key == "$where" || key == "$jsonSchema" { return "you may not use \(key)" }
            let isField = !key.hasPrefix("$") && Int(key) == nil
            let inner = isField ? (path.isEmpty ? key : "\(path).\(key)") : path
            if isField && hides(inner[...]) { return "you may not use the field \"\(inner)\"" }
            if let nested = element.nested, let refusal = refusal(ofQuery: nested, below: inner) { return refusal }
        }
        return nil
    }
}

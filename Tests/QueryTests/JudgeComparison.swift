// Whether two answers are the same: to the bit, except for doubles that are sums.

import BSON

/// How exactly two answers must be the same.
struct Exactness {
    /// The relative difference that two doubles may have.
    var tolerance = 0.0
    /// Whether fields named `set_…` hold arrays in any order.
    var knowsSets = false
    /// Whether the order of NaN's bits counts.
    var distinguishesNaNs = true

    /// Operators whose results depend on the order of additions, or on the system's mathematical functions.
    static let roundingOperators: Set = [
        "$sum", "$avg", "$stdDevPop", "$stdDevSamp", "$exp", "$ln", "$log", "$log10", "$pow", "$sqrt",
    ]

    /// How exactly an answer to this question must be given.
    init(_ judged: JudgeCase) {
        guard judged.kind == .expression || judged.kind == .pipeline || judged.kind == .project else { return }
        if !judged.operators.isDisjoint(with: Self.roundingOperators) { tolerance = 1e-12 }
        knowsSets = judged.kind == .pipeline
        distinguishesNaNs = false
    }

    /// Whether two documents are the same.
    func areSame(_ one: DocumentView, _ other: DocumentView) -> Bool {
        var ones = one.makeIterator()
        var others = other.makeIterator()
        while let element = ones.next() {
            guard let twin = others.next(), element.key == twin.key, areSame(element, twin) else { return false }
        }
        if let _ = others.next() { return false }
        return true
    }

    private func areSame(_ one: ElementView, _ other: ElementView) -> Bool {
        guard one.type == other.type else { return false }
        if one.type == .double, let left = one.double, let right = other.double {
            if left.bitPattern == right.bitPattern { return true }
            if left.isNaN || right.isNaN { return left.isNaN && right.isNaN && !distinguishesNaNs }
            if left == right { return tolerance > 0 }  // zeros
            if left.isInfinite || right.isInfinite { return false }
            return abs(left - right) <= tolerance * max(left.magnitude, right.magnitude)
        }
        guard let left = one.nested, let right = other.nested else {
            return one.valueBytes.withUnsafeBytes { left in
                other.valueBytes.withUnsafeBytes { left.elementsEqual($0) }
            }
        }
        if knowsSets, one.key.hasPrefix("set_"), one.type == .array {
            return areSame(set: documents(of: left), documents(of: right))
        }
        return areSame(left, right)
    }

    /// Whether two lists hold the same documents, in any order.
    func areSame(set one: [Document], _ other: [Document]) -> Bool {
        guard one.count == other.count else { return false }
        var left: [Document: Int] = [:]
        var rest: [Document] = []
        for document in one { left[document, default: 0] += 1 }
        for document in other {
            if let count = left[document], count > 0 { left[document] = count - 1 } else { rest.append(document) }
        }
        var candidates = left.flatMap { Array(repeating: $0.key, count: $0.value) }
        return rest.allSatisfy { document in
            let view = document.view
            let twin = candidates.firstIndex { candidate in
                let other = candidate.view
                return areSame(view, other)
            }
            guard let twin else { return false }
            candidates.remove(at: twin)
            return true
        }
    }

    /// Whether two lists hold the same documents in the same order.
    func areSame(list one: [Document], _ other: [Document]) -> Bool {
        one.count == other.count && firstDifference(one, other) == nil
    }

    /// Where two lists begin to differ, if not only in length.
    func firstDifference(_ one: [Document], _ other: [Document]) -> Int? {
        zip(one, other).enumerated().first { _, pair in
            let view = pair.0.view
            let other = pair.1.view
            return !areSame(view, other)
        }?.offset
    }

    /// The elements of an array, each as a document of its own.
    private func documents(of array: DocumentView) -> [Document] {
        var documents: [Document] = []
        array.forEach { element in documents.append(Document { $0.append(element, key: "item") }) }
        return documents
    }

    /// Whether two outcomes are the same.
    func areSame(_ one: Outcome, _ other: Outcome) -> Bool {
        if one.isFailure || other.isFailure { return one.isFailure && other.isFailure }
        guard case .value(let left) = one, case .value(let right) = other else { return one == other }
        let view = left.view
        let twin = right.view
        return areSame(view, twin)
    }
}

// The values that a query compares with.

internal import BSON

/// A comparison with a constant.
enum Comparison: Sendable {
    case equal, less, lessOrEqual, greater, greaterOrEqual

    /// Whether it holds, given the order of the value beside the constant.
    @inline(__always)
    func holds(_ order: Int) -> Bool {
        switch self {
        case .equal: order == 0
        case .less: order < 0
        case .lessOrEqual: order <= 0
        case .greater: order > 0
        case .greaterOrEqual: order >= 0
        }
    }

    /// Whether equal values are accepted.
    var acceptsEqual: Bool { self == .equal || self == .lessOrEqual || self == .greaterOrEqual }
}

/// A value of a query, ready to be compared with.
struct Constant: Sendable {
    private let holder: Document  // the value under the empty key
    let type: BSONType
    private let rank: Int
    private let kind: Kind

    /// What is compared without a look at the bytes of the constant.
    private enum Kind {
        case integer(Int64)
        case double(Double)
        case text
        case other
    }

    init(_ element: ElementView) {
        holder = Document { $0.append(element, key: "") }
        type = element.type
        rank = Order.rank(type)
        kind =
            switch ValueView(element).number {
            case .integer(let value): .integer(value)
            case .double(let value) where !value.isNaN: .double(value)
            default: type == .string || type == .symbol ? .text : .other
            }
    }

    /// A constant as the fast tests know it.
    enum Simple {
        case integer(Int64)
        case double(Double)
        /// A string's value as stored.
        case text([UInt8])
    }

    /// The constant, if it is a number but no decimal or NaN, or a string.
    var simple: Simple? {
        switch kind {
        case .integer(let value): .integer(value)
        case .double(let value): .double(value)
        case .text: type == .string ? .text(Array(holder.bytes[6..<holder.bytes.count - 1])) : nil
        case .other: nil
        }
    }

    /// Lends the value.
    private func withView<R>(_ body: (ValueView) -> R) -> R? {
        guard let element = holder.view.element(at: 4) else { return nil }
        return body(ValueView(element))
    }

    /// Whether a value compares so with the constant.
    func compares(_ comparison: Comparison, with element: ElementView) -> Bool {
        switch (kind, element.type) {
        case (.integer(let constant), .int32):
            return comparison.holds(Number.order(Int64(element.valueBytes.int32(at: 0)), constant))
        case (.integer(let constant), .int64):
            return comparison.holds(Number.order(element.valueBytes.int64(at: 0), constant))
        case (.text, .string):
            let value = element.valueBytes
            let text = holder.bytes.span.bytes.extracting(droppingFirst: 6)
            if comparison == .equal {
                // Length, text and NUL are the same; what follows is the NUL of the document.
                return value.byteCount + 1 == text.byteCount && text.holds(value, at: 0)
            }
            let order = Order.bytes(
                value.extracting(4..<value.byteCount - 1), text.extracting(4..<text.byteCount - 2))
            return comparison.holds(order)
        default: return compareAny(comparison, element)
        }
    }

    private func compareAny(_ comparison: Comparison, _ element: ElementView) -> Bool {
        let other = Order.rank(element.type)
        if other != rank { return comparesWithOtherRank(comparison, other) }
        let value = ValueView(element)
        if comparison != .equal, rank == Order.rank(.double) {
            let isNaN = value.number?.isNaN ?? false
            let constantIsNaN = withView { $0.number?.isNaN ?? false } ?? false
            // NaN is neither less nor greater than anything.
            if isNaN || constantIsNaN { return isNaN && constantIsNaN && comparison.acceptsEqual }
        }
        return withView { comparison.holds(Order.compare(value, $0)) } ?? false
    }

    /// Values of another kind compare only with null, which undefined equals, and with MinKey and MaxKey.
    private func comparesWithOtherRank(_ comparison: Comparison, _ other: Int) -> Bool {
        if rank + other == Order.rank(.null) { return comparison.acceptsEqual }
        switch type {
        case .maxKey: return comparison == .less || comparison == .lessOrEqual
        case .minKey: return comparison == .greater || comparison == .greaterOrEqual
        default: return false
        }
    }

    /// Whether no value at all compares so with the constant.
    func comparesNothing(_ comparison: Comparison) -> Bool { comparesWithOtherRank(comparison, Order.rank(nil)) }

    /// Returns the order of a value beside the constant.
    func order(of value: ValueView) -> Int { withView { Order.compare(value, $0) } ?? 0 }
}

/// The values and regular expressions of `$in`.
struct ConstantSet: Sendable {
    private var constants: [Constant] = []  // sorted, without repetitions
    private var expressions: [(RegularExpression, BSON.Regex)] = []
    /// Whether null is among them, which no value equals.
    private(set) var containsNull = false

    init(_ constants: [Constant], _ expressions: [(RegularExpression, BSON.Regex)]) {
        self.expressions = expressions
        self.constants = constants.sorted { $0.isBefore($1) }
        containsNull = constants.contains { $0.type == .null }
    }

    /// Whether a value is among them, or matches an expression.
    ///
    /// - Complexity: O(log *n*) in the values, O(*n*) in the expressions.
    func contains(_ element: ElementView) throws(QueryError) -> Bool {
        // Undefined counts as null.
        if containsNull && element.type == .undefined { return true }
        let value = ValueView(element)
        var low = 0
        var high = constants.count
        while low < high {
            let middle = (low + high) / 2
            let order = constants[middle].order(of: value)
            if order == 0 { return true }
            if order > 0 { low = middle + 1 } else { high = middle }
        }
        for (expression, regex) in expressions where try Condition.matches(element, expression, regex) { return true }
        return false
    }
}

extension Constant {
    /// Whether this sorts in front of another.
    func isBefore(_ other: Constant) -> Bool { withView { other.order(of: $0) < 0 } ?? false }
}

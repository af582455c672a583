// Functions of arrays that look at elements, or take some of them.

internal import BSON

extension Function {
    static let arrays: [Function] =
        arrayOnes.map(one) + arrayTwos.map(two) + documents + [
            Function(name: "$slice", operands: .list(2...3), apply: slice),
            Function(name: "$range", operands: .list(2...3), apply: range),
            Function(name: "$indexOfArray", operands: .list(2...4), apply: index),
            any("$concatArrays", concatenate),
        ]

    static let arrayOnes: [(String, OneOperand)] = [
        ("$size", { value throws(QueryError) in .int32(Int32(try elements(value, "$size").count)) }),
        ("$isArray", { value in if case .array = value { .bool(true) } else { .bool(false) } }),
        (
            "$first",
            { value throws(QueryError) in try elementsOrNull(value, "$first").map { $0.first ?? .missing } ?? .null }
        ),
        (
            "$last",
            { value throws(QueryError) in try elementsOrNull(value, "$last").map { $0.last ?? .missing } ?? .null }
        ),
        (
            "$reverseArray",
            { value throws(QueryError) in
                try elementsOrNull(value, "$reverseArray").map { .array($0.reversed()) } ?? .null
            }
        ),
        (
            "$anyElementTrue",
            { value throws(QueryError) in .bool(try elements(value, "$anyElementTrue").contains { $0.isTrue }) }
        ),
        (
            "$allElementsTrue",
            { value throws(QueryError) in .bool(try elements(value, "$allElementsTrue").allSatisfy { $0.isTrue }) }
        ),
        ("$not", { value in .bool(!value.isTrue) }),
        ("$type", { value in .string(value.typeName) }),
        ("$isNumber", { value in .bool(value.number != nil) }),
    ]

    static let arrayTwos: [(String, TwoOperands)] = [
        ("$arrayElemAt", element),
        (
            "$in",
            { value, array throws(QueryError) in
                let value = value
                return .bool(try elements(array, "$in").contains { order($0, value) == 0 })
            }
        ),
    ]

    /// The elements of an array.
    static func elements(_ value: Value, _ name: String) throws(QueryError) -> [Value] {
        guard case .array(let elements) = value else {
            throw QueryError("\(name) needs an array, not \(value.typeName)")
        }
        return elements
    }

    /// The elements of an array; `nil` for null.
    private static func elementsOrNull(_ value: Value, _ name: String) throws(QueryError) -> [Value]? {
        value.isNullish ? nil : try elements(value, name)
    }

    /// The operand as a number of 32 bits.
    private static func integer(_ value: Value, _ name: String, _ role: String) throws(QueryError) -> Int {
        guard let integer = value.number?.asInteger, Int32(exactly: integer) != nil else {
            throw QueryError("\(name) needs a whole number of 32 bits as its \(role)")
        }
        return Int(integer)
    }

    @Sendable private static func element(_ array: Value, _ place: Value) throws(QueryError) -> Value {
        if array.isNullish || place.isNullish { return .null }
        let elements = try elements(array, "$arrayElemAt")
        let place = try integer(place, "$arrayElemAt", "index")
        let index = place < 0 ? elements.count + place : place
        return elements.indices.contains(index) ? elements[index] : .missing
    }

    @Sendable private static func slice(_ operands: [Value?]) throws(QueryError) -> Value {
        for operand in operands where operand?.isNullish ?? true { return .null }
        let elements = try elements(operands[0] ?? .missing, "$slice")
        let first = try integer(operands[1] ?? .missing, "$slice", operands.count == 2 ? "count" : "position")
        guard operands.count == 3 else {
            return .array(Array(first < 0 ? elements.suffix(-first) : elements.prefix(first)))
        }
        let count = try integer(operands[2] ?? .missing, "$slice", "count")
        if count <= 0 { throw QueryError("$slice needs a positive count, not \(count)") }
        let start = first < 0 ? max(elements.count + first, 0) : min(first, elements.count)
        return .array(Array(elements[start..<min(start + count, elements.count)]))
    }

    @Sendable private static func range(_ operands: [Value?]) throws(QueryError) -> Value {
        let start = try integer(operands[0] ?? .missing, "$range", "start")
        let end = try integer(operands[1] ?? .missing, "$range", "end")
        let step = operands.count < 3 ? 1 : try integer(operands[2] ?? .missing, "$range", "step")
        if step == 0 { throw QueryError("$range needs a step other than 0") }
        let count = max(0, step > 0 ? (end - start + step - 1) / step : (start - end - step - 1) / -step)
        if count > Expression.Limits.values {
            throw QueryError("$range makes more than \(Expression.Limits.values) numbers")
        }
        return .array((0..<count).map { .int32(Int32(truncatingIfNeeded: start + $0 * step)) })
    }

    @Sendable private static func index(_ operands: [Value?]) throws(QueryError) -> Value {
        let array = operands[0] ?? .missing
        if array.isNullish { return .null }
        let elements = try elements(array, "$indexOfArray")
        let wanted = operands[1] ?? .missing
        var bounds = [0, elements.count]
        for place in 2..<max(2, operands.count) {
            let bound = try integer(operands[place] ?? .missing, "$indexOfArray", place == 2 ? "start" : "end")
            if bound < 0 { throw QueryError("$indexOfArray needs bounds that are not negative, not \(bound)") }
            bounds[place - 2] = min(bound, elements.count)
        }
        for index in bounds[0]..<max(bounds[0], bounds[1]) where order(elements[index], wanted) == 0 {
            return .int32(Int32(truncatingIfNeeded: index))
        }
        return .int32(-1)
    }

    @Sendable private static func concatenate(_ operands: [Value?]) throws(QueryError) -> Value {
        var all: [Value] = []
        for case let operand? in operands {
            guard let elements = try elementsOrNull(operand, "$concatArrays") else { return .null }
            all += elements
            if all.count > Expression.Limits.values {
                throw QueryError("$concatArrays makes more than \(Expression.Limits.values) elements")
            }
        }
        return .array(all)
    }
}

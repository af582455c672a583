// $sum, $avg, $min and $max of operands; as accumulators they are the business of $group.

internal import BSON

extension Function {
    static let sums: [Function] = [
        any("$sum") { operands in
            var sum = Summation()
            forEach(operands) { _ = sum.add($0) }
            return sum.total
        },
        any("$avg", average),
        any("$min") { operands in extreme(operands) { $0 < 0 } },
        any("$max") { operands in extreme(operands) { $0 > 0 } },
    ]

    /// Goes through the operands, or the elements of the only one if that is an array.
    private static func forEach(_ operands: [Value?], _ body: (Value) -> Void) {
        if operands.count == 1, case .array(let elements) = operands[0] {
            for element in elements { body(element) }
        } else {
            for case let operand? in operands { body(operand) }
        }
    }

    @Sendable private static func average(_ operands: [Value?]) -> Value {
        var sum = Summation()
        var count: Int64 = 0
        forEach(operands) { if sum.add($0) { count += 1 } }
        if count == 0 { return .null }
        if sum.isDecimal { return .decimal128(Decimal128.divide(sum.decimal, Decimal128(count))) }
        return .double(sum.double / Double(count))
    }

    /// The first of those that no other one beats, null and nothing left out.
    private static func extreme(_ operands: [Value?], _ beats: (Int) -> Bool) -> Value {
        var best: Value?
        forEach(operands) { value in
            if value.isNullish { return }
            if let other = best, !beats(Order.compare(value, other)) { return }
            best = value
        }
        return best ?? .null
    }
}

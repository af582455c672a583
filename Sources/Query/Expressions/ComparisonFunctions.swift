// $cmp, $eq and the like, $not, $type, $isNumber.

internal import BSON

extension Function {
    static let comparison: [Function] = comparisonTwos.map(two)

    static let comparisonTwos: [(String, TwoOperands)] = [
        ("$cmp", { left, right in .int32(Int32(order(left, right).signum())) }),
        ("$eq", { left, right in .bool(order(left, right) == 0) }),
        ("$ne", { left, right in .bool(order(left, right) != 0) }),
        ("$lt", { left, right in .bool(order(left, right) < 0) }),
        ("$lte", { left, right in .bool(order(left, right) <= 0) }),
        ("$gt", { left, right in .bool(order(left, right) > 0) }),
        ("$gte", { left, right in .bool(order(left, right) >= 0) }),
    ]

    /// Returns a negative number, 0 or a positive number; undefined is the same as nothing.
    static func order(_ left: Value, _ right: Value) -> Int {
        switch (left, right) {
        case (.int32(let one), .int32(let other)): one < other ? -1 : one > other ? 1 : 0
        case (.missing, .undefined), (.undefined, .missing): 0
        default: Order.compare(left, right)
        }
    }
}

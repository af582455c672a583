// $cmp, $eq and the like, $not, $type, $isNumber.

internal import BSON

extension Function {
    static let comparison: [Function] = comparisonTwos.map(two)

    static let comparisonTwos: [(String, TwoOperands)] = [
        ("$cmp", { left, right in .int32(Int32(Order.compare(left, right).signum())) }),
        ("$eq", { left, right in .bool(Order.compare(left, right) == 0) }),
        ("$ne", { left, right in .bool(Order.compare(left, right) != 0) }),
        ("$lt", { left, right in .bool(Order.compare(left, right) < 0) }),
        ("$lte", { left, right in .bool(Order.compare(left, right) <= 0) }),
        ("$gt", { left, right in .bool(Order.compare(left, right) > 0) }),
        ("$gte", { left, right in .bool(Order.compare(left, right) >= 0) }),
    ]
}

// Expressions and what mongod 6.0.5 answers: Conditions and comparisons.

extension ExpressionTable {
    static let conditions = ExpressionTable(
        "conditions",
        ##"""
        {$cond: [true, 1, {$divide: [1, 0]}]} => refused
        {$cond: ["$a", 1, {$divide: [1, 0]}]} => refused
        {$and: [false, {$divide: [1, 0]}]} => refused
        {$and: [false, {$divide: [1, "$a"]}]} | {a: 0} => false
        {$and: ["$a", {$divide: [1, 0]}]} | {a: 0} => refused
        {$or: [true, {$divide: [1, 0]}]} => refused
        {$or: ["$a", {$divide: [1, 0]}]} | {a: 1} => refused
        {$ifNull: [1, {$divide: [1, 0]}]} => refused
        {$ifNull: ["$a", {$divide: [1, 0]}]} => refused
        {$switch: {branches: [{case: true, then: 1}, {case: true, then: {$divide: [1, 0]}}]}} => 1
        {$switch: {branches: [{case: false, then: 1}]}} => refused
        {$switch: {branches: [{case: "$a", then: 1}]}} => fails
        {$and: []} => true
        {$or: []} => false
        {$ifNull: [1]} => refused
        {$ifNull: [null, null, 2]} => 2
        {$cond: {if: true, then: 1}} => refused
        {$cond: {if: true, then: 1, else: 2, x: 1}} => refused
        {$cond: [1, 2]} => refused
        {$literal: {$add: 1}} => {$add: 1}
        {$not: [1]} => false
        {$not: 1} => false
        {$not: [1, 2]} => refused
        {$cmp: [1, 2]} => -1
        {$cmp: [2, "$x"]} => 1
        {$cmp: ["$x", null]} => -1
        {$eq: ["$x", null]} => false
        {$gt: [1, "$x"]} => true
        {$gt: ["a", 5]} => true
        {$cmp: [1]} => refused
        {$eq: 1} => refused
        {$eq: [1, 1.0]} => true
        {$eq: [NaN, NaN]} => true
        {$lt: [NaN, 0]} => true
        {$switch: {branches: []}} => refused
        {$switch: {branches: 1}} => refused
        {$switch: {branches: [1]}} => refused
        {$switch: {branches: [{case: 1}]}} => refused
        {$switch: {branches: [{then: 1}]}} => refused
        {$switch: {branches: [{case: 1, then: 1, x: 1}]}} => refused
        {$switch: {default: 1}} => refused
        {$switch: 1} => refused
        {$switch: {branches: [{case: 1, then: 1}], x: 1}} => refused
        {$literal: [1, 2]} => [1, 2]
        {$literal: "$x"} => "$x"
        {$cond: {if: "$x", then: 1, else: 2}} => 2
        {$cond: {then: 1, else: 2, if: null}} => 2
        {$cond: [[], 1, 2]} => 1
        {$cond: ["", 1, 2]} => 1
        {$cond: [NaN, 1, 2]} => 1
        {$cond: [NumberDecimal("NaN"), 1, 2]} => 1
        {$cond: [NumberDecimal("0.1"), 1, 2]} => 1
        {$literal: "$$x"} => "$$x"
        {$switch: {branches: [{case: true, then: 1}], default: {$divide: [1, 0]}}} => refused
        {$switch: {branches: [{case: false, then: {$divide: [1, 0]}}], default: 1}} => 1
        {$switch: {branches: [{case: true, then: 1}, {case: {$divide: [1, 0]}, then: 1}], default: 1}} => 1
        {$switch: {branches: [{case: true, then: 1}, {case: {$foo: [1, 0]}, then: 1}], default: 1}} => refused
        {$switch: {branches: [{case: {$gt: [1, 2]}, then: 1}, {case: "$a", then: 2}]}} => fails
        {$ifNull: [{$divide: [1, "$a"]}, 1]} | {a: 0} => fails
        {$ifNull: [1, {$divide: [1, "$a"]}]} | {a: 0} => 1
        {$or: [{$divide: [1, "$a"]}, true]} | {a: 0} => true
        {$eq: [[1, 2], [1.0, 2]]} => true
        {$eq: [{a: 1, b: 2}, {b: 2, a: 1}]} => false
        {$cmp: [{a: 1}, {a: 1.0}]} => 0
        {$cmp: [[], null]} => 1
        """##)
}

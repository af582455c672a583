// Expressions and what mongod 6.0.5 answers: fields, variables, documents and arrays, and what is refused.

extension ExpressionTable {
    static let paths = ExpressionTable(
        "paths",
        ##"""
        {$concat: ["$a", 1]} => null
        {a: {$divide: [1, 0]}} => refused
        [{$divide: [1, 0]}] => refused
        {$foo: 1} => refused
        {a: 1, $add: 1} => refused
        "$" => refused
        "$$" => refused
        "$a." => refused
        "$.a" => refused
        "$a..b" => refused
        "$$x" => refused
        "$$X.y" => refused
        "$$ROOT.a" | {a: 1} => 1
        "$$CURRENT.a" | {a: 1} => 1
        "$$REMOVE" => nothing
        "$$REMOVE.a" => nothing
        ["$$REMOVE"] => [null]
        ["$a"] => [null]
        "$a.b" | {a: [{b: 1}, 2, [{b: 3}], {b: {c: 1}}, {}]} => [1, {c: 1}]
        "$a.b.c" | {a: [{b: [{c: 1}, {c: 2}]}, {b: {c: 3}}]} => [[1, 2], 3]
        "$a.0" | {a: [1]} => []
        {"a.b": 1} => refused
        {a: {b: "$x"}} => {a: {}}
        {a: "$x"} => {}
        [] => []
        "$$x.y.$z" => refused
        "$a.$b" => refused
        "$$ROOT." => refused
        "$$.a" => refused
        [{"": 1}] => refused
        [{"a.b": 1}] => refused
        [{$a: 1, b: 1}] => refused
        [{b: 1, $a: 1}] => refused
        [{b: 1, $add: [1]}] => refused
        [{$literal: 1, b: 1}] => refused
        [{}] => [{}]
        [{a: {}}] => [{a: {}}]
        "$$KEEP" => refused
        "$$DESCEND" => refused
        "$$SEARCH_META" => refused
        "$$USER_ROLES" => refused
        {$strcasecmp: [1, 2]} => -1
        {$const: 1} => 1
        """##)
}

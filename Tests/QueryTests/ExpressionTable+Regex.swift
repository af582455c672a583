// Expressions and what mongod 6.0.5 answers: regular expressions.

extension ExpressionTable {
    static let regexes = ExpressionTable(
        "regular expressions",
        ##"""
        {$regexMatch: {input: "a", regex: {"$symbol": "a"}}} => refused
        {$regexMatch: {input: "a", regex: "a", options: {"$symbol": "i"}}} => refused
        {$regexMatch: {input: "abc", regex: "b"}} => true
        {$regexMatch: {input: "abc", regex: {"$regularExpression": {"pattern": "B", "options": "i"}}}} => true
        {$regexMatch: {input: "abc", regex: "B", options: "i"}} => true
        {$regexMatch: {input: "abc", regex: {"$regularExpression": {"pattern": "B", "options": "i"}}, options: \##
        "i"}} => refused
        {$regexMatch: {input: "abc", regex: {"$regularExpression": {"pattern": "B", "options": ""}}, options: "i"}} \##
        => true
        {$regexMatch: {input: "abc", regex: {"$regularExpression": {"pattern": "B", "options": "i"}}, options: ""}} \##
        => refused
        {$regexMatch: {input: "abc", regex: {"$regularExpression": {"pattern": "B", "options": "i"}}, options: \##
        null}} => true
        {$regexMatch: {input: null, regex: "b"}} => false
        {$regexMatch: {input: "a", regex: null}} => false
        {$regexMatch: {input: 5, regex: "b"}} => fails
        {$regexMatch: {input: "a", regex: 5}} => refused
        {$regexMatch: {input: "a", regex: "a", options: 5}} => refused
        {$regexMatch: {input: "a", regex: "a", options: "q"}} => refused
        {$regexMatch: {input: null, regex: 5}} => refused
        {$regexMatch: {input: null, regex: "("}} => refused
        {$regexMatch: {input: null, regex: "a", options: "q"}} => refused
        {$regexMatch: {input: 5, regex: null}} => fails
        {$regexMatch: {input: "a", regex: "a\u0000b"}} => refused
        {$regexMatch: {input: "a", regex: "a", options: "i\u0000"}} => refused
        {$regexMatch: {input: "$s", regex: "$r"}} | {s: null, r: "("} => fails
        {$regexMatch: {input: "$s", regex: "$r"}} | {s: null, r: 5} => fails
        {$regexMatch: {input: "$s", regex: "$r"}} | {s: 5, r: null} => fails
        {$regexMatch: {input: "$s", regex: "$r"}} | {s: 5, r: "("} => fails
        {$regexMatch: {input: {"$symbol": "abc"}, regex: "b"}} => fails
        {$regexFind: {input: "\u00e4bc", regex: "(b)(x)?(c)"}} => {match: "bc", idx: 1, captures: ["b", null, "c"]}
        {$regexFind: {input: "\u00e4bc", regex: "x"}} => null
        {$regexFind: {input: null, regex: "x"}} => null
        {$regexFind: {input: "a", regex: null}} => null
        {$regexFind: {input: "abc", regex: ""}} => {match: "", idx: 0, captures: []}
        {$regexFindAll: {input: "abc", regex: ""}} \##
        => [{match: "", idx: 0, captures: []}, {match: "", idx: 1, captures: []}, {match: "", idx: 2, captures: []}]
        {$regexFindAll: {input: "\u00e4bc", regex: ""}} \##
        => [{match: "", idx: 0, captures: []}, {match: "", idx: 1, captures: []}, {match: "", idx: 2, captures: []}]
        {$regexFindAll: {input: "\u00e4b\u00e4c", regex: "\u00e4|c"}} \##
        => [{match: "\u00e4", idx: 0, captures: []}, {match: "\u00e4", idx: 2, captures: []}, {match: "c", idx: 3, \##
        captures: []}]
        {$regexFindAll: {input: "aab", regex: "a*"}} \##
        => [{match: "aa", idx: 0, captures: []}, {match: "", idx: 2, captures: []}]
        {$regexFindAll: {input: "", regex: "a*"}} => [{match: "", idx: 0, captures: []}]
        {$regexFindAll: {input: "aXbX", regex: "(?<n>x)", options: "i"}} \##
        => [{match: "X", idx: 1, captures: ["X"]}, {match: "X", idx: 3, captures: ["X"]}]
        {$regexFindAll: {input: null, regex: "a*"}} => []
        {$regexFindAll: {input: "a", regex: null}} => []
        {$regexFindAll: {input: "ab\ncd", regex: "^.", options: "m"}} \##
        => [{match: "a", idx: 0, captures: []}, {match: "c", idx: 3, captures: []}]
        {$regexFindAll: {input: "ab\ncd", regex: "b.c", options: "s"}} => [{match: "b\nc", idx: 1, captures: []}]
        {$regexFindAll: {input: "ab\ncd", regex: "b  .c", options: "sx"}} => [{match: "b\nc", idx: 1, captures: []}]
        {$regexFindAll: {input: "ab\ncd", regex: "b", options: "u"}} => [{match: "b", idx: 1, captures: []}]
        {$regexFindAll: {input: "aa", regex: "(?=a)"}} \##
        => [{match: "", idx: 0, captures: []}, {match: "", idx: 1, captures: []}]
        {$regexMatch: {input: "$q", regex: {$toString: {$toInt: "$x"}}}} | {x: "s"} => fails
        {$regexFind: {input: "$q", regex: "a", options: {$toInt: "$x"}}} | {x: "s"} => fails
        """##)
}

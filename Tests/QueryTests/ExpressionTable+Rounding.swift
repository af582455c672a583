// Expressions and what mongod 6.0.5 answers: Rounding to a place.

extension ExpressionTable {
    static let rounding = ExpressionTable(
        "rounding",
        ##"""
        {$round: 1.5} => 2.0
        {$round: 2.5} => 2.0
        {$round: [2.345, 2]} => 2.35
        {$round: [1.005, 2]} => 1.0
        {$round: [15, -1]} => 20
        {$round: [25, -1]} => 20
        {$round: [NumberLong("25"), -1]} => NumberLong("20")
        {$round: [2147483647, -1]} => NumberLong("2147483650")
        {$round: [NumberLong("9223372036854775807"), -1]} => refused
        {$round: [1234.5, -2]} => 1200.0
        {$round: [1.5, 101]} => refused
        {$round: [1.5, -21]} => refused
        {$round: [1.5, -20]} => 0.0
        {$round: [1.5, 100]} => 1.5
        {$round: [1.5, null]} => null
        {$round: [null, 1]} => null
        {$round: [1.5, 1.0]} => 1.5
        {$round: [1.5, 1.5]} => refused
        {$round: [NumberDecimal("1.2345"), 2]} => NumberDecimal("1.23")
        {$round: [NumberDecimal("1.2"), 5]} => NumberDecimal("1.20000")
        {$round: [NumberDecimal("125"), -1]} => NumberDecimal("1.2E+2")
        {$round: [NumberDecimal("1E+10"), 2]} => NumberDecimal("10000000000.00")
        {$trunc: [1.567, 2]} => 1.56
        {$trunc: [-1.567, 1]} => -1.5
        {$trunc: [15, -1]} => 10
        {$trunc: [NumberDecimal("15.678"), 1]} => NumberDecimal("15.6")
        {$trunc: NumberDecimal("15.678")} => NumberDecimal("15")
        {$round: ["x", 1]} => refused
        {$round: [1, "x"]} => refused
        {$round: [12, -20]} => 0
        {$round: [1.23456789e+300, 5]} => 1.23456789e+300
        {$round: [NumberDecimal("1E+40"), 2]} => NumberDecimal("1.000000000000000000000000000000000E+40")
        {$round: [NumberDecimal("1E+33"), 2]} => NumberDecimal("1000000000000000000000000000000000")
        {$round: [NumberDecimal("Infinity"), 2]} => NumberDecimal("Infinity")
        {$round: [Infinity, 2]} => Infinity
        {$round: [NaN, 2]} => NaN
        {$round: [NaN]} => NaN
        {$round: [-Infinity]} => -Infinity
        {$round: [-0.0, 1]} => -0.0
        {$round: [-0.01, 1]} => -0.0
        {$round: [-0.4]} => -0.0
        {$round: [1e+30, -5]} => 1e+30
        {$round: [1e+30]} => 1e+30
        {$round: [0.5]} => 0.0
        {$round: [1.5, NumberDecimal("1")]} => 1.5
        {$round: [5, NumberDecimal("-1")]} => 0
        {$round: ["$a", "$b"]} | {a: "x", b: null} => fails
        {$round: ["$a", "$b"]} | {b: "x"} => null
        {$round: ["$a", "$b"]} | {a: 1} => null
        {$round: ["$a", "$b"]} | {a: 1, b: "x"} => fails
        {$round: [-15, -1]} => -20
        {$round: [NumberLong("-9223372036854775808"), -1]} => refused
        {$round: [NumberLong("9223372036854775807"), -19]} => refused
        {$round: [NumberLong("9223372036854775807"), -20]} => NumberLong("0")
        {$trunc: [NumberLong("9223372036854775807"), -19]} => NumberLong("0")
        {$trunc: [NumberLong("9223372036854775807"), -18]} => NumberLong("9000000000000000000")
        {$trunc: [-19, -1]} => -10
        {$trunc: -1.9} => -1.0
        {$trunc: [NumberDecimal("NaN"), 2]} => NumberDecimal("NaN")
        {$trunc: -0.5} => -0.0
        {$trunc: [null, 2]} => null
        {$trunc: [12345678912.34567, 3]} => 12345678912.345
        {$round: [1234567.891, 3]} => 1234567.891
        {$round: [0.1, 20]} => 0.1
        {$round: [123456789.12345679, 4]} => 123456789.1235
        {$round: [5e-324, 100]} => 0.0
        {$round: [1.234e-06, 8]} => 1.23e-06
        """##)
}

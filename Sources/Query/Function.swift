// An operator of expressions that is a function of its operands' values.

/// An operator of expressions whose result depends on nothing but the values of its operands.
struct Function: Sendable {
    /// How operands are given.
    enum Operands: Sendable {
        /// In an array, or a single one without it: `{$add: [a, b]}`, `{$toLower: a}`.
        case list(ClosedRange<Int>)
        /// Under names, in the order that ``Function/apply`` gets them: `{$trim: {input: a, chars: b}}`.
        case named([Name])
        /// Under names, or the first one alone: `{$year: {date: d, timezone: z}}`, `{$year: d}`, `{$year: [d]}`. A
        /// document that is empty or whose first key has no dollar sign is the form with names.
        case namedOrSingle([Name])
    }

    /// The name of an operand.
    struct Name: Sendable {
        var name: String
        var isRequired: Bool
    }

    /// The operator with its dollar sign.
    let name: String
    let operands: Operands
    /// Computes the result; `nil` stands for a named operand that is not given, which is not one that is missing.
    let apply: @Sendable (_ operands: [Value?]) throws(QueryError) -> Value
}

// The parts that expressions are made of.

internal import BSON

/// What an expression knows while it is evaluated for one document, besides the document.
struct Scope {
    let now: Datetime
    /// The variables that are defined at this place, each at its slot.
    var values: [Value]
}

/// A part of an expression.
indirect enum Node: Sendable {
    case constant(Value)
    /// A field of the document, `$a.b`.
    case path(FieldPath)
    /// The document, `$$ROOT`.
    case root
    /// The moment of the query, `$$NOW`.
    case now
    /// A variable, `$$x`, or a field of it.
    case variable(slot: Int, FieldPath?)
    case document([Field])
    case array([Node])
    /// A function of one operand that needs no array for it.
    case one(Function, OneOperand, Node)
    /// A function of two operands that needs no array for them.
    case two(Function, TwoOperands, Node, Node)
    /// A function that does not look at all of its operands always.
    case ordered(Function, [Node?], Evaluation)
    /// A function of two operands that does not look at the second one if the first one is null; without an array.
    case twoUntilNull(Function, TwoOperands, Node, Node)
    /// A function; `nil` stands for a named operand that is not given.
    case call(Function, [Node?])
    case and([Node])
    case or([Node])
    case condition(if: Node, then: Node, else: Node)
    case ifNull([Node])
    case choice([Branch], otherwise: Node?)
    case bind([Binding], in: Node)
    case map(Loop, to: Node)
    case filter(Loop, where: Node, limit: Node?)
    case reduce(Loop, from: Node, to: Node)
    case convert(Conversion)
    case field(String, of: Node)

    /// Which operands of a function are evaluated.
    enum Evaluation: Sendable {
        /// None behind one that is null; the function gets those before.
        case untilNull
        /// None behind one of the first ones that is null; then that is the result.
        case nullIfNull(first: Int)
        /// Those at these indexes only if the function gives them back, the last one for an input that is null.
        case sparing([Int])
    }

    /// A field of a document that is computed.
    struct Field: Sendable {
        let key: [UInt8]
        let value: Node
    }

    /// A branch of `$switch`.
    struct Branch: Sendable {
        let condition: Node
        let result: Node
    }

    /// A variable of `$let` and its value.
    struct Binding: Sendable {
        let slot: Int
        let value: Node
    }

    /// An array whose elements a variable takes one after another.
    struct Loop: Sendable {
        let name: String
        let input: Node
        let slot: Int
    }

    /// The operands of `$convert`.
    struct Conversion: Sendable {
        let input: Node
        let type: Node
        let onError: Node?
        let onNull: Node?
    }

    /// The value, if it is the same for every document.
    var constant: Value? { if case .constant(let value) = self { value } else { nil } }
}

typealias OneOperand = @Sendable (Value) throws(QueryError) -> Value
typealias TwoOperands = @Sendable (Value, Value) throws(QueryError) -> Value

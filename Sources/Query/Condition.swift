// What a query asks about one value.

internal import BSON

/// A test of one value, or of its absence.
indirect enum Condition: Sendable {
    /// `$eq $gt $gte $lt $lte`.
    case compares(Comparison, Constant)
    /// `$in`.
    case isIn(ConstantSet)
    /// `$exists`.
    case exists
    /// `$type`.
    case hasType(TypeSet)
    /// `$regex`.
    case matches(RegularExpression, BSON.Regex)
    /// `$mod`.
    case leaves(remainder: Int64, by: Int64)
    /// `$size`.
    case hasSize(Int64)
    /// `$elemMatch` of documents.
    case hasDocument(Matcher)
    /// `$elemMatch` of values: one value for which all hold.
    case hasValue([Condition])
    /// `$bitsAllSet` and its kin.
    case bits(BitTest)
    /// `$cidr`.
    case isAddress([Network])
    /// `$not` and `$ne` within `$elemMatch`.
    case not([Condition])
    /// `$all` within `$elemMatch`.
    case all([Condition])
    /// Never, as `$all` of nothing.
    case never
}

extension Condition {
    /// How the condition sees an array at the path's end.
    var leafArrays: LeafArrays {
        switch self {
        case .hasSize, .hasDocument, .hasValue: .whole
        default: .elements
        }
    }

    /// Whether the condition holds for a value; `nil` stands for none.
    func holds(_ element: ElementView?) throws(QueryError) -> Bool {
        guard let element else { return try holdsForNothing() }
        switch self {
        case .compares(let comparison, let constant): return constant.compares(comparison, with: element)
        case .isIn(let set): return try set.contains(element)
        case .exists: return true
        case .hasType(let types): return types.contains(element.type)
        case .matches(let expression, let regex): return try Self.matches(element, expression, regex)
        case .leaves(let remainder, let divisor): return Self.leaves(element, remainder, divisor)
        case .hasSize(let size): return Self.hasSize(element, size)
        case .hasDocument(let matcher): return try Self.hasDocument(element, matcher)
        case .hasValue(let conditions): return try Self.hasValue(element, conditions)
        case .bits(let test): return test.holds(element)
        case .isAddress(let networks): return Self.isAddress(element, in: networks)
        case .not(let conditions): return try !Self.allHold(conditions, element)
        case .all(let conditions): return try Self.allHold(conditions, element)
        case .never: return false
        }
    }

    private func holdsForNothing() throws(QueryError) -> Bool {
        switch self {
        case .compares(let comparison, let constant): return constant.comparesNothing(comparison)
        case .isIn(let set): return set.containsNull
        default: return false
        }
    }

    private static func allHold(_ conditions: [Condition], _ element: ElementView) throws(QueryError) -> Bool {
        for condition in conditions where try !condition.holds(element) { return false }
        return true
    }

    static func matches(
        _ element: ElementView, _ expression: RegularExpression, _ regex: BSON.Regex
    ) throws(QueryError) -> Bool {
        switch element.type {
        case .string, .symbol: try expression.matches(ValueView(element).textBytes)
        case .regex: element.regex == regex
        default: false
        }
    }

    private static func leaves(_ element: ElementView, _ remainder: Int64, _ divisor: Int64) -> Bool {
        guard let value = ValueView(element).number?.truncated else { return false }
        // Int64.min divided by -1 overflows, and leaves nothing.
        return (divisor == -1 ? 0 : value % divisor) == remainder
    }

    private static func hasSize(_ element: ElementView, _ size: Int64) -> Bool {
        guard let array = element.array else { return false }
        return Int64(array.count) == size
    }

    private static func hasDocument(_ element: ElementView, _ matcher: Matcher) throws(QueryError) -> Bool {
        guard let array = element.array else { return false }
        var elements = array.makeIterator()
        while let element = elements.next() {
            if let inner = element.nested, try matcher.matches(inner) { return true }
        }
        return false
    }

    private static func hasValue(_ element: ElementView, _ conditions: [Condition]) throws(QueryError) -> Bool {
        guard let array = element.array else { return false }
        var elements = array.makeIterator()
        while let element = elements.next() {
            if try allHold(conditions, element) { return true }
        }
        return false
    }

    private static func isAddress(_ element: ElementView, in networks: [Network]) -> Bool {
        guard let text = element.utf8, let address = InternetAddress(text) else { return false }
        return networks.contains { $0.contains(address) }
    }

    /// How long the test takes beside others; the cheapest are done first.
    var cost: Int {
        switch self {
        case .never, .exists, .hasType: 0
        case .compares: 1
        case .leaves, .bits: 2
        case .isIn: 3
        case .hasSize: 4
        case .isAddress: 5
        case .matches: 16
        case .not(let conditions), .all(let conditions): conditions.reduce(0) { $0 + $1.cost }
        case .hasDocument, .hasValue: 24
        }
    }
}

extension Number {
    /// The number without its fraction, if that is an integer of 64 bits.
    var truncated: Int64? {
        switch self {
        case .integer(let value): value
        case .double(let value): Int64(exactly: value.rounded(.towardZero))
        case .decimal(let value): value.truncated
        }
    }
}

extension Decimal128 {
    /// The number without its fraction, if that is an integer of 64 bits.
    var truncated: Int64? {
        guard let parts, parts.exponent < 0 else { return asInteger }
        let divided = parts.exponent < -38 ? 0 : parts.coefficient / powerOfTen(-parts.exponent)
        return Decimal128(negative: parts.negative, coefficient: divided, exponent: 0)?.asInteger
    }
}

/// The types that `$type` names.
struct TypeSet: Sendable {
    private var bits: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)

    /// Adds a type.
    mutating func insert(_ type: BSONType) {
        let bit: UInt64 = 1 << UInt64(type.rawValue & 63)
        switch type.rawValue >> 6 {
        case 0: bits.0 |= bit
        case 1: bits.1 |= bit
        case 2: bits.2 |= bit
        default: bits.3 |= bit
        }
    }

    func contains(_ type: BSONType) -> Bool {
        let bit: UInt64 = 1 << UInt64(type.rawValue & 63)
        return switch type.rawValue >> 6 {
        case 0: bits.0 & bit != 0
        case 1: bits.1 & bit != 0
        case 2: bits.2 & bit != 0
        default: bits.3 & bit != 0
        }
    }
}

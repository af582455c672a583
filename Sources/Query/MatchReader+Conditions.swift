// Compiles the operators of queries that are conditions on one value.

internal import BSON
internal import BSONText

extension MatchReader {
    /// Reads one operator; `nil` for what only belongs to another one.
    ///
    /// - Parameter document: All operators on the same field.
    mutating func condition(_ element: ElementView, in document: DocumentView) throws(QueryError) -> Condition? {
        switch element.key {
        case "$eq": .compares(.equal, try constant(element))
        case "$gt": .compares(.greater, try operand(element))
        case "$gte": .compares(.greaterOrEqual, try operand(element))
        case "$lt": .compares(.less, try operand(element))
        case "$lte": .compares(.lessOrEqual, try operand(element))
        case "$in": .isIn(try set(element))
        case "$type": .hasType(try types(element))
        case "$regex": try regularExpression(element, in: document)
        case "$options": try options(element, in: document)
        case "$mod": try remainder(element)
        case "$size": .hasSize(try size(element))
        case "$elemMatch": try elementMatch(element)
        case "$bitsAllSet": .bits(BitTest(kind: .allSet, positions: try positions(element)))
        case "$bitsAnySet": .bits(BitTest(kind: .anySet, positions: try positions(element)))
        case "$bitsAllClear": .bits(BitTest(kind: .allClear, positions: try positions(element)))
        case "$bitsAnyClear": .bits(BitTest(kind: .anyClear, positions: try positions(element)))
        case "$cidr": try networks(element)
        case let name: throw Operators.unknown(name, among: Operators.field, element)
        }
    }

    /// Reads a value to compare with.
    func constant(_ element: ElementView) throws(QueryError) -> Constant {
        if element.type == .undefined { throw QueryError("nothing can be compared with undefined", at: element) }
        return Constant(element)
    }

    /// Reads a value to compare with that is no regular expression.
    func operand(_ element: ElementView) throws(QueryError) -> Constant {
        if element.type == .regex {
            throw QueryError(
                "\(element.key) cannot compare with a regular expression; use $regex or $not", at: element)
        }
        return try constant(element)
    }

    /// Reads the values of `$in` and `$nin`.
    func set(_ element: ElementView) throws(QueryError) -> ConstantSet {
        guard let array = element.array else { throw QueryError("\(element.key) needs an array", at: element) }
        var constants: [Constant] = []
        var expressions: [(RegularExpression, BSON.Regex)] = []
        var elements = array.makeIterator()
        while let value = elements.next() {
            if let document = value.document, document.holdsOperators {
                throw QueryError("\(element.key) takes values, no operators", at: value)
            }
            if let regex = value.regex {
                guard case .matches(let expression, _) = try regularExpression(regex.pattern, regex.options, value)
                else { continue }
                expressions.append((expression, regex))
            } else {
                constants.append(try constant(value))
            }
        }
        return ConstantSet(constants, expressions)
    }

    /// Reads the types of `$type`: names and numbers.
    private func types(_ element: ElementView) throws(QueryError) -> TypeSet {
        var set = TypeSet()
        guard let array = element.array else {
            try insert(element, in: &set)
            return set
        }
        if array.isEmpty { throw QueryError("$type needs at least one type", at: element) }
        var elements = array.makeIterator()
        while let element = elements.next() { try insert(element, in: &set) }
        return set
    }

    private func insert(_ element: ElementView, in set: inout TypeSet) throws(QueryError) {
        if let name = element.string {
            if name == "number" {
                for type in [BSONType.double, .int32, .int64, .decimal128] { set.insert(type) }
            } else if let type = BSONType(name: name) {
                set.insert(type)
            } else {
                let nearest = Spelling.nearest(to: name, among: BSONType.names + ["number"])
                throw QueryError(
                    "unknown type '\(name)'" + (nearest.map { ", did you mean '\($0)'?" } ?? ""), at: element)
            }
            return
        }
        guard let number = ValueView(element).number else {
            throw QueryError("$type takes names and numbers of types", at: element)
        }
        guard let code = number.asInteger, let byte = code == -1 ? 255 : UInt8(exactly: code), byte < 255 || code == -1,
            let type = BSONType(rawValue: byte)
        else { throw QueryError("found a number that stands for no type", at: element) }
        set.insert(type)
    }

    /// Reads `$mod: [divisor, remainder]`.
    private func remainder(_ element: ElementView) throws(QueryError) -> Condition {
        guard let array = element.array, array.count == 2, let divisor = array["0"], let remainder = array["1"] else {
            throw QueryError("$mod needs an array of a divisor and a remainder", at: element)
        }
        guard let by = ValueView(divisor).number?.truncated, let rest = ValueView(remainder).number?.truncated else {
            throw QueryError("$mod needs a divisor and a remainder that are integers of 64 bits", at: element)
        }
        if by == 0 { throw QueryError("$mod cannot divide by 0", at: divisor) }
        return .leaves(remainder: rest, by: by)
    }

    private func size(_ element: ElementView) throws(QueryError) -> Int64 {
        guard let size = ValueView(element).number?.asInteger, size >= 0 else {
            throw QueryError("$size needs an integer that is not negative", at: element)
        }
        return size
    }

    /// Reads `$elemMatch`: a query on documents in an array, or operators on its values.
    mutating func elementMatch(_ element: ElementView) throws(QueryError) -> Condition {
        guard let document = element.document else { throw QueryError("$elemMatch needs a document", at: element) }
        var elements = document.makeIterator()
        if document.holdsOperators, let first = elements.next(), !Operators.top.contains(first.key) {
            return .hasValue(try conditions(document))
        }
        var inner = MatchReader(isInArray: true)
        let node = try inner.query(document)
        usesExtensions = usesExtensions || inner.usesExtensions
        return .hasDocument(Matcher(node, inner.keys))
    }

    /// Reads operators on one value, without a path.
    private mutating func conditions(_ document: DocumentView) throws(QueryError) -> [Condition] {
        var conditions: [Condition] = []
        var elements = document.makeIterator()
        while let element = elements.next() {
            switch element.key {
            case "$ne": conditions.append(.not([.compares(.equal, try operand(element))]))
            case "$nin": conditions.append(.not([.isIn(try set(element))]))
            case "$not": conditions.append(.not(try negated(element)))
            case "$exists": conditions.append(Value(element).isTrue ? .exists : .not([.exists]))
            case "$all":
                guard let array = element.array else { throw QueryError("$all needs an array", at: element) }
                conditions.append(array.isEmpty ? .never : .all(try self.elements(ofAll: array)))
            default: if let condition = try condition(element, in: document) { conditions.append(condition) }
            }
        }
        return conditions
    }

    private mutating func elements(ofAll array: DocumentView) throws(QueryError) -> [Condition] {
        var conditions: [Condition] = []
        var elements = array.makeIterator()
        while let element = elements.next() { conditions.append(try self.element(ofAll: element)) }
        return conditions
    }

    private mutating func negated(_ element: ElementView) throws(QueryError) -> [Condition] {
        if let regex = element.regex { return [try regularExpression(regex.pattern, regex.options, element)] }
        guard let document = element.document, !document.isEmpty else {
            throw QueryError("$not needs a regular expression or operators, as in {$not: {$gt: 5}}", at: element)
        }
        return try conditions(document)
    }

    /// Reads the bits of `$bitsAllSet` and its kin: a number, positions in an array, or binary data.
    private func positions(_ element: ElementView) throws(QueryError) -> [Int] {
        if let bytes = element.binaryBytes {
            return (0..<8 * bytes.byteCount).filter { bytes.byte(at: $0 >> 3) >> UInt8($0 & 7) & 1 == 1 }
        }
        if let array = element.array {
            var positions: [Int] = []
            var elements = array.makeIterator()
            while let element = elements.next() {
                guard let position = ValueView(element).number?.asInteger, (0...Int64(Int32.max)).contains(position)
                else { throw QueryError("\(element.key): a position is an integer that is not negative", at: element) }
                positions.append(Int(position))
            }
            return positions
        }
        guard let mask = ValueView(element).number?.asInteger, mask >= 0 else {
            throw QueryError(
                "\(element.key) needs a number that is not negative, an array of positions or binary data", at: element)
        }
        return (0..<64).filter { mask >> Int64($0) & 1 == 1 }
    }

    /// Reads the networks of `$cidr`: one, or several in an array.
    private mutating func networks(_ element: ElementView) throws(QueryError) -> Condition {
        usesExtensions = true
        guard let array = element.array else { return .isAddress([try network(element)]) }
        if array.isEmpty { throw QueryError("$cidr needs at least one network", at: element) }
        var networks: [Network] = []
        var elements = array.makeIterator()
        while let element = elements.next() { networks.append(try network(element)) }
        return .isAddress(networks)
    }

    private func network(_ element: ElementView) throws(QueryError) -> Network {
        guard let text = element.string else {
            throw QueryError("$cidr needs networks such as '192.0.2.0/24' in strings", at: element)
        }
        guard let network = Network(text) else {
            throw QueryError(
                "'\(text.prefix(60))' is no network such as 192.0.2.0/24 or 2001:db8::/32 (no bits behind the prefix)",
                at: element)
        }
        return network
    }
}

// MARK: - Regular expressions

extension MatchReader {
    func regularExpression(
        _ pattern: String, _ options: String, _ element: ElementView
    ) throws(QueryError) -> Condition {
        do throws(QueryError) {
            let expression = try RegularExpression(pattern: pattern, options: options)
            return .matches(expression, BSON.Regex(pattern, options: options))
        } catch {
            throw QueryError(error.message, at: element)
        }
    }

    /// Reads `$regex` with the `$options` beside it.
    private func regularExpression(_ element: ElementView, in document: DocumentView) throws(QueryError) -> Condition {
        var options: String?
        if let given = document["$options"] {
            guard let text = given.string else { throw QueryError("$options needs a string", at: given) }
            options = text
        }
        if let regex = element.regex {
            if options != nil && !regex.options.isEmpty {
                throw QueryError("options are given twice, in $regex and in $options", at: element)
            }
            return try regularExpression(regex.pattern, options ?? regex.options, element)
        }
        guard let pattern = element.string else {
            throw QueryError("$regex needs a pattern, as a string or a regular expression", at: element)
        }
        return try regularExpression(pattern, options ?? "", element)
    }

    private func options(_ element: ElementView, in document: DocumentView) throws(QueryError) -> Condition? {
        if document["$regex"] == nil { throw QueryError("$options without $regex", at: element) }
        return nil
    }
}

// Compiles $group, $count, $sortByCount and $bucket.

internal import BSON

/// Reads one stage that groups.
struct GroupReader {
    private let stage: String
    private let offset: Int
    private let value: Document  // the stage's operand under the stage's name
    private var keys: [[UInt8]] = []

    init(_ stage: ElementView) {
        self.stage = stage.key
        offset = stage.offset
        value = Document { $0.append(stage) }
    }

    private func wrong(_ message: String) -> QueryError {
        var error = QueryError(message)
        error.offset = offset
        return error
    }

    /// Reads the fields of `$group`.
    consuming func group(_ document: DocumentView) throws(QueryError) -> any Stage {
        var key: GroupInput?
        var kind = GroupKey.value
        var accumulators: [Accumulator] = []
        var elements = document.makeIterator()
        while let element = elements.next() {
            if element.key == "_id" {
                if key != nil { throw QueryError("$group has two fields _id", at: element) }
                key = try input(element)
                if let fields = element.document, !fields.holdsOperators, let field = fields.element(at: 4) {
                    kind = fields.count == 1 ? .field(field.key) : .fields
                }
            } else {
                accumulators.append(try accumulator(element))
            }
        }
        guard let key else { throw wrong("$group needs _id, the key of a group; null makes one group of all") }
        return GroupStage(
            stage: stage, finder: FieldFinder(keys), key: key, keyKind: kind, accumulators: accumulators)
    }

    /// Reads `{$count: "name"}`.
    consuming func count() throws(QueryError) -> [any Stage] {
        guard let element = value.view.element(at: 4), let name = element.string else {
            throw wrong("$count needs the name of a field in a string")
        }
        if name.isEmpty || name.hasPrefix("$") || name.contains(".") || name.utf8.contains(0) {
            throw wrong("$count needs the name of a field: not empty, without '$' in front and without dots")
        }
        let count = Accumulator(counting: name)
        let group = GroupStage(
            stage: stage, finder: FieldFinder([]), key: .constant(.null), keyKind: .value, accumulators: [count])
        return [group, ReshapeStage(reshape: Self.withoutID)]
    }

    private static let withoutID: @Sendable (DocumentView, Datetime, inout DocumentWriter) throws(QueryError) -> Void =
        { document, _, writer in
            writer.beginDocument()
            document.forEach { if $0.key != "_id" { writer.append($0) } }
            writer.endDocument()
        }

    /// Reads `{$sortByCount: expression}`.
    consuming func sortByCount() throws(QueryError) -> [any Stage] {
        let holder = value
        guard let element = holder.view.element(at: 4) else { throw wrong("$sortByCount needs an expression") }
        let isPath = element.string?.hasPrefix("$") ?? false
        let isOperator = element.document?.holdsOperators ?? false
        if !isPath && !isOperator {
            throw wrong("$sortByCount needs a path such as '$path', or an expression with an operator")
        }
        let key: GroupInput
        do throws(QueryError) { key = try input(element) } catch { throw wrong(error.message) }
        let count = Accumulator(counting: "count")
        let group = GroupStage(
            stage: stage, finder: FieldFinder(keys), key: key, keyKind: .value, accumulators: [count])
        return [group, SortStage(order: SortOrder("count", isAscending: false))]
    }

    /// Reads the fields of `$bucket`.
    consuming func bucket(_ document: DocumentView) throws(QueryError) -> [any Stage] {
        var key: GroupInput?
        var boundaries: [Value]?
        var other: Value?
        var accumulators: [Accumulator] = []
        var elements = document.makeIterator()
        while let element = elements.next() {
            switch element.key {
            case "groupBy": key = try groupBy(element)
            case "boundaries": boundaries = try self.boundaries(element)
            case "default": other = try constant(element)
            case "output": accumulators = try output(element)
            case let name:
                throw Operators.unknown(name, among: ["groupBy", "boundaries", "default", "output"], element)
            }
        }
        guard let key, let boundaries else { throw wrong("$bucket needs groupBy and boundaries") }
        if let other, let first = boundaries.first, let last = boundaries.last,
            Order.rank(other.type) == Order.rank(first.type), Order.compare(other, first) >= 0,
            Order.compare(other, last) < 0
        {
            throw wrong("the default of $bucket has to lie outside its boundaries")
        }
        if document["output"] == nil {
            accumulators = [Accumulator(counting: "count")]
        }
        let group = GroupStage(
            stage: stage, finder: FieldFinder(keys), key: key,
            keyKind: .bucket(boundaries: boundaries, other: other), accumulators: accumulators)
        return [group, SortStage(order: SortOrder("_id", isAscending: true))]
    }

    private mutating func groupBy(_ element: ElementView) throws(QueryError) -> GroupInput {
        let isPath = element.string?.hasPrefix("$") ?? false
        if !isPath && element.document?.holdsOperators != true {
            throw QueryError("groupBy needs a path such as '$bytes', or an expression with an operator", at: element)
        }
        return try input(element)
    }

    private func boundaries(_ element: ElementView) throws(QueryError) -> [Value] {
        guard let array = element.array, array.count >= 2 else {
            throw QueryError("boundaries needs an array of at least two values", at: element)
        }
        var values: [Value] = []
        var elements = array.makeIterator()
        while let element = elements.next() {
            let value = try constant(element)
            if let last = values.last {
                if Order.rank(last.type) != Order.rank(value.type) {
                    throw QueryError("boundaries need to be of one type", at: element)
                }
                if Order.compare(last, value) >= 0 { throw QueryError("boundaries need to ascend", at: element) }
            }
            values.append(value)
        }
        return values
    }

    private func constant(_ element: ElementView) throws(QueryError) -> Value {
        guard let value = try Expression(element).constant else {
            throw QueryError("'\(element.key)' needs to be constant here", at: element)
        }
        return value
    }

    private mutating func output(_ element: ElementView) throws(QueryError) -> [Accumulator] {
        guard let document = element.document else { throw QueryError("output needs a document", at: element) }
        var accumulators: [Accumulator] = []
        var elements = document.makeIterator()
        while let element = elements.next() { accumulators.append(try accumulator(element)) }
        return accumulators
    }

    /// Reads the expression that an input is computed by.
    private mutating func input(_ element: ElementView) throws(QueryError) -> GroupInput {
        let expression = try Expression(element)
        if let value = expression.constant { return .constant(value) }
        guard let path = expression.path else { return .expression(expression) }
        if let slot = keys.firstIndex(of: path.segments[0]) { return .field(path, slot: slot) }
        keys.append(path.segments[0])
        return .field(path, slot: keys.count - 1)
    }
}

// MARK: - Accumulators

extension GroupReader {
    /// The names of all accumulators.
    static let names = [
        "$sum", "$avg", "$min", "$max", "$first", "$last", "$push", "$addToSet", "$count", "$stdDevPop", "$stdDevSamp",
        "$mergeObjects", "$firstN", "$lastN", "$minN", "$maxN", "$top", "$bottom", "$topN", "$bottomN", "$percentile",
        "$median",
    ]

    /// Reads `name: {$sum: …}`.
    private mutating func accumulator(_ field: ElementView) throws(QueryError) -> Accumulator {
        let name = field.key
        if name.contains(".") || name.hasPrefix("$") {
            throw QueryError("the field '\(name)' of a group may hold no dot and begin with no '$'", at: field)
        }
        guard let document = field.document, document.count == 1, let operation = document.element(at: 4) else {
            throw QueryError("'\(name)' needs one accumulator, such as {$sum: 1}", at: field)
        }
        switch operation.key {
        case "$sum", "$avg":
            let isAverage = operation.key == "$avg"
            return Accumulator(name: name, sumOf: try operand(operation), isAverage: isAverage)
        case "$min", "$max":
            let isMaximum = operation.key == "$max"
            return Accumulator(name: name, input: try operand(operation)) { ExtremeColumn(isMaximum: isMaximum) }
        case "$first", "$last":
            let isFirst = operation.key == "$first"
            return Accumulator(name: name, input: try operand(operation)) { EdgeColumn(isFirst: isFirst) }
        case "$push": return Accumulator(name: name, input: try operand(operation)) { PushColumn() }
        case "$addToSet": return Accumulator(name: name, input: try operand(operation)) { SetColumn() }
        case "$mergeObjects": return Accumulator(name: name, input: try operand(operation)) { MergeColumn() }
        case "$stdDevPop", "$stdDevSamp":
            let isSample = operation.key == "$stdDevSamp"
            return Accumulator(name: name, input: try operand(operation)) { DeviationColumn(isSample: isSample) }
        case "$count":
            guard let empty = operation.document, empty.isEmpty else {
                throw QueryError("$count takes an empty document: {$count: {}}", at: operation)
            }
            return Accumulator(counting: name)
        case "$firstN", "$lastN", "$minN", "$maxN": return try several(name, operation)
        case "$top", "$bottom", "$topN", "$bottomN": return try ranked(name, operation)
        case "$percentile", "$median": return try percentile(name, operation)
        case let unknown: throw Operators.unknown(unknown, among: Self.names, operation)
        }
    }

    /// Reads the one operand of an accumulator.
    private mutating func operand(_ operation: ElementView) throws(QueryError) -> GroupInput {
        guard let array = operation.array else { return try input(operation) }
        guard array.count == 1, let single = array.element(at: 4) else {
            throw QueryError("the accumulator \(operation.key) takes one operand", at: operation)
        }
        return try input(single)
    }

    /// Returns the named operands of an accumulator, each once.
    @_lifetime(copy operation)
    private func operands(
        _ operation: ElementView, _ names: [String]
    ) throws(QueryError) -> DocumentView {
        guard let document = operation.document else {
            throw QueryError("\(operation.key) needs a document with \(names.joined(separator: ", "))", at: operation)
        }
        var elements = document.makeIterator()
        while let element = elements.next() {
            if !names.contains(element.key) { throw Operators.unknown(element.key, among: names, element) }
        }
        for name in names where document[name] == nil {
            throw QueryError("\(operation.key) needs '\(name)'", at: operation)
        }
        return document
    }

    private func limit(_ element: ElementView) throws(QueryError) -> Int {
        guard let value = try Expression(element).constant else {
            throw QueryError("n needs to be constant", at: element)
        }
        guard let limit = value.number?.asInteger, limit > 0 else {
            throw QueryError("n needs to be a positive integer", at: element)
        }
        return Int(limit)
    }

    private mutating func several(_ name: String, _ operation: ElementView) throws(QueryError) -> Accumulator {
        let operands = try operands(operation, ["n", "input"])
        guard let n = operands["n"], let inputElement = operands["input"] else { throw wrong("unreachable") }
        let limit = try limit(n)
        let input = try input(inputElement)
        switch operation.key {
        case "$firstN", "$lastN":
            let isFirst = operation.key == "$firstN"
            return Accumulator(name: name, input: input) { EdgesColumn(limit: limit, isFirst: isFirst) }
        default:
            let isMaximum = operation.key == "$maxN"
            return Accumulator(name: name, input: input) { ExtremesColumn(limit: limit, isMaximum: isMaximum) }
        }
    }

    private mutating func ranked(_ name: String, _ operation: ElementView) throws(QueryError) -> Accumulator {
        let isSingle = operation.key == "$top" || operation.key == "$bottom"
        let operands = try operands(operation, isSingle ? ["sortBy", "output"] : ["n", "sortBy", "output"])
        guard let sortBy = operands["sortBy"], let document = sortBy.document else {
            throw QueryError("sortBy needs a document such as {bytes: -1}", at: operation)
        }
        guard let output = operands["output"] else { throw QueryError("output is missing", at: operation) }
        var limit: Int?
        if let n = operands["n"] { limit = try self.limit(n) }
        let order = try SortOrder(document, of: sortBy)
        let isTop = operation.key == "$top" || operation.key == "$topN"
        return Accumulator(name: name, input: try input(output), order: order) { [limit] in
            TopColumn(order: order, limit: limit, isTop: isTop)
        }
    }

    private mutating func percentile(_ name: String, _ operation: ElementView) throws(QueryError) -> Accumulator {
        let isMedian = operation.key == "$median"
        let operands = try operands(operation, isMedian ? ["input", "method"] : ["input", "p", "method"])
        guard operands["method"]?.string == "approximate" else {
            throw QueryError("\(operation.key) knows the method 'approximate' only", at: operation)
        }
        guard let inputElement = operands["input"] else { throw QueryError("input is missing", at: operation) }
        var fractions = [0.5]
        if let p = operands["p"] {
            guard let array = p.array, !array.isEmpty else {
                throw QueryError("p needs an array of numbers from 0 to 1", at: p)
            }
            fractions = []
            var elements = array.makeIterator()
            while let element = elements.next() {
                guard let fraction = element.number, (0...1).contains(fraction) else {
                    throw QueryError("p needs numbers from 0 to 1", at: element)
                }
                fractions.append(fraction)
            }
        }
        return Accumulator(name: name, input: try input(inputElement)) { [fractions] in
            PercentileColumn(fractions: fractions, isMedian: isMedian)
        }
    }
}

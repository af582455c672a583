// Reads expressions out of a query.

internal import BSON
internal import BSONText

/// Reads expressions, evaluating what is constant.
struct ExpressionReader {
    /// The variables that are defined at this place; the index is the slot.
    var variables: Variables
    /// Whether constant parts are evaluated; not so in branches that are never taken, as their errors do not count.
    var isFolding = true

    init(_ variables: Variables) { self.variables = variables }

    mutating func read(_ element: ElementView) throws(QueryError) -> Node {
        switch element.type {
        case .string:
            let text = element.string ?? ""
            return text.utf8.first == 0x24 ? try reference(text.dropFirst(), element) : .constant(.string(text))
        case .document:
            guard let document = element.document else { return .constant(.missing) }
            return try read(document, element)
        case .array:
            guard let array = element.array else { return .constant(.missing) }
            return try folded(.array(try nodes(of: array)), element)
        default: return .constant(Value(element))
        }
    }

    /// Reads the elements of an array.
    mutating func nodes(of array: DocumentView) throws(QueryError) -> [Node] {
        var nodes: [Node] = []
        var elements = array.makeIterator()
        while let element = elements.next() { nodes.append(try read(element)) }
        return nodes
    }

    /// Reads the elements of an array, or the only operand.
    mutating func operands(_ element: ElementView) throws(QueryError) -> [Node] {
        if let array = element.array { return try nodes(of: array) }
        return [try read(element)]
    }

    // MARK: - Fields and variables

    /// Reads what follows a dollar sign.
    private func reference(_ text: Substring, _ element: ElementView) throws(QueryError) -> Node {
        if text.isEmpty { throw QueryError("'$' alone is no field path", at: element) }
        if text.utf8.first != 0x24 {
            return current(try FieldPath(expression: text, at: element))
        }
        let name = text.dropFirst().prefix { $0 != "." }
        let rest = text.dropFirst(1 + name.count)
        let path = rest.isEmpty ? nil : try FieldPath(expression: rest.dropFirst(), at: element)
        if name.isEmpty { throw QueryError("a variable's name is missing behind '$$'", at: element) }
        if let slot = variables.names.lastIndex(of: String(name)) { return .variable(slot: slot, path) }
        switch name {
        case "ROOT": return path.map { .path($0) } ?? .root
        case "CURRENT": return path.map { .path($0) } ?? .root
        case "NOW": return path == nil ? .now : .constant(.missing)
        case "REMOVE": return .constant(.missing)
        default: throw unknownVariable(name, element)
        }
    }

    /// A field of the document, or of what the variable CURRENT was set to.
    private func current(_ path: FieldPath) -> Node {
        if let slot = variables.names.lastIndex(of: "CURRENT") { return .variable(slot: slot, path) }
        return .path(path)
    }

    private func unknownVariable(_ name: Substring, _ element: ElementView) -> QueryError {
        if ["CLUSTER_TIME", "JS_SCOPE", "IS_MR", "SEARCH_META", "USER_ROLES"].contains(name) {
            return QueryError("the variable '$$\(name)' is not supported", at: element)
        }
        let known = variables.names + ["ROOT", "CURRENT", "NOW", "REMOVE"]
        let meant = Spelling.nearest(to: String(name), among: known).map { ", did you mean '$$\($0)'?" } ?? ""
        return QueryError("unknown variable '$$\(name)'\(meant)", at: element)
    }

    /// Checks the name of a variable that a query defines.
    func checkName(_ name: String, _ element: ElementView) throws(QueryError) {
        if name == "CURRENT" { return }
        guard let first = name.utf8.first else { throw QueryError("a variable's name is missing", at: element) }
        if !(0x61...0x7A).contains(first) && first < 0x80 {
            throw QueryError("a variable's name must begin with a lower-case letter: '\(name)'", at: element)
        }
        for byte in name.utf8 where byte < 0x80 && !byte.isWordCharacter {
            throw QueryError("a variable's name has only letters, digits and '_': '\(name)'", at: element)
        }
    }

    // MARK: - Documents and operators

    private mutating func read(_ document: DocumentView, _ element: ElementView) throws(QueryError) -> Node {
        var elements = document.makeIterator()
        guard let first = elements.next() else { return .constant(.document(Document())) }
        if first.keyBytes.byteCount > 0, first.keyBytes.byte(at: 0) == 0x24 {
            if elements.next() != nil {
                throw QueryError("an operator must be the only field of its document: '\(first.key)'", at: element)
            }
            return try operation(first)
        }
        return try folded(.document(try fields(of: document)), element)
    }

    private mutating func fields(of document: DocumentView) throws(QueryError) -> [Node.Field] {
        var fields: [Node.Field] = []
        var elements = document.makeIterator()
        while let element = elements.next() {
            let key = element.keyBytes.withUnsafeBytes { Array($0) }
            if key.isEmpty { throw QueryError("a field's name must not be empty", at: element) }
            if key.first == 0x24 {
                throw QueryError("an operator must be the only field of its document: '\(element.key)'", at: element)
            }
            if key.contains(0x2E) {
                throw QueryError("a field's name must not contain '.': '\(element.key)'", at: element)
            }
            if fields.contains(where: { $0.key == key }) {
                throw QueryError("a field occurs twice: '\(element.key)'", at: element)
            }
            fields.append(Node.Field(key: key, value: try read(element)))
        }
        return fields
    }

    /// Reads a function and its operands.
    mutating func call(_ function: Function, _ element: ElementView) throws(QueryError) -> Node {
        switch function.operands {
        case .list(let counts):
            let operands = try operands(element)
            if !counts.contains(operands.count) {
                let wanted = counts.lowerBound == counts.upperBound ? "\(counts.lowerBound)" : counts.spelled
                throw QueryError("\(function.name) takes \(wanted) operands, not \(operands.count)", at: element)
            }
            return try folded(function, operands, element)
        case .named(let names): return try call(function, names, element)
        case .namedOrSingle(let names):
            if let document = element.document, document.hasNames { return try call(function, names, element) }
            let operands = try operands(element)
            guard operands.count == 1, let operand = operands.first else {
                throw QueryError("\(function.name) takes 1 operand, not \(operands.count)", at: element)
            }
            let others = Array(repeating: Node?.none, count: names.count - 1)
            return try folded(.call(function, [operand] + others), element)
        }
    }

    private mutating func call(
        _ function: Function, _ names: [Function.Name], _ element: ElementView
    ) throws(QueryError) -> Node {
        var arguments = try Arguments(function.name, element)
        var operands: [Node?] = []
        for name in names {
            if name.isRequired {
                operands.append(try read(try arguments.required(name.name)))
            } else if let operand = arguments.optional(name.name) {
                operands.append(try read(operand))
            } else {
                operands.append(nil)
            }
        }
        try arguments.refuseOthers()
        return try folded(.call(function, operands), element)
    }
}

/// The operands of an operator that are given under names.
struct Arguments: ~Escapable {
    private let name: String
    private let document: DocumentView
    private let element: ElementView
    private var known: [String] = []

    @_lifetime(copy element)
    init(_ name: String, _ element: ElementView) throws(QueryError) {
        guard let document = element.document else {
            throw QueryError("\(name) needs a document of its operands, not \(element.type.name)", at: element)
        }
        self.name = name
        self.document = document
        self.element = element
    }

    /// Returns the operand of this name, if it is given.
    @_lifetime(copy self)
    mutating func optional(_ operand: String) -> ElementView? {
        known.append(operand)
        return document[operand]
    }

    /// Returns the operand of this name.
    @_lifetime(copy self)
    mutating func required(_ operand: String) throws(QueryError) -> ElementView {
        guard let found = optional(operand) else { throw QueryError("\(name) needs '\(operand)'", at: element) }
        return found
    }

    /// Throws if there is an operand that was not asked for, or one that is given twice.
    func refuseOthers() throws(QueryError) {
        var seen: Set<String> = []
        var elements = document.makeIterator()
        while let element = elements.next() {
            if !known.contains(element.key) {
                let meant = Spelling.nearest(to: element.key, among: known).map { ", did you mean '\($0)'?" } ?? ""
                throw QueryError("\(name) has no operand '\(element.key)'\(meant)", at: element)
            }
            if !seen.insert(element.key).inserted {
                throw QueryError("\(name) has '\(element.key)' twice", at: element)
            }
        }
    }
}

extension UInt8 {
    /// Whether this is a letter, a digit or '_' of ASCII.
    var isWordCharacter: Bool {
        switch self {
        case 0x30...0x39, 0x41...0x5A, 0x5F, 0x61...0x7A: true
        default: false
        }
    }
}

extension ClosedRange<Int> {
    /// The counts in words.
    fileprivate var spelled: String {
        if upperBound == .max { return "at least \(lowerBound)" }
        return lowerBound + 1 == upperBound ? "\(lowerBound) or \(upperBound)" : "\(lowerBound) to \(upperBound)"
    }
}

extension DocumentView {
    /// Whether this is a document of named operands, not an expression.
    fileprivate var hasNames: Bool {
        var elements = makeIterator()
        guard let first = elements.next() else { return true }
        return first.keyBytes.byteCount == 0 || first.keyBytes.byte(at: 0) != 0x24
    }
}

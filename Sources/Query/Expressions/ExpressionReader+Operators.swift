// Reads the operators that do not evaluate all their operands, or define variables.

internal import BSON
internal import BSONText

extension ExpressionReader {
    /// The operators read here.
    static let special = [
        "$literal", "$const", "$and", "$or", "$not", "$cond", "$ifNull", "$switch", "$let", "$map", "$filter",
        "$reduce", "$convert", "$getField",
    ]

    /// Reads an operator, which is the key of `element`, and its operands.
    mutating func operation(_ element: ElementView) throws(QueryError) -> Node {
        let name = element.key
        switch name {
        case "$literal", "$const": return .constant(Value(element))
        case "$and": return try folded(.and(try operands(element)), element)
        case "$or": return try folded(.or(try operands(element)), element)
        case "$cond": return try condition(element)
        case "$ifNull":
            let operands = try operands(element)
            if operands.count < 2 { throw QueryError("$ifNull takes at least 2 operands", at: element) }
            return try folded(.ifNull(operands), element)
        case "$switch": return try choice(element)
        case "$let": return try bind(element)
        case "$map": return try map(element)
        case "$filter": return try filter(element)
        case "$reduce": return try reduce(element)
        case "$convert": return try convert(element)
        case "$getField": return try field(element)
        default:
            if let function = Function.named[name] { return try call(function, element) }
            throw unknown(name, element)
        }
    }

    private func unknown(_ name: String, _ element: ElementView) -> QueryError {
        let meant = Spelling.nearest(to: name, among: Function.names).map { ", did you mean '\($0)'?" } ?? ""
        if Function.unsupported.contains(name) {
            return QueryError("the operator '\(name)' is not supported", at: element)
        }
        return QueryError("unknown operator '\(name)' in an expression\(meant)", at: element)
    }

    private mutating func condition(_ element: ElementView) throws(QueryError) -> Node {
        guard element.type == .document else {
            let operands = try operands(element)
            guard operands.count == 3 else {
                throw QueryError("$cond takes 3 operands, not \(operands.count)", at: element)
            }
            return try folded(.condition(if: operands[0], then: operands[1], else: operands[2]), element)
        }
        var arguments = try Arguments("$cond", element)
        let condition = try read(try arguments.required("if"))
        let one = try read(try arguments.required("then"))
        let other = try read(try arguments.required("else"))
        try arguments.refuseOthers()
        return try folded(.condition(if: condition, then: one, else: other), element)
    }

    // MARK: - $switch

    private mutating func choice(_ element: ElementView) throws(QueryError) -> Node {
        var arguments = try Arguments("$switch", element)
        let list = try arguments.required("branches")
        guard let array = list.array, !array.isEmpty else {
            throw QueryError("$switch needs an array of at least one branch as its 'branches'", at: list)
        }
        var otherwise: Node?
        if let element = arguments.optional("default") { otherwise = try read(element) }
        try arguments.refuseOthers()
        var branches: [Node.Branch] = []
        let wasFolding = isFolding
        var elements = array.makeIterator()
        while let element = elements.next() {
            guard let branch = try branch(element) else { continue }
            // A condition that is always true makes its branch the default, and what follows is never taken.
            if isFolding, branch.condition.constant != nil {
                otherwise = branch.result
                isFolding = false
            } else if isFolding || !wasFolding {
                branches.append(branch)
            }
        }
        isFolding = wasFolding
        if !branches.isEmpty { return .choice(branches, otherwise: otherwise) }
        guard let otherwise else {
            throw QueryError("none of the branches of $switch can be taken, and it has no default", at: element)
        }
        return otherwise
    }

    /// Reads a branch; `nil` if its condition is never true.
    private mutating func branch(_ element: ElementView) throws(QueryError) -> Node.Branch? {
        var arguments = try Arguments("a branch of $switch", element)
        let condition = try read(try arguments.required("case"))
        let isNever = condition.constant.map { !$0.isTrue } ?? false
        let wasFolding = isFolding
        if isNever { isFolding = false }
        let result = try read(try arguments.required("then"))
        isFolding = wasFolding
        try arguments.refuseOthers()
        return isNever && isFolding ? nil : Node.Branch(condition: condition, result: result)
    }

    // MARK: - Variables

    /// Reads an expression inside which more variables are defined.
    private mutating func read(_ element: ElementView, with names: [String]) throws(QueryError) -> Node {
        variables.names += names
        let node = try read(element)
        variables.names.removeLast(names.count)
        return node
    }

    private mutating func bind(_ element: ElementView) throws(QueryError) -> Node {
        var arguments = try Arguments("$let", element)
        let vars = try arguments.required("vars")
        guard let document = vars.document else { throw QueryError("$let needs a document as its 'vars'", at: vars) }
        var names: [String] = []
        var bindings: [Node.Binding] = []
        var elements = document.makeIterator()
        while let element = elements.next() {
            try checkName(element.key, element)
            names.append(element.key)
            bindings.append(Node.Binding(slot: variables.names.count + bindings.count, value: try read(element)))
        }
        let body = try read(try arguments.required("in"), with: names)
        try arguments.refuseOthers()
        return bindings.isEmpty ? body : .bind(bindings, in: body)
    }

    private mutating func loop(
        _ name: String, _ arguments: inout Arguments
    ) throws(QueryError) -> (Node.Loop, variable: String) {
        let input = try read(try arguments.required("input"))
        var variable = "this"
        if let element = arguments.optional("as") {
            variable = element.string ?? ""
            try checkName(variable, element)
        }
        return (Node.Loop(name: name, input: input, slot: variables.names.count), variable)
    }

    private mutating func map(_ element: ElementView) throws(QueryError) -> Node {
        var arguments = try Arguments("$map", element)
        let (loop, variable) = try loop("$map", &arguments)
        let body = try read(try arguments.required("in"), with: [variable])
        try arguments.refuseOthers()
        return .map(loop, to: body)
    }

    private mutating func filter(_ element: ElementView) throws(QueryError) -> Node {
        var arguments = try Arguments("$filter", element)
        let (loop, variable) = try loop("$filter", &arguments)
        let condition = try read(try arguments.required("cond"), with: [variable])
        var limit: Node?
        if let element = arguments.optional("limit") { limit = try read(element) }
        try arguments.refuseOthers()
        return .filter(loop, where: condition, limit: limit)
    }

    private mutating func reduce(_ element: ElementView) throws(QueryError) -> Node {
        var arguments = try Arguments("$reduce", element)
        let input = try read(try arguments.required("input"))
        let initial = try read(try arguments.required("initialValue"))
        let loop = Node.Loop(name: "$reduce", input: input, slot: variables.names.count)
        let body = try read(try arguments.required("in"), with: ["value", "this"])
        try arguments.refuseOthers()
        return .reduce(loop, from: initial, to: body)
    }

    // MARK: - $convert and $getField

    private mutating func convert(_ element: ElementView) throws(QueryError) -> Node {
        var arguments = try Arguments("$convert", element)
        let input = try read(try arguments.required("input"))
        let type = try read(try arguments.required("to"))
        var onError: Node?
        if let element = arguments.optional("onError") { onError = try read(element) }
        var onNull: Node?
        if let element = arguments.optional("onNull") { onNull = try read(element) }
        try arguments.refuseOthers()
        let conversion = Node.Conversion(input: input, type: type, onError: onError, onNull: onNull)
        return try folded(.convert(conversion), element)
    }

    /// Reads `{$getField: "a"}` or `{$getField: {field: "a", input: b}}`.
    private mutating func field(_ element: ElementView) throws(QueryError) -> Node {
        let wasFolding = isFolding
        var name = element
        var input = Node.root
        if let slot = variables.names.lastIndex(of: "CURRENT") { input = .variable(slot: slot, nil) }
        if element.document?["$literal"] == nil, element.document?["$const"] == nil, element.type == .document {
            var arguments = try Arguments("$getField", element)
            name = try arguments.required("field")
            // Constants inside are left for later by mongod, and so are their errors.
            isFolding = false
            input = try read(try arguments.required("input"))
            isFolding = wasFolding
            try arguments.refuseOthers()
        }
        isFolding = false
        let node = try read(name)
        isFolding = wasFolding
        guard case .constant(.string(let key)) = node else {
            throw QueryError("$getField needs a constant string as its field", at: name)
        }
        return .field(key, of: input)
    }
}

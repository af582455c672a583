// What becomes of the fields of a document: a tree of the paths that a projection names.

internal import BSON

/// What becomes of the fields of a document, or of all documents at one path.
struct ShapeNode: Sendable {
    /// What becomes of a field that is named.
    enum Action: Sendable {
        case keep
        case drop
        /// An expression's value takes its place, or comes behind the others.
        case compute(Expression)
        /// Some elements of an array; other values are kept.
        case slice(Slice)
        /// The first element of an array that a query hits, in an array of its own; nothing without one.
        case firstHit(ElementQuery)
        /// The fields inside are named.
        case descend(ShapeNode)
    }

    /// The names, in the order in which they were first named.
    private(set) var keys: [[UInt8]] = []
    private(set) var actions: [Action] = []
    /// Whether fields that are not named are kept.
    let keepsOthers: Bool
    /// Whether something here or below is computed.
    private(set) var computes = false

    init(keepsOthers: Bool) { self.keepsOthers = keepsOthers }

    /// Whether no field is named.
    var isEmpty: Bool { keys.isEmpty }

    /// Names a path; `false` if it, a part of it or something below it is named already.
    mutating func insert(_ path: ArraySlice<[UInt8]>, _ action: Action) -> Bool {
        guard let key = path.first else { return false }
        let rest = path.dropFirst()
        let known = keys.firstIndex(of: key)
        guard !rest.isEmpty else {
            if known != nil { return false }
            add(key, action)
            return true
        }
        var node = ShapeNode(keepsOthers: keepsOthers)
        if let known {
            guard case .descend(let inner) = actions[known] else { return false }
            node = inner
        }
        guard node.insert(rest, action) else { return false }
        if let known {
            actions[known] = .descend(node)
            computes = computes || node.computes
        } else {
            add(key, .descend(node))
        }
        return true
    }

    private mutating func add(_ key: [UInt8], _ action: Action) {
        keys.append(key)
        actions.append(action)
        switch action {
        case .compute, .firstHit: computes = true
        case .descend(let node): computes = computes || node.computes
        case .keep, .drop, .slice: break
        }
    }

    private func index(of key: RawSpan) -> Int? {
        for index in keys.indices {
            let wanted = keys[index]
            if wanted.count == key.byteCount && key.holds(wanted.span.bytes, at: 0) { return index }
        }
        return nil
    }
}

// MARK: - Writing what becomes of a document

extension ShapeNode {
    /// What is the same for all documents inside one.
    struct Context: ~Escapable {
        /// The outermost document, which expressions refer to.
        let root: DocumentView
        let now: Datetime

        @_lifetime(copy root)
        init(_ root: DocumentView, now: Datetime) {
            self.root = root
            self.now = now
        }
    }

    /// Writes the fields that a document gets.
    ///
    /// - Parameter isDeep: Whether this is inside an array that is directly inside another one, which `$slice` does not
    ///   see.
    func write(
        _ document: DocumentView, _ context: borrowing Context, isDeep: Bool = false, to writer: inout DocumentWriter
    ) throws(QueryError) {
        var run = Run()
        var position = 4
        var done: [Bool] = computes ? Array(repeating: false, count: keys.count) : []
        var elements = document.makeIterator()
        while let element = elements.next() {
            let start = position
            position += 2 + element.keyBytes.byteCount + element.valueBytes.byteCount
            guard let index = index(of: element.keyBytes) else {
                if keepsOthers { run.extend(start, position, document, &writer) }
                continue
            }
            if case .keep = actions[index] {
                run.extend(start, position, document, &writer)
                continue
            }
            run.flush(document, &writer)
            let isDone = try write(element, actions[index], context, isDeep: isDeep, to: &writer)
            if computes && isDone { done[index] = true }
        }
        run.flush(document, &writer)
        if computes { try writeOthers(document, context, done, to: &writer) }
    }

    /// Writes what becomes of a field that is there; `false` if it comes behind the others.
    private func write(
        _ element: ElementView, _ action: Action, _ context: borrowing Context, isDeep: Bool,
        to writer: inout DocumentWriter
    ) throws(QueryError) -> Bool {
        switch action {
        case .keep: writer.append(element)
        case .drop: break
        case .compute(let expression):
            if !keepsOthers { return false }
            try Self.write(expression, element.keyBytes, context, to: &writer)
        case .firstHit(let query):
            if !keepsOthers { return false }
            try query.write(element, to: &writer)
        case .slice(let slice):
            if !isDeep, let array = element.array {
                slice.write(array, key: element.keyBytes, to: &writer)
            } else {
                writer.append(element)
            }
        case .descend(let node): try node.descend(element, context, isDeep: isDeep, to: &writer)
        }
        return true
    }

    /// Writes a field whose fields inside are named.
    private func descend(
        _ element: ElementView, _ context: borrowing Context, isDeep: Bool, to writer: inout DocumentWriter
    ) throws(QueryError) {
        if let document = element.document {
            try writer.document(key: element.keyBytes) { (writer: inout DocumentWriter) throws(QueryError) in
                try write(document, context, isDeep: isDeep, to: &writer)
            }
        } else if let array = element.array {
            try writer.array(key: element.keyBytes) { (writer: inout ArrayWriter) throws(QueryError) in
                try distribute(array, context, isDeep: isDeep, to: &writer)
            }
        } else if computes {
            try writer.document(key: element.keyBytes) { (writer: inout DocumentWriter) throws(QueryError) in
                try writeNew(context, to: &writer)
            }
        } else if keepsOthers {
            writer.append(element)
        }
    }

    /// Does with each element of an array what is to be done with a field.
    private func distribute(
        _ array: DocumentView, _ context: borrowing Context, isDeep: Bool, to writer: inout ArrayWriter
    ) throws(QueryError) {
        var elements = array.makeIterator()
        while let element = elements.next() {
            if let document = element.document {
                try writer.document { (writer: inout DocumentWriter) throws(QueryError) in
                    try write(document, context, isDeep: isDeep, to: &writer)
                }
            } else if let inner = element.array {
                try writer.array { (writer: inout ArrayWriter) throws(QueryError) in
                    try distribute(inner, context, isDeep: true, to: &writer)
                }
            } else if computes {
                try writer.document { (writer: inout DocumentWriter) throws(QueryError) in
                    try writeNew(context, to: &writer)
                }
            } else if keepsOthers {
                writer.append(element)
            }
        }
    }

    /// Writes computed fields that come behind those that were there.
    private func writeOthers(
        _ document: DocumentView, _ context: borrowing Context, _ done: [Bool], to writer: inout DocumentWriter
    ) throws(QueryError) {
        for index in keys.indices where !done[index] {
            if case .firstHit(let query) = actions[index], !keepsOthers {
                let key = keys[index]
                if let element = document.first(key.span.bytes) { try query.write(element, to: &writer) }
            } else {
                try writeNew(index, context, to: &writer)
            }
        }
    }

    /// Writes the computed fields of a document that was not there.
    private func writeNew(_ context: borrowing Context, to writer: inout DocumentWriter) throws(QueryError) {
        for index in keys.indices { try writeNew(index, context, to: &writer) }
    }

    private func writeNew(
        _ index: Int, _ context: borrowing Context, to writer: inout DocumentWriter
    ) throws(QueryError) {
        let key = keys[index]
        switch actions[index] {
        case .compute(let expression): try Self.write(expression, key.span.bytes, context, to: &writer)
        case .descend(let node) where node.computes:
            try writer.document(key: key.span.bytes) { (writer: inout DocumentWriter) throws(QueryError) in
                try node.writeNew(context, to: &writer)
            }
        default: break
        }
    }

    private static func write(
        _ expression: Expression, _ key: RawSpan, _ context: borrowing Context, to writer: inout DocumentWriter
    ) throws(QueryError) {
        writer.append(key: key, try expression.evaluate(context.root, now: context.now))
    }
}

/// Elements one behind another that are copied at once.
struct Run {
    private var start = 0
    private var end = 0

    /// Adds the element from `start` to `end` in the bytes of `document`; what is not in front of it is copied.
    mutating func extend(_ start: Int, _ end: Int, _ document: DocumentView, _ writer: inout DocumentWriter) {
        if self.end != start {
            flush(document, &writer)
            self.start = start
        }
        self.end = end
    }

    /// Copies what was added.
    mutating func flush(_ document: DocumentView, _ writer: inout DocumentWriter) {
        if end > start { writer.append(elements: document.bytes.extracting(start..<end)) }
        start = 0
        end = 0
    }
}

extension DocumentWriter {
    /// Appends whole elements as they are.
    mutating func append(elements bytes: RawSpan) {
        guard let place = place(count: bytes.byteCount) else { return }
        bytes.withUnsafeBytes { if let source = $0.baseAddress { place.copyMemory(from: source, byteCount: $0.count) } }
    }

    /// Ends the open document, or says why that cannot be.
    mutating func finish() throws(QueryError) {
        if endDocument() { return }
        throw QueryError("the document that results cannot be written: \(failure.map(\.description) ?? "")")
    }
}

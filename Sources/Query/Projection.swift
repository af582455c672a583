// Which fields of a document are shown, and which are computed.

public import BSON
internal import BSONText

/// A projection of MongoDB's, compiled: makes of a document one that has some of its fields, or others.
///
///     let projection = try Projection("{path: 1, late: {$gt: ['$seconds', 1]}, _id: 0}")
///     try projection.apply(event, to: &writer)
///
/// Fields that are kept stay in the order of the document, computed ones follow in the order of the projection. Any
/// number of threads may use a projection at once.
///
/// Source: "Project Fields to Return from Query" in the MongoDB manual; mongod 6.0 is the judge.
public struct Projection: Sendable {
    /// Where the projection stands, which decides what it may contain.
    public enum Place: Sendable {
        /// The projection of a find: `$slice` and `$elemMatch` are allowed, and nothing at all keeps everything.
        case find
        /// The stage `$project` of a pipeline.
        case stage
    }

    private let root: ShapeNode

    /// Compiles a projection.
    ///
    /// - Throws: ``QueryError`` for what is wrong or not supported; its `offset` is that of the element.
    public init(_ document: DocumentView, in place: Place = .find) throws(QueryError) {
        var reader = ProjectionReader(place)
        root = try reader.read(document)
    }

    /// Compiles the projection of a find in text: JSON, JSON5 or mongosh's notation.
    ///
    /// - Throws: ``QueryError`` with the place in the text.
    public init(_ text: String) throws(QueryError) {
        let parsed = try QueryText.document(text)
        do throws(QueryError) { try self.init(parsed.document.view) } catch { throw error.placed(in: parsed) }
    }

    /// Compiles the stage `$unset`: a path, or an array of paths.
    init(unset element: ElementView) throws(QueryError) {
        var root = ShapeNode(keepsOthers: true)
        func drop(_ element: ElementView) throws(QueryError) {
            guard let path = element.string else { throw QueryError("$unset needs strings", at: element) }
            let segments = try FieldPath(expression: path[...], at: element).segments
            if !root.insert(segments[...], .drop) {
                throw QueryError("'\(path)' conflicts with another path of $unset", at: element)
            }
        }
        if let paths = element.array {
            if paths.isEmpty { throw QueryError("$unset needs at least one path", at: element) }
            var elements = paths.makeIterator()
            while let path = elements.next() { try drop(path) }
        } else {
            try drop(element)
        }
        self.root = root
    }

    /// Appends what the projection makes of a document.
    ///
    /// - Parameters:
    ///   - document: The document.
    ///   - now: What `$$NOW` stands for.
    ///   - writer: Gets one whole document; nothing if this throws. No document may be open.
    /// - Throws: ``QueryError`` where an expression fails, or the result is too large.
    public func apply(
        _ document: DocumentView, now: Datetime = .now(), to writer: inout DocumentWriter
    ) throws(QueryError) {
        try root.apply(document, now: now, to: &writer)
    }
}

extension ShapeNode {
    /// Appends the document that results.
    func apply(_ document: DocumentView, now: Datetime, to writer: inout DocumentWriter) throws(QueryError) {
        writer.beginDocument()
        do throws(QueryError) {
            try write(document, Context(document, now: now), to: &writer)
        } catch {
            writer.cancelDocument()
            throw error
        }
        try writer.finish()
    }
}

/// Reads projections.
private struct ProjectionReader {
    private let place: Projection.Place
    /// The paths and what becomes of them, in order.
    private var entries: [(path: [[UInt8]], action: ShapeNode.Action, offset: Int)] = []
    /// Whether fields are named to be kept; `nil` as long as nothing decides it.
    private var includes: Bool?
    private var idIsKept = false
    private var idIsDropped = false
    private var hasSlice = false
    private var hasQuery = false

    init(_ place: Projection.Place) { self.place = place }

    mutating func read(_ document: DocumentView) throws(QueryError) -> ShapeNode {
        if document.isEmpty && place == .stage { throw QueryError("$project needs at least one field") }
        try readFields(document, [])
        let includes = includes ?? (idIsKept || hasQuery && !hasSlice)
        var root = ShapeNode(keepsOthers: !includes)
        let id = [Array("_id".utf8)]
        let namesID = entries.contains { $0.path[0] == id[0] }
        if includes && !idIsDropped && !namesID { _ = root.insert(id[...], .keep) }
        if !includes && idIsDropped { _ = root.insert(id[...], .drop) }
        for entry in entries where !root.insert(entry.path[...], entry.action) {
            throw conflict(entry.path, entry.offset)
        }
        if namesID && (idIsKept || idIsDropped) { throw conflict(id, entries.first?.offset) }
        return root
    }

    private func conflict(_ path: [[UInt8]], _ offset: Int?) -> QueryError {
        let name = path.map { String(decoding: $0, as: UTF8.self) }.joined(separator: ".")
        var error = QueryError("'\(name)' conflicts with another path of the projection")
        error.offset = offset
        return error
    }

    private mutating func readFields(_ document: DocumentView, _ prefix: [[UInt8]]) throws(QueryError) {
        var elements = document.makeIterator()
        while let element = elements.next() {
            let key = element.key
            if key == "$" || key.hasSuffix(".$") {
                throw QueryError("the positional operator '$' of projections is not supported", at: element)
            }
            try read(element, prefix + FieldPath(expression: key[...], at: element).segments)
        }
    }

    private mutating func read(_ element: ElementView, _ path: [[UInt8]]) throws(QueryError) {
        if element.bool != nil || ValueView(element).number != nil {
            try read(flag: Value(element).isTrue, element, path)
        } else if let document = element.document {
            var elements = document.makeIterator()
            guard let first = elements.next() else {
                throw QueryError("an empty document in a projection", at: element)
            }
            if first.keyBytes.byteCount > 0 && first.keyBytes.byte(at: 0) == UInt8(ascii: "$") {
                if let second = elements.next() {
                    throw QueryError("'\(second.key)' beside '\(first.key)', expected one operator", at: second)
                }
                try read(operator: first, of: element, path)
            } else {
                try readFields(document, path)
            }
        } else {
            try compute(element, path)
        }
    }

    private mutating func read(flag: Bool, _ element: ElementView, _ path: [[UInt8]]) throws(QueryError) {
        if path.count == 1, path[0].elementsEqual("_id".utf8) {
            if idIsKept || idIsDropped { throw conflict(path, element.offset) }
            if flag { idIsKept = true } else { idIsDropped = true }
            return
        }
        if let includes, includes != flag {
            let found = flag ? "kept" : "dropped"
            throw QueryError(
                "'\(element.key)' is \(found) in a projection that \(includes ? "keeps" : "drops") others", at: element)
        }
        includes = flag
        entries.append((path, flag ? .keep : .drop, element.offset))
    }

    private mutating func read(
        operator name: ElementView, of element: ElementView, _ path: [[UInt8]]
    ) throws(QueryError) {
        switch name.key {
        case "$meta": throw QueryError("$meta is not supported", at: name)
        case "$slice" where place == .find:
            guard let slice = Slice(name) else { return try compute(element, path) }
            hasSlice = true
            entries.append((path, .slice(slice), element.offset))
        case "$elemMatch" where place == .find:
            if path.count > 1 { throw QueryError("$elemMatch cannot be used on a field inside another", at: name) }
            hasQuery = true
            entries.append((path, .firstHit(try ElementQuery(name)), element.offset))
        case "$elemMatch": throw QueryError("$elemMatch cannot be used in $project", at: name)
        default: try compute(element, path)
        }
    }

    private mutating func compute(_ element: ElementView, _ path: [[UInt8]]) throws(QueryError) {
        if includes == false {
            throw QueryError("'\(element.key)' is computed in a projection that drops others", at: element)
        }
        includes = true
        entries.append((path, .compute(try Expression(element)), element.offset))
    }
}

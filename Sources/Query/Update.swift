// Changing documents by update operators.

public import BSON
internal import BSONText

/// An update of MongoDB's, compiled: changes some fields of a document and leaves the others as they are.
///
///     let update = try Update("{$set: {'client.network': 'office'}, $unset: {cookie: 1}, $rename: {ip: 'address'}}")
///     try update.apply(event, to: &writer)
///
/// `$set`, `$unset` and `$rename` are supported. Any number of threads may use an update at once.
///
/// Source: "Update Operators" in the MongoDB manual; mongod 6.0 is the judge.
public struct Update: Sendable {
    static let operators = ["$set", "$unset", "$rename"]

    private let root: UpdateFields
    private let namesID: Bool
    /// What is renamed to where it cannot be; no mistake as long as it is not there.
    private let impossible: [FieldPath]

    /// Compiles an update.
    ///
    /// - Throws: ``QueryError`` for what is wrong or not supported; its `offset` is that of the element.
    public init(_ document: DocumentView) throws(QueryError) {
        var reader = UpdateReader()
        if document.isEmpty {
            throw QueryError("an update needs operators: \(Self.operators.joined(separator: ", "))")
        }
        var elements = document.makeIterator()
        while let element = elements.next() { try reader.read(operator: element) }
        root = reader.root
        namesID = root.names("_id")
        impossible = reader.impossible
    }

    /// Compiles an update in text: JSON, JSON5 or mongosh's notation.
    ///
    /// - Throws: ``QueryError`` with the place in the text.
    public init(_ text: String) throws(QueryError) {
        let parsed = try QueryText.document(text)
        do throws(QueryError) { try self.init(parsed.document.view) } catch { throw error.placed(in: parsed) }
    }

    /// Appends the changed document.
    ///
    /// - Parameters:
    ///   - document: The document.
    ///   - writer: Gets one whole document; nothing if this throws. No document may be open.
    /// - Throws: ``QueryError`` where a path leads through a value that has no fields, `_id` would change, or the
    ///   result is too large.
    public func apply(_ document: DocumentView, to writer: inout DocumentWriter) throws(QueryError) {
        writer.beginDocument()
        let start = writer.openDocumentStart
        do throws(QueryError) {
            for path in impossible {
                if let _ = try UpdateFields.source(path, in: document) {
                    throw QueryError("$rename cannot put '\(path.name)' into '_id' or a field with '$' in front")
                }
            }
            try root.write(document, document, to: &writer)
        } catch {
            writer.cancelDocument()
            throw error
        }
        try writer.finish()
        if !namesID || Self.hasSameID(document, DocumentView(unchecked: writer.bytes.extracting(droppingFirst: start)))
        {
            return
        }
        writer.truncate(to: start)
        throw QueryError("the field '_id' cannot be changed")
    }

    private static func hasSameID(_ before: DocumentView, _ after: DocumentView) -> Bool {
        guard let one = before["_id"] else { return true }
        guard let other = after["_id"] else { return false }
        return one.type == other.type && Order.bytes(one.valueBytes, other.valueBytes) == 0
    }
}

/// Reads updates.
private struct UpdateReader {
    var root = UpdateFields()
    var impossible: [FieldPath] = []

    mutating func read(operator element: ElementView) throws(QueryError) {
        let name = element.key
        guard Update.operators.contains(name) else {
            if name.hasPrefix("$") { throw Operators.unknown(name, among: Update.operators, element) }
            throw QueryError("'\(name)' is no operator; a whole document cannot be an update", at: element)
        }
        guard let fields = element.document else {
            throw QueryError("\(name) needs a document, found \(element.type.name)", at: element)
        }
        var elements = fields.makeIterator()
        while let field = elements.next() {
            let path = try path(field.key, field, creates: name == "$set")
            switch name {
            case "$set": try insert(path, .set(Document { $0.append(field, key: "value") }), field)
            case "$unset": try insert(path, .unset, field)
            default: try rename(path, field)
            }
        }
    }

    private mutating func rename(_ path: FieldPath, _ field: ElementView) throws(QueryError) {
        guard let target = field.string else {
            throw QueryError("$rename needs the new name of '\(path.name)' as a string", at: field)
        }
        let other = try self.path(target, field, creates: false)
        if path.segments.starts(with: other.segments) || other.segments.starts(with: path.segments) {
            throw QueryError(
                "$rename needs two fields, none of which is in the other: '\(path.name)', '\(target)'", at: field)
        }
        let first = other.segments[0]
        if first.first == UInt8(ascii: "$") || first.elementsEqual("_id".utf8) { impossible.append(path) }
        try insert(path, .unset, field)
        try insert(other, .move(path), field)
    }

    private mutating func insert(_ path: FieldPath, _ node: UpdateNode, _ field: ElementView) throws(QueryError) {
        if root.insert(path.segments[...], node) { return }
        throw QueryError("the path '\(path.name)' conflicts with another path of the update", at: field)
    }

    private func path(_ text: String, _ field: ElementView, creates: Bool) throws(QueryError) -> FieldPath {
        let utf8 = Array(text.utf8)
        let path = FieldPath(utf8.span.bytes)
        for (place, segment) in path.segments.enumerated() {
            if segment.isEmpty { throw QueryError("the path '\(text)' has an empty field name", at: field) }
            guard segment.first == UInt8(ascii: "$") else { continue }
            if segment.count == 1 || segment[1] == UInt8(ascii: "[") {
                throw QueryError(
                    "the positional operator '\(String(decoding: segment, as: UTF8.self))' is not supported", at: field)
            }
            if place == 0 && creates {
                throw QueryError("a field of an update cannot begin with '$': '\(text)'", at: field)
            }
        }
        return path
    }
}

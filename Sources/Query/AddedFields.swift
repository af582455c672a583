// Fields that a stage adds to documents.

internal import BSON

/// The stage `$set`, which `$addFields` is another name of: computes fields, the others stay as they are.
struct AddedFields: Sendable {
    private let root: ShapeNode

    /// Compiles the stage.
    init(_ document: DocumentView) throws(QueryError) {
        var root = ShapeNode(keepsOthers: true)
        var elements = document.makeIterator()
        while let element = elements.next() {
            let path = try FieldPath(expression: element.key[...], at: element).segments
            try Self.read(element, path, into: &root)
        }
        self.root = root
    }

    private static func read(
        _ element: ElementView, _ path: [[UInt8]], into root: inout ShapeNode
    ) throws(QueryError) {
        if let document = element.document {
            if document.isEmpty { throw QueryError("an empty document as the value of '\(element.key)'", at: element) }
            var elements = document.makeIterator()
            var count = 0
            var hasOperator = false
            while let inner = elements.next() {
                count += 1
                hasOperator = hasOperator || inner.key.hasPrefix("$")
            }
            if hasOperator && count > 1 {
                throw QueryError("an operator must be alone in the value of '\(element.key)'", at: element)
            }
            if !hasOperator { return try readFields(document, path, into: &root) }
        }
        guard root.insert(path[...], .compute(try Expression(element))) else {
            throw QueryError("'\(element.key)' conflicts with another path", at: element)
        }
    }

    private static func readFields(
        _ document: DocumentView, _ path: [[UInt8]], into root: inout ShapeNode
    ) throws(QueryError) {
        var elements = document.makeIterator()
        while let element = elements.next() {
            if element.key.utf8.contains(UInt8(ascii: ".")) {
                throw QueryError("a dotted path '\(element.key)' inside a document", at: element)
            }
            try read(element, path + FieldPath(expression: element.key[...], at: element).segments, into: &root)
        }
    }

    /// Appends the document with the fields that are added.
    func apply(_ document: DocumentView, now: Datetime, to writer: inout DocumentWriter) throws(QueryError) {
        try root.apply(document, now: now, to: &writer)
    }
}

// Which documents a query selects.

public import BSON
internal import BSONText

/// A query of MongoDB's, compiled: says of a document whether it is selected.
///
///     let match = try Match("{status: {$gte: 500}, path: /^\\/api/}")
///     if try match.matches(event) { … }
///
/// What MongoDB selects is selected, arrays, missing fields and numbers of different types included; see docs/query.md
/// for the few differences. Any number of threads may use a query at once.
///
/// Source: "Query and Projection Operators" in the MongoDB manual; mongod 6.0 is the judge.
public struct Match: Sendable {
    private let matcher: Matcher
    /// Whether `$cidr` occurs, which no MongoDB understands.
    public let usesExtensions: Bool

    /// Compiles a query.
    ///
    /// - Throws: ``QueryError`` for what is wrong or not supported; its `offset` is that of the element.
    public init(_ query: DocumentView) throws(QueryError) {
        var reader = MatchReader()
        matcher = Matcher(try reader.query(query), reader.keys)
        usesExtensions = reader.usesExtensions
    }

    /// Compiles a query in text: JSON, JSON5 or mongosh's notation.
    ///
    /// - Throws: ``QueryError`` with the place in the text.
    public init(_ text: String) throws(QueryError) {
        let parsed = try QueryText.document(text)
        do throws(QueryError) { try self.init(parsed.document.view) } catch { throw error.placed(in: parsed) }
    }

    /// Whether the document is selected.
    ///
    /// - Throws: ``QueryError`` where an expression of `$expr` fails, as a division by zero does, or a regular
    ///   expression takes too long.
    /// - Complexity: O(*n*) in the document's size; nothing is allocated, unless by `$expr`.
    public func matches(_ document: DocumentView) throws(QueryError) -> Bool { try matcher.matches(document) }
}

/// Reads queries, projections and pipelines in text.
enum QueryText {
    static func document(_ text: String) throws(QueryError) -> ParsedDocument {
        try parsed { () throws(TextError) in try BSONText.parse(text, dialect: .query) }
    }

    static func value(_ text: String) throws(QueryError) -> ParsedDocument {
        try parsed { () throws(TextError) in try BSONText.parseValue(text, dialect: .query) }
    }

    private static func parsed(_ parse: () throws(TextError) -> ParsedDocument) throws(QueryError) -> ParsedDocument {
        do throws(TextError) {
            return try parse()
        } catch {
            var wrong = QueryError(error.message)
            wrong.place = error.place
            throw wrong
        }
    }
}

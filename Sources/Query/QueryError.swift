// Why a query was refused, or could not be answered.

public import BSON
public import BSONText

/// What is wrong with a query, and where; or why it could not be answered for a document.
public struct QueryError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was found and what would be right.
    public var message: String
    /// Where the element begins that is wrong, in bytes of the query's document.
    public var offset: Int?
    /// Where it stands in the text that the query was read from.
    public var place: TextPlace?

    /// Creates the error that says `message`, about no place in particular.
    public init(_ message: String) { self.message = message }

    /// Creates the error that says `message` about an element of the query.
    public init(_ message: String, at element: ElementView) {
        self.message = message
        offset = element.offset
    }

    /// The place, if it is known, and the message: `1:9: unknown operator '$gtt', did you mean '$gt'?`.
    public var description: String { place.map { "\($0): \(message)" } ?? message }

    /// Returns the error with the place in the text that `query` was read from.
    func placed(in query: ParsedDocument) -> QueryError {
        var error = self
        error.place = error.place ?? offset.flatMap { query.place(ofElementAt: $0) } ?? query.place
        return error
    }
}

// What a writer needs of a server; libmongoc behind it, or a test.

internal import BSON

/// A connection to a server, or to several that are one: what a writer needs of it.
///
/// Belongs to one thread.
protocol Server: AnyObject {
    /// Runs a command that stores documents.
    func insert(_ command: UnsafeRawBufferPointer, database: String) -> CommandOutcome
    /// Runs a command about a collection, which is always answered.
    func run(_ command: Document, database: String) -> CommandOutcome
}

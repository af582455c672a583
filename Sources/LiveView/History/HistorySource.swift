// What the live view asks of a place where events are stored.

public import Eventstorm

/// Says why the past cannot be read, in words for a person.
public struct HistoryError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What went wrong, with the file or the server.
    public let description: String

    /// Wraps a message.
    public init(_ description: String) { self.description = description }
}

/// Which stored events are wanted.
public struct HistoryRange: Hashable, Sendable {
    /// The topics.
    public var patterns: Set<Pattern>
    /// Milliseconds since 1970: what happened earlier is not wanted.
    public var from: Int64
    /// Milliseconds since 1970: what happened then or later is not wanted.
    public var to: Int64
    /// Milliseconds since 1970: what was stored later is not wanted.
    public var storedUntil: Int64
    /// Milliseconds after which nothing is stored of a time any more.
    public var late: Int64
}

/// A place where events are stored: an archive, a database.
public protocol HistorySource: Sendable {
    /// Begins to read; called on the thread that reads.
    func open(_ range: HistoryRange) throws(HistoryError) -> any HistoryCursor
}

/// A reading of stored events; belongs to one thread.
public protocol HistoryCursor: AnyObject {
    /// Lends the next events, those that were stored last at first as far as that is possible.
    ///
    /// Every event is lent once. Some thousand at a time, so that whoever reads can stop in between. More than those
    /// that are wanted may be lent.
    ///
    /// - Parameter take: Gets validated documents of one topic, one after another.
    /// - Returns: False if nothing more is stored at present; later calls lend what was stored since.
    func next(_ take: (Topic, RawSpan) -> Void) throws(HistoryError) -> Bool
}

// One rule of a router: which events it takes, what it makes of them, and where they go.
public import BSON
public import Eventstorm
public import Query

/// One rule of a router.
///
/// What it says takes effect in the order of its properties, whatever the order in a configuration.
public struct Route: Sendable {
    /// The topics that the route takes.
    public let from: [Pattern]
    /// Which of their events it takes; all if nil.
    public internal(set) var match: RouteMatch?
    /// Leaves out events that came before.
    var dedupe: (key: EventKey, window: UInt64)?
    /// Takes a part of the events.
    var sample: Sampling?
    /// Leaves out events beyond a rate; without a key all share one rate.
    var throttle: (key: EventKey?, perSecond: Double, burst: Double)?
    /// Removes and masks fields.
    var redact: Redaction?
    /// Sets, removes and renames fields.
    var update: Update?
    /// Keeps and computes fields.
    var project: Projection?
    /// Where the events go.
    public let to: Destination
    /// How many topics ``Destination/computed(_:)`` may make.
    var topics = Route.usualTopics
    /// Whether events that it takes are not offered to the routes behind it.
    public internal(set) var stop = false
    /// What it says; a route of a new table that says the same goes on with what the old one remembered.
    var identity = ""
    /// Whether the fields in ``to`` are the same before and after the event is reshaped.
    var namesUnchangedFields = true

    /// Topics that fields may make, unless it is said otherwise.
    static let usualTopics = 1_000

    /// Where a route sends its events.
    public enum Destination: Hashable, Sendable {
        /// To their own topic.
        case same
        /// To one topic.
        case topic(Topic)
        /// To topics below another one: what the pattern's `*` stood for is kept.
        case below(Topic)
        /// To topics made of the event's fields.
        case computed(TopicTemplate)
    }

    /// Makes a route that takes all events of some topics.
    public init(from: [Pattern], to: Destination = .same) {
        precondition(!from.isEmpty, "a route needs a pattern")
        self.from = from
        self.to = to
        identity = "\(from) \(to)"
    }

    /// Makes a route from its texts.
    ///
    /// - Parameters:
    ///   - from: A pattern.
    ///   - to: A topic; a topic followed by `.*`, which keeps what the `*` of `from` stood for; or a topic with fields
    ///     in braces. Nil leaves topics as they are.
    /// - Throws: A ``RouteError`` that names the text and what would be right.
    public init(from: String, to: String?) throws(RouteError) {
        let pattern: Pattern
        do throws(PatternError) {
            pattern = try Pattern(from)
        } catch {
            throw RouteError(text: from, reason: "\(error)")
        }
        let destination = try Destination(to)
        if case .below = destination, !from.hasSuffix("*") {
            throw RouteError(text: to ?? "", reason: "keeps what a '*' stood for, but '\(from)' has none")
        }
        self.init(from: [pattern], to: destination)
    }
}

extension Route.Destination {
    /// Reads a destination; nil leaves topics as they are.
    init(_ text: String?) throws(RouteError) {
        guard let text else {
            self = .same
            return
        }
        let isBelow = text.hasSuffix(".*")
        if TopicTemplate.isTemplate(text) {
            if isBelow { throw RouteError(text: text, reason: "either fields in braces or '.*', not both") }
            self = .computed(try TopicTemplate(text))
            return
        }
        let topic: Topic
        do throws(TopicError) {
            topic = try Topic(isBelow ? String(text.dropLast(2)) : text)
        } catch {
            throw RouteError(text: text, reason: "\(error)")
        }
        if topic.isReserved || topic.name == "_es" {
            throw RouteError(text: text, reason: "topics below '_es.' belong to the library")
        }
        self = isBelow ? .below(topic) : .topic(topic)
    }
}

/// A route's query, and what it was compiled from, so that it can be explained.
///
/// A class, since a compiled query holds many references, which are not worth counting for each event.
public final class RouteMatch: Sendable {
    /// The compiled query.
    private let match: Match
    /// The query.
    public let query: Document

    /// Compiles a query.
    ///
    /// - Throws: What is wrong with it; the offset is that of the element.
    public init(_ query: DocumentView) throws(QueryError) {
        match = try Match(query)
        self.query = Document(copying: query)
    }

    /// Whether an event is selected.
    @inline(__always)
    func matches(_ event: DocumentView) throws(QueryError) -> Bool { try match.matches(event) }
}

extension Route {
    /// The first of its patterns that takes a topic.
    func pattern(for topic: Topic) -> Pattern? { from.first { $0.matches(topic) } }

    /// Whether it takes the topic.
    public func takes(_ topic: Topic) -> Bool { pattern(for: topic) != nil }

    /// Whether it takes every event of its topics and forwards them as they are, to a topic that no field decides.
    var isPlain: Bool {
        if case .computed = to { return false }
        return match == nil && dedupe == nil && sample == nil && throttle == nil && !reshapes
    }

    /// Whether events may be changed; ``sample`` aside.
    var reshapes: Bool { redact != nil || update != nil || project != nil }

    /// The topic that events of a topic go to; nil if fields decide, or the name would be too long.
    func output(for topic: Topic) -> Topic? {
        switch to {
        case .same: return topic
        case .topic(let topic): return topic
        case .below(let parent):
            guard let pattern = pattern(for: topic) else { return nil }
            let bytes = parent.utf8 + [0x2E] + topic.utf8.dropFirst(Route.head(of: pattern).count)
            return try? Topic(validating: bytes.span.bytes)
        case .computed: return nil
        }
    }

    /// The bytes that are replaced by the destination's: all of the pattern before its `*`.
    private static func head(of pattern: Pattern) -> [UInt8] {
        pattern.subscription.last == 0 ? Array(pattern.subscription.dropLast()) : pattern.subscription
    }

    /// The subscriptions needed above when somebody below asks for `prefix`; none if this route cannot serve it.
    func demand(for prefix: [UInt8]) -> [[UInt8]] {
        from.compactMap { pattern in
            switch to {
            case .same: return Route.common(pattern.subscription, prefix)
            case .topic(let topic): return Route.common(topic.utf8 + [0], prefix).map { _ in pattern.subscription }
            case .below(let parent):
                let outputs = parent.utf8 + [0x2E]
                guard let common = Route.common(outputs, prefix) else { return nil }
                return Route.head(of: pattern) + common.dropFirst(outputs.count)
            // Which events go to which topic is not known before they come.
            case .computed(let template): return Route.common(template.prefix, prefix).map { _ in pattern.subscription }
            }
        }
    }

    /// The longer of two prefixes if one continues the other: what both select.
    static func common(_ a: [UInt8], _ b: [UInt8]) -> [UInt8]? {
        let (short, long) = a.count <= b.count ? (a, b) : (b, a)
        return long.starts(with: short) ? long : nil
    }
}

/// Tells why a text is no route.
public struct RouteError: Error, Hashable, CustomStringConvertible {
    /// The text.
    public let text: String
    /// What is wrong, and what would be right.
    public let reason: String
    /// A sentence that names both.
    public var description: String { "route '\(text)': \(reason)" }
}

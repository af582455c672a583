// Which topics an event goes to, and what a router must ask for above to serve what is asked below.
public import Eventstorm

/// One rule of a router: events whose topic matches go to a topic.
public struct Route: Hashable, Sendable {
    /// The topics that the route takes.
    public let from: Pattern
    /// Where they go.
    public let to: Destination

    /// Where a route sends its events.
    public enum Destination: Hashable, Sendable {
        /// To their own topic.
        case same
        /// To one topic.
        case topic(Topic)
        /// To topics below another one: what the pattern's `*` stood for is kept.
        case below(Topic)
    }

    /// Makes a route from its texts.
    ///
    /// - Parameters:
    ///   - from: A pattern.
    ///   - to: A topic, or a topic followed by `.*`, which keeps what the `*` of `from` stood for; nil leaves topics
    ///     as they are.
    /// - Throws: A ``RouteError`` that names the text and what would be right.
    public init(from: String, to: String?) throws(RouteError) {
        do throws(PatternError) {
            self.from = try Pattern(from)
        } catch {
            throw RouteError(text: from, reason: "\(error)")
        }
        guard let to else {
            self.to = .same
            return
        }
        let isBelow = to.hasSuffix(".*")
        if isBelow && !from.hasSuffix("*") {
            throw RouteError(text: to, reason: "keeps what a '*' stood for, but '\(from)' has none")
        }
        let topic: Topic
        do throws(TopicError) {
            topic = try Topic(isBelow ? String(to.dropLast(2)) : to)
        } catch {
            throw RouteError(text: to, reason: "\(error)")
        }
        if topic.isReserved { throw RouteError(text: to, reason: "topics below '_es.' belong to the library") }
        self.to = isBelow ? .below(topic) : .topic(topic)
    }

    /// The bytes that are replaced by the destination's: all of the pattern before its `*`.
    var head: [UInt8] { from.subscription.last == 0 ? Array(from.subscription.dropLast()) : from.subscription }

    /// The topic an event goes to; nil if the name would be too long.
    func output(for topic: Topic) -> Topic? {
        switch to {
        case .same: return topic
        case .topic(let topic): return topic
        case .below(let parent):
            let bytes = parent.utf8 + [0x2E] + topic.utf8.dropFirst(head.count)
            return try? Topic(validating: bytes.span.bytes)
        }
    }

    /// The subscription needed above when somebody below asks for `prefix`; nil if this route cannot serve it.
    func demand(for prefix: [UInt8]) -> [UInt8]? {
        switch to {
        case .same: return Route.common(from.subscription, prefix)
        case .topic(let topic): return Route.common(topic.utf8 + [0], prefix).map { _ in from.subscription }
        case .below(let parent):
            let outputs = parent.utf8 + [0x2E]
            guard let common = Route.common(outputs, prefix) else { return nil }
            return head + common.dropFirst(outputs.count)
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

/// What happens to events that no route takes.
public enum Unmatched: Hashable, Sendable {
    /// They go on under their own topic.
    case forward
    /// They are counted as filtered.
    case drop
}

/// The routes of a router, in order.
///
/// An event goes to the output of every route that takes it.
public struct RouteTable: Sendable {
    /// The routes.
    public let routes: [Route]
    /// What happens to events that none takes.
    public let unmatched: Unmatched

    /// Makes a table; without routes everything is forwarded as it is.
    public init(_ routes: [Route] = [], unmatched: Unmatched = .forward) {
        self.routes = routes
        self.unmatched = unmatched
    }

    /// The topics an event goes to, each once.
    public func outputs(for topic: Topic) -> [Topic] {
        // The library's own topics carry the fabric's books: routes do not touch them.
        if topic.isReserved { return [topic] }
        var outputs: [Topic] = []
        var isTaken = false
        for route in routes where route.from.matches(topic) {
            isTaken = true
            if let output = route.output(for: topic), !outputs.contains(output) { outputs.append(output) }
        }
        if !isTaken && unmatched == .forward { outputs.append(topic) }
        return outputs
    }

    /// The subscriptions needed above to serve the prefixes asked for below.
    public func demand(for prefixes: some Sequence<[UInt8]>) -> Set<[UInt8]> {
        var demand: Set<[UInt8]> = []
        for prefix in prefixes {
            if unmatched == .forward || prefix.starts(with: RouteTable.reserved) { demand.insert(prefix) }
            for route in routes {
                if let needed = route.demand(for: prefix) { demand.insert(needed) }
            }
        }
        return demand
    }

    private static let reserved = Array("_es.".utf8)
}

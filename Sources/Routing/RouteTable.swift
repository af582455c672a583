// The routes of a router, and what it must ask for above to serve what is asked below.
public import Eventstorm

/// What happens to events that no route takes.
public enum Unmatched: Hashable, Sendable {
    /// They go on under their own topic.
    case forward
    /// They are counted as filtered.
    case drop
    /// They go to this topic.
    case topic(Topic)
}

/// The routes of a router, in order.
///
/// An event is offered to every route, up to one that takes it and says `stop`: it may go to several topics.
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

    /// Where events that no route takes go; nil if nowhere.
    func unmatchedOutput(for topic: Topic) -> Topic? {
        // The library's own topics carry the fabric's books: routes do not touch them.
        if topic.isReserved { return topic }
        switch unmatched {
        case .forward: return topic
        case .drop: return nil
        case .topic(let other): return other
        }
    }

    /// The topics that all events of a topic go to, each once; routes that look at the events are left out.
    public func outputs(for topic: Topic) -> [Topic] {
        let places = places(for: topic)
        if places.isEmpty { return unmatchedOutput(for: topic).map { [$0] } ?? [] }
        var outputs: [Topic] = []
        for place in places where routes[place].isPlain {
            if let output = routes[place].output(for: topic), !outputs.contains(output) { outputs.append(output) }
        }
        return outputs
    }

    /// The places of the routes that an event of this topic is offered to, in order.
    func places(for topic: Topic) -> [Int] {
        if topic.isReserved { return [] }
        var places: [Int] = []
        for (place, route) in routes.enumerated() where route.takes(topic) {
            places.append(place)
            // Behind one that takes all of them and stops there is nothing left to take.
            if route.stop && route.match == nil { break }
        }
        return places
    }

    /// The subscriptions needed above to serve the prefixes asked for below.
    public func demand(for prefixes: some Sequence<[UInt8]>) -> Set<[UInt8]> {
        var demand: Set<[UInt8]> = []
        for prefix in prefixes {
            if unmatched == .forward || prefix.starts(with: RouteTable.reserved) { demand.insert(prefix) }
            // Anything may be what no route takes.
            if case .topic(let topic) = unmatched, Route.common(topic.utf8 + [0], prefix) != nil { demand.insert([]) }
            for route in routes { demand.formUnion(route.demand(for: prefix)) }
        }
        return demand
    }

    private static let reserved = Array("_es.".utf8)
}

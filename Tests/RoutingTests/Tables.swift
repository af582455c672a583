// Tables of routes from the texts of configurations, and events from texts.
import BSON
import BSONText
import Eventstorm
import Routing
import Testing

@testable import Service

/// The options of the router in a configuration.
func router(_ text: String) throws -> Options {
    let configuration = Configuration(path: "f", text: text)
    if !configuration.problems.isEmpty { throw Failure(.configuration, configuration.problems.map(\.message)) }
    return try #require(configuration.sections.first { $0.stage == .router }).options
}

/// The table of one route, or of several, written as in a configuration.
func table(_ routes: String, unmatched: String = "drop") throws -> RouteTable {
    try RouteTable(router("{router: {routes: [\(routes)], unmatched: \"\(unmatched)\"}}"))
}

/// An event in mongosh's notation.
func event(_ text: String) throws -> Document { try BSONText.parse(text, dialect: .query).document }

extension RouteTrial.Result {
    /// What left, as text: `topic {…}`.
    var texts: [String] { outputs.map { "\($0.topic) \(BSONText.string($0.event.view))" } }
}

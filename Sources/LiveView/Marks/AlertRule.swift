// A watch with a threshold, from the configuration.

import BSON
import BSONText
import Eventstorm
import Query
public import Service

/// When somebody is to be told, and how.
public struct AlertRule: Sendable {
    /// What it is called: the last part of the topic of its events.
    public let name: String
    let title: String
    let spec: WatchSpec
    /// What is computed, in words: `p99` of the field `request_time`.
    let value: String
    let field: String?
    let above: Double?
    let below: Double?
    /// Milliseconds for which it must hold.
    let hold: Int64
    let severity: String
    let link: String?
    /// Where its events are posted, besides the fabric.
    public let webhook: String?
    /// A program and its words that get its events on stdin.
    public let command: [String]

    /// Milliseconds after its end in which a bucket still takes events: then it is judged.
    static let late: Int64 = 2_000

    /// The topic of its events.
    var topic: Topic? { try? Topic("alert.\(name)") }

    /// Reads `alerts` of the configuration of `eventstorm-sink-live`.
    ///
    /// Throws where something is wrong that only the compiled query tells.
    public static func rules(_ options: Options) throws(Failure) -> [AlertRule] {
        var rules: [AlertRule] = []
        for alert in options.table("alerts") { rules.append(try AlertRule(alert)) }
        return rules
    }

    init(_ options: Options) throws(Failure) {
        name = options.text("name")
        title = options.textIfGiven("title") ?? options.text("name")
        var spec = WatchSpec(pattern: options.patterns("topic").first ?? .everything)
        spec.every = options.duration("every").wholeMilliseconds
        hold = options.duration("for").wholeMilliseconds
        spec.last = max(spec.every * 3, Self.late + spec.every)
        spec.late = Self.late
        spec.groups = options.texts("group").map { $0 == "$topic" ? .topic : .path($0) }
        spec.limit = spec.groups.isEmpty ? 1 : WatchLimits().groups
        value = options.text("value")
        field = options.textIfGiven("field")
        do throws(WatchError) {
            spec.measures = [try WatchSpec.measure(value, field)]
        } catch {
            throw options.failure("value", error.message)
        }
        if let query = options.textIfGiven("match") {
            do {
                spec.match = try BSONText.parse(query, dialect: .query).document.bytes
                _ = try Match.ofWish(spec.match)
            } catch {
                throw options.failure("match", (error as? WatchError)?.message ?? "\(error)")
            }
        }
        self.spec = spec
        above = options.numberIfGiven("above")
        below = options.numberIfGiven("below")
        severity = options.text("severity")
        link = options.textIfGiven("link")
        webhook = options.textIfGiven("webhook")
        command = options.texts("command")
    }

    /// Whether a value is one to tell of.
    func holds(_ value: Double) -> Bool {
        above.map { value > $0 } == true || below.map { value < $0 } == true
    }

    /// The threshold that a value is beyond, or was.
    func threshold(of value: Double) -> Double {
        if let above, value > above { return above }
        return below ?? above ?? 0
    }
}

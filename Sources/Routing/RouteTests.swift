// The tests that stand in a configuration.
import BSON
import BSONText
import Eventstorm
public import Service

extension RouteTable {
    /// Compiles the routes of a router's section, and runs the tests that stand beside them.
    ///
    /// Each test begins with routes that remember nothing; its events come at the same instant, and sampling takes all
    /// of them.
    ///
    /// - Returns: How many tests were run.
    /// - Throws: A failure with status 78 that lists what is wrong with the routes; or else with the tests, and what
    ///   they found.
    public static func test(_ options: Options) throws(Failure) -> Int {
        let table = try RouteTable(options)
        var tests = RouteTests(table: table)
        let rows = options.table("tests")
        for row in rows { tests.run(row) }
        guard tests.reader.problems.isEmpty else { throw tests.reader.failure }
        return rows.count
    }
}

/// Runs tests and collects what they find.
struct RouteTests {
    let table: RouteTable
    /// What is wrong, with places.
    var reader = RouteReader()

    /// What should leave.
    private struct Expectation {
        let topic: Topic
        let event: Document?
        /// Where it stands.
        let offset: Int
        let eventOffset: Int?
    }

    init(table: RouteTable) { self.table = table }

    mutating func run(_ test: Options) {
        guard let topic = test.topicIfGiven("topic"), let input = test.value("input"),
            let wanted = test.value("expect"),
            let events = events(input), let expected = expectations(wanted)
        else { return }
        var trial = RouteTrial(table, keepsSampled: true)
        var outputs: [RouteTrial.Output] = []
        var fates: [String] = []
        for event in events {
            let result = trial.run(event, on: topic, now: 1)
            outputs += result.outputs
            fates.append(result.fate.rawValue)
        }
        compare(outputs, expected, wanted, fates)
    }

    private mutating func compare(
        _ outputs: [RouteTrial.Output], _ expected: [Expectation], _ value: ConfigurationValue, _ fates: [String]
    ) {
        for (index, pair) in zip(expected, outputs).enumerated() {
            let (wanted, found) = pair
            if wanted.topic != found.topic {
                fail(value, "the topic is \(found.topic), expected \(wanted.topic)", wanted.offset, "[\(index)]")
            }
            guard let event = wanted.event else { continue }
            for difference in Difference.all(between: event.view, and: found.event.view) {
                fail(value, difference, wanted.eventOffset ?? wanted.offset, "[\(index)].event")
            }
        }
        if outputs.count < expected.count {
            let missing = expected[outputs.count]
            let fate = fates.filter { $0 != Fate.forwarded.rawValue }
            let why = fate.isEmpty ? "" : "; the input was \(fate.joined(separator: ", "))"
            fail(value, "nothing left on \(missing.topic)\(why)", missing.offset, "[\(outputs.count)]")
        }
        for output in outputs.dropFirst(expected.count) {
            fail(value, "not expected: \(output.topic) \(Difference.text(output.event.view))", nil, "")
        }
    }

    private mutating func fail(_ value: ConfigurationValue, _ message: String, _ offset: Int?, _ suffix: String) {
        reader.problems.append(value.problem(message, at: offset, suffix))
    }

    /// The event, or the events, of a test.
    private mutating func events(_ value: ConfigurationValue) -> [Document]? {
        guard let element = value.element else { return nil }
        if let event = element.document { return [Document(copying: event)] }
        guard let list = element.array else {
            fail(value, "an event or a list of events is wanted, not \(element.type)", nil, "")
            return nil
        }
        var events: [Document] = []
        var entries = list.makeIterator()
        while let entry = entries.next() {
            guard let event = entry.document else {
                fail(value, "an event is wanted, not \(entry.type)", entry.offset, "[\(events.count)]")
                return nil
            }
            events.append(Document(copying: event))
        }
        return events
    }

    private mutating func expectations(_ value: ConfigurationValue) -> [Expectation]? {
        guard let list = value.element?.array else {
            fail(
                value, "a list such as [{topic: \"http.error\", event: {status: 500}}] is wanted; [] for nothing", nil,
                "")
            return nil
        }
        var expected: [Expectation] = []
        var entries = list.makeIterator()
        while let entry = entries.next() {
            guard let document = entry.document, let expectation = expectation(document, entry.offset, value) else {
                if entry.document == nil {
                    fail(
                        value, "a document such as {topic: \"http.error\"} is wanted, not \(entry.type)", entry.offset,
                        "")
                }
                return nil
            }
            expected.append(expectation)
        }
        return expected
    }

    private mutating func expectation(
        _ document: DocumentView, _ offset: Int, _ value: ConfigurationValue
    ) -> Expectation? {
        var topic: Topic?
        var event: Document?
        var eventOffset: Int?
        var elements = document.makeIterator()
        while let element = elements.next() {
            let key = element.key
            switch key {
            case "topic":
                topic = element.string.flatMap { try? Topic($0) }
                if topic == nil {
                    fail(value, "\(BSONText.string(valueOf: element)) is no topic", element.offset, ".topic")
                    return nil
                }
            case "event":
                guard let inner = element.document else {
                    fail(value, "an event is wanted, not \(element.type)", element.offset, ".event")
                    return nil
                }
                event = Document(copying: inner)
                eventOffset = element.offset
            default:
                let hint = suggestion(for: key, among: ["topic", "event"])
                fail(value, "unknown key \"\(key)\"\(hint)", element.offset, "")
                return nil
            }
        }
        guard let topic else {
            fail(value, "\"topic\" is missing", offset, "")
            return nil
        }
        return Expectation(topic: topic, event: event, offset: offset, eventOffset: eventOffset)
    }
}

/// What is different between an event that was expected and one that was found.
///
/// The order of fields does not count, nor do the types of numbers.
enum Difference {
    /// Each difference as a sentence.
    static func all(between expected: DocumentView, and found: DocumentView, _ path: String = "") -> [String] {
        var differences: [String] = []
        var elements = expected.makeIterator()
        while let element = elements.next() {
            let name = path + element.key
            guard let other = found.first(element.keyBytes) else {
                differences.append("\(name) is missing, expected \(text(element))")
                continue
            }
            differences += values(element, other, name)
        }
        var others = found.makeIterator()
        while let other = others.next() {
            if expected.first(other.keyBytes) == nil {
                differences.append("\(path)\(other.key) is \(text(other)), expected none")
            }
        }
        return differences
    }

    private static func values(_ expected: ElementView, _ found: ElementView, _ name: String) -> [String] {
        if expected.type == found.type, let left = expected.nested, let right = found.nested {
            return all(between: left, and: right, name + ".")
        }
        if let left = expected.integer, let right = found.integer {
            if left == right { return [] }
        } else if let left = expected.number, let right = found.number {
            if left == right { return [] }
        } else if expected.type == found.type {
            let isSame = expected.valueBytes.withUnsafeBytes { left in
                found.valueBytes.withUnsafeBytes { right in left.elementsEqual(right) }
            }
            if isSame { return [] }
        }
        return ["\(name) is \(text(found)), expected \(text(expected))"]
    }

    private static func text(_ element: ElementView) -> String { BSONText.string(valueOf: element) }

    /// A whole event in a message.
    static func text(_ document: DocumentView) -> String {
        let text = BSONText.string(document)
        return text.count > 120 ? text.prefix(117) + "..." : text
    }
}

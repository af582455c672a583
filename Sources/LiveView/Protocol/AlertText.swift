// How alerts stand, as JSON.

import Eventstorm

/// Alerts as clients are shown them.
struct AlertText: Sendable {
    /// One line of the list.
    struct Line: Sendable {
        var topic: Pattern
        var text: [UInt8]
    }

    /// Groups of one alert that are told, those that fire first.
    static let mostGroups = 20

    var version: Int
    var lines: [Line] = []

    init(_ book: AlertBook) {
        version = book.version
        for alert in book.alerts {
            let standings = alert.standings.values.sorted {
                ($0.isFiring ? 0 : 1, $0.since, $0.group) < ($1.isFiring ? 0 : 1, $1.since, $1.group)
            }
            if standings.isEmpty {
                lines.append(Line(topic: alert.rule.spec.pattern, text: Self.line(alert.rule, nil)))
            }
            for standing in standings.prefix(Self.mostGroups) {
                lines.append(Line(topic: alert.rule.spec.pattern, text: Self.line(alert.rule, standing)))
            }
        }
    }

    private static func line(_ rule: AlertRule, _ standing: AlertBook.Standing?) -> [UInt8] {
        var text: [UInt8] = []
        text.json("{\"name\":")
        text.json(string: rule.name)
        text.json(",\"title\":")
        text.json(string: rule.title)
        text.json(",\"topic\":")
        text.json(string: rule.spec.pattern.description)
        text.json(",\"of\":")
        if let field = rule.field {
            text.json("{")
            text.json(string: rule.value)
            text.json(":")
            text.json(string: field)
            text.json("}")
        } else {
            text.json(string: rule.value)
        }
        text.json(",\"every\":")
        text.json(rule.spec.every)
        text.json(",\"severity\":")
        text.json(string: rule.severity)
        for (word, value) in [("above", rule.above), ("below", rule.below)] {
            guard let value else { continue }
            text.json(",")
            text.json(string: word)
            text.json(":")
            text.json(value, digits: 15)
        }
        text.json(",\"state\":")
        text.json(string: standing.map { $0.isFiring ? "firing" : "waiting" } ?? "quiet")
        if let standing {
            text.json(",\"since\":")
            text.json(standing.since)
            text.json(",\"value\":")
            text.json(standing.value, digits: 15)
            if !standing.group.isEmpty {
                text.json(",\"group\":")
                text.json(string: standing.group)
            }
        }
        text.json("}")
        return text
    }

    /// The message for somebody with some rights.
    func message(_ rights: UserRights) -> [UInt8] {
        var text: [UInt8] = []
        text.json("{\"type\":\"alerts\",\"alerts\":[")
        // A value by group tells of fields; who may not see all of them is not told.
        let shown = rights.hidden.isEmpty ? lines.filter { rights.mayRead($0.topic) } : []
        for (index, line) in shown.enumerated() {
            if index > 0 { text.json(",") }
            text.append(contentsOf: line.text)
        }
        text.json("]}")
        return text
    }
}

// The catalogue as JSON.

import BSON
import Eventstorm

extension Catalogue {
    /// Topics in one answer.
    static let mostTopics = 1_000
    /// Frequent values that are told of a field.
    static let mostValues = 10

    /// Writes `/api/topics`.
    func text(now: Int64, events: [Topic: UInt64], _ rights: UserRights) -> [UInt8] {
        var names = statuses.topics.union(fields.topics.keys).union(events.keys)
        names = names.filter { !$0.isReserved && rights.mayRead($0) }
        let publishers = publishers(now: now)
        var text: [UInt8] = []
        text.json("{\"time\":")
        text.json(now)
        text.json(",\"topics\":[")
        for (index, topic) in names.sorted().prefix(Self.mostTopics).enumerated() {
            if index > 0 { text.json(",") }
            append(topic, publishers[topic] ?? [], events[topic] ?? 0, rights, to: &text)
        }
        text.json("],\"more\":")
        text.json(max(0, names.count - Self.mostTopics))
        text.json("}")
        return text
    }

    /// A process that publishes a topic.
    private struct Publisher {
        var origin: UInt64
        var process: ProcessIdentity
        var counts: SendCounts
        var rate: Double?
        var silence: Int64
    }

    private func publishers(now: Int64) -> [Topic: [Publisher]] {
        var found: [Topic: [Publisher]] = [:]
        for (origin, known) in statuses.processes.sorted(by: { $0.key < $1.key }) {
            for row in known.status.beat.topics {
                found[row.topic, default: []].append(
                    Publisher(
                        origin: origin, process: known.status.beat.process, counts: row.counts,
                        rate: known.rates[row.topic], silence: max(0, now - known.heardAt)))
            }
        }
        return found
    }

    private func append(
        _ topic: Topic, _ publishers: [Publisher], _ received: UInt64, _ rights: UserRights, to text: inout [UInt8]
    ) {
        text.json("{\"topic\":")
        text.json(string: topic.name)
        text.json(",\"received\":")
        text.json(received)
        // Where routers pass events on, only those who made them count.
        let sources = publishers.filter { $0.process.role != Role.router.rawValue }
        let rates = (sources.isEmpty ? publishers : sources).compactMap(\.rate)
        text.json(",\"rate\":")
        if rates.isEmpty { text.json("null") } else { text.json(rates.reduce(0, +), digits: 6) }
        if let facts = fields.topics[topic], facts.events > 0 {
            text.json(",\"bytes_per_event\":")
            text.json(Double(facts.bytes) / Double(facts.events), digits: 5)
        }
        text.json(",\"publishers\":[")
        for (index, publisher) in publishers.prefix(64).enumerated() {
            if index > 0 { text.json(",") }
            Self.append(publisher, to: &text)
        }
        text.json("]")
        appendLosses(topic, to: &text)
        text.json(",\"fields\":[")
        if let facts = fields.topics[topic] { Self.append(facts, rights, to: &text) }
        text.json("]}")
    }

    private static func append(_ publisher: Publisher, to text: inout [UInt8]) {
        text.json("{\"origin\":")
        text.json(string: String(hexadecimal: publisher.origin))
        text.json(",\"name\":")
        text.json(string: publisher.process.name)
        text.json(",\"host\":")
        text.json(string: publisher.process.host)
        text.json(",\"role\":")
        text.json(string: publisher.process.role)
        text.json(",\"silence_ms\":")
        text.json(publisher.silence)
        text.json(",\"rate\":")
        if let rate = publisher.rate { text.json(rate, digits: 6) } else { text.json("null") }
        for (word, count) in [
            ("emitted", publisher.counts.emitted), ("unwanted", publisher.counts.unwanted),
            ("refused", publisher.counts.refused),
        ] {
            text.json(",")
            text.json(string: word)
            text.json(":")
            text.json(count)
        }
        text.json("}")
    }

    /// Appends what receivers of the topic missed.
    private func appendLosses(_ topic: Topic, to text: inout [UInt8]) {
        text.json(",\"missing\":[")
        var isFirst = true
        for (_, known) in statuses.processes.sorted(by: { $0.key < $1.key }) {
            for row in known.status.upstream where row.topic == topic {
                var link = LinkLoss(origin: row.origin, name: "", receiver: known.status.beat.process.name)
                link.name = statuses.processes[row.origin]?.status.beat.process.name ?? ""
                link.take(row.counts)
                if link.isEmpty { continue }
                if !isFirst { text.json(",") }
                isFirst = false
                var list = LossList()
                list.add(link)
                list.append(to: &text)
            }
        }
        text.json("]")
    }

    private static func append(_ facts: FieldCatalogue.TopicFacts, _ rights: UserRights, to text: inout [UInt8]) {
        let shown = facts.fields.filter { !rights.hides($0.key[...]) }.sorted { $0.key < $1.key }
        for (index, (path, field)) in shown.enumerated() {
            text.json(index == 0 ? "{\"path\":" : ",{\"path\":")
            text.json(string: path)
            text.json(",\"types\":{")
            for (place, (type, count)) in field.types.sorted(by: { $0.value > $1.value }).enumerated() {
                if place > 0 { text.json(",") }
                text.json(string: BSONType(rawValue: type).map { "\($0)" } ?? "unknown")
                text.json(":")
                text.json(Double(count) / Double(max(1, facts.events)), digits: 4)
            }
            text.json("},\"distinct\":")
            text.json(field.distinct.count, digits: 5)
            if field.low <= field.high {
                text.json(",\"min\":")
                text.json(field.low, digits: 15)
                text.json(",\"max\":")
                text.json(field.high, digits: 15)
            }
            text.json(",\"top\":[")
            for (place, entry) in field.top.top(mostValues).enumerated() {
                text.json(place == 0 ? "[" : ",[")
                entry.value.append(to: &text)
                text.json(",")
                text.json(entry.count, digits: 12)
                text.json("]")
            }
            text.json("]}")
        }
    }
}

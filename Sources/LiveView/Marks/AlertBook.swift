// Which alerts hold, and since when.

public import BSON
public import Eventstorm

/// An alert that begins or ends.
public struct AlertChange: Sendable {
    /// Which one.
    public var rule: AlertRule
    /// The event that tells of it.
    public var event: Document
    /// The topic of the event.
    public var topic: Topic
    var mark: Mark
}

/// Judges the buckets of each alert's watch when they take no more events.
struct AlertBook {
    /// How one group of a rule stands.
    struct Standing: Equatable {
        /// Milliseconds since 1970: the beginning of the first bucket in which it held.
        var since: Int64
        var isFiring: Bool
        var value: Double
        var group: String
    }

    /// A rule and how it stands.
    struct Alert {
        let rule: AlertRule
        let watch: Int
        /// The next bucket to judge.
        var next: Int64
        /// By the hash of what tells the group; those that do not hold are not kept.
        var standings: [UInt64: Standing] = [:]
    }

    private(set) var alerts: [Alert] = []
    /// Grows whenever something is to be shown anew.
    private(set) var version = 0

    var isEmpty: Bool { alerts.isEmpty }

    /// Begins to watch for a rule.
    mutating func add(_ rule: AlertRule, to engine: inout LiveEngine, now: Int64) throws(WatchError) {
        let watch = try engine.add(rule.spec, now: now)
        // The bucket that fills now is not seen whole.
        alerts.append(Alert(rule: rule, watch: watch, next: rule.spec.bucket(of: now) + 1))
        version += 1
    }

    /// Judges every bucket that is complete by now.
    mutating func advance(_ engine: LiveEngine, now: Int64) -> [AlertChange] {
        var changes: [AlertChange] = []
        for place in alerts.indices {
            guard let watch = engine.watch(alerts[place].watch) else { continue }
            let complete = watch.spec.bucket(of: now - AlertRule.late) - 1
            // After a pause only what is still kept can be judged.
            alerts[place].next = max(alerts[place].next, watch.oldest)
            let before = alerts[place].standings
            while alerts[place].next <= complete {
                changes += alerts[place].judge(watch)
                alerts[place].next += 1
            }
            if alerts[place].standings != before { version += 1 }
        }
        return changes
    }
}

extension AlertBook.Alert {
    /// Judges one bucket.
    fileprivate mutating func judge(_ watch: Watch) -> [AlertChange] {
        let bucket = watch.bucket(next)
        let (begin, end) = (next * rule.spec.every, (next + 1) * rule.spec.every)
        var changes: [AlertChange] = []
        var holding: Set<UInt64> = []
        for (key, name, value) in values(bucket, watch) where rule.holds(value) {
            holding.insert(key)
            var standing =
                standings[key] ?? AlertBook.Standing(since: begin, isFiring: false, value: value, group: name)
            standing.value = value
            if !standing.isFiring, end - standing.since >= rule.hold {
                standing.isFiring = true
                changes += change(.begun, standing, at: end, bucket)
            }
            standings[key] = standing
        }
        for (key, standing) in standings where !holding.contains(key) {
            standings[key] = nil
            if standing.isFiring { changes += change(.ended, standing, at: end, bucket) }
        }
        return changes
    }

    /// The values of a bucket by group; of counts also those of groups without events.
    private func values(_ bucket: Bucket?, _ watch: Watch) -> [(key: UInt64, name: String, value: Double)] {
        let seconds = Double(rule.spec.every) / 1_000
        let measure = rule.spec.measures[0]
        let isCount = measure == .count || measure == .rate
        var values: [(key: UInt64, name: String, value: Double)] = []
        func add(_ number: Int, _ key: UInt64, _ name: String) {
            if let bucket, bucket.has(number) {
                let value = bucket.value(measure, watch.layout.places[0], number, seconds: seconds)
                if let value { values.append((key, name, value)) }
            } else if isCount {
                values.append((key, name, 0))
            }
        }
        if rule.spec.groups.isEmpty { add(0, 0, "") }
        for (number, group) in watch.groups.groups.enumerated() {
            guard let group else { continue }
            add(number, group.hash, group.key.map(\.plain).joined(separator: " "))
        }
        return values
    }

    private func change(
        _ state: Mark.State, _ standing: AlertBook.Standing, at time: Int64, _ bucket: Bucket?
    ) -> [AlertChange] {
        guard let topic = rule.topic else { return [] }
        let threshold = rule.threshold(of: standing.value)
        let group = standing.group.isEmpty ? "" : " (\(standing.group))"
        let side = threshold == rule.above ? "above" : "below"
        let message =
            state == .begun
            ? "\(rule.title)\(group): \(standing.value.short), \(side) \(threshold.short)"
            : "\(rule.title)\(group): no longer \(side) \(threshold.short)"
        let missing = bucket?.losses.links.reduce(0) { $0 + $1.lost + $1.malformed + $1.absent + $1.unknown } ?? 0
        let event = Document { event in
            event["kind"] = "alert"
            event["timestamp"] = Datetime(millisecondsSinceEpoch: time)
            event["name"] = rule.name
            event["state"] = state.rawValue
            event["message"] = message
            event["severity"] = rule.severity
            event["topic"] = rule.spec.pattern.description
            if !standing.group.isEmpty { event["group"] = standing.group }
            event["value"] = standing.value
            event["threshold"] = threshold
            event["since"] = Datetime(millisecondsSinceEpoch: standing.since)
            // What went missing meanwhile may be why.
            if missing != 0 { event["missing"] = missing }
            if let link = rule.link { event["view_link"] = link }
        }
        var mark = Mark(topic: topic, time: time)
        mark.message = message
        mark.severity = rule.severity
        mark.state = state
        mark.link = rule.link
        return [AlertChange(rule: rule, event: event, topic: topic, mark: mark)]
    }
}

extension Double {
    /// As people write it: six digits at most.
    fileprivate var short: String {
        var text: [UInt8] = []
        text.json(self, digits: 6)
        return String(decoding: text, as: UTF8.self)
    }
}

extension KeptValue {
    /// The value as text, without the quotation marks of one.
    fileprivate var plain: String {
        var text: [UInt8] = []
        append(to: &text)
        let json = String(decoding: text, as: UTF8.self)
        guard type == 0x02, json.count >= 2, !json.contains("\\") else { return json }
        return String(json.dropFirst().dropLast())
    }
}

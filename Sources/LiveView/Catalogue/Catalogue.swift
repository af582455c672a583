// What there is to ask about: topics, who publishes them, their fields.

import BSON
import Eventstorm

/// Learns from the statuses of processes and from a trickle of events; subscribes to no more than that.
struct Catalogue {
    /// Topics that are listened to at the same time for the sake of their fields.
    static let probes = 4
    /// Milliseconds that one is listened to at most.
    static let probeTime: Int64 = 2_000
    /// Milliseconds after which a topic whose fields are known may be listened to again.
    static let fresh: Int64 = 60_000
    /// Milliseconds after a question for which it goes on learning.
    static let interest: Int64 = 60_000

    private(set) var statuses = StatusBook()
    private(set) var fields = FieldCatalogue()
    private var askedAt = Int64.min / 2
    /// Topics that are listened to, and until when.
    private var listening: [Topic: Int64] = [:]
    private var tried: [Topic: Int64] = [:]

    /// What has to be subscribed to for its sake; nothing while nobody asks.
    var patterns: Set<Pattern> { Set(listening.keys.map { Pattern($0) }) }

    /// Takes a message in.
    mutating func take(_ topic: Topic, _ payload: RawSpan, now: Int64) {
        if topic == .status {
            var offset = 0
            while let length = Columns.documentLength(payload, at: offset) {
                statuses.take(DocumentView(unchecked: payload.extracting(offset..<offset + length)), now: now)
                offset += length
            }
        } else {
            fields.look(topic, payload, now: now)
        }
    }

    /// Notes that somebody wants to know.
    mutating func ask(now: Int64) { askedAt = now }

    /// Whether somebody wanted to know a short time ago.
    func isAsked(now: Int64) -> Bool { now - askedAt < Self.interest }

    /// Ends and begins to listen to topics whose fields are not known.
    mutating func advance(now: Int64, within allowed: Set<Pattern>) {
        fields.renew()
        listening = listening.filter { topic, end in
            end > now && (fields.topics[topic]?.events ?? 0) < 2 * FieldCatalogue.perTick
        }
        guard isAsked(now: now) else {
            listening.removeAll()
            return
        }
        statuses.forget(now: now)
        for topic in statuses.topics.sorted() where listening.count < Self.probes {
            let never = Int64.min / 2
            let last = max(fields.topics[topic]?.lookedAt ?? never, tried[topic] ?? never)
            guard now - last > Self.fresh, !topic.isReserved, allowed.contains(where: { $0.matches(topic) }) else {
                continue
            }
            tried[topic] = now
            listening[topic] = now + Self.probeTime
        }
        if tried.count > 2 * LiveLimits.topics { tried = tried.filter { now - $0.value < Self.fresh } }
    }
}

// What became of a sink's events, by topic.
package import Eventstorm

/// The fates of the events of a sink: of all, and by topic for as many topics as memory allows.
package struct FateTable: Sendable {
    /// Topics told apart; those of more are only in ``total``.
    private static let rowLimit = 10_000

    /// Those of all topics.
    package private(set) var total = FateCounts()
    /// Those of each topic.
    package private(set) var rows: [Topic: FateCounts] = [:]

    /// Makes an empty table.
    package init() {}

    /// Changes the counts of a topic, and the total with them.
    package mutating func update(_ topic: Topic, _ change: (inout FateCounts) -> Void) {
        change(&total)
        if rows[topic] != nil || rows.count < FateTable.rowLimit { change(&rows[topic, default: FateCounts()]) }
    }

    /// Counts events that came, and wait.
    package mutating func receive(_ topic: Topic, _ events: Int) {
        update(topic) {
            $0.add(UInt64(events), to: .received)
            $0.add(UInt64(events), to: .queued)
        }
    }

    /// Gives events that were waiting their fate.
    package mutating func settle(_ topic: Topic, _ events: Int, _ fate: Fate) {
        update(topic) {
            $0[.queued] -= UInt64(events)
            $0.add(UInt64(events), to: fate)
        }
    }

    /// Turns all events that wait into such that failed.
    package mutating func failQueued() {
        FateTable.failQueued(&total)
        for topic in rows.keys { FateTable.failQueued(&rows[topic, default: FateCounts()]) }
    }

    private static func failQueued(_ counts: inout FateCounts) {
        let events = counts[.queued]
        counts[.queued] = 0
        counts.add(events, to: .failed)
    }
}

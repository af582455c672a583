// What is done with the events of one topic: which fields are looked up, which watches are given them.

import BSON
import Eventstorm
import Query

/// Where a watch finds its values among the columns of a topic.
struct WatchBinding {
    /// Columns whose values tell groups apart; -1 is the topic.
    var groups: [Int] = []
    /// Columns with sums and extremes, percentiles, distinct and frequent values, as ``Layout`` numbers them.
    var values: [Int] = []
    var quantiles: [Int] = []
    var distincts: [Int] = []
    var tops: [Int] = []
    /// The query that selects its events, -1 if it takes all.
    var query = -1
    var stride = 0
    var topic: Topic
    var topicHash: UInt64

    /// The hash of what tells the group of a row.
    func groupHash(_ columns: Columns, _ row: Int) -> UInt64 {
        var hash: UInt64 = 0
        for column in groups {
            hash = ValueHash.mix(hash, column < 0 ? topicHash : columns.hashes[column &* Columns.mostRows &+ row])
        }
        return hash
    }

    /// What tells the group of a row.
    func groupKey(_ columns: Columns, _ row: Int, _ payload: RawSpan) -> [KeptValue] {
        var key: [KeptValue] = []
        for column in groups {
            key.append(
                column < 0
                    ? KeptValue(topic.name) : KeptValue(payload, columns.places[column * Columns.mostRows + row]))
        }
        return key
    }
}

/// A query that some watches of a topic share.
struct PlannedQuery {
    let match: Match
    let bytes: [UInt8]
}

/// The plan of a topic.
struct TopicPlan {
    let fields: FieldTable
    let finder: FieldFinder
    let queries: [PlannedQuery]
    let watches: [(watch: RunningWatch, binding: WatchBinding)]

    /// Makes the plan for the watches whose patterns match the topic.
    init(_ topic: Topic, _ all: [RunningWatch]) {
        var fields = FieldTable()
        var queries: [PlannedQuery] = []
        var watches: [(watch: RunningWatch, binding: WatchBinding)] = []
        let name = topic.utf8
        let topicHash = ValueHash.process.text(name.span.bytes, 0, name.count)
        for running in all where running.watch.spec.pattern.matches(topic) {
            let watch = running.watch
            var binding = WatchBinding(topic: topic, topicHash: topicHash)
            func column(_ source: ValueSource) -> Int {
                if case .path(let path) = source { fields.column(path) } else { -1 }
            }
            binding.stride = watch.layout.stride
            binding.groups = watch.spec.groups.map(column)
            binding.values = watch.layout.values.map(column)
            binding.quantiles = watch.layout.quantiles.map(column)
            binding.distincts = watch.layout.distincts.map(column)
            binding.tops = watch.layout.tops.map { column($0.source) }
            for column in binding.groups + binding.distincts + binding.tops where column >= 0 {
                fields.need(hash: column)
            }
            for column in binding.values { fields.need(number: column) }
            for column in binding.quantiles { fields.need(bin: column) }
            if let match = running.match {
                if let known = queries.firstIndex(where: { $0.bytes == watch.spec.match }) {
                    binding.query = known
                } else {
                    binding.query = queries.count
                    queries.append(PlannedQuery(match: match, bytes: watch.spec.match))
                }
            }
            watches.append((running, binding))
        }
        self.fields = fields
        self.queries = queries
        self.watches = watches
        finder = FieldFinder(fields.keys)
    }
}

/// A watch with its compiled query, and who wants it.
final class RunningWatch {
    let id: Int
    let watch: Watch
    let match: Match?
    var holders = 1
    /// Nanoseconds that its query took since the last look.
    var spent: UInt64 = 0
    /// Whether it takes events: one about the past does not, but its reader does.
    var isFed: Bool { watch.spec.range == nil || watch.seam?.isShadow == true }

    init(id: Int, _ watch: Watch, _ match: Match?) {
        self.id = id
        self.watch = watch
        self.match = match
    }
}

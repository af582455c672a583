// Where events are stored, and how that place is to be.

internal import BSON
internal import Eventstorm
internal import Query
internal import Synchronization

/// How a collection is to be.
struct CollectionLayout: Hashable, Sendable {
    /// A time-series collection's fields.
    struct TimeSeries: Hashable, Sendable {
        var timeField: String
        var metaField: String?
        var granularity: String?
    }

    /// What a capped collection keeps at most.
    struct Capped: Hashable, Sendable {
        var bytes: Int
        var events: Int?
    }

    /// An index that is to be there.
    struct Index: Hashable, Sendable {
        /// What it is ordered by.
        var keys: Document
        /// How it is called; made of the keys if nothing is said, as MongoDB's own tools do.
        var name: String
        /// All options besides, such as `unique` and `partialFilterExpression`.
        var options = Document()
        /// When what it names as a time is removed.
        var expireAfterSeconds: Int?
    }

    var timeSeries: TimeSeries?
    var capped: Capped?
    /// When the events of a time series are removed.
    var expireAfterSeconds: Int?
    var indexes: [Index] = []

    /// Whether there is nothing to prepare: the first insert makes a plain collection.
    var isPlain: Bool { self == CollectionLayout() }
}

/// Which events go where, and what is made of them.
struct StorageRule: Sendable {
    /// The topics it takes.
    var patterns: [Pattern] = []
    var match: Match?
    var projection: Projection?
    /// nil: the URI's own.
    var database: NameTemplate?
    var collection: NameTemplate
    var layout = CollectionLayout()
    /// Whether the collection's validator is not asked.
    var bypassesValidation = false
    /// Whether the collection receives more than one topic, so that an event must say which it is of.
    var addsKind = false

    func takes(_ topic: Topic) -> Bool { patterns.contains { $0.matches(topic) } }
}

/// One collection.
final class Target: Sendable {
    let database: String
    let collection: String
    let layout: CollectionLayout
    /// Whether the collection's validator is not asked.
    let bypassesValidation: Bool
    /// What is known of it: a ``State``.
    private let state = Atomic<Int>(State.unknown.rawValue)

    /// What is known of a collection.
    enum State: Int {
        case unknown
        /// It is as it should be, and has a unique `_id`.
        case ready
        /// It is as it should be, and has no unique `_id`.
        case readyTimeSeries
    }

    init(
        database: String, collection: String, layout: CollectionLayout = CollectionLayout(),
        bypassesValidation: Bool = false
    ) {
        self.bypassesValidation = bypassesValidation
        self.database = database
        self.collection = collection
        self.layout = layout
    }

    var isPrepared: Bool { state.load(ordering: .acquiring) != State.unknown.rawValue }
    /// Whether a document can be stored twice.
    var isTimeSeries: Bool { state.load(ordering: .acquiring) == State.readyTimeSeries.rawValue }

    func become(_ new: State) { state.store(new.rawValue, ordering: .releasing) }

    /// `database.collection`.
    var name: String { "\(database).\(collection)" }
}

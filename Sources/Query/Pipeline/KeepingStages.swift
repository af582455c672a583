// Stages that know of other documents: $limit, $skip and $sort.

internal import BSON

/// `$limit`.
struct LimitStage: Stage {
    let limit: Int64
    var isLocal: Bool { false }
    var isMergeable: Bool { false }

    func run(_ environment: Environment) -> StageRun { Run(self, environment) }

    private final class Run: StageRun {
        private var left: Int64

        init(_ stage: LimitStage, _ environment: Environment) {
            left = stage.limit
            super.init(environment)
        }

        override func add(_ document: DocumentView) throws(QueryError) -> Bool {
            if left == 0 { return false }
            left -= 1
            return try pass(document) && left > 0
        }
    }
}

/// `$skip`.
struct SkipStage: Stage {
    let count: Int64
    var isLocal: Bool { false }
    var isMergeable: Bool { false }

    func run(_ environment: Environment) -> StageRun { Run(self, environment) }

    private final class Run: StageRun {
        private var left: Int64

        init(_ stage: SkipStage, _ environment: Environment) {
            left = stage.count
            super.init(environment)
        }

        override func add(_ document: DocumentView) throws(QueryError) -> Bool {
            if left == 0 { return try pass(document) }
            left -= 1
            return true
        }
    }
}

/// `$sort`, which knows of a `$limit` right behind it.
struct SortStage: Stage {
    let order: SortOrder
    var limit: Int64?
    var isLocal: Bool { false }
    var isMergeable: Bool { true }

    func run(_ environment: Environment) -> StageRun { Run(self, environment) }

    private final class Run: StageRun {
        private typealias Entry = (keys: [Value], document: Document)

        private let stage: SortStage
        private var entries: [Entry] = []
        private var heldBytes = 0

        init(_ stage: SortStage, _ environment: Environment) {
            self.stage = stage
            super.init(environment)
        }

        override func add(_ document: DocumentView) throws(QueryError) -> Bool {
            if let limit = stage.limit, limit < 1 << 40, Int64(entries.count) >= 2 * limit + 1_024 { sort() }
            keep((try stage.order.keys(of: document), Document(copying: document)))
            try environment.check(heldBytes, "$sort")
            return true
        }

        private func keep(_ entry: Entry) {
            heldBytes += Self.bytes(entry)
            entries.append(entry)
        }

        private static func bytes(_ entry: Entry) -> Int {
            entry.keys.reduce(128 + entry.document.bytes.count) { $0 + $1.heldBytes }
        }

        /// Sorts, and drops what is behind the limit; what is equal stays in the order in which it came.
        private func sort() {
            let order = stage.order
            entries.sort { order.compare($0.keys, $1.keys) < 0 }
            guard let limit = stage.limit, Int64(entries.count) > limit else { return }
            entries.removeLast(entries.count - Int(limit))
            heldBytes = entries.reduce(0) { $0 + Self.bytes($1) }
        }

        override func merge(_ other: StageRun) throws(QueryError) {
            guard let other = other as? Run else { return }
            other.sort()
            for entry in other.entries { keep(entry) }
            if stage.limit != nil { sort() }
            try environment.check(heldBytes, "$sort")
        }

        override func finish() throws(QueryError) {
            sort()
            for entry in entries where try !pass(entry.document.view) { break }
            entries.removeAll()
            heldBytes = 0
            try super.finish()
        }
    }
}

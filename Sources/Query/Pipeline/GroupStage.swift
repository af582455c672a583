// $group, and what is made of it: $count, $sortByCount and $bucket.

internal import BSON

/// Where a group's key or an accumulator's input comes from.
enum GroupInput: Sendable {
    /// A field, whose first segment is found in a slot.
    case field(FieldPath, slot: Int)
    case expression(Expression)
    case constant(Value)
}

extension GroupInput {
    /// The slot of a field on the first level.
    var firstLevelSlot: Int? {
        if case .field(let path, let slot) = self, path.segments.count == 1 { slot } else { nil }
    }

    /// The value in a document.
    func value(in document: DocumentView, now: Datetime) throws(QueryError) -> Value {
        switch self {
        case .field(let path, _): path.value(in: document)
        case .expression(let expression): try expression.evaluate(document, now: now)
        case .constant(let value): value
        }
    }
}

/// An operator that makes one value of the documents of a group.
struct Accumulator: Sendable {
    let name: String
    let input: GroupInput
    /// What `$top` and its kin sort by.
    var order: SortOrder?
    let kept: Kept

    /// What is kept for a group.
    enum Kept: Sendable {
        /// A sum, which becomes a total or an average.
        case sum(isAverage: Bool)
        /// A row of a column.
        case row(@Sendable () -> Column)
    }

    /// Creates an accumulator that keeps a row of a column.
    init(
        name: String, input: GroupInput, order: SortOrder? = nil, makeColumn: @escaping @Sendable () -> Column
    ) {
        self.name = name
        self.input = input
        self.order = order
        kept = .row(makeColumn)
    }

    /// Creates `$sum` or `$avg`.
    init(name: String, sumOf input: GroupInput, isAverage: Bool) {
        self.name = name
        self.input = input
        kept = .sum(isAverage: isAverage)
    }

    /// Creates `$count`.
    init(counting name: String) { self.init(name: name, sumOf: .constant(.int32(1)), isAverage: false) }
}

/// How the key of a group is made of what was computed.
enum GroupKey: Sendable {
    /// As it is; missing is null.
    case value
    /// A document of one field, which is null if its value is missing; in a document of several fields it is left out.
    case field(String)
    /// A document of several fields, in which undefined is the same as missing, as in MongoDB.
    case fields
    /// The greatest of the sorted boundaries at or below it, or else the other value.
    case bucket(boundaries: [Value], other: Value?)
}

/// `$group`.
struct GroupStage: Stage {
    let stage: String
    let finder: FieldFinder
    let key: GroupInput
    let keyKind: GroupKey
    let accumulators: [Accumulator]
    var isLocal: Bool { false }
    var isMergeable: Bool { true }

    func run(_ environment: Environment) -> StageRun { GroupRun(self, environment) }
}

/// Groups at work.
private final class GroupRun: StageRun {
    private let stage: GroupStage
    // Behind a pointer: a property of a class would be checked for exclusive access at each document.
    private let groups: UnsafeMutablePointer<Groups>
    private var writer = DocumentWriter(capacity: 1_024, limit: Limits.documentBytes)

    init(_ stage: GroupStage, _ environment: Environment) {
        self.stage = stage
        groups = .allocate(capacity: 1)
        groups.initialize(to: Groups(stage, environment))
        super.init(environment)
    }

    deinit {
        groups.deinitialize(count: 1)
        groups.deallocate()
    }

    override func add(_ document: DocumentView) throws(QueryError) -> Bool {
        try groups.pointee.add(document)
        return true
    }

    override func merge(_ other: StageRun) throws(QueryError) {
        if let other = other as? GroupRun { try groups.pointee.merge(other.groups.pointee) }
    }

    override func finish() throws(QueryError) {
        try groups.pointee.check()
        for row in 0..<groups.pointee.count {
            writer.removeAll()
            try groups.pointee.write(row, to: &writer)
            let isWanted = try writer.withBytes { bytes throws(QueryError) in
                try pass(DocumentView(unchecked: bytes))
            }
            if !isWanted { break }
        }
        try super.finish()
    }
}

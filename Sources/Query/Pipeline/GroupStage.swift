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
}

/// An operator that makes one value of the documents of a group.
struct Accumulator: Sendable {
    let name: String
    let input: GroupInput
    /// What `$top` and its kin sort by.
    var order: SortOrder?
    let makeColumn: @Sendable () -> Column
}

/// How the key of a group is made of what was computed.
enum GroupKey: Sendable {
    /// As it is; missing is null.
    case value
    /// A document of one field, which is null if its value is missing; in a document of several fields it is left out.
    case field(String)
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
    private var table = ValueTable()
    private let columns: [Column]
    private var keyBytes = 0
    private var writer = DocumentWriter(capacity: 1_024, limit: Limits.documentBytes)
    private var added = 0

    /// What most accumulators take: a field on the first level.
    ///
    /// Holds no references, which would have to be counted for each document; the columns live as long as `columns`
    /// does.
    private struct Step {
        let column: Unmanaged<Column>
        let slot: Int  // -1 for what takes the longer way
    }

    private let steps: [Step]
    private let keySlot: Int  // -1 for a key that takes the longer way

    init(_ stage: GroupStage, _ environment: Environment) {
        self.stage = stage
        columns = stage.accumulators.map { $0.makeColumn() }
        steps = zip(stage.accumulators, columns).map { accumulator, column in
            let slot = accumulator.order == nil ? accumulator.input.firstLevelSlot : nil
            return Step(column: Unmanaged.passUnretained(column), slot: slot ?? -1)
        }
        if case .value = stage.keyKind { keySlot = stage.key.firstLevelSlot ?? -1 } else { keySlot = -1 }
        super.init(environment)
    }

    override func add(_ document: DocumentView) throws(QueryError) -> Bool {
        var failure: QueryError?
        withUnsafeTemporaryAllocation(of: Int32.self, capacity: stage.finder.count) { slots in
            stage.finder.find(in: document, slots)
            do throws(QueryError) { try add(document, slots) } catch { failure = error }
        }
        if let failure { throw failure }
        return true
    }

    private func add(
        _ document: DocumentView, _ slots: UnsafeMutableBufferPointer<Int32>
    ) throws(QueryError) {
        let row = try row(document, slots)
        for index in steps.indices {
            let step = steps[index]
            if step.slot < 0 {
                try add(row, stage.accumulators[index], columns[index], document)
                continue
            }
            let position = Int(slots[step.slot])
            step.column._withUnsafeGuaranteedRef { column in
                if position < 0 {
                    column.add(row, element: nil)
                } else {
                    column.add(row, element: document.element(at: position))
                }
            }
        }
        try checkMemory()
    }

    private func add(
        _ row: Int, _ accumulator: Accumulator, _ column: Column, _ document: DocumentView
    ) throws(QueryError) {
        let value = try value(accumulator.input, document)
        if let order = accumulator.order, let column = column as? TopColumn {
            column.add(row, value, keys: try order.keys(of: document))
        } else {
            column.add(row, value)
        }
    }

    /// Looks at what is kept every now and then: adding it up is not free.
    private func checkMemory() throws(QueryError) {
        added += 1
        if added & 63 == 0 { try check() }
    }

    private func check() throws(QueryError) {
        for column in columns {
            if let failure = column.failure { throw failure }
        }
        try environment.check(columns.reduce(keyBytes) { $0 + $1.heldBytes }, stage.stage)
    }

    private func value(_ input: GroupInput, _ document: DocumentView) throws(QueryError) -> Value {
        switch input {
        case .field(let path, _): path.value(in: document)
        case .expression(let expression): try expression.evaluate(document, now: environment.now)
        case .constant(let value): value
        }
    }

    /// Returns the row of the document's group.
    private func row(
        _ document: DocumentView, _ slots: UnsafeMutableBufferPointer<Int32>
    ) throws(QueryError) -> Int {
        if keySlot < 0 || slots[keySlot] < 0 { return try row(of: try key(try value(stage.key, document))) }
        guard let element = document.element(at: Int(slots[keySlot])) else { return try row(of: .null) }
        let count = table.count
        let row = table.row(of: element)
        if table.count > count { addRow(row) }
        return row
    }

    private func row(of key: Value) throws(QueryError) -> Int {
        let count = table.count
        let row = try table.row(of: key)
        if table.count > count { addRow(row) }
        return row
    }

    private func addRow(_ row: Int) {
        keyBytes += 2 * table.values[row].heldBytes + 96 * (columns.count + 1)
        for column in columns { column.addRow() }
    }

    /// Makes a group's key of a value.
    private func key(_ value: Value) throws(QueryError) -> Value {
        switch stage.keyKind {
        case .value: return value.inArray
        case .field(let name):
            guard case .document(let document) = value, document.isEmpty else { return value }
            return .document(Document { $0[name] = Null() })
        case .bucket(let boundaries, let other):
            let place = boundaries.partition { Order.compare($0, value) <= 0 }
            if place > 0 && place < boundaries.count { return boundaries[place - 1] }
            if let other { return other }
            throw QueryError(
                "$bucket: a value lies outside the boundaries, and there is no default for it")
        }
    }

    override func merge(_ other: StageRun) throws(QueryError) {
        guard let other = other as? GroupRun else { return }
        var rows: [Int] = []
        for value in other.table.values { rows.append(try row(of: value)) }
        for (column, more) in zip(columns, other.columns) { column.merge(more, rows: rows) }
        try check()
    }

    override func finish() throws(QueryError) {
        try check()
        for row in table.values.indices {
            writer.removeAll()
            writer.beginDocument()
            writer["_id"] = table.values[row]
            for (accumulator, column) in zip(stage.accumulators, columns) {
                writer[accumulator.name] = try column.result(row).inArray
            }
            if !writer.endDocument() { throw QueryError("\(stage.stage) made a document that is too large") }
            let isWanted = try writer.withBytes { bytes throws(QueryError) in
                try pass(DocumentView(unchecked: bytes))
            }
            if !isWanted { break }
        }
        try super.finish()
    }
}

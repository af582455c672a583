// The groups of a $group at work.

internal import BSON

/// The keys of groups, and what is kept of the documents of each.
struct Groups: ~Copyable {
    private let stage: GroupStage
    private let environment: Environment
    private var table = ValueTable()
    private var sums: [Sum] = []  // for each group as many as there are accumulators that sum
    private let sumsPerGroup: Int
    private let columns: [Column]
    private let steps: [Step]
    private let keySlot: Int  // -1 for a key that takes the longer way
    private let slots: UnsafeMutableBufferPointer<FoundField>
    private var keyBytes = 0
    private var added = 0

    /// What an accumulator does with a document.
    ///
    /// Holds no references, which would have to be counted for each document; the columns live as long as `columns`
    /// does.
    private enum Step {
        /// Adds a field on the first level.
        case sum(slot: Int, place: Int)
        /// Adds a constant.
        case count(Int32, place: Int)
        /// Adds what has to be computed.
        case sumOfValue(place: Int)
        /// Gives a field on the first level to a column.
        case field(slot: Int, Unmanaged<Column>)
        /// Gives a column what has to be computed.
        case value(Unmanaged<Column>)
    }

    init(_ stage: GroupStage, _ environment: Environment) {
        self.stage = stage
        self.environment = environment
        var columns: [Column] = []
        var steps: [Step] = []
        var sumCount = 0
        for accumulator in stage.accumulators {
            let slot = accumulator.order == nil ? accumulator.input.firstLevelSlot : nil
            switch accumulator.kept {
            case .sum:
                if let slot {
                    steps.append(.sum(slot: slot, place: sumCount))
                } else if case .constant(.int32(let number)) = accumulator.input {
                    steps.append(.count(number, place: sumCount))
                } else {
                    steps.append(.sumOfValue(place: sumCount))
                }
                sumCount += 1
            case .row(let makeColumn):
                let column = makeColumn()
                columns.append(column)
                let reference = Unmanaged.passUnretained(column)
                steps.append(slot.map { .field(slot: $0, reference) } ?? .value(reference))
            }
        }
        self.columns = columns
        self.steps = steps
        sumsPerGroup = sumCount
        if case .value = stage.keyKind { keySlot = stage.key.firstLevelSlot ?? -1 } else { keySlot = -1 }
        slots = .allocate(capacity: stage.finder.count)
    }

    deinit { slots.deallocate() }

    /// The number of groups.
    var count: Int { table.count }

    /// Takes a document into its group.
    mutating func add(_ document: DocumentView) throws(QueryError) {
        stage.finder.find(in: document, slots)
        let row = try row(of: document)
        let firstSum = row &* sumsPerGroup
        for index in steps.indices {
            switch steps[index] {
            case .sum(let slot, let place):
                if slots[slot].start >= 0 { sums[firstSum &+ place].add(slots[slot], of: document.bytes) }
            case .count(let number, let place): sums[firstSum &+ place].add(int32: number)
            case .field(let slot, let column):
                column._withUnsafeGuaranteedRef { $0.add(row, element: document.element(slots[slot])) }
            case .sumOfValue(let place):
                let value = try stage.accumulators[index].input.value(in: document, now: environment.now)
                if let number = value.number { sums[firstSum &+ place].add(number, value.type) }
            case .value(let column):
                try add(document, stage.accumulators[index], column.takeUnretainedValue(), row)
            }
        }
        added &+= 1
        // Every now and then: adding up what is kept is not free.
        if added & 63 == 0 { try check() }
    }

    private func add(
        _ document: DocumentView, _ accumulator: Accumulator, _ column: Column, _ row: Int
    ) throws(QueryError) {
        let value = try accumulator.input.value(in: document, now: environment.now)
        if let order = accumulator.order, let column = column as? TopColumn {
            column.add(row, value, keys: try order.wholeKeys(of: document))
        } else {
            column.add(row, value)
        }
    }

    /// Throws what a column could not take, or if too much is kept.
    func check() throws(QueryError) {
        for column in columns {
            if let failure = column.failure { throw failure }
        }
        try environment.check(columns.reduce(keyBytes) { $0 + $1.heldBytes }, stage.stage)
    }

    /// Returns the row of the document's group.
    private mutating func row(of document: DocumentView) throws(QueryError) -> Int {
        guard keySlot >= 0, let element = document.element(slots[keySlot]) else {
            return try row(of: try key(try stage.key.value(in: document, now: environment.now)))
        }
        let row = table.row(of: element)
        if row == rows { addRow() }
        return row
    }

    /// Returns the row of the group with a key.
    private mutating func row(of key: Value) throws(QueryError) -> Int {
        guard case .fields = stage.keyKind, case .document(let document) = key else {
            let row = try table.row(of: key)
            if row == rows { addRow() }
            return row
        }
        let row = try table.row(of: .document(document.withoutUndefined))
        if row == rows {
            addRow()
            // The group shows what its first document had.
            table.show(key, for: row)
        }
        return row
    }

    /// Groups that have their rows.
    private var rows = 0

    private mutating func addRow() {
        keyBytes += 2 * table.values[rows].heldBytes + 96 * (steps.count + 1)
        for _ in 0..<sumsPerGroup { sums.append(Sum()) }
        for column in columns { column.addRow() }
        rows += 1
    }

    /// Makes a group's key of a value.
    private func key(_ value: Value) throws(QueryError) -> Value {
        switch stage.keyKind {
        case .value, .fields: return value.inArray
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

    /// Takes over the groups of another part of the documents, which came after those of this one.
    mutating func merge(_ other: borrowing Groups) throws(QueryError) {
        try other.check()
        var numbers: [Int] = []
        for value in other.table.values { numbers.append(try row(of: value)) }
        for (index, row) in numbers.enumerated() {
            for place in 0..<sumsPerGroup {
                sums[row * sumsPerGroup + place].merge(other.sums[index * sumsPerGroup + place])
            }
        }
        for index in columns.indices { columns[index].merge(other.columns[index], rows: numbers) }
        try check()
    }

    /// Writes the document that a group becomes.
    func write(_ row: Int, to writer: inout DocumentWriter) throws(QueryError) {
        writer.beginDocument()
        writer["_id"] = table.values[row]
        var sum = row * sumsPerGroup
        var column = 0
        for accumulator in stage.accumulators {
            switch accumulator.kept {
            case .sum(let isAverage):
                writer[accumulator.name] = isAverage ? sums[sum].average : sums[sum].total
                sum += 1
            case .row:
                writer[accumulator.name] = try columns[column].result(row).inArray
                column += 1
            }
        }
        if !writer.endDocument() { throw QueryError("\(stage.stage) made a document that is too large") }
    }
}

extension Document {
    /// The document without its undefined fields.
    fileprivate var withoutUndefined: Document {
        var isDefined = true
        view.forEach { if $0.type == .undefined { isDefined = false } }
        if isDefined { return self }
        return Document { writer in view.forEach { if $0.type != .undefined { writer.append($0) } } }
    }
}

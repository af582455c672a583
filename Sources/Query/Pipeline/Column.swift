// What a group keeps of its documents: one column per accumulator, one row per group.

internal import BSON

/// One accumulator's results for all groups.
///
/// The rows lie side by side in arrays, so that a sum in place costs an addition. Subclasses are the operators.
class Column {
    /// Bytes that the rows hold beyond a fixed size, roughly.
    fileprivate(set) final var heldBytes = 0

    /// Why an input could not be taken; looked at every now and then, so that adding cannot throw.
    final var failure: QueryError?

    /// Adds a row for a new group.
    func addRow() { preconditionFailure("an accumulator without rows") }

    /// Takes the input of one document into a row.
    func add(_ row: Int, _ value: Value) { preconditionFailure("an accumulator that adds nothing") }

    /// Takes the input of one document into a row; `nil` if the document does not have it.
    func add(_ row: Int, element: ElementView?) {
        if let element { add(row, Value(element)) } else { add(row, .missing) }
    }

    /// Takes over the rows of another column of the same kind, whose documents came after those of this one.
    ///
    /// - Parameter rows: For each row of `other` the row here.
    func merge(_ other: Column, rows: [Int]) {
        preconditionFailure("an accumulator that cannot be merged")
    }

    /// The result of a row.
    func result(_ row: Int) throws(QueryError) -> Value { preconditionFailure("an accumulator without results") }

    /// Notes that a value is kept.
    final func hold(_ value: Value) { heldBytes += value.heldBytes }

    /// Notes that a value is no longer kept.
    final func release(_ value: Value) { heldBytes -= value.heldBytes }

    /// Notes that so many bytes more are kept.
    final func hold(bytes: Int) { heldBytes += bytes }
}

extension Value {
    /// Bytes of memory, roughly.
    var heldBytes: Int {
        switch self {
        case .string(let text), .symbol(let text), .javascript(let text): 40 + text.utf8.count
        case .document(let document): 64 + document.bytes.count
        case .array(let values): values.reduce(64) { $0 + $1.heldBytes }
        case .binary(let binary): 64 + binary.bytes.count
        case .regex(let regex): 64 + regex.pattern.utf8.count
        default: 40
        }
    }
}

extension Value {
    /// An integer in the smaller type that holds it, as counts are given.
    static func integer(_ value: Int64) -> Value { Int32(exactly: value).map { .int32($0) } ?? .int64(value) }
}

/// `$min` and `$max`; of equal values the last one, as in MongoDB.
final class ExtremeColumn: Column {
    private var values: [Value] = []
    private let sign: Int

    init(isMaximum: Bool) { sign = isMaximum ? 1 : -1 }

    override func addRow() { values.append(.missing) }

    override func add(_ row: Int, _ value: Value) {
        if value.isNullish { return }
        if case .missing = values[row] {} else if Order.compare(value, values[row]) * sign < 0 { return }
        release(values[row])
        hold(value)
        values[row] = value
    }

    override func add(_ row: Int, element: ElementView?) {
        guard let element else { return }
        // Most inputs are numbers of the type that the row has, and most change nothing.
        switch values[row] {
        case .int32(let kept): if let new = element.int32, new == kept || (new < kept) == (sign > 0) { return }
        case .int64(let kept): if let new = element.int64, new == kept || (new < kept) == (sign > 0) { return }
        case .double(let kept): if let new = element.double, Number.order(new, kept) * sign < 0 { return }
        default: break
        }
        add(row, Value(element))
    }

    override func merge(_ other: Column, rows: [Int]) {
        guard let other = other as? ExtremeColumn else { return }
        for (index, row) in rows.enumerated() { add(row, other.values[index]) }
    }

    override func result(_ row: Int) -> Value { values[row].inArray }
}

/// `$first` and `$last`.
final class EdgeColumn: Column {
    private var values: [Value?] = []
    private let isFirst: Bool

    init(isFirst: Bool) { self.isFirst = isFirst }

    override func addRow() { values.append(nil) }

    override func add(_ row: Int, _ value: Value) {
        if let kept = values[row] {
            if isFirst { return }
            release(kept)
        }
        hold(value)
        values[row] = value
    }

    override func add(_ row: Int, element: ElementView?) {
        if isFirst && values[row] != nil { return }
        if let element { add(row, Value(element)) } else { add(row, .missing) }
    }

    override func merge(_ other: Column, rows: [Int]) {
        guard let other = other as? EdgeColumn else { return }
        for (index, row) in rows.enumerated() {
            if let value = other.values[index] { add(row, value) }
        }
    }

    override func result(_ row: Int) -> Value { values[row]?.inArray ?? .null }
}

/// `$push`.
final class PushColumn: Column {
    private var arrays: [[Value]] = []

    override func addRow() { arrays.append([]) }

    override func add(_ row: Int, _ value: Value) {
        if case .missing = value { return }
        hold(value)
        arrays[row].append(value)
    }

    override func merge(_ other: Column, rows: [Int]) {
        guard let other = other as? PushColumn else { return }
        for (index, row) in rows.enumerated() { arrays[row] += other.arrays[index] }
        hold(bytes: other.heldBytes)
    }

    override func result(_ row: Int) -> Value { .array(arrays[row]) }
}

/// `$addToSet`.
final class SetColumn: Column {
    private var sets: [ValueTable] = []

    override func addRow() { sets.append(ValueTable()) }

    override func add(_ row: Int, _ value: Value) {
        if case .missing = value { return }
        let count = sets[row].count
        do throws(QueryError) {
            if try sets[row].row(of: value) == count { hold(value) }
        } catch {
            failure = error
        }
    }

    override func merge(_ other: Column, rows: [Int]) {
        guard let other = other as? SetColumn else { return }
        for (index, row) in rows.enumerated() {
            for value in other.sets[index].values { add(row, value) }
        }
    }

    override func result(_ row: Int) -> Value { .array(sets[row].values) }
}

/// `$mergeObjects`.
final class MergeColumn: Column {
    private var documents: [Document] = []

    override func addRow() { documents.append(Document()) }

    override func add(_ row: Int, _ value: Value) {
        if value.isNullish { return }
        guard case .document(let document) = value else {
            failure = QueryError("$mergeObjects needs documents, found \(value.type?.name ?? "nothing")")
            return
        }
        hold(bytes: -documents[row].bytes.count)
        documents[row] = documents[row].merged(with: document)
        hold(bytes: documents[row].bytes.count)
    }

    override func merge(_ other: Column, rows: [Int]) {
        guard let other = other as? MergeColumn else { return }
        for (index, row) in rows.enumerated() { add(row, .document(other.documents[index])) }
    }

    override func result(_ row: Int) -> Value { .document(documents[row]) }
}

extension Document {
    /// Returns a copy in which the fields of another document replace those of the same name or follow.
    func merged(with other: Document) -> Document {
        Document { writer in
            view.forEach { element in
                let newer = other.view.first(element.keyBytes)
                if let newer { writer.append(newer) } else { writer.append(element) }
            }
            other.view.forEach { element in
                if view.first(element.keyBytes) == nil { writer.append(element) }
            }
        }
    }
}

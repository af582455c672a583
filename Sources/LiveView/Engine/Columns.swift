// The values of some hundred events, found once for all watches.

import BSON
import Query

/// Where a value stands in a payload.
struct ValuePlace {
    /// BSON's type; 0 if there is no value.
    var type: UInt8
    var start: Int32
    var end: Int32

    static let none = ValuePlace(type: 0, start: 0, end: 0)
}

/// What is looked up in the events of a topic: each path once, however many watches want it.
struct FieldTable {
    /// One path.
    struct Field {
        /// The place of its first key among those that are found in one pass.
        let slot: Int
        /// The rest of the path; empty for a field of the document itself.
        let rest: [UInt8]
        var needsNumber = false
        var needsBin = false
        var needsHash = false
    }

    private(set) var fields: [Field] = []
    private var paths: [String: Int] = [:]
    private(set) var keys: [[UInt8]] = [Array("timestamp".utf8), Array("weight".utf8)]

    static let timestampSlot = 0
    static let weightSlot = 1

    /// The column of a path.
    mutating func column(_ path: String) -> Int {
        if let known = paths[path] { return known }
        let parts = path.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let key = Array(parts[0].utf8)
        let slot: Int
        if let known = keys.firstIndex(of: key) {
            slot = known
        } else {
            slot = keys.count
            keys.append(key)
        }
        fields.append(Field(slot: slot, rest: parts.count > 1 ? Array(parts[1].utf8) : []))
        paths[path] = fields.count - 1
        return fields.count - 1
    }

    mutating func need(number column: Int) { fields[column].needsNumber = true }
    mutating func need(bin column: Int) {
        fields[column].needsNumber = true
        fields[column].needsBin = true
    }
    mutating func need(hash column: Int) { fields[column].needsHash = true }
}

/// Columns of values: one row for each event of a chunk.
///
/// Events are taken apart chunk by chunk, then each watch goes over the columns it needs: what several watches need is
/// found, converted and hashed once.
final class Columns {
    /// Events of a chunk: few enough that their columns stay in the processor's cache.
    static let mostRows = 512

    private(set) var count = 0
    /// Milliseconds since 1970 by the event's own clock; that of arrival where it has none.
    let times: UnsafeMutablePointer<Int64>
    let weights: UnsafeMutablePointer<Double>
    /// For each event where its document begins.
    let starts: UnsafeMutablePointer<Int32>
    private(set) var places: UnsafeMutablePointer<ValuePlace>
    /// NaN where there is no finite number.
    private(set) var numbers: UnsafeMutablePointer<Double>
    private(set) var bins: UnsafeMutablePointer<QuantileBin>
    private(set) var hashes: UnsafeMutablePointer<UInt64>
    /// One byte for each event and query: 1 where it selects the event.
    private(set) var selected: UnsafeMutablePointer<UInt8>
    /// For a watch: the rows that it takes, and the number of the group of each.
    let rows: UnsafeMutablePointer<Int32>
    let groups: UnsafeMutablePointer<Int32>
    private var columns = 0
    private var queries = 0
    private var slots: UnsafeMutableBufferPointer<FoundField>
    private let hash = ValueHash.process

    init() {
        times = .allocate(capacity: Self.mostRows)
        weights = .allocate(capacity: Self.mostRows)
        starts = .allocate(capacity: Self.mostRows)
        rows = .allocate(capacity: Self.mostRows)
        groups = .allocate(capacity: Self.mostRows)
        places = .allocate(capacity: 0)
        numbers = .allocate(capacity: 0)
        bins = .allocate(capacity: 0)
        hashes = .allocate(capacity: 0)
        selected = .allocate(capacity: 0)
        slots = .allocate(capacity: 0)
    }

    deinit {
        times.deallocate()
        weights.deallocate()
        starts.deallocate()
        rows.deallocate()
        groups.deallocate()
        places.deallocate()
        numbers.deallocate()
        bins.deallocate()
        hashes.deallocate()
        selected.deallocate()
        slots.deallocate()
    }

    /// Makes room for so many columns, queries and keys.
    func reserve(columns: Int, queries: Int, keys: Int) {
        if columns > self.columns {
            places.deallocate()
            numbers.deallocate()
            bins.deallocate()
            hashes.deallocate()
            places = .allocate(capacity: columns * Self.mostRows)
            numbers = .allocate(capacity: columns * Self.mostRows)
            bins = .allocate(capacity: columns * Self.mostRows)
            hashes = .allocate(capacity: columns * Self.mostRows)
            self.columns = columns
        }
        if queries > self.queries {
            selected.deallocate()
            selected = .allocate(capacity: queries * Self.mostRows)
            self.queries = queries
        }
        if keys > slots.count {
            slots.deallocate()
            slots = .allocate(capacity: keys)
        }
    }

    /// Takes the next events apart.
    ///
    /// - Parameter offset: Where the next document begins; moved behind the last one that was taken.
    /// - Returns: Whether there was any.
    func take(_ payload: RawSpan, at offset: inout Int, _ fields: FieldTable, _ finder: FieldFinder, now: Int64) -> Bool
    {
        count = 0
        while count < Self.mostRows, let length = Self.documentLength(payload, at: offset) {
            let view = DocumentView(unchecked: payload.extracting(offset..<offset + length))
            finder.find(in: view, slots)
            takeRow(view, offset, fields, now)
            offset += length
            count += 1
        }
        return count > 0
    }

    static func documentLength(_ payload: RawSpan, at offset: Int) -> Int? {
        guard payload.byteCount - offset >= 5 else { return nil }
        let length = Int(Int32(littleEndian: payload.unsafeLoadUnaligned(fromByteOffset: offset, as: Int32.self)))
        return length >= 5 && length <= payload.byteCount - offset ? length : nil
    }

    @inline(__always)
    private func takeRow(_ view: DocumentView, _ offset: Int, _ table: FieldTable, _ now: Int64) {
        let bytes = view.bytes
        let row = count
        starts[row] = Int32(truncatingIfNeeded: offset)
        let time = slots[FieldTable.timestampSlot]
        times[row] =
            time.start >= 0 && bytes.byte(at: Int(time.start)) == 0x09 ? bytes.int64(at: Int(time.value)) : now
        weights[row] = Self.weight(bytes, slots[FieldTable.weightSlot])
        let fields = table.fields.span
        for column in fields.indices {
            let place = Self.place(view, slots[fields[column].slot], fields[column].rest)
            let cell = column &* Self.mostRows &+ row
            places[cell] = ValuePlace(
                type: place.type, start: place.start &+ Int32(truncatingIfNeeded: offset),
                end: place.end &+ Int32(truncatingIfNeeded: offset))
            if fields[column].needsNumber {
                let number = Self.number(bytes, place)
                numbers[cell] = number
                if fields[column].needsBin { bins[cell] = QuantileBin(number) }
            }
            if fields[column].needsHash {
                hashes[cell] =
                    place.type == 0
                    ? ValueHash.none : hash.hash(place.type, bytes, Int(place.start), Int(place.end))
            }
        }
    }

    @inline(__always)
    private static func weight(_ bytes: RawSpan, _ found: FoundField) -> Double {
        if found.start < 0 { return 1 }
        let weight = number(
            bytes, ValuePlace(type: bytes.byte(at: Int(found.start)), start: found.value, end: found.end))
        return weight > 0 ? weight : 1
    }

    @inline(__always)
    private static func place(_ view: DocumentView, _ found: FoundField, _ rest: [UInt8]) -> ValuePlace {
        if found.start < 0 { return .none }
        if rest.isEmpty {
            return ValuePlace(type: view.bytes.byte(at: Int(found.start)), start: found.value, end: found.end)
        }
        return nested(view, found, rest)
    }

    private static func nested(_ view: DocumentView, _ found: FoundField, _ rest: [UInt8]) -> ValuePlace {
        let element = view.element(from: Int(found.start), value: Int(found.value), to: Int(found.end))
        guard let inner = element.nested, let leaf = inner.find(path: rest.span.bytes) else { return .none }
        let start = leaf.offset + leaf.keyBytes.byteCount + 2
        return ValuePlace(
            type: leaf.typeByte, start: Int32(truncatingIfNeeded: start),
            end: Int32(truncatingIfNeeded: start + leaf.valueBytes.byteCount))
    }

    /// The finite number that stands there, else NaN.
    @inline(__always)
    private static func number(_ bytes: RawSpan, _ place: ValuePlace) -> Double {
        switch place.type {
        case 0x10: return Double(bytes.int32(at: Int(place.start)))
        case 0x12: return Double(bytes.int64(at: Int(place.start)))
        case 0x01:
            let double = Double(bitPattern: UInt64(bitPattern: bytes.int64(at: Int(place.start))))
            return double.isFinite ? double : .nan
        default: return .nan
        }
    }

    /// Asks a query about each event, and notes where it selects one.
    ///
    /// - Returns: How many events it failed on.
    func select(_ query: Int, _ match: Match, _ payload: RawSpan, isLate: () -> Bool) -> (failed: Int, gaveUp: Bool) {
        let results = selected + query * Self.mostRows
        var failed = 0
        for row in 0..<count {
            // Regular expressions may take milliseconds: look at the clock now and then.
            if row & 15 == 15, isLate() {
                for rest in row..<count { results[rest] = 0 }
                return (failed, true)
            }
            let view = DocumentView(unchecked: payload.extracting(Int(starts[row])..<payload.byteCount))
            do throws(QueryError) {
                results[row] = try match.matches(view) ? 1 : 0
            } catch {
                results[row] = 0
                failed += 1
            }
        }
        return (failed, false)
    }
}

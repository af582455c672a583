// The operators that only projections of find have: $slice and $elemMatch.

internal import BSON

/// Some elements of an array, counted from its start or its end.
struct Slice: Sendable {
    /// Elements to leave out; so many at the end are the start if it is negative.
    var skip: Int64
    var limit: Int64

    /// Reads `n` or `[skip, limit]`; `nil` if it is neither.
    init?(_ element: ElementView) {
        if let count = ValueView(element).number?.clamped {
            (skip, limit) = count < 0 ? (count, .max) : (0, count)
            return
        }
        guard let array = element.array, array.count == 2, let first = array["0"], let second = array["1"],
            let skip = ValueView(first).number?.clamped, let limit = ValueView(second).number?.clamped, limit > 0
        else { return nil }
        (self.skip, self.limit) = (skip, limit)
    }

    /// Writes the elements of an array that are in the slice.
    func write(_ array: DocumentView, key: RawSpan, to writer: inout DocumentWriter) {
        let start = skip < 0 ? max(0, Int64(array.count) + max(skip, -Int64(Int32.max))) : skip
        writer.array(key: key) { (writer: inout ArrayWriter) in
            var index: Int64 = 0
            var elements = array.makeIterator()
            while index < start, elements.next() != nil { index += 1 }
            var left = limit
            while left > 0, let element = elements.next() {
                writer.append(element)
                left -= 1
            }
        }
    }
}

extension Number {
    /// The nearest integer of 64 bits: fractions of doubles are cut, those of decimals rounded, NaN is 0.
    fileprivate var clamped: Int64 {
        switch self {
        case .integer(let value): return value
        case .double(let value): return Number.clamped(value.rounded(.towardZero))
        case .decimal(let value): return value.asInteger ?? Number.clamped(value.asDouble.rounded(.toNearestOrEven))
        }
    }

    private static func clamped(_ value: Double) -> Int64 {
        value.isNaN ? 0 : value >= 0x1p63 ? .max : value <= -0x1p63 ? .min : Int64(value)
    }
}

/// A query for elements of an array, `{$elemMatch: …}`.
struct ElementQuery: Sendable {
    private let match: Match

    /// Reads the element `$elemMatch` of a projection.
    init(_ element: ElementView) throws(QueryError) {
        guard element.document != nil else {
            throw QueryError("$elemMatch needs a document, found \(element.type.name)", at: element)
        }
        let query = Document { $0.document("v") { $0.append(element) } }
        do throws(QueryError) {
            match = try Match(query.view)
        } catch {
            throw QueryError(error.message, at: element)
        }
    }

    /// Writes an array of the first element that is hit; nothing if none is, or the value is no array.
    func write(_ element: ElementView, to writer: inout DocumentWriter) throws(QueryError) {
        guard let array = element.array else { return }
        var elements = array.makeIterator()
        while let inner = elements.next() {
            let alone = Document { $0.array("v") { $0.append(inner) } }
            guard try match.matches(alone.view) else { continue }
            writer.array(key: element.keyBytes) { (writer: inout ArrayWriter) in writer.append(inner) }
            return
        }
    }
}

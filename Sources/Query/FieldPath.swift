// Dotted paths into documents and arrays.

internal import BSON

/// The segments of a dotted path, such as `client.address` or `tags.0`.
struct FieldPath: Sendable, Hashable {
    /// The segments as UTF-8, at least one.
    let segments: [[UInt8]]

    init(_ path: RawSpan) {
        var segments: [[UInt8]] = [[]]
        path.withUnsafeBytes { bytes in
            for byte in bytes {
                if byte == UInt8(ascii: ".") { segments.append([]) } else { segments[segments.count - 1].append(byte) }
            }
        }
        self.segments = segments
    }

    /// The path with its dots.
    var name: String { segments.map { String(decoding: $0, as: UTF8.self) }.joined(separator: ".") }
}

/// What a condition on a path looks at when the path ends at an array.
enum LeafArrays {
    /// Each of its elements, then the array itself.
    case elements
    /// The array only.
    case whole
}

// MARK: - MongoDB's rules for arrays on the way

extension FieldPath {
    /// Whether the condition holds for one of the values that the path leads to.
    ///
    /// Documents in an array on the way are each followed; a number picks an element of an array. Where a field is not
    /// there the condition is asked about nothing, once; not so within arrays without documents.
    ///
    /// - Parameters:
    ///   - element: The element of the path's first segment; `nil` if there is none.
    ///   - condition: What is asked.
    func leads(from element: ElementView?, to condition: borrowing Condition) throws(QueryError) -> Bool {
        guard let element else { return try condition.holds(nil) }
        return try follow(element, 1, condition)
    }

    /// Goes on from an element that was found for the segment before `index`.
    private func follow(
        _ element: ElementView, _ index: Int, _ condition: borrowing Condition
    ) throws(QueryError) -> Bool {
        if index == segments.count { return try end(at: element, condition) }
        // A dot at the path's end means nothing behind an array.
        if element.type == .array && index + 1 == segments.count && segments[index].isEmpty {
            return try end(at: element, condition)
        }
        if let document = element.document { return try descend(document, index, condition) }
        if let array = element.array { return try pass(array, index, condition) }
        return try condition.holds(nil)
    }

    /// Looks up the segment `index` in a document.
    private func descend(
        _ document: DocumentView, _ index: Int, _ condition: borrowing Condition
    ) throws(QueryError) -> Bool {
        let segment = segments[index]
        guard let element = document.first(segment.span.bytes) else { return try condition.holds(nil) }
        return try follow(element, index + 1, condition)
    }

    /// Asks about the value that the path ends at.
    private func end(at element: ElementView, _ condition: borrowing Condition) throws(QueryError) -> Bool {
        if condition.leafArrays == .elements, let array = element.array {
            var elements = array.makeIterator()
            while let inner = elements.next() {
                if try condition.holds(inner) { return true }
            }
        }
        return try condition.holds(element)
    }

    /// Goes through the elements of an array on the way.
    private func pass(
        _ array: DocumentView, _ index: Int, _ condition: borrowing Condition
    ) throws(QueryError) -> Bool {
        let isLast = index + 1 == segments.count
        let segment = segments[index]
        let isNumber = segment.isNumeric
        var elements = array.makeIterator()
        while let element = elements.next() {
            let isPicked = isNumber && Order.bytes(element.keyBytes, segment.span.bytes) == 0
            if let document = element.document {
                if try descend(document, index, condition) { return true }
                if isPicked {
                    if isLast {
                        if try condition.holds(element) { return true }
                    } else if try descend(document, index + 1, condition) {
                        return true
                    }
                }
            } else if isPicked {
                if isLast {
                    if try condition.holds(element) { return true }
                } else if let inner = element.array, try pass(inner, index + 1, condition) {
                    return true
                }
            }
        }
        return false
    }
}

extension [UInt8] {
    /// Whether this is a number as the keys of arrays are: digits, without zeros in front.
    var isNumeric: Bool {
        guard let first, allSatisfy({ (0x30...0x39).contains($0) }) else { return false }
        return count == 1 || first != 0x30
    }
}

// Finds several fields of a document in one pass.

package import BSON

/// Where a field of a document is, in bytes from the start of the document.
package struct FoundField {
    /// Where the element begins (its type); -1 if there is no such field.
    package var start: Int32
    /// Where its value begins.
    package var value: Int32
    /// Where the next element begins.
    package var end: Int32

    static let none = FoundField(start: -1, value: 0, end: 0)
}

/// The names of fields that are looked for together.
package struct FieldFinder: Sendable {
    private let keys: [Key]
    private let names: [UInt8]
    private let shape = FieldShape()

    /// Plain numbers only, so that looking at keys touches no reference counts.
    private struct Key: Sendable {
        /// The first eight bytes, zeros behind a shorter key: enough to tell most keys apart.
        let word: UInt64
        let start: Int  // in `names`
        let count: Int
    }

    /// Creates a finder of names, each of which is given once; a name's index is its slot.
    package init(_ keys: [[UInt8]]) {
        var names: [UInt8] = []
        self.keys = keys.map { key in
            defer { names += key }
            return Key(word: key.span.bytes.word(at: 0, upTo: key.count), start: names.count, count: key.count)
        }
        self.names = names
    }

    /// The number of slots.
    var count: Int { keys.count }

    /// Notes where the first element of each name is.
    ///
    /// - Complexity: O(*n*) in the elements up to the last one that is found.
    package func find(in document: DocumentView, _ slots: UnsafeMutableBufferPointer<FoundField>) {
        slots.initialize(repeating: .none)
        var missing = keys.count
        let bytes = document.bytes
        var position = 4
        for expected in shape.fields {
            let end = expected.end(in: bytes, at: position)
            // A field may be absent for once.
            if end < 0 { continue }
            if expected.slot >= 0 {
                slots[expected.slot] = FoundField(
                    start: Int32(truncatingIfNeeded: position),
                    value: Int32(truncatingIfNeeded: position &+ expected.headCount),
                    end: Int32(truncatingIfNeeded: end))
                missing &-= 1
                if missing == 0 { return }
            }
            position = end
        }
        if missing > 0 { search(document, from: position, missing, slots) }
    }

    /// Looks for the names that are missing, one element after the other.
    @inline(never)
    private func search(
        _ document: DocumentView, from start: Int, _ missing: Int, _ slots: UnsafeMutableBufferPointer<FoundField>
    ) {
        let bytes = document.bytes
        shape.miss(document) { slot(of: $0, in: bytes) }
        var missing = missing
        var position = start
        while missing > 0 {
            let (end, next) = ElementView.extent(of: bytes, at: position)
            if next < 0 { return }
            let slot = slot(of: position &+ 1..<end, in: bytes)
            if slot >= 0 && slots[slot].start < 0 {
                slots[slot] = FoundField(
                    start: Int32(truncatingIfNeeded: position), value: Int32(truncatingIfNeeded: end &+ 1),
                    end: Int32(truncatingIfNeeded: next))
                missing &-= 1
            }
            position = next
        }
    }

    /// The slot of the name that stands there, -1 if it is not looked for.
    @inline(__always)
    private func slot(of name: Range<Int>, in bytes: RawSpan) -> Int {
        let keys = keys.span
        let word = bytes.word(at: name.lowerBound, upTo: name.count)
        for index in keys.indices where keys[index].word == word && keys[index].count == name.count {
            if name.count <= 8 || isName(index, bytes, at: name.lowerBound) { return index }
        }
        return -1
    }

    private func isName(_ index: Int, _ bytes: RawSpan, at position: Int) -> Bool {
        let key = keys[index]
        return bytes.holds(names.span.bytes.extracting(key.start..<key.start + key.count), at: position)
    }
}

extension DocumentView {
    /// The field that was found, `nil` if there is none.
    @inline(__always)
    @_lifetime(copy self)
    func element(_ found: FoundField) -> ElementView? {
        found.start < 0 ? nil : element(from: Int(found.start), value: Int(found.value), to: Int(found.end))
    }
}

extension RawSpan {
    /// Returns up to eight bytes from `offset` on as one word, the first lowest; zeros behind `count` bytes.
    @inline(__always)
    func word(at offset: Int, upTo count: Int) -> UInt64 {
        if offset &+ 8 <= byteCount {
            let word = uncheckedWord(at: offset)
            return count >= 8 ? word : word & (1 << UInt64(8 &* count) &- 1)
        }
        var word: UInt64 = 0
        for index in 0..<min(count, 8) { word |= UInt64(byte(at: offset + index)) << UInt64(8 * index) }
        return word
    }
}

// Finds several fields of a document in one pass.

internal import BSON

/// The names of fields that are looked for together.
struct FieldFinder: Sendable {
    private let keys: [Key]
    private let names: [UInt8]

    /// Plain numbers only, so that looking at keys touches no reference counts.
    private struct Key: Sendable {
        /// The first eight bytes, zeros behind a shorter key: enough to tell most keys apart.
        let word: UInt64
        let start: Int  // in `names`
        let count: Int
    }

    /// Creates a finder of names, each of which is given once; a name's index is its slot.
    init(_ keys: [[UInt8]]) {
        var names: [UInt8] = []
        self.keys = keys.map { key in
            defer { names += key }
            return Key(word: key.span.bytes.word(at: 0, upTo: key.count), start: names.count, count: key.count)
        }
        self.names = names
    }

    /// The number of slots.
    var count: Int { keys.count }

    /// Notes where the first element of each name begins, -1 where there is none.
    ///
    /// - Complexity: O(*n*) in the elements up to the last one that is found.
    func find(in document: DocumentView, _ slots: UnsafeMutableBufferPointer<Int32>) {
        slots.initialize(repeating: -1)
        var missing = keys.count
        let bytes = document.bytes
        let keys = keys.span
        var position = 4
        while missing > 0 {
            let (end, next) = ElementView.extent(of: bytes, at: position)
            if next < 0 { return }
            let length = end &- position &- 1
            let word = bytes.word(at: position &+ 1, upTo: length)
            for index in keys.indices where keys[index].word == word && keys[index].count == length {
                if slots[index] >= 0 || (length > 8 && !isName(index, bytes, at: position &+ 1)) { continue }
                slots[index] = Int32(truncatingIfNeeded: position)
                missing &-= 1
                break
            }
            position = next
        }
    }

    private func isName(_ index: Int, _ bytes: RawSpan, at position: Int) -> Bool {
        let key = keys[index]
        return bytes.holds(names.span.bytes.extracting(key.start..<key.start + key.count), at: position)
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

// Finds several fields of a document in one pass.

internal import BSON

/// The names of fields that are looked for together.
struct FieldFinder: Sendable {
    private let keys: [Key]

    private struct Key: Sendable {
        let bytes: [UInt8]
        /// The first eight bytes, zeros behind a shorter key: enough to tell most keys apart.
        let word: UInt64

        init(_ bytes: [UInt8]) {
            self.bytes = bytes
            word = bytes.prefix(8).enumerated().reduce(0) { $0 | UInt64($1.element) << UInt64(8 * $1.offset) }
        }
    }

    /// - Parameter keys: The names, each once; a name's index is its slot.
    init(_ keys: [[UInt8]]) { self.keys = keys.map { Key($0) } }

    /// The number of slots.
    var count: Int { keys.count }

    /// Notes where the first element of each name begins, -1 where there is none.
    ///
    /// - Complexity: O(*n*) in the elements up to the last one that is found.
    func find(in document: DocumentView, _ slots: UnsafeMutableBufferPointer<Int32>) {
        slots.initialize(repeating: -1)
        var missing = keys.count
        let bytes = document.bytes
        var position = 4
        let keys = keys.span
        while missing > 0 {
            let (end, next) = ElementView.extent(of: bytes, at: position)
            if next < 0 { return }
            let length = end &- position &- 1
            let word = bytes.word(at: position &+ 1, upTo: length)
            for index in keys.indices where keys[index].word == word && slots[index] < 0 {
                let key = keys[index].bytes
                guard key.count == length, length <= 8 || bytes.holds(key.span.bytes, at: position &+ 1) else {
                    continue
                }
                slots[index] = Int32(truncatingIfNeeded: position)
                missing &-= 1
                break
            }
            position = next
        }
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

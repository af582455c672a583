// What the documents of a stream mostly look like, so that walking over the next one is a matter of comparing.

internal import BSON
internal import Synchronization

/// An element as it was in another document, and is expected again.
struct ExpectedField {
    /// Bytes that an expected type, key and NUL have at most.
    static let headBytes = 16

    /// Type, key and NUL, zeros behind a shorter head.
    let head: (UInt64, UInt64)
    /// The bits of the key and the NUL; the type may differ.
    let mask: (UInt64, UInt64)
    let headCount: Int
    /// Bytes of the value, or of what follows the length that it begins with.
    let size: Int
    let hasLength: Bool
    /// Where the field is noted, -1 if it is not asked for.
    let slot: Int

    /// `nil` if the key is too long.
    init?(_ bytes: RawSpan, _ field: FoundField, slot: Int) {
        let start = Int(field.start)
        headCount = Int(field.value) - start
        guard headCount <= Self.headBytes else { return nil }
        let first = bytes.word(at: start, upTo: headCount)
        let second = headCount > 8 ? bytes.word(at: start + 8, upTo: headCount - 8) : 0
        head = (first, second)
        let bits = (Self.ones(headCount), Self.ones(headCount - 8))
        mask = (bits.0 & ~0xFF, bits.1)
        let type = UInt8(truncatingIfNeeded: first)
        // As ElementView counts; rarer types are not expected.
        switch type {
        case 0x02: (size, hasLength) = (4, true)
        case 0x03, 0x04: (size, hasLength) = (0, true)
        case 0x01, 0x06, 0x07, 0x08, 0x09, 0x0A, 0x10, 0x11, 0x12, 0x13:
            (size, hasLength) = (Int(field.end - field.value), false)
        default: return nil
        }
        self.slot = slot
    }

    private static func ones(_ bytes: Int) -> UInt64 {
        bytes <= 0 ? 0 : bytes >= 8 ? .max : 1 << UInt64(8 * bytes) &- 1
    }

    /// Where the element and its value end, if the element at `position` has the expected key; else -1.
    @inline(__always)
    func end(in bytes: RawSpan, at position: Int) -> Int {
        guard position &+ Self.headBytes <= bytes.byteCount else { return -1 }
        let first = bytes.uncheckedWord(at: position)
        let second = bytes.uncheckedWord(at: position &+ 8)
        if (first ^ head.0) & mask.0 | (second ^ head.1) & mask.1 != 0 { return -1 }
        let value = position &+ headCount
        var size = size
        if UInt8(truncatingIfNeeded: first ^ head.0) != 0 {
            size = ElementView.size(of: UInt8(truncatingIfNeeded: first), bytes, at: value)
        } else if hasLength {
            // A string has one byte at least, its NUL; a document five.
            size = ElementView.length(bytes, value, atLeast: size > 0 ? 1 : 5, more: size)
        }
        let end = value &+ size
        return size < 0 || end > bytes.byteCount ? -1 : end
    }
}

/// The fields that the documents of a stream begin with, learned from one of them.
///
/// May be wrong about any document: what is expected is compared. Several threads may use and learn it at once, for a
/// lesson is published by one atomic store, and never changed or freed before the shape is.
final class FieldShape: @unchecked Sendable {
    typealias Fields = UnsafeBufferPointer<ExpectedField>

    /// Fields that are expected at most.
    private static let mostFields = 48
    /// Documents that are not as expected before another one is learned from.
    private static let mostMisses = 64
    /// Times that it is learned: where documents of many kinds mix, more would not help.
    private static let mostLessons = 8

    private let current = Atomic<UnsafePointer<Fields>?>(nil)
    private let misses = Atomic<Int>(mostMisses)
    /// All that was ever learned: another thread may still be reading it.
    private let lessons = Mutex<[UnsafePointer<Fields>]>([])

    deinit {
        lessons.withLock { lessons in
            for lesson in lessons {
                lesson.pointee.deallocate()
                lesson.deallocate()
            }
        }
    }

    /// What is expected.
    @inline(__always)
    var fields: Fields { current.load(ordering: .acquiring)?.pointee ?? Fields(start: nil, count: 0) }

    /// Notes that a document was not as expected; every now and then that document is learned.
    ///
    /// - Parameter slot: The slot of the key that stands there, -1 for one that is not asked for.
    func miss(_ document: DocumentView, slot: (Range<Int>) -> Int) {
        let count = misses.load(ordering: .relaxed) + 1
        misses.store(count, ordering: .relaxed)
        if count >= Self.mostMisses { learn(document, slot) }
    }

    private func learn(_ document: DocumentView, _ slot: (Range<Int>) -> Int) {
        let fields = Self.fields(of: document, slot)
        lessons.withLock { lessons in
            if lessons.count == Self.mostLessons || misses.load(ordering: .relaxed) < Self.mostMisses { return }
            let copy = UnsafeMutableBufferPointer<ExpectedField>.allocate(capacity: fields.count)
            _ = copy.initialize(from: fields)
            let lesson = UnsafeMutablePointer<Fields>.allocate(capacity: 1)
            lesson.initialize(to: Fields(copy))
            lessons.append(UnsafePointer(lesson))
            current.store(UnsafePointer(lesson), ordering: .releasing)
            misses.store(lessons.count == Self.mostLessons ? .min : 0, ordering: .relaxed)
        }
    }

    private static func fields(of document: DocumentView, _ slot: (Range<Int>) -> Int) -> [ExpectedField] {
        var fields: [ExpectedField] = []
        var found: Set<Int> = []
        var position = 4
        let bytes = document.bytes
        while fields.count < mostFields {
            let (end, next) = ElementView.extent(of: bytes, at: position)
            if next < 0 { break }
            let slot = slot(position + 1..<end)
            // The first of equal names counts: with the second one, what is expected would be ambiguous.
            if slot >= 0 && !found.insert(slot).inserted { break }
            let field = FoundField(
                start: Int32(truncatingIfNeeded: position), value: Int32(truncatingIfNeeded: end + 1),
                end: Int32(truncatingIfNeeded: next))
            guard let expected = ExpectedField(bytes, field, slot: slot) else { break }
            fields.append(expected)
            position = next
        }
        // Behind the last field that is asked for there is nothing to expect.
        let last = fields.lastIndex { $0.slot >= 0 }
        return Array(fields.prefix(last.map { $0 + 1 } ?? 0))
    }
}

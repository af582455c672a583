// A table of keys whose size never changes, for what is remembered for a while.
internal import Glibc

/// A table of keys in rows of eight: a key has its place in one row, and the row's oldest entry makes room.
///
/// The memory is the kernel's zero pages until it is written to. No allocation after the first use.
package struct KeyMemory<Entry: BitwiseCopyable>: ~Copyable {
    /// Entries of a row: two or three cache lines, which are read together.
    package static var width: Int { 8 }
    private let entries: UnsafeMutablePointer<Entry>
    private let mask: UInt64

    /// Makes a table of `count` entries, a power of two, all bytes of which are zero.
    package init(count: Int) {
        precondition(count >= Self.width && count & (count - 1) == 0, "the size is no power of two")
        guard let memory = calloc(count, MemoryLayout<Entry>.stride) else { fatalError("out of memory") }
        entries = memory.bindMemory(to: Entry.self, capacity: count)
        mask = UInt64(count / Self.width - 1)
    }

    deinit { free(entries) }

    /// The row of a key.
    package func row(of key: UInt64) -> UnsafeMutableBufferPointer<Entry> {
        UnsafeMutableBufferPointer(start: entries + Int(key & mask) * Self.width, count: Self.width)
    }
}

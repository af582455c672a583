// Finds fields that occur twice in an object.

internal import BSON

/// The names of the fields of the objects that are being read, innermost last.
struct FieldNames: ~Copyable {
    private struct Entry: BitwiseCopyable {
        var hash: UInt64
        var element: UInt32  // in the writer
        var place: UInt32  // in the text
    }

    /// The names of one object.
    struct Scope: ~Copyable {
        fileprivate let first: Int
        fileprivate var filter: UInt64 = 0  // a bit for each hash seen, so that most names need no comparing
        fileprivate var index: [UInt64: Int]?  // for objects with many names
    }

    private static let manyNames = 32
    private let seed = UInt64.random(in: .min ... .max)
    private var entries = ByteBuffer()  // an array would be asked for each name whether it is shared
    private var count: Int { entries.count / MemoryLayout<Entry>.stride }

    /// Begins with another object; `end` must follow.
    func begin() -> Scope { Scope(first: count) }

    mutating func end(_ scope: consuming Scope) { entries.truncate(to: scope.first * MemoryLayout<Entry>.stride) }

    mutating func removeAll() { entries.removeAll() }

    /// Adds a name; returns where it was before in the same object, if it was.
    @inline(__always)
    mutating func add(
        _ name: UnsafeRawBufferPointer, at place: Int, to scope: inout Scope, _ writer: borrowing DocumentWriter
    ) -> Int? {
        let hash = hash(name)
        let bit: UInt64 = 1 << (hash >> 58)
        let isNew = scope.filter & bit == 0
        scope.filter |= bit
        if !isNew || count - scope.first >= FieldNames.manyNames {
            if let earlier = find(name, hash, &scope, writer) { return earlier }
        }
        let entry = Entry(
            hash: hash, element: UInt32(truncatingIfNeeded: writer.count), place: UInt32(truncatingIfNeeded: place))
        UnsafeMutableRawPointer(entries.reserve(MemoryLayout<Entry>.stride)).storeBytes(of: entry, as: Entry.self)
        entries.advance(MemoryLayout<Entry>.stride)
        return nil
    }

    @inline(never)
    private func find(
        _ name: UnsafeRawBufferPointer, _ hash: UInt64, _ scope: inout Scope, _ writer: borrowing DocumentWriter
    ) -> Int? {
        if count - scope.first < FieldNames.manyNames {
            return find(name, hash, from: scope.first, writer)
        }
        // The index is filled at the threshold and then follows name by name. Equal hashes of different names are
        // too rare to be kept twice: the first of them stays in the index, the others are only found by hash.
        var index = scope.index.take() ?? [:]
        defer { scope.index = index }
        if index.isEmpty {
            for position in scope.first..<count where index[entry(position).hash] == nil {
                index[entry(position).hash] = position
            }
        }
        guard let position = index[hash] else {
            index[hash] = count
            return nil
        }
        return find(name, hash, from: position, writer)
    }

    private func find(
        _ name: UnsafeRawBufferPointer, _ hash: UInt64, from first: Int, _ writer: borrowing DocumentWriter
    ) -> Int? {
        for position in first..<count {
            let entry = entry(position)
            if entry.hash == hash && isName(name, of: entry, writer) { return Int(entry.place) }
        }
        return nil
    }

    private func entry(_ position: Int) -> Entry {
        entries.bytes.loadUnaligned(fromByteOffset: position * MemoryLayout<Entry>.stride, as: Entry.self)
    }

    private func isName(
        _ name: UnsafeRawBufferPointer, of entry: Entry, _ writer: borrowing DocumentWriter
    ) -> Bool {
        let bytes = writer.bytes
        let first = Int(entry.element) + 1
        guard writer.failure == nil, first + name.count < bytes.byteCount else { return false }
        return bytes.withUnsafeBytes {
            $0[first + name.count] == 0 && $0[first..<first + name.count].elementsEqual(name)
        }
    }

    /// A hash that no text can aim at, since its seed is another in each process.
    @inline(__always)
    private func hash(_ name: UnsafeRawBufferPointer) -> UInt64 {
        let count = name.count
        // Spread over all bits, the length cannot make up for a difference in the bytes.
        var hash = seed ^ UInt64(truncatingIfNeeded: count) &* 0x9E37_79B9_7F4A_7C15
        var offset = 0
        while offset &+ 8 < count {
            hash = FieldNames.mix(hash ^ name.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            offset &+= 8
        }
        // The last bytes are loaded together with some that were hashed before, or twice.
        var rest: UInt64 = 0
        if count >= 8 {
            rest = name.loadUnaligned(fromByteOffset: count &- 8, as: UInt64.self)
        } else if count >= 4 {
            let low = name.loadUnaligned(fromByteOffset: 0, as: UInt32.self)
            rest = UInt64(low) << 32 | UInt64(name.loadUnaligned(fromByteOffset: count &- 4, as: UInt32.self))
        } else if count > 0 {
            rest = UInt64(name[0]) << 16 | UInt64(name[count / 2]) << 8 | UInt64(name[count &- 1])
        }
        return FieldNames.mix(hash ^ rest)
    }

    /// Mixes the bits; no two values become the same, so names of one length up to eight never have the same hash.
    @inline(__always)
    private static func mix(_ value: UInt64) -> UInt64 {
        var mixed = (value ^ value >> 32) &* 0xD6E8_FEB8_6659_FD93
        mixed = (mixed ^ mixed >> 32) &* 0xD6E8_FEB8_6659_FD93
        return mixed ^ mixed >> 32
    }
}

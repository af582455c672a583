// Finds fields that occur twice in an object.

internal import BSON

/// The names of the fields of the objects that are being read, innermost last.
struct FieldNames: ~Copyable {
    private struct Entry {
        var hash: UInt64
        var element: Int  // in the writer
        var place: Int  // in the text
    }

    /// The names of one object.
    struct Scope: ~Copyable {
        fileprivate let first: Int
        fileprivate var filter: UInt64 = 0  // a bit for each hash seen, so that most names need no comparing
        fileprivate var index: [UInt64: Int]?  // for objects with many names
    }

    private static let manyNames = 32
    private let seed = UInt64.random(in: .min ... .max)
    private var entries: [Entry] = []  // the first `count` are in use
    private var count = 0

    /// Begins with another object; `end` must follow.
    func begin() -> Scope { Scope(first: count) }

    mutating func end(_ scope: consuming Scope) { count = scope.first }

    mutating func removeAll() { count = 0 }

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
        let entry = Entry(hash: hash, element: writer.count, place: place)
        if count < entries.count { entries[count] = entry } else { entries.append(entry) }
        count += 1
        return nil
    }

    @inline(never)
    private func find(
        _ name: UnsafeRawBufferPointer, _ hash: UInt64, _ scope: inout Scope, _ writer: borrowing DocumentWriter
    ) -> Int? {
        if count - scope.first < FieldNames.manyNames {
            for entry in entries[scope.first..<count] where entry.hash == hash {
                if isName(name, of: entry, writer) { return entry.place }
            }
            return nil
        }
        // The index is filled at the threshold and then follows name by name. Equal hashes of different names are
        // too rare to be kept twice: the first of them stays in the index, the others are only found by hash.
        var index = scope.index.take() ?? [:]
        defer { scope.index = index }
        if index.isEmpty {
            for position in scope.first..<count where index[entries[position].hash] == nil {
                index[entries[position].hash] = position
            }
        }
        guard let position = index[hash] else {
            index[hash] = count
            return nil
        }
        for entry in entries[position..<count] where entry.hash == hash {
            if isName(name, of: entry, writer) { return entry.place }
        }
        return nil
    }

    private func isName(
        _ name: UnsafeRawBufferPointer, of entry: Entry, _ writer: borrowing DocumentWriter
    ) -> Bool {
        let bytes = writer.bytes
        let first = entry.element + 1
        guard writer.failure == nil, first + name.count < bytes.byteCount else { return false }
        return bytes.withUnsafeBytes {
            $0[first + name.count] == 0 && $0[first..<first + name.count].elementsEqual(name)
        }
    }

    /// A hash that no text can aim at, since its seed is another in each process.
    @inline(__always)
    private func hash(_ name: UnsafeRawBufferPointer) -> UInt64 {
        var hash = seed ^ UInt64(truncatingIfNeeded: name.count)
        var offset = 0
        while offset &+ 8 <= name.count {
            hash = FieldNames.mix(hash ^ name.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            offset &+= 8
        }
        var rest: UInt64 = 0
        while offset < name.count {
            rest = rest << 8 | UInt64(name[offset])
            offset &+= 1
        }
        return FieldNames.mix(hash ^ rest)
    }

    @inline(__always)
    private static func mix(_ value: UInt64) -> UInt64 {
        let product = value.multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
        return product.high ^ product.low
    }
}

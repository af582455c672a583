// The documents of one insert command, as bytes that are ready to be sent.

internal import BSON
internal import Eventstorm
internal import Glibc

/// Documents of one collection that are stored together: an `insert` command that grows by each of them.
///
/// They are copied once, behind the key that the command's array wants. Belongs to one thread at a time, which hands
/// it on.
final class Batch: @unchecked Sendable {
    /// What precedes a document in the command: type, up to six digits, NUL.
    static let overhead = 8

    let target: Target
    /// Where each document begins.
    private(set) var starts: [UInt32] = []
    /// The topics of the documents, each with the number of the last document before its successor's.
    private(set) var runs: [(topic: Topic, end: Int)] = []
    /// When the first document came.
    let opened: ContinuousClock.Instant
    /// Whether it was sent before: then a duplicate key is this batch's own.
    var wasSent = false

    private var base: UnsafeMutableRawPointer
    private var capacity: Int
    private var written = 0
    private let arrayStart: Int
    private var isSealed = false

    init(_ target: Target, capacity: Int = 64 << 10, opened: ContinuousClock.Instant = .now) {
        self.target = target
        self.opened = opened
        self.capacity = max(capacity, 1024 + target.collection.utf8.count)
        base = Batch.allocate(self.capacity)
        let head = Document {
            $0["insert"] = target.collection
            $0["ordered"] = false
            if target.bypassesValidation { $0["bypassDocumentValidation"] = true }
        }
        // Behind the fields comes the array; the head's last NUL makes room for it.
        arrayStart = head.bytes.count - 1 + 1 + 10
        head.bytes.withUnsafeBytes { append($0) }
        written -= 1
        append(0x04)
        "documents\0".utf8.withContiguousStorageIfAvailable { append(UnsafeRawBufferPointer($0)) }
        written += 4
    }

    deinit { free(base) }

    private static func allocate(_ size: Int) -> UnsafeMutableRawPointer {
        guard let place = malloc(size) else { fatalError("out of memory") }
        return place
    }

    /// How many documents it holds.
    var count: Int { starts.count }
    /// Its bytes, about.
    var byteCount: Int { written }
    var isEmpty: Bool { starts.isEmpty }

    /// Appends a document.
    ///
    /// - Parameters:
    ///   - document: A valid document.
    ///   - topic: Whose fates it counts for.
    ///   - id: Is put in front as `_id`.
    ///   - kind: Is put behind as `kind`, UTF-8.
    func append(_ document: RawSpan, _ topic: Topic, id: ObjectID? = nil, kind: [UInt8]? = nil) {
        let added = (id == nil ? 0 : 17) + (kind.map { $0.count + 11 } ?? 0)
        reserve(document.byteCount + added + Batch.overhead + 4)
        append(0x03)
        appendDigits(starts.count)
        append(0x00)
        starts.append(UInt32(truncatingIfNeeded: written))
        if added == 0 {
            document.withUnsafeBytes { append($0) }
        } else {
            store(Int32(truncatingIfNeeded: document.byteCount + added), at: written)
            written += 4
            if let id {
                "\u{7}_id\0".utf8.withContiguousStorageIfAvailable { append(UnsafeRawBufferPointer($0)) }
                id.withBytes { span in span.withUnsafeBytes { append($0) } }
            }
            document.extracting(4..<document.byteCount - 1).withUnsafeBytes { append($0) }
            if let kind {
                "\u{2}kind\0".utf8.withContiguousStorageIfAvailable { append(UnsafeRawBufferPointer($0)) }
                store(Int32(truncatingIfNeeded: kind.count + 1), at: written)
                written += 4
                kind.withUnsafeBytes { append($0) }
                append(0x00)
            }
            append(0x00)
        }
        if let last = runs.last, last.topic == topic {
            runs[runs.count - 1].end = starts.count
        } else {
            runs.append((topic, starts.count))
        }
    }

    /// Ends the command and lends it.
    func withCommand<R>(_ body: (UnsafeRawBufferPointer) -> R) -> R {
        if !isSealed {
            isSealed = true
            reserve(2)
            append(0x00)
            store(Int32(truncatingIfNeeded: written - arrayStart), at: arrayStart)
            append(0x00)
            store(Int32(truncatingIfNeeded: written), at: 0)
        }
        return body(UnsafeRawBufferPointer(start: base, count: written))
    }

    /// Lends one of the documents.
    func withDocument<R>(_ index: Int, _ body: (RawSpan) -> R) -> R {
        let start = Int(starts[index])
        let length = Int(Int32(littleEndian: base.loadUnaligned(fromByteOffset: start, as: Int32.self)))
        return body(UnsafeRawBufferPointer(start: base + start, count: length).bytes)
    }

    /// The topic of one of the documents.
    func topic(of index: Int) -> Topic {
        var low = 0
        var high = runs.count - 1
        while low < high {
            let middle = (low + high) / 2
            if runs[middle].end <= index { low = middle + 1 } else { high = middle }
        }
        return runs[low].topic
    }

    /// A batch of some of the documents, in their order.
    func part(_ indexes: some Sequence<Int>) -> Batch {
        let part = Batch(target, opened: opened)
        part.wasSent = wasSent
        for index in indexes {
            let topic = topic(of: index)
            withDocument(index) { part.append($0, topic) }
        }
        return part
    }

    /// How many documents there are of each topic.
    func forEachTopic(_ body: (Topic, Int) -> Void) {
        var begin = 0
        for run in runs {
            body(run.topic, run.end - begin)
            begin = run.end
        }
    }
}

// MARK: - The buffer

extension Batch {
    private func reserve(_ size: Int) {
        guard written + size > capacity else { return }
        capacity = max(2 * capacity, written + size)
        guard let larger = realloc(base, capacity) else { fatalError("out of memory") }
        base = larger
    }

    private func append(_ byte: UInt8) {
        base.storeBytes(of: byte, toByteOffset: written, as: UInt8.self)
        written += 1
    }

    private func append(_ bytes: UnsafeRawBufferPointer) {
        guard let source = bytes.baseAddress else { return }
        (base + written).copyMemory(from: source, byteCount: bytes.count)
        written += bytes.count
    }

    private func appendDigits(_ number: Int) {
        var unit = 1
        while number / unit >= 10 { unit *= 10 }
        while unit > 0 {
            append(UInt8(truncatingIfNeeded: 0x30 + number / unit % 10))
            unit /= 10
        }
    }

    private func store(_ value: Int32, at place: Int) {
        base.storeBytes(of: value.littleEndian, toByteOffset: place, as: Int32.self)
    }
}

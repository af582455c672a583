// An event that C builds field by field.
internal import BSON
internal import Eventstorm
internal import Glibc

/// An event under construction.
struct EventBuilder: ~Copyable {
    private var writer = DocumentWriter(capacity: 512, limit: Limits.payloadBytes)
    private var levels: [Level] = []
    /// The first thing that went wrong since the event was empty.
    private(set) var failure: String?
    /// What the library has to write in front.
    private(set) var missing = Filling.all

    /// A document or an array inside the event.
    private struct Level {
        let start: Int
        let isArray: Bool
        var count = 0
    }

    /// Digits of the largest index of an element.
    private static let indexBytes = 20

    /// Removes all fields.
    mutating func clear() {
        if writer.isOpen {
            while let level = levels.popLast() { writer.endInner(level.start) }
            writer.cancelDocument()
        }
        levels.removeAll(keepingCapacity: true)
        writer.removeAll()
        failure = nil
        missing = .all
    }

    /// Adds a field, or an element where an array is open.
    @inline(__always)
    mutating func add(_ name: UnsafePointer<CChar>?, _ write: (inout DocumentWriter, RawSpan) -> Void) {
        guard failure == nil else { return }
        if !writer.isOpen { open() }
        if levels.last?.isArray ?? false { return addElement(write) }
        guard let name else { return fail("a field has no name: NULL is for the elements of arrays") }
        // Names are short: one pass over the bytes finds the end and what is not ASCII.
        var count = 0
        var bits: CChar = 0
        while name[count] != 0 {
            bits |= name[count]
            count += 1
        }
        let key = RawSpan(_unsafeStart: UnsafeRawPointer(name), byteCount: count)
        guard bits >= 0 || BSONValidator.isUTF8(key) else { return fail("the name of a field is not UTF-8") }
        if levels.isEmpty { note(name) }
        write(&writer, key)
    }

    private mutating func addElement(_ write: (inout DocumentWriter, RawSpan) -> Void) {
        let place = levels.count - 1
        let index = levels[place].count
        levels[place].count += 1
        withUnsafeTemporaryAllocation(byteCount: EventBuilder.indexBytes, alignment: 1) { buffer in
            var start = buffer.count
            var rest = index
            repeat {
                start -= 1
                buffer[start] = UInt8(ascii: "0") + UInt8(rest % 10)
                rest /= 10
            } while rest > 0
            write(&writer, UnsafeRawBufferPointer(rebasing: buffer[start...]).bytes)
        }
    }

    /// Adds a text of these bytes.
    @inline(__always)
    mutating func add(_ name: UnsafePointer<CChar>?, text bytes: RawSpan) {
        guard EventBuilder.isShortASCII(bytes) || BSONValidator.isUTF8(bytes) else {
            return fail("a text is not UTF-8; es_event_binary takes any bytes")
        }
        add(name) { $0.append(key: $1, utf8: bytes) }
    }

    @inline(__always)
    private static func isShortASCII(_ bytes: RawSpan) -> Bool {
        if bytes.byteCount >= 8 { return false }
        var bits: UInt8 = 0
        for offset in bytes.byteOffsets { bits |= bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self) }
        return bits < 0x80
    }

    /// Begins an inner document or array.
    mutating func begin(_ type: BSONType, _ name: UnsafePointer<CChar>?) {
        if levels.count + 1 >= Limits.documentDepth { return fail("documents nested deeper than 100") }
        var start = 0
        add(name) { start = $0.beginInner(type, key: $1) }
        if failure != nil { return }
        levels.append(Level(start: start, isArray: type == .array))
    }

    /// Ends the inner document or array that was begun last.
    mutating func end() {
        if failure != nil { return }
        guard let level = levels.popLast() else {
            return fail("es_event_end without es_event_document or es_event_array")
        }
        writer.endInner(level.start)
    }

    mutating func fail(_ reason: String) {
        if failure == nil { failure = reason }
    }

    /// Notes the fields that the library would write.
    @inline(__always)
    private mutating func note(_ name: UnsafePointer<CChar>) {
        if name[0] == 0x5F, strcmp(name, "_id") == 0 { missing.remove(.id) }
        if name[0] == 0x74, strcmp(name, "timestamp") == 0 { missing.remove(.timestamp) }
    }

    private mutating func open() {
        if writer.count > 0 { writer.reopenLastDocument() } else { writer.beginDocument() }
    }

    /// Makes the document whole; false, and ``failure`` says why, if that cannot be.
    mutating func complete() -> Bool {
        if failure != nil { return false }
        if !levels.isEmpty {
            fail("\(levels.count) inner documents or arrays were not ended")
            return false
        }
        if !writer.isOpen { open() }
        if writer.endDocument() { return true }
        fail(writer.failure?.description ?? "the event cannot be written")
        return false
    }

    /// Emits the document, after ``complete()``.
    func emit(on topic: OpenTopic) { topic.emit(trusted: DocumentView(unchecked: writer.bytes), missing: missing) }

    /// Where the document is, after ``complete()``, until it changes.
    var bytes: UnsafeRawBufferPointer { writer.withBytes { $0.withUnsafeBytes { $0 } } }
}

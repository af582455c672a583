// Encodes one value under one key, whatever kind of container it asks for.

/// Encodes the value of one element, or of the outermost document if it has no slot.
final class ElementEncoder: Encoder {
    let session: EncodingSession
    let slot: String?  // the key; nil for the outermost document
    let codingPath: [any CodingKey]
    var userInfo: [CodingUserInfoKey: Any] { [:] }
    private var frame: ContainerFrame?
    private var wroteValue = false
    private var misplaced = false  // an array where a document has to be

    init(_ session: EncodingSession, slot: String?, path: [any CodingKey]) {
        self.session = session
        self.slot = slot
        codingPath = path
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        KeyedEncodingContainer(KeyedFields<Key>(frame: opened(.document), codingPath: codingPath))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        UnkeyedFields(frame: opened(.array), codingPath: codingPath)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { SingleField(encoder: self) }

    /// Opens the element's container, or returns it if a superclass opened it before.
    private func opened(_ type: BSONType) -> ContainerFrame {
        if let frame {
            precondition(frame.type == type, "a value encodes itself both with and without keys")
            return frame
        }
        let opened: ContainerFrame
        if let slot {
            opened = ContainerFrame(session, type, start: session.writer.open(type, slot.utf8Span.span.bytes))
        } else if type == .document {
            opened = ContainerFrame(session, type, start: nil)
        } else {
            // Opening a container cannot throw: what is written there is thrown away, and `finish` throws.
            misplaced = true
            opened = ContainerFrame(EncodingSession(depth: 1), type, start: nil)
        }
        frame = opened
        return opened
    }

    /// Writes a value that needs no container.
    func put(_ value: some BSONWritable) throws {
        guard let slot else { throw notADocument(value) }
        precondition(frame == nil && !wroteValue, "a value encodes itself twice")
        wroteValue = true
        session.writer.append(key: slot.utf8Span.span.bytes, value)
        try session.check(codingPath, value)
    }

    /// Writes any value, by itself or by its own encoding.
    func encode(_ value: some Encodable) throws {
        if let ready = ownValue(value) {
            if slot == nil, let document = ready as? Document {
                session.writer.append(contentsOf: document.view)
                wroteValue = true
            } else {
                try put(ready)
            }
        } else {
            try value.encode(to: self)
        }
    }

    /// Closes what was opened; a value that encoded nothing is an empty document.
    func finish() throws {
        if misplaced { throw notADocument("an array") }
        if frame == nil && !wroteValue && slot != nil { _ = opened(.document) }
        try frame?.close(codingPath)
    }

    private func notADocument(_ value: Any) -> EncodingError {
        .invalidValue(
            value, .init(codingPath: codingPath, debugDescription: "a document has fields; this is a single value"))
    }
}

/// The value as what a writer takes, if it is of one of this module's types.
func ownValue<T: Encodable>(_ value: T) -> (any BSONWritable)? {
    if T.self == String.self || T.self == Int.self || T.self == Double.self || T.self == Bool.self {
        return value as? any BSONWritable
    }
    return value is any BSONEncodable ? value as? any BSONWritable : nil
}

/// A document or array that is being encoded, and what was begun inside it out of turn.
final class ContainerFrame {
    let session: EncodingSession
    let type: BSONType
    private let start: Int?  // as the writer's `open` returned it; nil for the outermost document
    private(set) var count = 0
    private var detached: [(offset: Int, encoder: ElementEncoder)] = []

    init(_ session: EncodingSession, _ type: BSONType, start: Int?) {
        self.session = session
        self.type = type
        self.start = start
    }

    /// Returns the key of the next element of an array.
    func nextIndex() -> String {
        defer { count += 1 }
        return String(count)
    }

    func put(_ value: some BSONWritable, _ key: String, _ path: @autoclosure () -> [any CodingKey]) throws {
        session.writer.append(key: key.utf8Span.span.bytes, value)
        try session.check(path(), value)
    }

    func encode(_ value: some Encodable, _ key: String, _ path: [any CodingKey]) throws {
        if let ready = ownValue(value) { return try put(ready, key, path) }
        let encoder = ElementEncoder(session, slot: key, path: path)
        try value.encode(to: encoder)
        try encoder.finish()
    }

    /// Returns an encoder whose element is put here when this container is closed, because until then others may
    /// write to both in any order.
    func detach(_ key: String, _ path: [any CodingKey]) -> ElementEncoder {
        let encoder = ElementEncoder(EncodingSession(depth: session.writer.depth), slot: key, path: path)
        detached.append((session.writer.written, encoder))
        return encoder
    }

    /// Puts the detached elements in their places and ends the container.
    func close(_ path: [any CodingKey]) throws {
        for (offset, encoder) in detached.reversed() {
            try encoder.finish()
            try encoder.session.check(encoder.codingPath, "")
            encoder.session.writer.withBytes { bytes in
                session.writer.insert(bytes.extracting(4..<bytes.byteCount), at: offset)
            }
        }
        detached = []
        if let start { session.writer.close(start) }
        try session.check(path, "")
    }
}

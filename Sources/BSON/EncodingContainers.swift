// The three containers of Codable.

/// Fields with keys.
struct KeyedFields<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let frame: ContainerFrame
    let codingPath: [any CodingKey]

    private func put(_ value: some BSONWritable, _ key: Key) throws {
        try frame.put(value, key.stringValue, codingPath + [key])
    }

    func encodeNil(forKey key: Key) throws { try put(Null(), key) }
    func encode(_ value: Bool, forKey key: Key) throws { try put(value, key) }
    func encode(_ value: String, forKey key: Key) throws { try put(value, key) }
    func encode(_ value: Double, forKey key: Key) throws { try put(value, key) }
    func encode(_ value: Float, forKey key: Key) throws { try put(value, key) }
    func encode(_ value: Int, forKey key: Key) throws { try put(value, key) }
    func encode(_ value: Int8, forKey key: Key) throws { try put(value, key) }
    func encode(_ value: Int16, forKey key: Key) throws { try put(value, key) }
    func encode(_ value: Int32, forKey key: Key) throws { try put(value, key) }
    func encode(_ value: Int64, forKey key: Key) throws { try put(value, key) }
    func encode(_ value: UInt, forKey key: Key) throws { try put(exactly(value, codingPath + [key]), key) }
    func encode(_ value: UInt8, forKey key: Key) throws { try put(value, key) }
    func encode(_ value: UInt16, forKey key: Key) throws { try put(value, key) }
    func encode(_ value: UInt32, forKey key: Key) throws { try put(value, key) }
    func encode(_ value: UInt64, forKey key: Key) throws { try put(exactly(value, codingPath + [key]), key) }

    func encode(_ value: some Encodable, forKey key: Key) throws {
        try frame.encode(value, key.stringValue, codingPath + [key])
    }

    func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type, forKey key: Key) -> KeyedEncodingContainer<
        Nested
    > {
        frame.detach(key.stringValue, codingPath + [key]).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        frame.detach(key.stringValue, codingPath + [key]).unkeyedContainer()
    }

    func superEncoder() -> any Encoder { frame.detach("super", codingPath + [SuperKey()]) }

    func superEncoder(forKey key: Key) -> any Encoder { frame.detach(key.stringValue, codingPath + [key]) }
}

/// The elements of an array.
struct UnkeyedFields: UnkeyedEncodingContainer {
    let frame: ContainerFrame
    let codingPath: [any CodingKey]
    var count: Int { frame.count }

    private var next: [any CodingKey] { codingPath + [IndexKey(intValue: frame.count)] }

    private func put(_ value: some BSONWritable) throws {
        let path = next
        try frame.put(value, frame.nextIndex(), path)
    }

    func encodeNil() throws { try put(Null()) }
    func encode(_ value: Bool) throws { try put(value) }
    func encode(_ value: String) throws { try put(value) }
    func encode(_ value: Double) throws { try put(value) }
    func encode(_ value: Float) throws { try put(value) }
    func encode(_ value: Int) throws { try put(value) }
    func encode(_ value: Int8) throws { try put(value) }
    func encode(_ value: Int16) throws { try put(value) }
    func encode(_ value: Int32) throws { try put(value) }
    func encode(_ value: Int64) throws { try put(value) }
    func encode(_ value: UInt) throws { try put(exactly(value, next)) }
    func encode(_ value: UInt8) throws { try put(value) }
    func encode(_ value: UInt16) throws { try put(value) }
    func encode(_ value: UInt32) throws { try put(value) }
    func encode(_ value: UInt64) throws { try put(exactly(value, next)) }

    func encode(_ value: some Encodable) throws {
        let path = next
        try frame.encode(value, frame.nextIndex(), path)
    }

    func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
        detach().container(keyedBy: type)
    }

    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { detach().unkeyedContainer() }

    func superEncoder() -> any Encoder { detach() }

    private func detach() -> ElementEncoder {
        let path = next
        return frame.detach(frame.nextIndex(), path)
    }
}

/// A value without keys.
struct SingleField: SingleValueEncodingContainer {
    let encoder: ElementEncoder
    var codingPath: [any CodingKey] { encoder.codingPath }

    func encodeNil() throws { try encoder.put(Null()) }
    func encode(_ value: Bool) throws { try encoder.put(value) }
    func encode(_ value: String) throws { try encoder.put(value) }
    func encode(_ value: Double) throws { try encoder.put(value) }
    func encode(_ value: Float) throws { try encoder.put(value) }
    func encode(_ value: Int) throws { try encoder.put(value) }
    func encode(_ value: Int8) throws { try encoder.put(value) }
    func encode(_ value: Int16) throws { try encoder.put(value) }
    func encode(_ value: Int32) throws { try encoder.put(value) }
    func encode(_ value: Int64) throws { try encoder.put(value) }
    func encode(_ value: UInt) throws { try encoder.put(exactly(value, codingPath)) }
    func encode(_ value: UInt8) throws { try encoder.put(value) }
    func encode(_ value: UInt16) throws { try encoder.put(value) }
    func encode(_ value: UInt32) throws { try encoder.put(value) }
    func encode(_ value: UInt64) throws { try encoder.put(exactly(value, codingPath)) }
    func encode(_ value: some Encodable) throws { try encoder.encode(value) }
}

/// The value as int64; throws where the writer would round it to a double.
private func exactly(_ value: some UnsignedInteger, _ path: @autoclosure () -> [any CodingKey]) throws -> Int64 {
    if let exact = Int64(exactly: value) { return exact }
    throw EncodingError.invalidValue(
        value, .init(codingPath: path(), debugDescription: "an integer larger than int64"))
}

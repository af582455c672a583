// The values of this module inside Codable ones.

/// Marks the values that ``BSONEncoder`` writes with their own type; other encoders get text where there is one.
protocol BSONEncodable: BSONWritable, Encodable {}

extension ObjectID: BSONEncodable {
    /// Encodes 24 hexadecimal digits, or the ObjectID itself if the encoder is ``BSONEncoder``.
    public func encode(to encoder: any Encoder) throws { try description.encode(to: encoder) }
}

extension Datetime: BSONEncodable {
    /// Encodes ISO-8601 text, or the datetime itself if the encoder is ``BSONEncoder``.
    public func encode(to encoder: any Encoder) throws { try description.encode(to: encoder) }
}

extension Decimal128: BSONEncodable {
    /// Encodes the number's text, or the decimal128 itself if the encoder is ``BSONEncoder``.
    public func encode(to encoder: any Encoder) throws { try description.encode(to: encoder) }
}

extension Document: BSONEncodable {}
extension Binary: BSONEncodable {}
extension Regex: BSONEncodable {}
extension Timestamp: BSONEncodable {}
extension Null: BSONEncodable {}
extension Undefined: BSONEncodable {}
extension MinKey: BSONEncodable {}
extension MaxKey: BSONEncodable {}
extension JavaScript: BSONEncodable {}
extension JavaScriptWithScope: BSONEncodable {}
extension Symbol: BSONEncodable {}
extension DBPointer: BSONEncodable {}

extension BSONEncodable {
    /// Refuses: only ``BSONEncoder`` knows this type.
    public func encode(to encoder: any Encoder) throws {
        throw EncodingError.invalidValue(
            self, .init(codingPath: encoder.codingPath, debugDescription: "only BSON has this type"))
    }
}

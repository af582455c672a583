// One value that an expression computed, or that was copied out of a document.

internal import BSON

/// A value of any of BSON's types, or none at all.
enum Value: Sendable {
    /// The field is not there; not the same as null.
    case missing
    case minKey
    case maxKey
    case undefined
    case null
    case bool(Bool)
    case int32(Int32)
    case int64(Int64)
    case double(Double)
    case decimal128(Decimal128)
    case string(String)
    case document(Document)
    case array([Value])
    case binary(Binary)
    case objectID(ObjectID)
    case datetime(Datetime)
    case timestamp(Timestamp)
    case regex(BSON.Regex)
    case dbPointer(DBPointer)
    case javascript(String)
    case symbol(String)
    case javascriptWithScope(JavaScriptWithScope)
}

extension Value {
    /// Copies the value of an element.
    init(_ element: ElementView) {
        switch element.type {
        case .double: self = .double(element.double ?? 0)
        case .string: self = .string(element.string ?? "")
        case .document:
            self = if let document = element.document { .document(Document(copying: document)) } else { .missing }
        case .array: self = if let array = element.array { .array(Value.elements(of: array)) } else { .missing }
        case .binary: self = element.binary.map { .binary($0) } ?? .missing
        case .undefined: self = .undefined
        case .objectID: self = element.objectID.map { .objectID($0) } ?? .missing
        case .bool: self = .bool(element.bool ?? false)
        case .datetime: self = element.datetime.map { .datetime($0) } ?? .missing
        case .null: self = .null
        case .regex: self = element.regex.map { .regex($0) } ?? .missing
        case .dbPointer: self = element.dbPointer.map { .dbPointer($0) } ?? .missing
        case .javascript: self = .javascript(element.javascript?.code ?? "")
        case .symbol: self = .symbol(element.symbol?.name ?? "")
        case .javascriptWithScope: self = element.javascriptWithScope.map { .javascriptWithScope($0) } ?? .missing
        case .int32: self = .int32(element.int32 ?? 0)
        case .timestamp: self = element.timestamp.map { .timestamp($0) } ?? .missing
        case .int64: self = .int64(element.int64 ?? 0)
        case .decimal128: self = element.decimal128.map { .decimal128($0) } ?? .missing
        case .minKey: self = .minKey
        case .maxKey: self = .maxKey
        }
    }

    /// Copies the elements of an array.
    static func elements(of array: DocumentView) -> [Value] {
        var values: [Value] = []
        var elements = array.makeIterator()
        while let element = elements.next() { values.append(Value(element)) }
        return values
    }

    /// What BSON calls the type; `nil` for a missing value.
    var type: BSONType? {
        switch self {
        case .missing: nil
        case .minKey: .minKey
        case .maxKey: .maxKey
        case .undefined: .undefined
        case .null: .null
        case .bool: .bool
        case .int32: .int32
        case .int64: .int64
        case .double: .double
        case .decimal128: .decimal128
        case .string: .string
        case .document: .document
        case .array: .array
        case .binary: .binary
        case .objectID: .objectID
        case .datetime: .datetime
        case .timestamp: .timestamp
        case .regex: .regex
        case .dbPointer: .dbPointer
        case .javascript: .javascript
        case .symbol: .symbol
        case .javascriptWithScope: .javascriptWithScope
        }
    }

    /// Whether the value is missing, null or undefined, which most operators turn into null.
    var isNullish: Bool {
        switch self {
        case .missing, .null, .undefined: true
        default: false
        }
    }

    /// The value as an array holds it: null for a missing one.
    var inArray: Value { if case .missing = self { .null } else { self } }

    /// The number, if it is one.
    var number: Number? {
        switch self {
        case .int32(let value): .integer(Int64(value))
        case .int64(let value): .integer(value)
        case .double(let value): .double(value)
        case .decimal128(let value): .decimal(value)
        default: nil
        }
    }

    /// What conditions make of the value: false, null, undefined, missing and zero are false, all else is true.
    var isTrue: Bool {
        switch self {
        case .missing, .null, .undefined: false
        case .bool(let value): value
        case .int32(let value): value != 0
        case .int64(let value): value != 0
        case .double(let value): value != 0
        case .decimal128(let value): value.asInteger != 0
        default: true
        }
    }
}

extension Value: BSONWritable {
    /// Writes the value under a key; a missing value writes nothing.
    func append(to writer: inout DocumentWriter, key: RawSpan) {
        switch self {
        case .missing: break
        case .minKey: writer.append(key: key, MinKey())
        case .maxKey: writer.append(key: key, MaxKey())
        case .undefined: writer.append(key: key, Undefined())
        case .null: writer.append(key: key, Null())
        case .bool(let value): writer.append(key: key, value)
        case .int32(let value): writer.append(key: key, value)
        case .int64(let value): writer.append(key: key, value)
        case .double(let value): writer.append(key: key, value)
        case .decimal128(let value): writer.append(key: key, value)
        case .string(let value): writer.append(key: key, value)
        case .document(let value): writer.document(key: key, copying: value.view)
        case .array(let values):
            writer.array(key: key) { array in
                for value in values {
                    // What shares its parts many times over would go on for ever in a writer that is full.
                    if array.failure != nil { break }
                    array.append(value.inArray)
                }
            }
        case .binary(let value): writer.append(key: key, value)
        case .objectID(let value): writer.append(key: key, value)
        case .datetime(let value): writer.append(key: key, value)
        case .timestamp(let value): writer.append(key: key, value)
        case .regex(let value): writer.append(key: key, value)
        case .dbPointer(let value): writer.append(key: key, value)
        case .javascript(let code): writer.append(key: key, JavaScript(code))
        case .symbol(let name): writer.append(key: key, Symbol(name))
        case .javascriptWithScope(let value): writer.append(key: key, value)
        }
    }
}

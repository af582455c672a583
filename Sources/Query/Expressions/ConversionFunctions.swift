// $convert and its short forms.

internal import BSON
internal import BSONText
internal import Glibc

extension Function {
    static let conversion: [Function] = conversionOnes.map(one)

    static let conversionOnes: [(String, OneOperand)] = [
        ("$toInt", to(.int32)), ("$toLong", to(.int64)), ("$toDouble", to(.double)), ("$toDecimal", to(.decimal128)),
        ("$toString", to(.string)), ("$toBool", to(.bool)), ("$toDate", to(.datetime)),
        ("$toObjectId", to(.objectID)),
    ]

    private static func to(_ type: BSONType) -> OneOperand {
        { value throws(QueryError) in
            if value.isNullish { return .null }
            return switch try value.converted(to: type) {
            case .success(let result): result
            case .failure(let error): throw error
            }
        }
    }
}

extension Node.Conversion {
    func evaluate(_ root: DocumentView, _ scope: inout Scope) throws(QueryError) -> Value {
        let input = try input.evaluate(root, &scope)
        let target = try target(try type.evaluate(root, &scope))
        if input.isNullish { return try onNull?.evaluate(root, &scope) ?? .null }
        guard let target else { return .null }
        switch try input.converted(to: target.type) {
        case .success(let result): return result
        case .failure(let error):
            guard let onError else { throw error }
            return try onError.evaluate(root, &scope)
        }
    }

    /// Returns what to convert to; `nil` for null.
    ///
    /// The type inside is `nil` for `missing`, to which nothing can be converted.
    private func target(_ value: Value) throws(QueryError) -> (type: BSONType?, Void)? {
        if value.isNullish { return nil }
        if case .string(let name) = value {
            if name == "missing" { return (nil, ()) }
            guard let type = BSONType(name: name) else {
                let meant = Spelling.nearest(to: name, among: BSONType.names).map { ", did you mean '\($0)'?" } ?? ""
                throw QueryError("$convert to the unknown type '\(name)'\(meant)")
            }
            return (type, ())
        }
        guard let code = value.number?.asInteger else {
            throw QueryError("$convert needs a type's name or code as its 'to', not \(value.typeName)")
        }
        if code == 0 { return (nil, ()) }
        guard let type = code == -1 ? .minKey : UInt8(exactly: code).flatMap({ BSONType(rawValue: $0) }), code < 128
        else { throw QueryError("$convert to the unknown type \(code)") }
        return (type, ())
    }
}

extension Value {
    /// Converts a value that is not null; a failure is what `onError` of `$convert` is for.
    func converted(to type: BSONType?) throws(QueryError) -> Result<Value, QueryError> {
        let result: Result<Value, QueryError>? =
            switch type {
            case .bool: .success(.bool(isTrue))
            case .int32: integer(Int64(Int32.min)...Int64(Int32.max)).map { $0.map { .narrow($0) } }
            case .int64: integer(Int64.min...Int64.max).map { $0.map { .int64($0) } }
            case .double: toDouble.map { $0.map { .double($0) } }
            case .decimal128: toDecimal.map { $0.map { .decimal128($0) } }
            case .string: try toText()
            case .datetime: toDate.map { $0.map { .datetime($0) } }
            case .objectID: toObjectID
            default: nil
            }
        return result
            ?? .failure(QueryError("$convert cannot make \(type?.name ?? "missing") of \(typeName)"))
    }

    private static func failed<T>(_ reason: String) -> Result<T, QueryError> {
        .failure(QueryError("$convert cannot convert: \(reason)"))
    }

    /// The whole part of a number, or the number in a text; `nil` for types that are no numbers.
    private func integer(_ range: ClosedRange<Int64>) -> Result<Int64, QueryError>? {
        let value: Int64?
        switch self {
        case .bool(let value): return .success(value ? 1 : 0)
        case .int32(let integer): value = Int64(integer)
        case .int64(let integer): value = integer
        case .datetime(let date) where range.upperBound == .max: return .success(date.millisecondsSinceEpoch)
        case .double(let double):
            // The limits hold for the number itself, before its fraction is cut.
            let isInside = double >= Double(range.lowerBound) && double < 0x1p63 && double <= Double(range.upperBound)
            value = isInside ? Int64(double) : nil
        case .decimal128(let decimal): value = decimal.integer(.towardZero)
        case .string(let text): value = Int64(decimal: text)
        default: return nil
        }
        guard let value, range.contains(value) else { return Self.failed("no integer of that size") }
        return .success(value)
    }

    private var toDouble: Result<Double, QueryError>? {
        switch self {
        case .bool(let value): return .success(value ? 1 : 0)
        case .int32(let value): return .success(Double(value))
        case .int64(let value): return .success(Double(value))
        case .double(let value): return .success(value)
        case .datetime(let date): return .success(Double(date.millisecondsSinceEpoch))
        case .decimal128(let decimal):
            let value = decimal.asDouble
            let isFaithful = value.isNormal || decimal.isZero || decimal.parts == nil
            return isFaithful ? .success(value) : Self.failed("the decimal is out of range")
        case .string(let text): return Double(parsing: text).map { .success($0) } ?? Self.failed("no number")
        default: return nil
        }
    }

    private var toDecimal: Result<Decimal128, QueryError>? {
        switch self {
        case .bool(let value): return .success(Decimal128(value ? 1 : 0 as Int64))
        case .datetime(let date): return .success(Decimal128(date.millisecondsSinceEpoch))
        case .string(let text): return Decimal128(parsing: text).map { .success($0) } ?? Self.failed("no decimal")
        default: return decimal.map { .success($0) }
        }
    }

    private func toText() throws(QueryError) -> Result<Value, QueryError>? {
        switch self {
        case .bool(let value): return .success(.string(value ? "true" : "false"))
        case .int32(let value): return .success(.string("\(value)"))
        case .int64(let value): return .success(.string("\(value)"))
        case .double(let value):
            if value.isFinite { return .success(.string(try coercedText())) }
            return .success(.string(value.isNaN ? "NaN" : value < 0 ? "-Infinity" : "Infinity"))
        case .decimal128(let value): return .success(.string(value.description))
        case .string: return .success(self)
        case .objectID(let value): return .success(.string(value.description))
        case .datetime(let date):
            let text = date.description
            // A sign in front stands for a year beyond four digits.
            if text.utf8.count != 24 { throw QueryError("the date is out of the years 0 to 9999") }
            return .success(.string(text))
        default: return nil
        }
    }

    private var toDate: Result<Datetime, QueryError>? {
        switch self {
        case .datetime(let date): return .success(date)
        case .objectID(let value):
            // The seconds have a sign in mongod.
            return .success(Datetime(millisecondsSinceEpoch: Int64(Int32(bitPattern: value.seconds)) * 1000))
        case .timestamp(let value):
            return .success(Datetime(millisecondsSinceEpoch: Int64(value.seconds) * 1000))
        case .int64, .double, .decimal128:
            return integer(Int64.min...Int64.max).map { $0.map { Datetime(millisecondsSinceEpoch: $0) } }
        case .string(let text):
            do throws(QueryError) {
                return .success(try DateReader.date(text, nil, in: nil))
            } catch {
                return .failure(error)
            }
        default: return nil
        }
    }

    private var toObjectID: Result<Value, QueryError>? {
        switch self {
        case .objectID: return .success(self)
        case .string(let text): return ObjectID(text).map { .success(.objectID($0)) } ?? Self.failed("no ObjectId")
        default: return nil
        }
    }
}

// MARK: - Numbers in texts

extension Int64 {
    /// Reads a sign and decimal digits, nothing else.
    fileprivate init?(decimal text: String) {
        let digits = text.utf8.first == 0x2B || text.utf8.first == 0x2D ? text.utf8.dropFirst() : text.utf8[...]
        guard !digits.isEmpty, digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        self.init(text)
    }
}

extension Double {
    /// Reads what `strtod` reads, but no space in front, no hexadecimal number and nothing out of range.
    fileprivate init?(parsing text: String) {
        guard let first = text.utf8.first, first > 0x20, !text.utf8.contains(0) else { return nil }
        if text.utf8.dropFirst().first.map({ $0 | 0x20 == 0x78 }) ?? false { return nil }
        let value = text.withCString { start -> Double? in
            var end: UnsafeMutablePointer<CChar>?
            errno = 0
            let value = strtod(start, &end)
            guard errno != ERANGE, let end, end != start, end.pointee == 0 else { return nil }
            return value
        }
        guard let value else { return nil }
        self = value
    }
}

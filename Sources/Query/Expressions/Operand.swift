// Reading the operands that functions get.

internal import BSON
internal import Glibc

extension [Value?] {
    /// The operand, or missing if it is not given.
    func operand(_ index: Int) -> Value { index < count ? self[index] ?? .missing : .missing }

    /// Whether the operand is given, be it null or missing.
    func isGiven(_ index: Int) -> Bool { index < count && self[index] != nil }
}

extension Value {
    /// What MongoDB calls the type, with a word for a value that is not there.
    var typeName: String { type?.name ?? "missing" }

    /// The text, if it is a string.
    var text: String? { if case .string(let text) = self { text } else { nil } }

    /// The number, if it is one without a fraction that fits 32 bits.
    var int32: Int32? { number?.asInteger.flatMap { Int32(exactly: $0) } }

    /// The text of a string, or the error that says who wanted one.
    func text(for role: String) throws(QueryError) -> String {
        guard let text else { throw QueryError("\(role) must be a string, found \(typeName)") }
        return text
    }

    /// The text that functions which take anything make of a value; nothing of a value that is null or missing.
    ///
    /// Not the same as `$toString`: doubles have six digits, and timestamps are meant for people.
    func coercedText() throws(QueryError) -> String {
        switch self {
        case .missing, .null, .undefined: return ""
        case .string(let text), .javascript(let text), .symbol(let text): return text
        case .int32(let value): return String(value)
        case .int64(let value): return String(value)
        case .double(let value): return shortText(of: value)
        case .decimal128(let value): return value.description
        case .datetime(let value): return try DateFormat.standard.string(value, in: .utc)
        case .timestamp(let value): return Value.text(of: value)
        default: throw QueryError("\(typeName) cannot be made a string")
        }
    }

    /// The timestamp as MongoDB shows it, without its year: `Nov 14 22:13:20:26`.
    private static func text(of timestamp: Timestamp) -> String {
        let date = LocalTime(milliseconds: Int64(timestamp.seconds) * 1000)
        let day = date.day < 10 ? " \(date.day)" : "\(date.day)"
        let time = [date.hour, date.minute, date.second].map { digits(Int64($0), 2) }.joined(separator: ":")
        return "\(LocalTime.monthNames[Int(date.month) - 1].prefix(3)) \(day) \(time):\(timestamp.increment)"
    }
}

/// The number with six significant digits at most, as C's `%g` writes it.
private func shortText(of value: Double) -> String {
    if value.isNaN { return "nan" }
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 32) { buffer in
        let count = withVaList([value]) { vsnprintf(buffer.baseAddress, buffer.count, "%g", $0) }
        return String(decoding: buffer.prefix(Int(count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

/// Returns the decimal digits of a number that is not negative, with zeros in front.
func digits(_ value: Int64, _ count: Int) -> String {
    let text = String(value)
    return String(repeating: "0", count: max(0, count - text.utf8.count)) + text
}

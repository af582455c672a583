// The objects that stand for types JSON does not know, by their first field.

internal import Glibc

/// A type of Extended JSON, named by the field that tells it.
enum Wrapper: Int {
    case objectID, symbol, int32, int64, double, decimal128, binary, uuid, code, scope
    case timestamp, regularExpression, dbPointer, date, minKey, maxKey, undefined

    /// The fields' names, in the order of the cases.
    private static let names: [StaticString] = [
        "$oid", "$symbol", "$numberInt", "$numberLong", "$numberDouble", "$numberDecimal", "$binary", "$uuid",
        "$code", "$scope", "$timestamp", "$regularExpression", "$dbPointer", "$date", "$minKey", "$maxKey",
        "$undefined",
    ]

    /// The field's name.
    var name: StaticString { Wrapper.names[rawValue] }

    /// The type that a field of this name tells, if it does.
    @inline(never)
    init?(_ field: UnsafeRawBufferPointer) {
        for (index, name) in Wrapper.names.enumerated() where isName(field, name) {
            self.init(rawValue: index)
            return
        }
        return nil
    }
}

/// Whether the bytes are `name`.
func isName(_ bytes: UnsafeRawBufferPointer, _ name: StaticString) -> Bool {
    guard let first = bytes.baseAddress, bytes.count == name.utf8CodeUnitCount else { return false }
    return memcmp(first, name.utf8Start, bytes.count) == 0
}

/// The bytes that the base64 digits stand for: the usual alphabet, with padding; `nil` if it is anything else.
func base64Bytes(_ text: UnsafeRawBufferPointer) -> [UInt8]? {
    guard text.count % 4 == 0 else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count / 4 * 3)
    for quad in stride(from: 0, to: text.count, by: 4) {
        let isLast = quad + 4 == text.count
        var value: UInt32 = 0
        var padding = 0
        for byte in text[quad..<quad + 4] {
            if isLast && byte == UInt8(ascii: "=") {
                padding += 1
                value <<= 6
            } else {
                guard padding == 0, let digit = base64Digit(byte) else { return nil }
                value = value << 6 | UInt32(digit)
            }
        }
        // Two digits at least, and no bits set that belong to no byte.
        guard padding <= 2, value & (padding == 0 ? 0 : padding == 1 ? 0xFF : 0xFFFF) == 0 else { return nil }
        bytes.append(UInt8(truncatingIfNeeded: value >> 16))
        if padding < 2 { bytes.append(UInt8(truncatingIfNeeded: value >> 8)) }
        if padding < 1 { bytes.append(UInt8(truncatingIfNeeded: value)) }
    }
    return bytes
}

private func base64Digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x41...0x5A: byte - 0x41
    case 0x61...0x7A: byte - 0x61 + 26
    case 0x30...0x39: byte - 0x30 + 52
    case 0x2B: 62
    case 0x2F: 63
    default: nil
    }
}

/// The sixteen bytes of a UUID such as `73ffd264-44b3-4c69-90e8-e7d1dfc035d4`; `nil` if it is anything else.
func uuidBytes(_ text: UnsafeRawBufferPointer) -> [UInt8]? {
    guard text.count == 36 else { return nil }
    var bytes: [UInt8] = []
    var place = 0
    while place < 36 {
        if [8, 13, 18, 23].contains(place) {
            guard text[place] == ASCII.minus else { return nil }
            place += 1
        }
        guard let high = hexadecimalDigit(text[place]), let low = hexadecimalDigit(text[place + 1]) else { return nil }
        bytes.append(high << 4 | low)
        place += 2
    }
    return bytes
}

/// The number that hexadecimal digits stand for, sixteen of them at most.
func hexadecimalNumber(_ digits: UnsafeRawBufferPointer, _ range: Range<Int>) -> UInt64? {
    var value: UInt64 = 0
    for place in range {
        guard let digit = hexadecimalDigit(digits[place]) else { return nil }
        value = value << 4 | UInt64(digit)
    }
    return value
}

/// The 64-bit integer that a sign and decimal digits stand for; `nil` if it is anything else.
func decimalInteger(_ text: UnsafeRawBufferPointer) -> Int64? {
    let isNegative = text.first == ASCII.minus
    let digits = text.dropFirst(isNegative ? 1 : 0)
    guard !digits.isEmpty else { return nil }
    var value: Int64 = 0
    for byte in digits {
        let digit = byte &- ASCII.zero
        guard digit <= 9 else { return nil }
        let (product, isTooLarge) = value.multipliedReportingOverflow(by: 10)
        // Counting downwards reaches the least integer, which has no positive counterpart.
        let (sum, isTooMuch) = product.subtractingReportingOverflow(Int64(digit))
        if isTooLarge || isTooMuch { return nil }
        value = sum
    }
    if isNegative { return value }
    return value == .min ? nil : -value
}

// JSON as the feed writes it: bytes appended to a message.

extension [UInt8] {
    /// Appends a part of JSON that the program itself wrote.
    mutating func json(_ part: StaticString) {
        append(contentsOf: UnsafeBufferPointer(start: part.utf8Start, count: part.utf8CodeUnitCount))
    }

    mutating func json(_ number: some BinaryInteger) { append(contentsOf: number.description.utf8) }

    /// Appends a number; JSON knows neither infinities nor NaN, they become null.
    mutating func json(_ number: Double) {
        if number.isFinite { append(contentsOf: number.description.utf8) } else { json("null") }
    }

    /// Appends a string with its quotes.
    mutating func json(string: String) {
        append(UInt8(ascii: "\""))
        for byte in string.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                append(UInt8(ascii: "\\"))
                append(byte)
            case 0..<0x20, 0x7F:
                json("\\u00")
                append(Self.digit(byte >> 4))
                append(Self.digit(byte & 15))
            default: append(byte)
            }
        }
        append(UInt8(ascii: "\""))
    }

    private static func digit(_ value: UInt8) -> UInt8 { value < 10 ? value + 0x30 : value + 0x57 }
}

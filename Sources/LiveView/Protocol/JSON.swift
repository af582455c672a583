// JSON as the feed writes it: bytes appended to a message.

import Glibc

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

extension [UInt8] {
    /// Appends a number rounded to so many significant digits; what JSON has no words for becomes null.
    mutating func json(_ number: Double, digits: Int) {
        guard number.isFinite else {
            json("null")
            return
        }
        if number.magnitude < 1e15, let whole = Int64(exactly: number), digits >= 12 || number.magnitude < 1e5 {
            json(whole)
            return
        }
        let exponent = digits - 1 - Int(log10(number.magnitude).rounded(.down))
        // Beyond, powers of ten are not exact, or no numbers at all.
        guard digits < 15, abs(exponent) <= 22 else {
            json(number)
            return
        }
        let power = pow(10, Double(abs(exponent)))
        let rounded = exponent >= 0 ? (number * power).rounded() / power : (number / power).rounded() * power
        if rounded.magnitude < 1e15, let whole = Int64(exactly: rounded) { json(whole) } else { json(rounded) }
    }
}

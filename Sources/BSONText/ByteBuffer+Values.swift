// Numbers and strings as text.

internal import Glibc

extension ByteBuffer {
    /// Appends an integer in decimal.
    mutating func append(decimal value: Int64) {
        var rest = value.magnitude
        if value < 0 { append(ASCII.minus) }
        var digits: InlineArray<20, UInt8> = .init(repeating: ASCII.zero)
        var first = 20
        repeat {
            first -= 1
            let (quotient, remainder) = rest.quotientAndRemainder(dividingBy: 10)
            digits[first] = ASCII.zero + UInt8(truncatingIfNeeded: remainder)
            rest = quotient
        } while rest > 0
        digits.span.withUnsafeBufferPointer { digits in
            guard let base = digits.baseAddress else { return }
            append(base + first, count: 20 - first)
        }
    }

    /// Appends the shortest text that reads back as the same finite double, as Swift prints it: `1.0`, `2.5e-07`.
    mutating func append(shortest value: Double) {
        if appendShort(value) { return }
        var text = value.description
        text.withUTF8 { bytes in
            if let base = bytes.baseAddress { append(base, count: bytes.count) }
        }
    }

    /// Appends a double that has few decimals; returns `false` for others.
    ///
    /// If a number of at most fifteen digits reads as `value`, no other of at most fifteen does, so it is the
    /// shortest. The division is the one that reading does, and it is exact in the same way.
    private mutating func appendShort(_ value: Double) -> Bool {
        let magnitude = value.magnitude
        guard magnitude < 1e9, magnitude >= 1e-3 || magnitude == 0 else { return false }
        var scale = 1.0
        for decimals in 0...6 {
            let digits = (magnitude * scale).rounded(.toNearestOrEven)
            if digits / scale == magnitude {
                if value.sign == .minus { append(ASCII.minus) }
                append(Int64(digits), decimals: decimals)
                return true
            }
            scale *= 10
        }
        return false
    }

    private mutating func append(_ digits: Int64, decimals: Int) {
        var unit: Int64 = 1
        for _ in 0..<decimals { unit *= 10 }
        append(decimal: digits / unit)
        append(ASCII.point)
        if decimals == 0 { return append(ASCII.zero) }
        var rest = digits % unit
        for _ in 0..<decimals {
            unit /= 10
            append(ASCII.zero + UInt8(truncatingIfNeeded: rest / unit))
            rest %= unit
        }
    }

    /// Appends `value` in hexadecimal, with zeros in front up to so many `digits`.
    mutating func append(hexadecimal value: UInt64, digits: Int) {
        for place in stride(from: (digits - 1) * 4, through: 0, by: -4) {
            let digit = UInt8(truncatingIfNeeded: value >> UInt64(place)) & 15
            append(digit < 10 ? ASCII.zero + digit : 0x57 + digit)
        }
    }

    /// Appends bytes in base64, with padding.
    mutating func append(base64 bytes: UnsafeRawBufferPointer) {
        let digits: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
        for first in stride(from: 0, to: bytes.count, by: 3) {
            let count = min(3, bytes.count - first)
            var value = UInt32(bytes[first]) << 16
            if count > 1 { value |= UInt32(bytes[first + 1]) << 8 }
            if count > 2 { value |= UInt32(bytes[first + 2]) }
            for place in 0..<4 {
                let digit = Int(value >> UInt32(18 - 6 * place)) & 63
                append(place <= count ? digits.utf8Start[digit] : UInt8(ascii: "="))
            }
        }
    }

    /// Appends a string in quotation marks.
    ///
    /// Controls (also those beyond ASCII, which move a terminal's cursor) are escaped, other UTF-8 stays as it is, and
    /// bytes that are none become U+FFFD. If `escapesMarkup`, `<` is written as `\u003c`.
    mutating func append(quoted text: UnsafeRawBufferPointer, escapesMarkup: Bool) {
        append(ASCII.quote)
        if let base = text.baseAddress?.assumingMemoryBound(to: UInt8.self) {
            appendEscaped(base, base + text.count, escapesMarkup ? ASCII.less : ASCII.quote)
        }
        append(ASCII.quote)
    }

    @inline(__always)
    private mutating func appendEscaped(
        _ first: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ special: UInt8
    ) {
        var run = first
        var at = first
        while true {
            at = skipPlain(at, end, special)
            guard at < end else { break }
            let byte = at.pointee
            let length = byte < 0x80 ? 0 : utf8Length(at, end)
            // U+0080 to U+009F are controls, too.
            if length > 0 && !(byte == 0xC2 && at[1] < 0xA0) {
                at += length
                continue
            }
            append(run, count: at - run)
            if length > 0 {
                append("\\u00")
                append(hexadecimal: UInt64(at[1]), digits: 2)
                at += 2
            } else {
                if byte < 0x80 { appendEscape(byte) } else { append("\u{FFFD}") }
                at += 1
            }
            run = at
        }
        append(run, count: end - run)
    }

    /// Returns the first place from `at` on that has a quotation mark, backslash, control, `special` or no ASCII.
    @inline(__always)
    private func skipPlain(
        _ start: UnsafePointer<UInt8>, _ end: UnsafePointer<UInt8>, _ special: UInt8
    ) -> UnsafePointer<UInt8> {
        var at = start
        let ones: UInt64 = 0x0101_0101_0101_0101
        while end - at >= 8 {
            let word = UInt64(littleEndian: UnsafeRawPointer(at).loadUnaligned(as: UInt64.self))
            let quoted = word ^ (ones &* UInt64(ASCII.quote))
            let escaped = word ^ (ones &* UInt64(ASCII.backslash))
            let marked = word ^ (ones &* UInt64(special))
            let deleted = word ^ (ones &* UInt64(ASCII.delete))
            // The lowest bit of each term is exact: borrows only spread upwards from a real hit.
            let zeros =
                ((quoted &- ones) & ~quoted) | ((escaped &- ones) & ~escaped) | ((marked &- ones) & ~marked)
                | ((deleted &- ones) & ~deleted)
            let hits = (zeros | ((word &- (ones &* 0x20)) & ~word) | word) & 0x8080_8080_8080_8080
            if hits != 0 { return at + hits.trailingZeroBitCount >> 3 }
            at += 8
        }
        while at < end {
            let byte = at.pointee
            if byte < 0x20 || byte >= ASCII.delete || byte == ASCII.quote || byte == ASCII.backslash
                || byte == special
            {
                break
            }
            at += 1
        }
        return at
    }

    private mutating func appendEscape(_ byte: UInt8) {
        append(ASCII.backslash)
        switch byte {
        case ASCII.quote, ASCII.backslash: append(byte)
        case 0x08: append(UInt8(ascii: "b"))
        case 0x0C: append(UInt8(ascii: "f"))
        case ASCII.lineFeed: append(UInt8(ascii: "n"))
        case ASCII.carriageReturn: append(UInt8(ascii: "r"))
        case ASCII.tab: append(UInt8(ascii: "t"))
        default:
            append("u00")
            append(hexadecimal: UInt64(byte), digits: 2)
        }
    }
}

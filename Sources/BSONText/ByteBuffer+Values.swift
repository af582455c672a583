// Numbers and strings as text.

internal import Glibc

extension ByteBuffer {
    /// Appends an integer in decimal.
    mutating func append(decimal value: Int64) {
        var rest = value.magnitude
        if value < 0 { append(ASCII.minus) }
        var digits = 1
        var bound: UInt64 = 10
        while digits < 19 && rest >= bound {
            digits &+= 1
            bound &*= 10
        }
        // The largest magnitude, 2^63, has nineteen digits.
        let place = reserve(19)
        var index = digits
        while index > 0 {
            index &-= 1
            let (quotient, remainder) = rest.quotientAndRemainder(dividingBy: 10)
            place[index] = ASCII.zero &+ UInt8(truncatingIfNeeded: remainder)
            rest = quotient
        }
        advance(digits)
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
        let place = reserve(digits)
        var rest = value
        var index = digits
        while index > 0 {
            index &-= 1
            let digit = UInt8(truncatingIfNeeded: rest) & 15
            place[index] = digit < 10 ? ASCII.zero &+ digit : 0x57 &+ digit
            rest >>= 4
        }
        advance(digits)
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
        let count = text.count
        let special = escapesMarkup ? ASCII.less : ASCII.quote
        // Two marks, and what the last store of eight bytes may write beyond the text.
        let place = reserve(count &+ 10)
        place[0] = ASCII.quote
        var done = 0
        while count &- done >= 8 {
            let word = UInt64(littleEndian: text.loadUnaligned(fromByteOffset: done, as: UInt64.self))
            if firstUnusual(word, special) != 0 { break }
            UnsafeMutableRawPointer(place + (1 &+ done)).storeBytes(of: word.littleEndian, as: UInt64.self)
            done &+= 8
        }
        if count &- done < 8 {
            let word = lastWord(text, count &- done)
            if firstUnusual(word, special) == 0 {
                UnsafeMutableRawPointer(place + (1 &+ done)).storeBytes(of: word.littleEndian, as: UInt64.self)
                place[1 &+ count] = ASCII.quote
                return advance(count &+ 2)
            }
        }
        advance(1 &+ done)
        if let base = text.baseAddress?.assumingMemoryBound(to: UInt8.self) {
            appendEscaped(base + done, base + count, special)
        }
        append(ASCII.quote)
    }

    /// The last `count` bytes of the text, fewer than eight, followed by spaces.
    @inline(__always)
    private func lastWord(_ text: UnsafeRawBufferPointer, _ count: Int) -> UInt64 {
        let spaces: UInt64 = 0x2020_2020_2020_2020
        if count == 0 { return spaces }
        let bits = UInt64(truncatingIfNeeded: count &* 8)
        if text.count >= 8 {
            let word = text.loadUnaligned(fromByteOffset: text.count &- 8, as: UInt64.self)
            return UInt64(littleEndian: word) &>> (64 &- bits) | spaces &<< bits
        }
        if count >= 4 {
            let low = UInt32(littleEndian: text.loadUnaligned(fromByteOffset: 0, as: UInt32.self))
            let high = UInt32(littleEndian: text.loadUnaligned(fromByteOffset: count &- 4, as: UInt32.self))
            return UInt64(low) | UInt64(high) &<< (bits &- 32) | spaces &<< bits
        }
        let middle = count / 2
        let word =
            UInt64(text[0]) | UInt64(text[middle]) &<< UInt64(truncatingIfNeeded: middle &* 8)
            | UInt64(text[count &- 1]) &<< (bits &- 8)
        return word | spaces &<< bits
    }

    /// Whether one of eight characters needs a second look, and in its lowest bit which is the first of them.
    @inline(__always)
    private func firstUnusual(_ word: UInt64, _ special: UInt8) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let quoted = word ^ (ones &* UInt64(ASCII.quote))
        let escaped = word ^ (ones &* UInt64(ASCII.backslash))
        let marked = word ^ (ones &* UInt64(special))
        let deleted = word ^ (ones &* UInt64(ASCII.delete))
        // The lowest bit of each term is exact: borrows only spread upwards from a real hit.
        let zeros =
            ((quoted &- ones) & ~quoted) | ((escaped &- ones) & ~escaped) | ((marked &- ones) & ~marked)
            | ((deleted &- ones) & ~deleted)
        return (zeros | ((word &- (ones &* 0x20)) & ~word) | word) & 0x8080_8080_8080_8080
    }

    @inline(never)
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
        while end - at >= 8 {
            let word = UInt64(littleEndian: UnsafeRawPointer(at).loadUnaligned(as: UInt64.self))
            let hits = firstUnusual(word, special)
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

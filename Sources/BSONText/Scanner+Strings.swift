// Strings in quotation marks and apostrophes, with their escapes.

extension Scanner {
    /// Reads a string, whose opening `quote` is next; lends its UTF-8.
    ///
    /// The bytes are those of the text itself, or of `scratch` if there was something to unescape.
    @inline(__always)
    mutating func string(_ quote: UInt8, _ scratch: inout ByteBuffer) throws(TextError) -> UnsafeRawBufferPointer {
        // Positions are kept aside and stored once: each store to `at` delays the load behind it.
        let first = at + 1
        let last = plainEnd(first, quote)
        if last < end && last.pointee == quote {
            at = last + 1
            return UnsafeRawBufferPointer(start: first, count: last - first)
        }
        at = last
        return try rareString(quote, from: first, &scratch)
    }

    /// Reads a field's name in plain ASCII and the colon right behind it; `nil`, and no step, if it looks otherwise.
    @inline(__always)
    mutating func usualName() -> UnsafeRawBufferPointer? {
        let first = at + 1
        guard at < end, at.pointee == ASCII.quote else { return nil }
        let last = plainEnd(first, ASCII.quote)
        guard end - last > 1, last.pointee == ASCII.quote, last[1] == ASCII.colon else { return nil }
        at = last + 2
        return UnsafeRawBufferPointer(start: first, count: last - first)
    }

    /// Where ASCII that stands for itself ends: at the quote, a backslash, a control or anything beyond ASCII.
    @inline(__always)
    private func plainEnd(_ start: UnsafePointer<UInt8>, _ quote: UInt8) -> UnsafePointer<UInt8> {
        var at = start
        let ones: UInt64 = 0x0101_0101_0101_0101
        let quotes = ones &* UInt64(quote)
        while end - at >= 8 {
            let word = UInt64(littleEndian: UnsafeRawPointer(at).loadUnaligned(as: UInt64.self))
            let quoted = word ^ quotes
            let escaped = word ^ (ones &* UInt64(ASCII.backslash))
            // The lowest bit of each term is exact: borrows only spread upwards from a real hit.
            let hits =
                (((quoted &- ones) & ~quoted) | ((escaped &- ones) & ~escaped)
                    | ((word &- (ones &* 0x20)) & ~word) | word) & 0x8080_8080_8080_8080
            if hits != 0 { return at + hits.trailingZeroBitCount >> 3 }
            at += 8
        }
        while at < end {
            let byte = at.pointee
            if byte == quote || byte == ASCII.backslash || byte < 0x20 || byte >= 0x80 { break }
            at += 1
        }
        return at
    }

    @inline(never)
    private mutating func rareString(
        _ quote: UInt8, from first: UnsafePointer<UInt8>, _ scratch: inout ByteBuffer
    ) throws(TextError) -> UnsafeRawBufferPointer {
        var run = first  // what is not yet in `scratch`
        var isCopied = false
        while true {
            at = plainEnd(at, quote)
            guard at < end else { throw error("found the end of the text, expected the string's end", at: end) }
            let byte = at.pointee
            if byte >= 0x80 {
                let length = utf8Length(at, end)
                if length == 0 { throw notUTF8(at: at) }
                at += length
            } else if byte == ASCII.backslash {
                if !isCopied { scratch.removeAll() }
                isCopied = true
                scratch.append(run, count: at - run)
                try escape(&scratch)
                run = at
            } else if byte == quote {
                break
            } else if isRelaxed && byte != ASCII.lineFeed && byte != ASCII.carriageReturn {
                at += 1
            } else {
                throw expected("the string's end, or an escape such as \\n")
            }
        }
        let last = at
        at += 1
        guard isCopied else { return UnsafeRawBufferPointer(start: first, count: last - first) }
        scratch.append(run, count: last - run)
        return scratch.bytes
    }

    /// Reads the escape whose backslash is next.
    private mutating func escape(_ out: inout ByteBuffer) throws(TextError) {
        let first = at
        at += 1
        guard at < end else { throw error("found the end of the text, expected an escape", at: end) }
        let byte = at.pointee
        at += 1
        switch byte {
        case ASCII.quote, ASCII.backslash, ASCII.slash: out.append(byte)
        case UInt8(ascii: "b"): out.append(0x08)
        case UInt8(ascii: "f"): out.append(0x0C)
        case UInt8(ascii: "n"): out.append(ASCII.lineFeed)
        case UInt8(ascii: "r"): out.append(ASCII.carriageReturn)
        case UInt8(ascii: "t"): out.append(ASCII.tab)
        case UInt8(ascii: "u"): out.append(scalar: try unicodeEscape(first))
        default:
            at -= 1
            if !isRelaxed {
                throw expected("one of \" \\ / b f n r t u after the backslash")
            }
            try relaxedEscape(first, &out)
        }
    }

    /// Reads what JSON5 allows behind a backslash beyond JSON: the end of a line, and characters for themselves.
    private mutating func relaxedEscape(_ first: UnsafePointer<UInt8>, _ out: inout ByteBuffer) throws(TextError) {
        if isLineEnd() {
            if take(ASCII.carriageReturn) {
                _ = take(ASCII.lineFeed)
            } else {
                at += max(1, utf8Length(at, end))
            }
            return
        }
        let digitFollows = (ASCII.zero...ASCII.nine).contains(peek(1))
        switch next {
        case UInt8(ascii: "v"): out.append(0x0B)
        case ASCII.zero where !digitFollows: out.append(0)
        case ASCII.zero...ASCII.nine: throw error("found an octal escape, expected one such as \\x1b", at: first)
        case UInt8(ascii: "x"):
            at += 1
            guard let value = hexadecimal(2) else { throw expected("two hexadecimal digits after \\x") }
            out.append(scalar: Unicode.Scalar(UInt8(value)))
            return
        default:
            let length = utf8Length(at, end)
            if length == 0 { throw notUTF8(at: at) }
            out.append(at, count: length)
            at += length
            return
        }
        at += 1
    }

    /// Reads the digits of `\u`, and the second half if they are half of a pair.
    mutating func unicodeEscape(_ first: UnsafePointer<UInt8>) throws(TextError) -> Unicode.Scalar {
        guard let value = hexadecimal(4) else { throw expected("four hexadecimal digits after \\u") }
        if let scalar = Unicode.Scalar(value) { return scalar }
        if value < 0xDC00 && next == ASCII.backslash && peek(1) == UInt8(ascii: "u") {
            let second = at
            at += 2
            guard let low = hexadecimal(4) else { throw expected("four hexadecimal digits after \\u") }
            if (0xDC00...0xDFFF).contains(low),
                let scalar = Unicode.Scalar(0x10000 + (value - 0xD800) << 10 + (low - 0xDC00))
            {
                return scalar
            }
            throw error("found half of a surrogate pair, expected its second half", at: second)
        }
        throw error("found half of a surrogate pair, expected both halves", at: first)
    }

    /// Reads exactly so many hexadecimal digits; on `nil` stands at the one that is none.
    private mutating func hexadecimal(_ digits: Int) -> UInt32? {
        var value: UInt32 = 0
        for _ in 0..<digits {
            guard at < end, let digit = hexadecimalDigit(at.pointee) else { return nil }
            value = value << 4 | UInt32(digit)
            at += 1
        }
        return value
    }
}

/// The value of a hexadecimal digit.
@inline(__always)
func hexadecimalDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x41...0x46: byte - 0x37
    case 0x61...0x66: byte - 0x57
    default: nil
    }
}

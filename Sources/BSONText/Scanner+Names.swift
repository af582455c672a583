// Words without quotation marks: literals, and JSON5's names of fields.

internal import Glibc

extension Scanner {
    /// Steps over `word` if it is next and does not go on.
    @inline(__always)
    mutating func take(_ word: StaticString) -> Bool {
        let length = word.utf8CodeUnitCount
        guard end - at >= length, memcmp(at, word.utf8Start, length) == 0 else { return false }
        if end - at > length && isASCIINamePart(at[length]) { return false }
        at += length
        return true
    }

    /// Reads a name; lends its UTF-8 from the text, or from `scratch` if there was something to unescape.
    mutating func name(_ scratch: inout ByteBuffer) throws(TextError) -> UnsafeRawBufferPointer? {
        let first = at
        guard at < end, isASCIINamePart(at.pointee) || at.pointee >= 0x80 || at.pointee == ASCII.backslash else {
            return nil
        }
        if (ASCII.zero...ASCII.nine).contains(at.pointee) { return nil }
        while at < end && isASCIINamePart(at.pointee) { at += 1 }
        if at == end || (at.pointee < 0x80 && at.pointee != ASCII.backslash) {
            return UnsafeRawBufferPointer(start: first, count: at - first)
        }
        scratch.removeAll()
        scratch.append(first, count: at - first)
        while at < end {
            let place = at
            let isFirst = place == first
            if take(ASCII.backslash) {
                guard take(UInt8(ascii: "u")) else { throw expected("an escape such as \\u00e9 in a name") }
                let scalar = try unicodeEscape(place)
                guard isFirst ? isNameStart(scalar) : isNamePart(scalar) else {
                    throw error("found an escaped character that a name cannot contain, expected a letter", at: place)
                }
                scratch.append(scalar: scalar)
                continue
            }
            guard let scalar = scalar() else { throw notUTF8(at: at) }
            guard isFirst ? isNameStart(scalar) : isNamePart(scalar) else { break }
            scratch.append(scalar: scalar)
            at += UTF8.width(scalar)
        }
        return at == first ? nil : scratch.bytes
    }

    @inline(__always)
    func isASCIINamePart(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, ASCII.underscore, ASCII.dollar: true
        default: false
        }
    }

    /// Whether a name can begin with `scalar`: ECMAScript 5.1's rule, which JSON5 refers to.
    func isNameStart(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.isASCII {
            return isASCIINamePart(UInt8(scalar.value)) && !(0x30...0x39).contains(scalar.value)
        }
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .letterNumber:
            return true
        default:
            return false
        }
    }

    /// Whether a name can go on with `scalar`.
    func isNamePart(_ scalar: Unicode.Scalar) -> Bool {
        if isNameStart(scalar) || (0x30...0x39).contains(scalar.value) { return true }
        if scalar.isASCII { return false }
        if scalar.value == 0x200C || scalar.value == 0x200D { return true }
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .spacingMark, .decimalNumber, .connectorPunctuation: return true
        default: return false
        }
    }
}

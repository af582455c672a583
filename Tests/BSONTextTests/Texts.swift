// What the tests of this folder share: short ways to read and write.

import BSON
import BSONText
import Testing

/// The value that `text` is, written in canonical Extended JSON; or what is wrong with it, behind "error ".
func value(_ text: String, _ dialect: BSONText.Dialect = .json, extendedJSON: Bool = true) -> String {
    value(utf8: Array(text.utf8), dialect, extendedJSON: extendedJSON)
}

/// The same of bytes, which need not be UTF-8.
func value(utf8 text: [UInt8], _ dialect: BSONText.Dialect = .json, extendedJSON: Bool = true) -> String {
    do {
        let parsed = try BSONText.parseValue(text.span.bytes, dialect: dialect, extendedJSON: extendedJSON)
        let written = BSONText.string(parsed.document.view, style: .canonical)
        return String(written.dropFirst(4).dropLast())
    } catch {
        return "error \(error)"
    }
}

/// Whether `text` is a value of `dialect`.
func accepts(_ text: [UInt8], _ dialect: BSONText.Dialect) -> Bool {
    !value(utf8: text, dialect).hasPrefix("error ")
}

extension String {
    /// `value` so many times.
    static func * (value: String, count: Int) -> String { String(repeating: value, count: count) }
}

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

/// `document` as text. (A view of a document that has no name makes the compiler emit invalid code.)
func json(
    _ document: Document, style: BSONText.Style = .relaxed, layout: BSONText.Layout = .compact,
    escapesMarkup: Bool = false
) -> String {
    BSONText.string(document.view, style: style, layout: layout, escapesMarkup: escapesMarkup)
}

/// The document that `text` is, if it is one.
func document(utf8 text: [UInt8], _ dialect: BSONText.Dialect = .json) -> Document? {
    do {
        return try BSONText.parse(text.span.bytes, dialect: dialect).document
    } catch {
        return nil
    }
}

/// Whether the bytes are a valid document.
func isValid(_ bytes: [UInt8]) -> Bool {
    do {
        _ = try BSONValidator.validate(bytes.span.bytes)
        return true
    } catch {
        return false
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

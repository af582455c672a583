// Writing text: what there is to choose, and the entry points.

public import BSON

extension BSONText {
    /// Which of Extended JSON's two forms is written.
    public enum Style: Hashable, Sendable, CaseIterable {
        /// Numbers as numbers and dates as ISO-8601: for people and for programs that do not know BSON.
        ///
        /// Read again, an int64 that fits an int32 has become one; otherwise the types are kept.
        case relaxed
        /// Every number tells its type: read again, the bytes are the same. (Of NaNs, one is left.)
        case canonical
    }

    /// How fields and elements are arranged.
    public enum Layout: Hashable, Sendable {
        /// In one line without spaces.
        case compact
        /// Each in a line of its own, so many spaces further in than what it is in.
        case pretty(indent: Int = 2)
    }

    /// Appends `view` as Extended JSON to `bytes`.
    ///
    /// The text is UTF-8 whatever the document holds, and contains no control characters except, in the pretty layout,
    /// ends of lines; there is none at its end. What is nested deeper than `BSONLimits.depth` is written as
    /// null; no valid document has it.
    ///
    /// - Parameters:
    ///   - view: The document.
    ///   - style: Whether numbers tell their type.
    ///   - layout: Whether fields have lines of their own.
    ///   - escapesMarkup: Whether `<` in strings is written as `\u003c`, for text that is embedded into HTML.
    ///   - bytes: What is appended to.
    /// - Complexity: O(*n*).
    public static func write(
        _ view: DocumentView, style: Style = .relaxed, layout: Layout = .compact, escapesMarkup: Bool = false,
        to bytes: inout [UInt8]
    ) {
        var writer = TextWriter(style, layout, escapesMarkup: escapesMarkup)
        writer.document(view)
        writer.flush(to: &bytes)
    }

    /// Appends an element's value, without its key, as Extended JSON to `bytes`.
    public static func write(
        valueOf element: ElementView, style: Style = .relaxed, layout: Layout = .compact,
        escapesMarkup: Bool = false, to bytes: inout [UInt8]
    ) {
        var writer = TextWriter(style, layout, escapesMarkup: escapesMarkup)
        writer.value(element)
        writer.flush(to: &bytes)
    }

    /// Returns `view` as Extended JSON.
    public static func string(
        _ view: DocumentView, style: Style = .relaxed, layout: Layout = .compact, escapesMarkup: Bool = false
    ) -> String {
        var bytes: [UInt8] = []
        write(view, style: style, layout: layout, escapesMarkup: escapesMarkup, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Returns an element's value as Extended JSON.
    public static func string(
        valueOf element: ElementView, style: Style = .relaxed, layout: Layout = .compact,
        escapesMarkup: Bool = false
    ) -> String {
        var bytes: [UInt8] = []
        write(valueOf: element, style: style, layout: layout, escapesMarkup: escapesMarkup, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }
}

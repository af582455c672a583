// Elements as Extended JSON.

internal import BSON

/// Writes documents as text into a buffer of its own.
struct TextWriter: ~Copyable {
    private var out = ByteBuffer()
    private let isCanonical: Bool
    private let isPretty: Bool
    private let indent: Int
    private let escapesMarkup: Bool
    private var depth = 0

    init(_ style: BSONText.Style, _ layout: BSONText.Layout, escapesMarkup: Bool) {
        isCanonical = style == .canonical
        self.escapesMarkup = escapesMarkup
        switch layout {
        case .compact: (isPretty, indent) = (false, 0)
        case .pretty(let indent): (isPretty, self.indent) = (true, max(0, indent))
        }
    }

    /// Moves what was written behind `bytes`.
    mutating func flush(to bytes: inout [UInt8]) {
        bytes.append(contentsOf: out.bytes)
        out.removeAll()
    }

    /// Writes a document and its fields.
    mutating func document(_ view: DocumentView) {
        nested(view, ASCII.leftBrace, ASCII.rightBrace)
    }

    private mutating func nested(_ view: DocumentView, _ opening: UInt8, _ closing: UInt8) {
        if depth >= BSONLimits.depth { return out.append("null") }
        depth += 1
        out.append(opening)
        var elements = view.makeIterator()
        var isFirst = true
        while let element = elements.next() {
            if !isFirst { out.append(ASCII.comma) }
            isFirst = false
            if isPretty { newLine() }
            if opening == ASCII.leftBrace {
                quoted(element.keyBytes)
                out.append(ASCII.colon)
                if isPretty { out.append(ASCII.space) }
            }
            value(element)
        }
        depth -= 1
        if isPretty && !isFirst { newLine() }
        out.append(closing)
    }

    private mutating func newLine() {
        out.append(ASCII.lineFeed)
        for _ in 0..<depth * indent { out.append(ASCII.space) }
    }

    /// Writes a value.
    @inline(__always)
    mutating func value(_ element: ElementView) {
        switch element.type {
        case .string: if let utf8 = element.utf8 { quoted(utf8) }
        case .double: if let value = element.double { double(value) }
        case .int32:
            let value = Int64(element.int32 ?? 0)
            if isCanonical { wrapped("$numberInt", value) } else { out.append(decimal: value) }
        case .int64:
            let value = element.int64 ?? 0
            if isCanonical { wrapped("$numberLong", value) } else { out.append(decimal: value) }
        default: other(element)
        }
    }

    private mutating func other(_ element: ElementView) {
        switch element.type {
        case .document: if let view = element.document { nested(view, ASCII.leftBrace, ASCII.rightBrace) }
        case .array: if let view = element.array { nested(view, ASCII.leftBracket, ASCII.rightBracket) }
        case .bool: out.append(element.bool == true ? "true" : "false")
        case .null: out.append("null")
        case .datetime: if let value = element.datetime { datetime(value) }
        case .objectID: if let value = element.objectID { objectID(value) }
        default: rare(element)
        }
    }

    private mutating func quoted(_ text: RawSpan) {
        let escapesMarkup = escapesMarkup
        text.withUnsafeBytes { out.append(quoted: $0, escapesMarkup: escapesMarkup) }
    }

    private mutating func quoted(_ text: String) { quoted(text.utf8Span.span.bytes) }
}

// MARK: - Wrappers

extension TextWriter {
    /// Writes `{"name":`, and `: ` if there are spaces.
    private mutating func open(_ name: StaticString) {
        out.append(ASCII.leftBrace)
        field(name)
    }

    private mutating func field(_ name: StaticString) {
        out.append(ASCII.quote)
        out.append(name)
        out.append(isPretty ? "\": " : "\":")
    }

    private mutating func comma() { out.append(isPretty ? ", " : ",") }

    private mutating func close() { out.append(ASCII.rightBrace) }

    private mutating func wrapped(_ name: StaticString, _ number: Int64) {
        open(name)
        out.append(ASCII.quote)
        out.append(decimal: number)
        out.append(ASCII.quote)
        close()
    }

    private mutating func wrapped(_ name: StaticString, _ text: String) {
        open(name)
        quoted(text)
        close()
    }

    private mutating func double(_ value: Double) {
        if !value.isFinite {
            return wrapped("$numberDouble", value.isNaN ? "NaN" : value < 0 ? "-Infinity" : "Infinity")
        }
        if !isCanonical { return out.append(shortest: value) }
        open("$numberDouble")
        out.append(ASCII.quote)
        out.append(shortest: value)
        out.append(ASCII.quote)
        close()
    }

    /// Writes a date; those that ISO-8601 has no common form for are written as milliseconds.
    private mutating func datetime(_ value: Datetime) {
        let milliseconds = value.millisecondsSinceEpoch
        open("$date")
        if isCanonical || milliseconds < 0 || milliseconds >= 253_402_300_800_000 {
            wrapped("$numberLong", milliseconds)
        } else {
            out.append(ASCII.quote)
            out.append(date: milliseconds)
            out.append(ASCII.quote)
        }
        close()
    }

    private mutating func objectID(_ value: ObjectID) {
        open("$oid")
        out.append(ASCII.quote)
        out.append(hexadecimal: UInt64(value.seconds), digits: 8)
        out.append(hexadecimal: value.low, digits: 16)
        out.append(ASCII.quote)
        close()
    }

    private mutating func rare(_ element: ElementView) {
        switch element.type {
        case .binary: binary(element)
        case .regex: if let value = element.regex { regex(value) }
        case .decimal128: if let value = element.decimal128 { wrapped("$numberDecimal", value.description) }
        case .timestamp: if let value = element.timestamp { timestamp(value) }
        case .symbol: if let value = element.symbol { wrapped("$symbol", value.name) }
        case .javascript: if let value = element.javascript { wrapped("$code", value.code) }
        case .javascriptWithScope: scoped(element)
        case .dbPointer: if let value = element.dbPointer { dbPointer(value) }
        case .minKey: out.append(isPretty ? "{\"$minKey\": 1}" : "{\"$minKey\":1}")
        case .maxKey: out.append(isPretty ? "{\"$maxKey\": 1}" : "{\"$maxKey\":1}")
        default: out.append(isPretty ? "{\"$undefined\": true}" : "{\"$undefined\":true}")
        }
    }

    private mutating func binary(_ element: ElementView) {
        open("$binary")
        open("base64")
        out.append(ASCII.quote)
        element.binaryBytes?.withUnsafeBytes { out.append(base64: $0) }
        out.append(ASCII.quote)
        comma()
        field("subType")
        out.append(ASCII.quote)
        out.append(hexadecimal: UInt64(element.binarySubtype ?? 0), digits: 2)
        out.append(ASCII.quote)
        close()
        close()
    }

    private mutating func regex(_ value: BSON.Regex) {
        open("$regularExpression")
        open("pattern")
        quoted(value.pattern)
        comma()
        field("options")
        quoted(String(value.options.sorted()))
        close()
        close()
    }

    private mutating func timestamp(_ value: Timestamp) {
        open("$timestamp")
        open("t")
        out.append(decimal: Int64(value.seconds))
        comma()
        field("i")
        out.append(decimal: Int64(value.increment))
        close()
        close()
    }

    private mutating func dbPointer(_ value: DBPointer) {
        open("$dbPointer")
        open("$ref")
        quoted(value.collection)
        comma()
        field("$id")
        objectID(value.id)
        close()
        close()
    }

    private mutating func scoped(_ element: ElementView) {
        open("$code")
        quoted(element.scopedCode ?? "")
        comma()
        field("$scope")
        if let scope = element.scope { document(scope) } else { out.append("{}") }
        close()
    }
}

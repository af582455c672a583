// The values of a hit, written with their types.
internal import BSON

/// Writes the values of one request into its event; keeps the room it needs for that.
struct HitWriter: Sendable {
    private var text: FieldText
    private var parts: UInt8 = 0

    init(escape: LogEscape = .default) { text = FieldText(escape: escape) }

    /// Whether a text of the line was not valid UTF-8.
    var isRepaired: Bool { text.isRepaired }

    /// Begins a line.
    ///
    /// - Parameter isPlain: Whether it is all ASCII and has no backslash.
    mutating func begin(isPlain: Bool) {
        text.begin(isPlain: isPlain)
        parts = 0
    }

    /// Writes one value; what is not of its kind is written as text.
    @inline(__always)
    mutating func write(
        _ kind: FieldKind, key: RawSpan, _ value: TextRange, of line: RawSpan, to event: inout DocumentWriter
    ) {
        if value.isAbsent { return }
        let range = value.start..<value.end
        switch kind {
        case .text, .token: text.append(key: key, value, of: line, to: &event)
        case .int32:
            if let number = line.integer(in: range), let exact = Int32(exactly: number) {
                event.append(key: key, exact)
            } else {
                text.append(key: key, value, of: line, to: &event)
            }
        case .int64:
            if let number = line.integer(in: range) {
                event.append(key: key, number)
            } else {
                text.append(key: key, value, of: line, to: &event)
            }
        case .double:
            if let number = line.fraction(in: range) {
                event.append(key: key, number)
            } else {
                text.append(key: key, value, of: line, to: &event)
            }
        case .request: writeRequest(value, of: line, to: &event)
        default: writeOther(kind, key: key, value, of: line, to: &event)
        }
    }

    @inline(never)
    private mutating func writeOther(
        _ kind: FieldKind, key: RawSpan, _ value: TextRange, of line: RawSpan, to event: inout DocumentWriter
    ) {
        switch kind {
        case .flag: event.append(key: key, Self.isSet(line, value))
        case .target: writeTarget(value, of: line, to: &event)
        case .list: writeList(key, value, of: line, to: &event)
        case .upstreamToken, .upstreamInt32, .upstreamInt64, .upstreamDouble:
            writeUpstream(kind, key, value, of: line, to: &event)
        default: break
        }
    }

    /// Writes a part of the request, unless another variable has given it already.
    mutating func writePart(
        _ part: RequestPart, _ value: TextRange, of line: RawSpan, to event: inout DocumentWriter
    ) {
        guard !value.isAbsent, parts & part.bit == 0 else { return }
        parts |= part.bit
        text.append(part.field, value, of: line, to: &event)
    }

    private mutating func writeRequest(_ value: TextRange, of line: RawSpan, to event: inout DocumentWriter) {
        guard let found = RequestLine(value, of: line) else {
            return text.append("request", value, of: line, to: &event)
        }
        writePart(.method, found.method, of: line, to: &event)
        writePart(.path, found.path, of: line, to: &event)
        writePart(.query, found.query, of: line, to: &event)
        writePart(.protocol, found.protocol, of: line, to: &event)
    }

    private mutating func writeTarget(_ value: TextRange, of line: RawSpan, to event: inout DocumentWriter) {
        let mark = line.firstIndex(of: UInt8(ascii: "?"), in: value.start..<value.end)
        writePart(.path, TextRange(value.start, mark ?? value.end), of: line, to: &event)
        if let mark { writePart(.query, TextRange(mark + 1, value.end), of: line, to: &event) }
    }

    private static func isSet(_ line: RawSpan, _ value: TextRange) -> Bool {
        switch value.end - value.start {
        case 1: [UInt8(ascii: "1"), UInt8(ascii: "p"), UInt8(ascii: "r")].contains(line.byte(at: value.start))
        case 2: line.has("on", at: value.start) || line.has("OK", at: value.start)
        default: line.has("true", at: value.start)
        }
    }
}

/// A part of the request that more than one variable has.
enum RequestPart: UInt8, Sendable {
    case method, path, query, `protocol`

    var bit: UInt8 { 1 << rawValue }

    var field: StaticString {
        switch self {
        case .method: "method"
        case .path: "path"
        case .query: "query"
        case .protocol: "protocol"
        }
    }

    init?(field: String) {
        switch field {
        case "method": self = .method
        case "path": self = .path
        case "query": self = .query
        case "protocol": self = .protocol
        default: return nil
        }
    }
}

// MARK: - Values with several parts

extension HitWriter {
    private mutating func writeList(
        _ key: RawSpan, _ value: TextRange, of line: RawSpan, to event: inout DocumentWriter
    ) {
        event.array(key: key) { list in
            Self.forEach(line, value, separatesRedirects: false) { part in
                text.append(part, of: line, to: &list)
            }
        }
    }

    /// One value by itself, several as an array, in which null keeps the place of one that is not there.
    private mutating func writeUpstream(
        _ kind: FieldKind, _ key: RawSpan, _ value: TextRange, of line: RawSpan, to event: inout DocumentWriter
    ) {
        var count = 0
        Self.forEach(line, value, separatesRedirects: true) { _ in count += 1 }
        let single: FieldKind =
            switch kind {
            case .upstreamInt32: .int32
            case .upstreamInt64: .int64
            case .upstreamDouble: .double
            default: .text
            }
        if count == 1 { return write(single, key: key, value, of: line, to: &event) }
        event.array(key: key) { list in
            Self.forEach(line, value, separatesRedirects: true) { part in
                let range = part.start..<part.end
                if part.isAbsent {
                    list.append(Null())
                } else if single == .int32, let number = line.integer(in: range), let exact = Int32(exactly: number) {
                    list.append(exact)
                } else if single == .int64, let number = line.integer(in: range) {
                    list.append(number)
                } else if single == .double, let number = line.fraction(in: range) {
                    list.append(number)
                } else {
                    text.append(part, of: line, to: &list)
                }
            }
        }
    }

    /// Calls `body` for what stands between `,` and, if `separatesRedirects`, ` : `.
    private static func forEach(
        _ line: RawSpan, _ value: TextRange, separatesRedirects: Bool, _ body: (TextRange) -> Void
    ) {
        var start = value.start
        var index = start
        while index < value.end {
            let isRedirect = separatesRedirects && index + 3 <= value.end && line.has(" : ", at: index)
            guard isRedirect || line.byte(at: index) == UInt8(ascii: ",") else {
                index += 1
                continue
            }
            body(TextRange(start, index, in: line))
            index += isRedirect ? 3 : 1
            while !isRedirect && index < value.end && line.byte(at: index) == UInt8(ascii: " ") { index += 1 }
            start = index
        }
        body(TextRange(start, value.end, in: line))
    }
}

// A value that outlives the event it is of.

import BSON
import BSONText

/// A value of any type, cut to a length.
struct KeptValue: Hashable, Sendable {
    /// Bytes at most: longer texts are cut, other large values are told by their type.
    static let mostBytes = 256

    /// BSON's type; null for a value that is not there.
    private(set) var type: UInt8 = 0x0A
    /// The value as BSON has it.
    private(set) var bytes: [UInt8] = []

    static let null = KeptValue()

    /// Keeps the value that stands there.
    init(_ payload: RawSpan, _ place: ValuePlace) { replace(by: payload, place) }

    /// Keeps a text.
    init(_ text: String) { keep(text: text) }

    private init() {}

    /// Keeps another value from now on, in the same memory.
    mutating func replace(by payload: RawSpan, _ place: ValuePlace) {
        let (start, end) = (Int(place.start), Int(place.end))
        guard place.type != 0, let kind = BSONType(rawValue: place.type) else {
            self = .null
            return
        }
        if end - start <= Self.mostBytes {
            type = place.type
            bytes.removeAll(keepingCapacity: true)
            payload.extracting(start..<end).withUnsafeBytes { bytes.append(contentsOf: $0) }
        } else if kind == .string {
            keep(text: cut(payload.extracting(start + 4..<end - 1), to: Self.mostBytes))
        } else {
            keep(text: "(\(kind) of \(end - start) bytes)")
        }
    }

    private mutating func keep(text: String) {
        type = 0x02
        bytes = withUnsafeBytes(of: UInt32(text.utf8.count + 1).littleEndian) { Array($0) }
        bytes.append(contentsOf: text.utf8)
        bytes.append(0)
    }

    /// Appends the value as relaxed Extended JSON.
    func append(to text: inout [UInt8]) {
        // A document that holds nothing else, under an empty key.
        var document = withUnsafeBytes(of: UInt32(4 + 2 + bytes.count + 1).littleEndian) { Array($0) }
        document.append(type)
        document.append(0)
        document.append(contentsOf: bytes)
        document.append(0)
        let view = DocumentView(unchecked: document.span.bytes)
        guard let element = view.element(at: 4) else { return text.json("null") }
        BSONText.write(valueOf: element, style: .relaxed, layout: .compact, to: &text)
    }
}

/// The beginning of a text that is too long, without half characters.
func cut(_ text: RawSpan, to count: Int) -> String {
    var end = min(count, text.byteCount)
    while end > 0 && end < text.byteCount && text.byte(at: end) & 0xC0 == 0x80 { end -= 1 }
    return text.extracting(0..<end).withUnsafeBytes { String(decoding: $0, as: UTF8.self) } + "…"
}

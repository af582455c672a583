// The texts of a mail, one after another in one piece of memory.
internal import BSON

/// Texts of lines that are gone, kept for the event.
struct KeptTexts: Sendable {
    /// Bytes that are kept of one mail; what comes then is left out.
    static let limit = 1 << 20

    var bytes: [UInt8] = []
    /// Whether a text was not valid UTF-8.
    var isRepaired = false

    /// Keeps a text of a line.
    mutating func keep(_ text: TextRange, of line: RawSpan) -> TextRange {
        guard !text.isAbsent, bytes.count + text.end - text.start <= Self.limit else { return .absent }
        let start = bytes.count
        line.extracting(text.start..<text.end).withUnsafeBytes { bytes.append(contentsOf: $0) }
        return TextRange(start, bytes.count)
    }

    /// Whether a kept text is that of a line.
    func isSame(_ kept: TextRange, _ text: TextRange, of line: RawSpan) -> Bool {
        let count = kept.end - kept.start
        guard count == text.end - text.start else { return false }
        let bytes = bytes.span.bytes
        for index in 0..<count where bytes.byte(at: kept.start + index) != line.byte(at: text.start + index) {
            return false
        }
        return true
    }

    /// Whether a kept text is a word.
    func isWord(_ kept: TextRange, _ word: StaticString) -> Bool {
        kept.end - kept.start == word.utf8CodeUnitCount && bytes.span.bytes.has(word, at: kept.start)
    }

    /// Whether a kept text ends like this.
    func hasEnd(_ kept: TextRange, _ end: StaticString) -> Bool {
        kept.end - kept.start >= end.utf8CodeUnitCount
            && bytes.span.bytes.has(end, at: kept.end - end.utf8CodeUnitCount)
    }

    /// Writes a text, unless it is absent.
    func write(_ key: StaticString, _ text: TextRange, to event: inout DocumentWriter) {
        if !text.isAbsent { writeAlways(key, text, to: &event) }
    }

    /// Writes a text, be it empty.
    func writeAlways(_ key: StaticString, _ text: TextRange, to event: inout DocumentWriter) {
        let all = bytes.span.bytes
        let bytes = all.extracting(text.start..<text.end)
        if isRepaired {
            event.appendRepairing(key: key, utf8: bytes)
        } else {
            event.append(key: key, utf8: bytes)
        }
    }

    /// Forgets all.
    mutating func removeAll() {
        if bytes.capacity > 8192 { bytes = [] } else { bytes.removeAll(keepingCapacity: true) }
        isRepaired = false
    }
}

// Reading the texts of /proc, which are lines of words.

/// Words and numbers of the texts in /proc.
///
/// What does not look as expected is nil, never zero.
enum ProcText {
    /// The lines of a text.
    static func lines(_ text: String) -> [Substring] { text.split(separator: "\n") }

    /// The words of a line.
    static func words(_ line: Substring) -> [Substring] { line.split { $0 == " " || $0 == "\t" } }

    /// Whole numbers, or nil if one word is none.
    static func numbers(_ words: some Sequence<Substring>) -> [UInt64]? {
        var numbers: [UInt64] = []
        for word in words {
            guard let number = UInt64(word) else { return nil }
            numbers.append(number)
        }
        return numbers
    }
}

/// A counter's growth between two readings.
enum Growth {
    /// How much a counter grew, or nil if it went back, as when a device was replaced.
    static func of(_ now: UInt64, since before: UInt64) -> UInt64? { now >= before ? now - before : nil }

    /// Growth in a second.
    static func rate(_ now: UInt64, since before: UInt64, in seconds: Double) -> Double? {
        guard seconds > 0 else { return nil }
        return of(now, since: before).map { Double($0) / seconds }
    }
}

// Reading a message from left to right.

/// A place in a text that moves to the right.
struct TextCursor: ~Escapable {
    let line: RawSpan
    var start: Int
    var end: Int

    @_lifetime(copy line)
    init(_ line: RawSpan, _ range: TextRange) {
        self.line = line
        start = range.start
        end = max(range.end, range.start)
    }

    /// What is left.
    var rest: TextRange { TextRange(start, end) }
    var isAtEnd: Bool { start >= end }

    /// Whether the rest begins with `text`.
    @inline(__always)
    func has(_ text: StaticString) -> Bool { start + text.utf8CodeUnitCount <= end && line.has(text, at: start) }

    /// Moves behind `text` if the rest begins with it.
    @inline(__always) @_lifetime(self: copy self)
    mutating func take(_ text: StaticString) -> Bool {
        guard has(text) else { return false }
        start += text.utf8CodeUnitCount
        return true
    }

    /// Moves the end before `text` if the rest ends with it.
    @_lifetime(self: copy self)
    mutating func takeEnd(_ text: StaticString) -> Bool {
        let count = text.utf8CodeUnitCount
        guard end - count >= start, line.has(text, at: end - count) else { return false }
        end -= count
        return true
    }

    /// Where `text` stands next.
    func find(_ text: StaticString) -> Int? {
        var from = start
        let count = text.utf8CodeUnitCount
        while from + count <= end, let index = line.firstIndex(of: text.utf8Start[0], in: from..<end) {
            if index + count > end { return nil }
            if line.has(text, at: index) { return index }
            from = index + 1
        }
        return nil
    }

    /// Where `text` stands next, if that is among the first `limit` bytes.
    func find(_ text: StaticString, within limit: Int) -> Int? {
        var head = self
        head.end = min(end, start + limit)
        return head.find(text)
    }

    /// Where `text` stands last.
    func findLast(_ text: StaticString) -> Int? {
        var until = end - text.utf8CodeUnitCount + 1
        let first = text.utf8Start[0]
        while until > start, let index = line.lastIndex(of: first, in: start..<until) {
            if line.has(text, at: index) { return index }
            until = index
        }
        return nil
    }

    /// What stands before `text`, behind which it moves; nil if it is not there.
    @_lifetime(self: copy self)
    mutating func takeUntil(_ text: StaticString) -> TextRange? {
        guard let index = find(text) else { return nil }
        defer { start = index + text.utf8CodeUnitCount }
        return TextRange(start, index)
    }

    /// What stands before the next space, behind which it moves, or all.
    @_lifetime(self: copy self)
    mutating func takeWord() -> TextRange {
        if let word = takeUntil(" ") { return word }
        defer { start = end }
        return rest
    }

    /// Digits.
    @_lifetime(self: copy self)
    mutating func takeNumber() -> Int64? {
        var index = start
        while index < end, line.byte(at: index) &- 48 <= 9 { index += 1 }
        guard let number = line.integer(in: start..<index) else { return nil }
        start = index
        return number
    }
}

extension RawSpan {
    /// Whether the same bytes stand in two ranges.
    func isSame(_ left: TextRange, _ right: TextRange) -> Bool {
        guard left.end - left.start == right.end - right.start else { return false }
        for index in 0..<left.end - left.start where byte(at: left.start + index) != byte(at: right.start + index) {
            return false
        }
        return true
    }

    /// The text of a range, repaired if it is not UTF-8.
    func string(_ range: TextRange) -> String {
        extracting(range.start..<range.end).withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    }
}

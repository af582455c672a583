// Lines out of bytes: ends found, limits kept, partial lines left alone.

/// Takes the lines that a reader finds.
public protocol LineHandler: ~Copyable {
    /// Takes one line, without its line ending.
    ///
    /// - Returns: Whether the line was taken. If not, reading stops before it, and the next reading begins with it.
    mutating func take(_ line: RawSpan, at place: LinePlace) -> Bool

    /// Hears of a line that was longer than the limit and is skipped.
    mutating func skip(at place: LinePlace)

    /// Whether the lines of an input may be handed out many at once.
    func takesBlocks(of input: Int) -> Bool

    /// Takes whole lines, in which those that are too long are not skipped yet.
    ///
    /// - Parameters:
    ///   - lines: Where they end there is a line ending, or else the end of the file.
    ///   - base: Offset in the file of the first line.
    ///   - splitter: What makes single lines of them.
    /// - Returns: Whether they were taken.
    mutating func take(_ lines: RawSpan, at base: UInt64, of splitter: LineSplitter) -> Bool
}

extension LineHandler where Self: ~Copyable {
    /// Wants lines one by one.
    public func takesBlocks(of input: Int) -> Bool { false }

    /// Takes nothing.
    public mutating func take(_ lines: RawSpan, at base: UInt64, of splitter: LineSplitter) -> Bool { false }
}

/// Splits bytes into lines.
public struct LineSplitter: Sendable {
    /// Bytes that a line may have.
    ///
    /// A longer one is skipped, so that memory stays bounded whatever a file contains.
    let maximumLine: Int
    /// What the places of the lines have in common.
    let file: FileIdentity
    let input: Int

    /// Hands all lines that end within `bytes` to `handler`.
    ///
    /// - Parameters:
    ///   - start: Where the first line begins.
    ///   - base: Offset in the file of the first byte of `bytes`.
    ///   - isSkipping: Whether `start` is within a line that was too long; afterwards, whether the end is.
    ///   - isLast: Whether nothing will ever follow, so that what is left counts as a line.
    /// - Returns: Where the first line begins that was not taken, and whether `handler` refused it.
    func split<Handler: LineHandler & ~Copyable>(
        _ bytes: RawSpan, from start: Int, base: UInt64, isSkipping: inout Bool, isLast: Bool,
        to handler: inout Handler
    ) -> (consumed: Int, stopped: Bool) {
        var start = start
        if handler.takesBlocks(of: input) {
            if isSkipping, let end = bytes.firstIndex(of: 10, from: start) {
                isSkipping = false
                start = end + 1
            }
            let end = isSkipping ? start : self.end(ofLinesIn: bytes, from: start, isLast: isLast)
            if end > start {
                let lines = bytes.extracting(start..<end)
                guard handler.take(lines, at: base + UInt64(start), of: self) else { return (start, true) }
                start = end
            }
        }
        while start < bytes.byteCount {
            guard let end = bytes.firstIndex(of: 10, from: start) else { break }
            if isSkipping {
                isSkipping = false
            } else if !hand(bytes, start..<end, base, to: &handler) {
                return (start, true)
            }
            start = end + 1
        }
        let rest = bytes.byteCount - start
        if isSkipping { return (bytes.byteCount, false) }
        if rest > maximumLine {
            handler.skip(at: place(base, start))
            isSkipping = !isLast
            return (bytes.byteCount, false)
        }
        if isLast && rest > 0 {
            guard hand(bytes, start..<bytes.byteCount, base, to: &handler) else { return (start, true) }
            start = bytes.byteCount
        }
        return (start, false)
    }

    /// Where the last line ends that is complete.
    private func end(ofLinesIn bytes: RawSpan, from start: Int, isLast: Bool) -> Int {
        if isLast || start >= bytes.byteCount { return bytes.byteCount }
        return bytes.lastIndex(of: 10, in: start..<bytes.byteCount).map { $0 + 1 } ?? start
    }

    @inline(__always)
    private func hand<Handler: LineHandler & ~Copyable>(
        _ bytes: RawSpan, _ range: Range<Int>, _ base: UInt64, to handler: inout Handler
    ) -> Bool {
        let place = place(base, range.lowerBound)
        guard range.count <= maximumLine else {
            handler.skip(at: place)
            return true
        }
        var start = range.lowerBound
        var end = range.upperBound
        if end > start && bytes.byte(at: end - 1) == UInt8(ascii: "\r") { end -= 1 }
        // A file truncated under a writer that does not append begins with zeros up to where the writer was.
        while start < end && bytes.byte(at: start) == 0 { start += 1 }
        return handler.take(bytes.extracting(start..<end), at: place)
    }

    private func place(_ base: UInt64, _ start: Int) -> LinePlace {
        LinePlace(file: file, offset: base + UInt64(start), input: input)
    }
}

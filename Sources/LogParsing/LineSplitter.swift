// Lines out of bytes: ends found, limits kept, partial lines left alone.

/// Takes the lines that a reader finds.
public protocol LineHandler: ~Copyable {
    /// Takes one line, without its line ending.
    ///
    /// - Returns: Whether the line was taken. If not, reading stops before it, and the next reading begins with it.
    mutating func take(_ line: RawSpan, at place: LinePlace) -> Bool

    /// Hears of a line that was longer than the limit and is skipped.
    mutating func skip(at place: LinePlace)
}

/// Splits bytes into lines.
struct LineSplitter {
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

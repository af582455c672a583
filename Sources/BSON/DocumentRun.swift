// Documents one after another, as in a file: where each ends.

/// Documents one after another, told apart by their lengths alone.
public enum DocumentRun {
    /// Finds the whole documents at the start of some bytes.
    ///
    /// - Parameters:
    ///   - bytes: What was read.
    ///   - longest: A length beyond this is no document's.
    /// - Returns: Where the last whole document ends, and whether another one may begin there.
    /// - Complexity: O(documents).
    public static func extent(of bytes: RawSpan, longest: Int) -> (end: Int, isDocument: Bool) {
        var place = 0
        while place + 4 <= bytes.byteCount {
            let length = Int(bytes.int32(at: place))
            if length < 5 || length > longest { return (place, false) }
            if place + length > bytes.byteCount { break }
            place += length
        }
        return (place, true)
    }

    /// Calls a function with each run of valid documents.
    ///
    /// - Parameters:
    ///   - bytes: Whole documents, as ``extent(of:longest:)`` finds them.
    ///   - body: Gets valid documents that follow one another.
    /// - Returns: How many documents are not valid, and were left out.
    public static func forEachValid(in bytes: RawSpan, _ body: (RawSpan) -> Void) -> Int {
        var (begin, place, malformed) = (0, 0, 0)
        while place + 4 <= bytes.byteCount {
            let end = place + Int(bytes.int32(at: place))
            if !isValid(bytes.extracting(place..<end)) {
                if begin < place { body(bytes.extracting(begin..<place)) }
                begin = end
                malformed += 1
            }
            place = end
        }
        if begin < place { body(bytes.extracting(begin..<place)) }
        return malformed
    }

    private static func isValid(_ bytes: RawSpan) -> Bool {
        do throws(BSONError) {
            _ = try DocumentView(validating: bytes)
            return true
        } catch {
            return false
        }
    }
}

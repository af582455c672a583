// Writing inner documents step by step, for callers that cannot pass a closure.

extension DocumentWriter {
    /// Begins a document or an array inside the open document.
    ///
    /// - Parameter type: `.document` or `.array`, whose keys the caller writes.
    /// - Returns: What ``endInner(_:)`` wants to know.
    package mutating func beginInner(_ type: BSONType, key: RawSpan) -> Int { open(type, key) }

    /// Ends the inner document that was begun last.
    package mutating func endInner(_ start: Int) { close(start) }

    /// Opens the last document again, so that fields can be added.
    ///
    /// - Precondition: there is one, and none is open.
    package mutating func reopenLastDocument() {
        precondition(depth == 0 && written > start, "there is no complete document")
        written -= 1
        depth = 1
        writable = capacity
    }
}

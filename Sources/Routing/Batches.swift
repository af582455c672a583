// The documents of one message, sorted by the topics they go to.
import BSON

/// Which documents go to which outflow: ranges of the message that came, and of the buffer of changed documents.
///
/// Plain numbers in arrays that are used again: nothing is allocated for an event.
struct Batches {
    struct Piece {
        /// Where the documents begin and end.
        var start: Int
        var end: Int
        var documents: Int
        /// Whether they are in the buffer of changed documents.
        let isChanged: Bool
        /// The next piece of the same outflow, or -1.
        var next: Int = -1
    }

    private(set) var pieces: [Piece] = []
    /// The outflows that got something, in the order in which they did.
    private(set) var touched: [Int] = []
    /// The first and the last piece of each outflow, or -1.
    private var ends: [(first: Int, last: Int)] = []

    /// Adds a document to an outflow; false if the same document is there already, unchanged.
    @inline(__always)
    mutating func add(_ outflow: Int, _ start: Int, _ end: Int, isChanged: Bool) -> Bool {
        while ends.count <= outflow { ends.append((-1, -1)) }
        let last = ends[outflow].last
        if last >= 0, pieces[last].isChanged == isChanged {
            if pieces[last].end == start {
                pieces[last].end = end
                pieces[last].documents += 1
                return true
            }
            if !isChanged && pieces[last].end == end { return false }
        }
        pieces.append(Piece(start: start, end: end, documents: 1, isChanged: isChanged))
        if last < 0 {
            ends[outflow].first = pieces.count - 1
            touched.append(outflow)
        } else {
            pieces[last].next = pieces.count - 1
        }
        ends[outflow].last = pieces.count - 1
        return true
    }

    /// The first piece of an outflow.
    func first(_ outflow: Int) -> Int { ends[outflow].first }

    /// Whether an outflow gets just the message that came, all of it.
    func isWhole(_ outflow: Int, byteCount: Int) -> Bool {
        let (first, last) = ends[outflow]
        return first == last && !pieces[first].isChanged && pieces[first].start == 0 && pieces[first].end == byteCount
    }

    /// Forgets all documents.
    mutating func removeAll() {
        for outflow in touched { ends[outflow] = (-1, -1) }
        touched.removeAll(keepingCapacity: true)
        pieces.removeAll(keepingCapacity: true)
    }
}

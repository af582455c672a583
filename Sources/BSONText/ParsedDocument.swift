// A document that remembers the text it was read from.

public import BSON

/// A document, and where in the text its elements stand.
///
///     let parsed = try BSONText.parse(text, dialect: .json5)
///     if let port = parsed.document.view.find(path: "router.port"), port.integer == nil {
///         throw Wrong("expected a number", at: parsed.valuePlace(of: port))
///     }
public struct ParsedDocument: Sendable {
    /// The document.
    public let document: Document
    private let marks: [PlaceMark]
    private let text: [UInt8]

    init(taking writer: consuming DocumentWriter, places: [PlaceMark], text: RawSpan) {
        document = Document(copying: DocumentView(unchecked: writer.bytes))
        marks = places
        self.text = text.withUnsafeBytes { Array($0) }
    }

    /// The place of the key of the element at `offset`, which is `ElementView.offset`.
    ///
    /// An element of an array has no key in the text: the place is that of its value. `nil` if no element begins there.
    ///
    /// - Complexity: O(*n*) in the text before the place: lines are counted when they are asked for.
    public func place(ofElementAt offset: Int) -> TextPlace? {
        mark(offset).map { place(Int($0.key)) }
    }

    /// The place of the value of the element at `offset`.
    public func valuePlace(ofElementAt offset: Int) -> TextPlace? {
        mark(offset).map { place(Int($0.value)) }
    }

    /// The place of the key of an element of ``document``.
    public func place(of element: ElementView) -> TextPlace? { place(ofElementAt: element.offset) }

    /// The place of the value of an element of ``document``.
    public func valuePlace(of element: ElementView) -> TextPlace? { valuePlace(ofElementAt: element.offset) }

    /// The place of the outermost object, or of the value that was read.
    public var place: TextPlace { place(marks.first.map { Int($0.value) } ?? 0) }

    /// The place of a byte of the text.
    private func place(_ offset: Int) -> TextPlace {
        text.withUnsafeBufferPointer { TextPlace(offset: offset, in: $0) }
    }

    /// The mark of the element that begins at `offset`; marks are sorted by it.
    private func mark(_ offset: Int) -> PlaceMark? {
        var low = 1  // the first mark is that of the whole
        var high = marks.count
        while low < high {
            let middle = (low + high) / 2
            if marks[middle].element < offset { low = middle + 1 } else { high = middle }
        }
        return low < marks.count && marks[low].element == offset ? marks[low] : nil
    }
}

/// Where an element begins in the document, and its key and its value in the text, all in bytes.
struct PlaceMark: Sendable {
    var element: UInt32
    var key: UInt32
    var value: UInt32
}

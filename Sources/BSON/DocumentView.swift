// Reads a document where its bytes are.

/// A document seen in someone else's bytes, which it cannot outlive.
///
/// Nothing is copied.
///
///     let view = try DocumentView(validating: payload)
///     var elements = view.makeIterator()
///     while let element = elements.next() { print(element.key, element.type) }
///     let status = view.find(path: "response.status")?.integer
///
/// Every read is checked against the bounds of the bytes: a view of bytes that were never validated may show too few
/// elements or nonsense, but reads nothing else.
public struct DocumentView: ~Escapable {
    /// The document's bytes, from its length to its last NUL.
    public let bytes: RawSpan
    @usableFromInline let origin: Int  // where `bytes` begins in the outermost document

    /// Validates bytes that are exactly one document.
    @_lifetime(copy bytes)
    public init(validating bytes: RawSpan, maximumDepth: Int = BSONLimits.depth) throws(BSONError) {
        let end = try BSONValidator.validate(bytes, from: 0, maximumDepth: maximumDepth)
        if end != bytes.byteCount { throw BSONError(.trailingBytes, at: end) }
        self.bytes = bytes
        origin = 0
    }

    /// Sees bytes that begin with a document that has been validated before; what follows it is left out.
    @_lifetime(copy bytes)
    public init(unchecked bytes: RawSpan) {
        self.init(bytes, origin: 0)
    }

    @_lifetime(copy bytes)
    init(_ bytes: RawSpan, origin: Int) {
        self.origin = origin
        guard bytes.byteCount >= BSONLimits.smallestDocument else {
            self.bytes = bytes.extracting(first: 0)
            return
        }
        let length = Int(bytes.int32(at: 0))
        self.bytes = bytes.extracting(first: length < BSONLimits.smallestDocument ? 0 : length)
    }

    /// Whether there are no elements.
    public var isEmpty: Bool { bytes.byteCount <= BSONLimits.smallestDocument }

    /// Everything between the length and the last NUL.
    var elementBytes: RawSpan {
        @_lifetime(copy self) get {
            bytes.byteCount <= 5 ? bytes.extracting(first: 0) : bytes.extracting(4..<bytes.byteCount - 1)
        }
    }

    /// Returns an iterator over the elements, in the order of the bytes.
    @_lifetime(copy self)
    public func makeIterator() -> ElementIterator { ElementIterator(self) }

    /// Calls `body` with each element.
    public func forEach<E: Error>(_ body: (ElementView) throws(E) -> Void) throws(E) {
        var elements = makeIterator()
        while let element = elements.next() { try body(element) }
    }

    /// The number of elements.
    ///
    /// - Complexity: O(*n*): they are counted.
    public var count: Int {
        var count = 0
        var position = ElementView.extent(of: bytes, at: 4).end
        while position >= 0 {
            count += 1
            position = ElementView.extent(of: bytes, at: position).end
        }
        return count
    }

    /// The first element with this key.
    ///
    /// - Complexity: O(*n*) in the elements before it.
    public subscript(key: StaticString) -> ElementView? {
        @_lifetime(copy self) get { first(key.bytes) }
    }

    /// The first element with this key.
    ///
    /// - Complexity: O(*n*) in the elements before it.
    @_disfavoredOverload public subscript(key: String) -> ElementView? {
        @_lifetime(copy self) get { first(key.utf8Span.span.bytes) }
    }

    /// Returns the first element with this key, given as UTF-8.
    @_lifetime(copy self)
    public func first(_ key: RawSpan) -> ElementView? {
        var position = 4
        while true {
            let (end, next) = ElementView.extent(of: bytes, at: position)
            if next < 0 { return nil }
            if end &- position &- 1 == key.byteCount && bytes.holds(key, at: position &+ 1) {
                return ElementView(
                    bytes: bytes.extracting(position..<next), keyCount: key.byteCount, offset: origin &+ position)
            }
            position = next
        }
    }

    /// Returns the element that begins at `position`, in bytes from the start of this document; `nil` if none does.
    @inlinable
    @_lifetime(copy self)
    package func element(at position: Int) -> ElementView? {
        let (key, end) = ElementView.extent(of: bytes, at: position)
        if end < 0 { return nil }
        return ElementView(
            bytes: bytes.extracting(position..<end), keyCount: key &- position &- 1, offset: origin &+ position)
    }

    /// Returns the element whose places are known, in bytes from the start of this document.
    @inlinable
    @_lifetime(copy self)
    package func element(from start: Int, value: Int, to end: Int) -> ElementView {
        ElementView(bytes: bytes.extracting(start..<end), keyCount: value &- start &- 2, offset: origin &+ start)
    }

    /// Returns the element at a dotted path, such as `client.address` or `tags.0`.
    ///
    /// A key that contains a dot cannot be reached this way.
    @_lifetime(copy self)
    public func find(path: String) -> ElementView? { find(path: path.utf8Span.span.bytes) }

    /// Returns the element at a dotted path, given as UTF-8.
    @_lifetime(copy self)
    public func find(path: RawSpan) -> ElementView? {
        var view = self
        var begin = 0
        for place in 0..<path.byteCount where path.unsafeLoad(fromByteOffset: place, as: UInt8.self) == 0x2E {
            guard let inner = view.first(path.extracting(begin..<place))?.nested else { return nil }
            view = inner
            begin = place + 1
        }
        return view.first(path.extracting(begin..<path.byteCount))
    }
}

/// Goes through the elements of a document in the order of its bytes.
///
/// Ends at the document's end, or at the first byte that does not make sense.
public struct ElementIterator: ~Escapable {
    private let bytes: RawSpan
    private let origin: Int
    private var position = 4

    @_lifetime(copy view)
    init(_ view: DocumentView) {
        bytes = view.bytes
        origin = view.origin
    }

    /// Returns the next element, or `nil` at the end.
    @_lifetime(copy self)
    public mutating func next() -> ElementView? {
        let (key, end) = ElementView.extent(of: bytes, at: position)
        if end < 0 { return nil }
        let element = ElementView(
            bytes: bytes.extracting(position..<end), keyCount: key &- position &- 1, offset: origin &+ position)
        position = end
        return element
    }
}

// Objects, arrays and values: what the scanner finds becomes elements of a document.

internal import BSON

/// Reads text into a writer; may read many texts one after another, and keeps its buffers between them.
struct Reader: ~Copyable {
    var text: Scanner
    let isExtended: Bool
    let limits: BSONText.Limits
    private(set) var places: [PlaceMark] = []
    var depth = 0
    var keyScratch = ByteBuffer()
    var valueScratch = ByteBuffer()
    private var names = FieldNames()
    private var notesPlaces = false
    var placeOrigin = 0  // where the outermost document begins in the writer

    init(_ dialect: BSONText.Dialect, extendedJSON: Bool, limits: BSONText.Limits) {
        text = Scanner(dialect)
        isExtended = extendedJSON
        self.limits = limits
    }

    /// Begins with another text; the document for it is open in `writer`.
    mutating func begin(
        _ bytes: UnsafeBufferPointer<UInt8>, notesPlaces: Bool, _ writer: inout DocumentWriter
    ) throws(TextError) {
        text.begin(bytes)
        depth = 0
        names.removeAll()
        places.removeAll(keepingCapacity: true)
        self.notesPlaces = notesPlaces
        placeOrigin = writer.openDocumentStart
        if bytes.count > limits.textBytes {
            throw text.error("found \(bytes.count) bytes of text, expected \(limits.textBytes) at most", at: text.at)
        }
        // Names and comments are only looked at byte by byte: what they are made of is made sure of here.
        if text.isRelaxed { try text.checkUTF8() }
    }

    /// Reads the object that the whole text is.
    mutating func wholeDocument(_ writer: inout DocumentWriter) throws(TextError) {
        try text.skipSpace()
        let first = text.at
        notePlace(key: first, writer)
        try text.expect(ASCII.leftBrace)
        if let wrapper = try wrapperHere() {
            throw text.error("found a \(wrapper.name) value, expected a document", at: first)
        }
        try enter(first)
        try object(&writer)
        try expectEnd()
    }

    /// Reads the value that the whole text is, under the empty key.
    mutating func wholeValue(_ writer: inout DocumentWriter) throws(TextError) {
        try text.skipSpace()
        notePlace(key: text.at, writer)
        notePlace(key: text.at, writer)
        depth = 1
        try value(UnsafeRawBufferPointer(start: nil, count: 0), &writer)
        try expectEnd()
    }

    private mutating func expectEnd() throws(TextError) {
        try text.skipSpace()
        if text.at < text.end { throw text.expected("the end of the text") }
    }

    /// The error for a document that the writer gave up.
    func failed(_ failure: WriteFailure?) -> TextError {
        let what = failure == .tooLarge ? "more than \(limits.documentBytes) bytes" : "what BSON cannot hold"
        return TextError("found \(what) in a document, expected less", at: TextPlace(line: 1, column: 1))
    }
}

// MARK: - Values

extension Reader {
    /// Reads a value and writes it under `key`.
    @inline(__always)
    mutating func value(_ key: UnsafeRawBufferPointer, _ writer: inout DocumentWriter) throws(TextError) {
        let byte = text.next
        if byte == ASCII.quote {
            let content = try text.string(byte, &valueScratch)
            writer.append(key: key.bytes, utf8: content.bytes)
        } else if text.isNumberStart(byte) {
            try number(key, &writer)
        } else if byte == ASCII.leftBrace {
            try objectOrWrapper(key, &writer)
        } else {
            try rareValue(byte, key, &writer)
        }
    }

    private mutating func number(
        _ key: UnsafeRawBufferPointer, _ writer: inout DocumentWriter
    ) throws(TextError) {
        switch try text.number() {
        case .integer(let value):
            if let small = Int32(exactly: value) {
                writer.append(key: key.bytes, small)
            } else {
                writer.append(key: key.bytes, value)
            }
        case .double(let value): writer.append(key: key.bytes, value)
        }
    }

    private mutating func rareValue(
        _ byte: UInt8, _ key: UnsafeRawBufferPointer, _ writer: inout DocumentWriter
    ) throws(TextError) {
        switch byte {
        case ASCII.leftBracket:
            try array(key, &writer)
        case UInt8(ascii: "t") where text.take("true"):
            writer.append(key: key.bytes, true)
        case UInt8(ascii: "f") where text.take("false"):
            writer.append(key: key.bytes, false)
        case UInt8(ascii: "n") where text.take("null"):
            writer.append(key: key.bytes, Null())
        case ASCII.apostrophe where text.isRelaxed:
            let content = try text.string(byte, &valueScratch)
            writer.append(key: key.bytes, utf8: content.bytes)
        case UInt8(ascii: "I") where text.isRelaxed && text.take("Infinity"):
            writer.append(key: key.bytes, Double.infinity)
        case UInt8(ascii: "N") where text.isRelaxed && text.take("NaN"):
            writer.append(key: key.bytes, Double.nan)
        default:
            if text.isQuery, try shellValue(key, &writer) { return }
            throw text.expected("a value")
        }
    }
}

// MARK: - Objects and arrays

extension Reader {
    /// Goes one level down, if there are not too many.
    mutating func enter(_ place: UnsafePointer<UInt8>) throws(TextError) {
        if depth >= limits.depth {
            throw text.error("found nesting deeper than \(limits.depth) levels, expected less", at: place)
        }
        depth += 1
    }

    private mutating func objectOrWrapper(
        _ key: UnsafeRawBufferPointer, _ writer: inout DocumentWriter
    ) throws(TextError) {
        let first = text.at
        text.at += 1
        if let wrapper = try wrapperHere() { return try read(wrapper, key, &writer) }
        try enter(first)
        // Throwing is a way out of a document; what there is of it is gone then.
        try writer.document(key: key.bytes) { writer throws(TextError) in try object(&writer) }
    }

    /// Reads the fields of the object whose brace has been stepped over, and the brace that ends it.
    mutating func object(_ writer: inout DocumentWriter) throws(TextError) {
        var scope = names.begin()
        try text.skipSpace()
        if !text.take(ASCII.rightBrace) {
            repeat {
                try field(&scope, &writer)
            } while try isNext(ASCII.rightBrace)
        }
        names.end(scope)
        depth -= 1
    }

    @inline(__always)
    private mutating func field(
        _ scope: inout FieldNames.Scope, _ writer: inout DocumentWriter
    ) throws(TextError) {
        let first = text.at
        let key: UnsafeRawBufferPointer
        if let usual = text.usualName() {
            key = usual
        } else {
            key = try fieldName()
            try text.skipSpace()
            try text.expect(ASCII.colon)
        }
        if let earlier = names.add(key, at: first - text.start, to: &scope, writer) {
            throw repeated(key, first, earlier)
        }
        if isExtended, key.count > 3, key[0] == ASCII.dollar, let wrapper = Wrapper(key) {
            throw text.error(
                "found a \(wrapper.name) value's field among others, expected it alone in its object", at: first)
        }
        try text.skipSpace()
        if notesPlaces { notePlace(key: first, writer) }
        try value(key, &writer)
    }

    /// Reads the name of a field; its bytes stay where they are until the next name.
    @inline(never)
    mutating func fieldName() throws(TextError) -> UnsafeRawBufferPointer {
        let first = text.at
        if text.next == ASCII.quote {
            let key = try text.string(ASCII.quote, &keyScratch)
            // Only an escape can bring a NUL into strict JSON, and then the name is not in the text.
            if key.baseAddress != UnsafeRawPointer(first + 1) || text.isRelaxed { try checkName(key, first) }
            return key
        }
        guard text.isRelaxed else { throw text.expected("a field's name in quotation marks") }
        if text.next == ASCII.apostrophe {
            let key = try text.string(ASCII.apostrophe, &keyScratch)
            try checkName(key, first)
            return key
        }
        guard let key = try text.name(&keyScratch) else { throw text.expected("a field's name") }
        return key
    }

    private func checkName(_ key: UnsafeRawBufferPointer, _ place: UnsafePointer<UInt8>) throws(TextError) {
        if key.contains(0) { throw text.error("found a NUL in a field's name, expected none", at: place) }
    }

    private func repeated(
        _ key: UnsafeRawBufferPointer, _ place: UnsafePointer<UInt8>, _ earlier: Int
    ) -> TextError {
        let name = String(decoding: key.prefix(64), as: UTF8.self)
        let first = TextPlace(offset: earlier, in: text.text)
        return text.error("found field '\(name)' again, expected it once (first at \(first))", at: place)
    }

    private mutating func array(
        _ key: UnsafeRawBufferPointer, _ writer: inout DocumentWriter
    ) throws(TextError) {
        try enter(text.at)
        text.at += 1
        try writer.array(
            key: key.bytes,
            withKeys: { writer throws(TextError) in
                try text.skipSpace()
                if text.take(ASCII.rightBracket) { return }
                var index = ArrayIndex()
                repeat {
                    if notesPlaces { notePlace(key: text.at, writer) }
                    try index.withDigits { digits throws(TextError) in try value(digits, &writer) }
                    index.advance()
                } while try isNext(ASCII.rightBracket)
            })
        depth -= 1
    }

    /// Steps over a comma or `closing`, whichever follows an element; returns whether there is another element.
    @inline(__always)
    mutating func isNext(_ closing: UInt8) throws(TextError) -> Bool {
        if text.take(ASCII.comma) { return try isAnotherNext(closing) }
        if text.take(closing) { return false }
        try text.skipSpace()
        if text.take(ASCII.comma) { return try isAnotherNext(closing) }
        if text.take(closing) { return false }
        throw text.expected("',' or '\(Unicode.Scalar(closing))'")
    }

    @inline(__always)
    private mutating func isAnotherNext(_ closing: UInt8) throws(TextError) -> Bool {
        try text.skipSpace()
        return !(text.isRelaxed && text.take(closing))
    }
}

// MARK: - Places

extension Reader {
    /// Notes that the element that is written next has its key at `key` and its value here.
    mutating func notePlace(key: UnsafePointer<UInt8>, _ writer: borrowing DocumentWriter) {
        guard notesPlaces else { return }
        places.append(
            PlaceMark(
                element: UInt32(truncatingIfNeeded: writer.count - placeOrigin),
                key: UInt32(truncatingIfNeeded: key - text.start), value: UInt32(truncatingIfNeeded: text.offset)))
    }

    /// Corrects the marks from `first` on, whose elements were moved by `distance`.
    mutating func movePlaces(from first: Int, by distance: Int) {
        for index in first..<places.count {
            places[index].element = UInt32(truncatingIfNeeded: Int(places[index].element) + distance)
        }
    }
}

/// The index of an array's element as digits, counted up where they stand.
private struct ArrayIndex {
    private var digits: InlineArray<16, UInt8> = .init(repeating: ASCII.zero)
    private var first = 15

    @inline(__always)
    mutating func advance() {
        var place = 15
        while digits[place] == ASCII.nine {
            digits[place] = ASCII.zero
            place -= 1
        }
        digits[place] += 1
        first = min(first, place)
    }

    @inline(__always)
    func withDigits<E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> Void) throws(E) {
        try digits.span.extracting(first..<16).withUnsafeBytes(body)
    }
}

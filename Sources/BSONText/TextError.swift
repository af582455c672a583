// Where something stands in a text, and what is wrong there.

/// A place in a text as people count: the first character is in line 1, column 1.
public struct TextPlace: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The line; it ends with LF, CR LF or CR.
    public var line: Int
    /// The column, in characters (Unicode scalars); a tab is one.
    public var column: Int

    /// Creates the place in `line` and `column`.
    public init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    /// Orders as one reads.
    public static func < (left: TextPlace, right: TextPlace) -> Bool {
        (left.line, left.column) < (right.line, right.column)
    }

    /// Line and column, `3:14`.
    public var description: String { "\(line):\(column)" }
}

/// What is wrong with a text, and where.
public struct TextError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Where it is.
    public var place: TextPlace
    /// Where it is, in bytes from the start of the text.
    public var offset: Int
    /// What was found and what was expected; quotes a word of the text at most.
    public var message: String

    /// Creates the error that says `message` about `place`.
    public init(_ message: String, at place: TextPlace, offset: Int = 0) {
        self.message = message
        self.place = place
        self.offset = offset
    }

    /// The place and the message, `3:14: found '}', expected a value`.
    public var description: String { "\(place): \(message)" }
}

extension TextPlace {
    /// Counts lines and characters up to `offset`.
    ///
    /// - Complexity: O(*offset*); only for errors and configuration.
    init(offset: Int, in text: UnsafeBufferPointer<UInt8>) {
        var line = 1
        var column = 1
        var index = text.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        while index < offset && index < text.count {
            let byte = text[index]
            index += 1
            let endsLine = byte == ASCII.lineFeed || byte == ASCII.carriageReturn
            if !endsLine {
                column += byte & 0xC0 == 0x80 ? 0 : 1
            } else if byte == ASCII.lineFeed || index >= text.count || text[index] != ASCII.lineFeed {
                line += 1
                column = 1
            }
        }
        self.init(line: line, column: column)
    }
}

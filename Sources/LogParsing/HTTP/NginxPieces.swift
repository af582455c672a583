// A log_format in its pieces: texts and variables.

/// A variable of a format with the text that follows it.
struct NginxPiece: Hashable {
    var name: String
    var literal: [UInt8]
}

/// A format in its pieces.
struct NginxPieces: Hashable {
    /// What stands before the first variable.
    var prefix: [UInt8] = []
    var pieces: [NginxPiece] = []

    /// Splits the text of a format as nginx does (`ngx_http_log_compile_format`).
    init(_ text: String) throws(LogFormat.Problem) {
        let bytes = Array(text.utf8)
        var index = 0
        while index < bytes.count {
            guard bytes[index] == UInt8(ascii: "$") else {
                add(bytes[index])
                index += 1
                continue
            }
            index += 1
            let isBraced = index < bytes.count && bytes[index] == UInt8(ascii: "{")
            if isBraced { index += 1 }
            let start = index
            while index < bytes.count, Self.isName(bytes[index]) { index += 1 }
            let name = String(decoding: bytes[start..<index], as: UTF8.self)
            if name.isEmpty { throw .badSpecification("nginx", "a $ without the name of a variable") }
            if isBraced {
                guard index < bytes.count, bytes[index] == UInt8(ascii: "}") else {
                    throw .badSpecification("nginx", "the brace of ${\(name) is not closed")
                }
                index += 1
            }
            pieces.append(NginxPiece(name: name, literal: []))
        }
        if pieces.isEmpty { throw .badSpecification("nginx", "no variable in the log_format") }
        if pieces.count > Self.limit { throw .badSpecification("nginx", "more than \(Self.limit) variables") }
    }

    /// The most variables of a format.
    private static let limit = 500

    private mutating func add(_ byte: UInt8) {
        if pieces.isEmpty { prefix.append(byte) } else { pieces[pieces.count - 1].literal.append(byte) }
    }

    private static func isName(_ byte: UInt8) -> Bool {
        (byte | 0x20) &- 97 < 26 || byte &- 48 < 10 || byte == UInt8(ascii: "_")
    }
}

// The words of nginx's configuration: quotes, escapes, comments, blocks.

/// Something that nginx's configuration consists of.
enum NginxToken: Hashable {
    /// A word, with its quotes and escapes undone.
    case word(String)
    case open
    case close
    case end
}

/// Splits nginx's configuration into words as nginx does (`ngx_conf_read_token`).
struct NginxLexer {
    private let bytes: [UInt8]
    private var index = 0
    /// Lines begun so far.
    private(set) var line = 1
    /// Whether a quotation did not end.
    private(set) var isBroken = false

    init(_ text: String) { bytes = Array(text.utf8) }

    /// The next token, or nil at the end.
    mutating func next() -> NginxToken? {
        while let byte = peek {
            switch byte {
            case UInt8(ascii: " "), 9, 10, 13: step()
            case UInt8(ascii: "#"): while let byte = peek, byte != 10 { step() }
            case UInt8(ascii: ";"):
                step()
                return .end
            case UInt8(ascii: "{"):
                step()
                return .open
            case UInt8(ascii: "}"):
                step()
                return .close
            default: return .word(word(from: byte))
            }
        }
        return nil
    }

    private var peek: UInt8? { index < bytes.count ? bytes[index] : nil }

    private mutating func step() {
        if bytes[index] == 10 { line += 1 }
        index += 1
    }

    private mutating func word(from first: UInt8) -> String {
        let quote = first == UInt8(ascii: "\"") || first == UInt8(ascii: "'") ? first : nil
        if quote != nil { step() }
        var text: [UInt8] = []
        var isVariable = false
        while let byte = peek {
            if byte == UInt8(ascii: "\\"), index + 1 < bytes.count {
                step()
                text += Self.meaning(of: bytes[index])
                step()
                continue
            }
            if let quote {
                if byte == quote {
                    step()
                    return String(decoding: text, as: UTF8.self)
                }
            } else if Self.ends(byte) && !(isVariable && byte == UInt8(ascii: "{")) {
                return String(decoding: text, as: UTF8.self)
            }
            isVariable = byte == UInt8(ascii: "$")
            text.append(byte)
            step()
        }
        if quote != nil { isBroken = true }
        return String(decoding: text, as: UTF8.self)
    }

    private static func ends(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: " "), 9, 10, 13, UInt8(ascii: ";"), UInt8(ascii: "{"): true
        default: false
        }
    }

    private static func meaning(of byte: UInt8) -> [UInt8] {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "\\"): [byte]
        case UInt8(ascii: "t"): [9]
        case UInt8(ascii: "r"): [13]
        case UInt8(ascii: "n"): [10]
        default: [UInt8(ascii: "\\"), byte]
        }
    }
}

/// How nginx writes bytes that would be mistaken in a log (`log_format NAME escape=…`).
enum LogEscape: String, Sendable {
    /// `"`, `\` and everything that is not printable ASCII as `\xHH`.
    case `default`
    /// As in a JSON string.
    case json
    /// As they are.
    case none
}

/// A `log_format` of nginx: its name, if it was given, and its text with the configuration's quotes undone.
struct NginxLogFormat: Hashable, Sendable {
    var name: String?
    var escape = LogEscape.default
    var text: String

    /// nginx's own format, which is there without being defined.
    static let combined = NginxLogFormat(
        name: "combined",
        text: #"$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "#
            + #""$http_user_agent""#)

    init(name: String? = nil, escape: LogEscape = .default, text: String) {
        self.name = name
        self.escape = escape
        self.text = text
    }

    /// The words that follow `log_format`.
    init?(words: [String]) {
        guard let name = words.first else { return nil }
        self.init(name: name, text: "")
        add(Array(words.dropFirst()))
    }

    /// A format as it was pasted.
    ///
    /// That is the whole directive, or its quoted pieces, or the text within them.
    init?(pasted text: String) {
        let trimmed = String(text.drop { $0.isWhitespace })
        let isDirective =
            trimmed.hasPrefix("log_format") && trimmed.dropFirst(10).first.map { $0.isWhitespace } ?? false
        let isQuoted = trimmed.hasPrefix("'") || trimmed.hasPrefix("escape=")
        guard isDirective || isQuoted || trimmed.last(where: { !$0.isWhitespace }) == ";" && trimmed.hasPrefix("\"")
        else {
            self.init(text: text)
            return
        }
        var lexer = NginxLexer(trimmed)
        var words: [String] = []
        while case .word(let word)? = lexer.next() { words.append(word) }
        if lexer.isBroken { return nil }
        if isDirective {
            self.init(words: Array(words.dropFirst()))
        } else {
            self.init(text: "")
            add(words)
        }
    }

    private mutating func add(_ words: [String]) {
        var words = words[...]
        if let first = words.first, first.hasPrefix("escape="),
            let escape = LogEscape(rawValue: String(first.dropFirst(7)))
        {
            self.escape = escape
            words.removeFirst()
        }
        text = words.joined()
    }
}

// The text of a manual page, in the macros of man(7).

/// The text of a manual page, in the macros of man(7).
struct Roff {
    /// What was written so far.
    private(set) var text: String

    /// Begins a page of section 1.
    ///
    /// - Parameter comment: A line for those who open the file.
    init(title: String, comment: String) {
        text = ".\\\" \(comment)\n"
        text +=
            ".TH \(Self.escaped(title.uppercased())) 1 \(eventstormDate) "
            + "\"Eventstorm \(eventstormVersion)\" \"Eventstorm\"\n"
    }

    /// Begins a section.
    mutating func section(_ title: String) { text += ".SH \(title)\n" }
    /// Begins a part of a section.
    mutating func part(_ title: String) { text += ".SS \(Self.escaped(title))\n" }
    /// Begins a paragraph; the first of a section begins by itself.
    mutating func paragraph() { text += ".PP\n" }

    /// Writes prose in lines of at most 80 bytes, as far as its words permit; what stands between backticks is bold.
    mutating func prose(_ prose: String) {
        var line = ""
        for word in Self.marked(prose).split(separator: " ") {
            if !line.isEmpty, line.utf8.count + word.utf8.count >= 80 {
                text += Self.line(line)
                line = ""
            }
            line += (line.isEmpty ? "" : " ") + word
        }
        text += Self.line(line)
    }

    /// Writes the line by which `whatis` and `apropos` know a page.
    mutating func name(_ name: String, _ summary: String) {
        text += "\(Self.escaped(name)) \\- \(Self.escaped(summary))\n"
    }

    /// Writes paragraphs of prose, parted by empty lines.
    mutating func paragraphs(_ prose: String) {
        for (number, paragraph) in prose.split(separator: "\n\n").enumerated() {
            if number > 0 { self.paragraph() }
            for line in paragraph.split(separator: "\n") { self.prose(String(line)) }
        }
    }

    /// Writes a line as it is, in bold.
    mutating func bold(_ line: String) { text += Self.line("\\fB\(Self.escaped(line))\\fR") }

    /// Writes what is explained, in bold with `placeholder` behind it, and what is said of it.
    mutating func item(_ tag: String, _ placeholder: String = "", _ prose: String) {
        text += ".TP\n"
        let rest = placeholder.isEmpty ? "" : " \\fI\(Self.escaped(placeholder))\\fR"
        text += Self.line("\\fB\(Self.escaped(tag))\\fR\(rest)")
        self.prose(prose)
    }

    /// Writes lines as they are, such as command lines.
    mutating func code(_ lines: [String]) {
        text += ".nf\n.RS 4\n"
        for line in lines { text += Self.line(Self.escaped(line)) }
        text += ".RE\n.fi\n"
    }

    /// A line that is no request, whatever it begins with.
    private static func line(_ line: String) -> String { (line.hasPrefix(".") ? "\\&" : "") + line + "\n" }

    /// Signs that the formatter would take for others.
    static func escaped(_ text: some StringProtocol) -> String {
        var result = ""
        for character in text {
            switch character {
            case "\\": result += "\\e"
            case "-": result += "\\-"
            case "'": result += "\\(aq"
            case "`": result += "\\(ga"
            case "^": result += "\\(ha"
            case "~": result += "\\(ti"
            case "…": result += "..."
            default: result.append(character)
            }
        }
        return result
    }

    private static func marked(_ prose: String) -> String {
        let parts = prose.split(separator: "`", omittingEmptySubsequences: false)
        if parts.count.isMultiple(of: 2) { return escaped(prose) }
        return parts.enumerated().map { number, part in
            number.isMultiple(of: 2) ? escaped(part) : "\\fB\(escaped(part))\\fR"
        }
        .joined()
    }
}

// Texts in lines that fit a terminal of 80 columns.

/// Breaks texts for people into lines.
enum Wrapping {
    /// The columns of a terminal.
    static let width = 80

    /// Breaks a text at spaces.
    ///
    /// - Parameters:
    ///   - indent: Spaces before every line but the first.
    ///   - used: Columns of the first line that are taken already.
    static func text(_ text: String, indent: Int, used: Int = 0) -> String {
        join(text.split(separator: " ", omittingEmptySubsequences: false), indent: indent, used: used, mark: "")
    }

    /// Breaks a command line where a shell goes on reading it: between words, never inside of quotes.
    static func command(_ line: String, indent: Int, used: Int = 0) -> String {
        var words: [Substring] = []
        var isOpen = false
        for part in line.split(separator: " ", omittingEmptySubsequences: false) {
            if isOpen, let last = words.popLast() {
                words.append("\(last) \(part)")
            } else {
                words.append(part)
            }
            if part.count(where: { $0 == "'" }) % 2 == 1 { isOpen.toggle() }
        }
        return join(words, indent: indent, used: used, mark: " \\")
    }

    /// Joins words to lines; `mark` ends all lines but the last.
    private static func join(_ words: [Substring], indent: Int, used: Int, mark: String) -> String {
        var text = ""
        var column = used
        for (number, word) in words.enumerated() {
            let room = width - (number + 1 < words.count ? mark.count : 0)
            if number > 0 && column + 1 + word.count > room {
                text += mark + "\n" + String(repeating: " ", count: indent)
                column = indent
            } else if number > 0 {
                text += " "
                column += 1
            }
            text += word
            column += word.count
        }
        return text
    }
}

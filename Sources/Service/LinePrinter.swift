// The lines of several programs on one stderr.

internal import BSON
internal import Glibc

/// Writes the lines of several programs to stderr, each with its program's label, coloured on a terminal.
struct LinePrinter {
    private static let palette = [36, 32, 35, 34, 96, 92, 95, 94]

    let width: Int
    let isColoured: Bool
    let showsTime: Bool

    init(labels: [String]) {
        let isTerminal = isatty(STDERR_FILENO) != 0
        self.init(
            labels: labels, isColoured: isTerminal && environmentValue("NO_COLOR") == nil,
            showsTime: Log.Style.current.showsTime)
    }

    init(labels: [String], isColoured: Bool, showsTime: Bool) {
        width = labels.map(\.count).max() ?? 0
        self.isColoured = isColoured
        self.showsTime = showsTime
    }

    func print(_ label: String, _ colour: Int, _ text: String) {
        LineOutput.standardError.write(line(label, colour, text) + "\n")
    }

    func line(_ label: String, _ colour: Int, _ text: String) -> String {
        let time = showsTime ? "\(Datetime.now()) " : ""
        let padded = label + String(repeating: " ", count: max(0, width - label.count))
        let text = Log.escaped(text)
        guard isColoured else { return "\(time)\(padded) | \(text)" }
        let code = Self.palette[colour % Self.palette.count]
        let body =
            text.hasPrefix("error: ")
            ? "\u{1B}[31m\(text)\u{1B}[0m" : text.hasPrefix("warning: ") ? "\u{1B}[33m\(text)\u{1B}[0m" : text
        return "\(time)\u{1B}[\(code)m\(padded) |\u{1B}[0m \(body)"
    }
}

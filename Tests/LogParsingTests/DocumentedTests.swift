// docs/events.md says what the code does.
import Foundation
import Testing

@testable import LogParsing

@Suite("docs/events.md")
struct DocumentedTests {
    private static let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../docs/events.md")

    @Test("it has every variable of nginx with its field and its type")
    func variables() throws {
        let rows = HitVariable.all.map { variable in
            let fields = variable.field.split(separator: ", ").map { "`\($0)`" }.joined(separator: ", ")
            return "| `$\(variable.name)` | \(fields) | \(variable.kind.typeName) |"
        }
        let expected = (["| variable | field | type |", "|---|---|---|"] + rows).joined(separator: "\n")
        #expect(try part("nginx variables") == expected, "\(expected)")
    }

    @Test("it has every reason for which a line is refused")
    func reasons() throws {
        let text = try String(contentsOf: Self.path, encoding: .utf8)
        for reason in Refusal.allCases { #expect(text.contains("`\(reason.rawValue)`"), "\(reason)") }
    }

    /// What stands between two marks.
    private func part(_ name: String) throws -> String {
        let text = try String(contentsOf: Self.path, encoding: .utf8)
        let begin = try #require(text.range(of: "<!-- \(name) -->\n"))
        let end = try #require(text.range(of: "\n<!-- end of \(name) -->"))
        return String(text[begin.upperBound..<end.lowerBound])
    }
}

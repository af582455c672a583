// The tables of docs/configuration.md are those of the programs.

import Glibc
import Testing

@testable import Service

@Suite("docs/configuration.md", .serialized)
struct DocumentationTests {
    private static let path =
        "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/") + "/docs/configuration.md"
    static let programs: [Command] = [.sourceLog, .sourceHost, .router, .sinkArchive, .sinkLive, .sinkMongo]

    /// A program's settings as a table.
    private static func table(_ command: Command) -> String {
        var text = "| key | option | what | usual |\n|---|---|---|---|\n"
        for setting in command.settings {
            let key = setting.reach == .commandLine ? "" : "`\(setting.key)`"
            let list = setting.isRepeatable ? " (or a list)" : ""
            let option = setting.isTable ? "" : "`\(setting.usage)`"
            let usual = setting.usual.map { "`\($0)`" } ?? (setting.isRequired ? "required" : "")
            let row = "| \(key)\(list) | \(escape(option)) | \(escape(setting.help)) | \(usual) |"
            text += row.replacing("|  |", with: "| |").replacing("|  |", with: "| |") + "\n"
            if case .table(let row) = setting.kind { text += rows(of: row, below: "\(setting.key)[].") }
        }
        return text
    }

    /// The settings of documents inside a section.
    private static func rows(of command: Command, below path: String) -> String {
        var text = ""
        for column in command.settings {
            let list = column.isRepeatable ? " (or a list)" : ""
            let usual = column.isRequired ? "required " : column.usual.map { "`\($0)` " } ?? ""
            text += "| `\(path)\(column.key)`\(list) | | \(escape(column.help)) | \(usual)|\n"
            if case .document(let inner) = column.kind { text += rows(of: inner, below: "\(path)\(column.key).") }
        }
        return text
    }

    private static func escape(_ text: String) -> String { text.replacing("|", with: "\\|") }

    @Test("has the settings of every program; ES_UPDATE=1 writes them")
    func tables() throws {
        var text = try #require(readFile(Self.path))
        for command in Self.programs {
            let begin = "<!-- settings of \(command.name) -->\n"
            let end = "<!-- end of settings -->"
            let start = try #require(text.firstRange(of: begin), "no mark for \(command.name)")
            let stop = try #require(text[start.upperBound...].firstRange(of: end))
            text.replaceSubrange(start.upperBound..<stop.lowerBound, with: Self.table(command))
        }
        if environmentValue("ES_UPDATE") == "1" {
            let descriptor = open(Self.path, O_WRONLY | O_TRUNC)
            try #require(descriptor >= 0)
            writeAll(descriptor, text)
            close(descriptor)
        }
        let isCurrent = readFile(Self.path) == text
        #expect(isCurrent, "the tables changed: ES_UPDATE=1 swift test --filter DocumentationTests writes them")
    }

    @Test("has a fabric that is right")
    func example() throws {
        let text = try #require(readFile(Self.path))
        let start = try #require(text.firstRange(of: "```json5\n"))
        let end = try #require(text[start.upperBound...].firstRange(of: "```"))
        let configuration = Configuration(path: "example", text: String(text[start.upperBound..<end.lowerBound]))
        #expect(configuration.problems == [])
        #expect(configuration.sections.count == 5)
    }
}

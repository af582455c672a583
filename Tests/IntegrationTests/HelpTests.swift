// What the programs say of themselves fits a terminal.
import Foundation
@testable import Service
import Testing

@Suite("--help", .timeLimit(.minutes(1)))
struct HelpTests {
    private func help(_ words: [String]) throws -> [Substring] {
        let program = URL(filePath: try #require(Executables.path(of: words[0])))
        let said = try output(of: program, words.dropFirst() + ["--help"])
        #expect(said.status == 0)
        return said.text.split(separator: "\n", omittingEmptySubsequences: false)
    }

    @Test("of each program and each of its words fits 80 columns and a screen, and ends with examples")
    func fits() throws {
        let overview = try help(["eventstorm"])
        let start = try #require(overview.firstIndex { $0.hasPrefix("  ") })
        let words = overview[start...].prefix { !$0.isEmpty }.filter { !$0.hasPrefix("   ") }
            .compactMap { $0.split(separator: " ").first.map(String.init) }
        #expect(words.count >= 8)
        let programs = ["router", "source-log", "source-host", "sink-archive", "sink-live", "sink-mongo"]
        for call in [["eventstorm"]] + words.map({ ["eventstorm", $0] }) + programs.map({ ["eventstorm-\($0)"] }) {
            let lines = try help(call)
            #expect(lines.count <= 40 && lines.contains("Examples:"), "\(call)")
            #expect(lines.filter { $0.count > 80 } == [], "\(call)")
        }
    }
}

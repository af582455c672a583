// The examples of docs/configuration.md: their routes compile, and their tests pass.
import Foundation
import Routing
import Testing

@testable import Service

@Suite("The routes in docs/configuration.md")
struct RouteDocumentationTests {
    @Test("work as they say")
    func examples() throws {
        let path = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/") + "/docs/configuration.md"
        let text = try String(contentsOfFile: path, encoding: .utf8)
        let start = try #require(text.range(of: "\n## Routes\n"))
        let end = try #require(text.range(of: "\n## ", range: start.upperBound..<text.endIndex))
        let blocks = text[start.upperBound..<end.lowerBound].components(separatedBy: "```json5\n").dropFirst()
        #expect(blocks.count >= 4)
        for block in blocks {
            let example = block.components(separatedBy: "```")[0]
            let tests = try RouteTable.test(router(example))
            #expect(tests >= 1, "\(example)")
        }
    }
}

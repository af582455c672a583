// docs/query.md says what the code knows, no more and no less.

import BSON
import BSONText
import Foundation
import Testing

@testable import Query

@Suite("docs/query.md") struct QueryDocumentTests {
    private static let text: String = {
        let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardized
        return (try? String(contentsOf: root.appending(path: "docs/query.md"), encoding: .utf8)) ?? ""
    }()

    /// The names in the block behind a comment.
    private static func names(_ comment: String) -> [String] {
        let parts = text.components(separatedBy: "<!-- \(comment) -->\n```\n")
        guard parts.count == 2, let block = parts[1].components(separatedBy: "\n```").first else { return [] }
        return block.split { $0 == " " || $0 == "\n" }.map(String.init)
    }

    static let lists: [(comment: String, names: [String])] = [
        ("Operators.top", Operators.top), ("Operators.field", Operators.field),
        ("StageReader.names", StageReader.names),
        ("GroupReader.names", GroupReader.names), ("Function.names", Function.names),
    ]

    @Test("lists every operator that is supported, and no other", arguments: lists)
    func supported(list: (comment: String, names: [String])) {
        let told = Self.names(list.comment)
        #expect(Set(told) == Set(list.names), "\(Set(told).symmetricDifference(list.names).sorted())")
        #expect(told.count == Set(told).count)
    }

    @Test("what it lists as not supported is refused by its name, where the query is read")
    func unsupported() throws {
        for name in Self.names("queries") {
            let error = #expect(throws: QueryError.self) { _ = try Match("{'\(name)': {a: 1}}") }
            #expect(error?.message.contains(name) == true)
        }
        for name in Self.names("stages") {
            let error = #expect(throws: QueryError.self) { _ = try Pipeline("[{'\(name)': {}}]") }
            #expect(error?.message.contains(name) == true)
        }
        let expressions = Self.names("expressions")
        #expect(Set(expressions) == Function.unsupported)
        for name in expressions {
            let error = #expect(throws: QueryError.self) { _ = try Pipeline("[{$project: {r: {'\(name)': '$a'}}}]") }
            #expect(error?.message.contains(name) == true)
        }
        #expect(expressions.count > 40)
    }

    @Test("names every difference from mongod that the comparison knows")
    func differences() {
        for difference in KnownDifference.all {
            #expect(Self.text.contains("**\(difference.name)**"), "\(difference.name)")
        }
    }
}

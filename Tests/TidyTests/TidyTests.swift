// Reads the source tree: what people would have to look for in each change.

import Foundation
import Testing

@Suite("The source tree")
struct TidyTests {
    @Test("is found")
    func found() {
        #expect(Tree.swift.count > 20)
        #expect(Tree.files.contains { $0.path == "Makefile" } && Tree.files.contains { $0.path == ".ci/run" })
    }

    @Test("has the top-level names that were agreed on")
    func topLevel() {
        let agreed: Set = ["Package.swift", "Sources", "Tests", "examples", "README.md", "bench", "Makefile", "docs"]
        let ignored = Tree.files.first { $0.path == ".gitignore" }?.lines.map { $0.hasSuffix("/") ? $0.dropLast() : $0 }
        #expect(Set(Tree.topLevel).subtracting(agreed).subtracting((ignored ?? []).map(String.init)) == [])
    }

    @Test("has no line of code longer than 120 characters")
    func lineLength() {
        // Tests hold data, such as tables of /proc, as it is.
        let code = Tree.files.filter { file in
            !file.path.hasPrefix("Tests/") && !file.path.hasPrefix("bench/")
                && [".swift", ".h", ".c", ".py", "Makefile", "/run", "/setup", "/test"].contains {
                    file.path.hasSuffix($0)
                }
        }
        #expect(Tree.lines(of: code) { $0.count > 120 } == [])
    }

    @Test("has nothing left to do", arguments: ["TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"])
    func leftovers(word: String) {
        #expect(Tree.lines(of: Tree.files) { $0.range(of: "\\b\(word)\\b", options: .regularExpression) != nil } == [])
    }

    @Test("has no spaces at the ends of lines, no tabs in Swift, and ends each file with a line")
    func whitespace() {
        #expect(Tree.lines(of: Tree.files) { $0.hasSuffix(" ") || $0.hasSuffix("\t") } == [])
        #expect(Tree.lines(of: Tree.swift) { $0.contains("\t") } == [])
        #expect(Tree.files.filter { !$0.text.isEmpty && !$0.text.hasSuffix("\n") }.map(\.path) == [])
    }

    @Test("says in the first line of each Swift file what it is")
    func headers() {
        let silent = Tree.swift.filter { file in
            !(file.lines.first ?? "").hasPrefix("// ") || (file.lines.first ?? "").count < 8
        }
        #expect(silent.map(\.path) == [])
    }

    @Test("has files that fit in the head")
    func fileLength() {
        #expect(Tree.swift.filter { $0.lines.count > 500 }.map(\.path) == [])
    }

    @Test("has main files of a few lines that join libraries")
    func mainFiles() {
        let mains = Tree.swift.filter { $0.path.hasPrefix("Sources/Programs/") && $0.path.hasSuffix("/main.swift") }
        #expect(mains.count >= 6)
        #expect(mains.filter { $0.lines.count > 50 }.map(\.path) == [])
    }

    @Test("knows no place of the machine it was written on", arguments: ["root", "home", "work", "Users"])
    func machinePaths(directory: String) {
        #expect(Tree.lines(of: Tree.files) { $0.contains("/\(directory)/") } == [])
    }

    @Test("calls the fates of events by their names")
    func fates() {
        // Counters that count the same under another word than the table of fates does.
        let others = "discarded|rejected|ignored|missed|skipped|errored|suppressed|evicted"
        let counter = "\\b(var|let) (\(others))\\w*\\s*(:\\s*(Int|UInt64|Int64|Atomic)\\b|= 0)"
        let sources = Tree.swift.filter { $0.module != nil }
        #expect(Tree.lines(of: sources) { $0.range(of: counter, options: .regularExpression) != nil } == [])
    }

    @Test("is formatted by its own rules for people and for tools alike")
    func formatRules() throws {
        let rules = try #require(Tree.files.first { $0.path == ".swift-format" })
        #expect(rules.text.contains("\"lineLength\": 120"))
    }

    @Test("needs no package of anybody else")
    func noDependencies() throws {
        let package = try #require(Tree.files.first { $0.path == "Package.swift" })
        #expect(!package.text.contains(".package("))
        #expect(!package.text.contains("unsafeFlags"), "packages with unsafe flags cannot be depended on")
    }

    @Test("shows in the README what is in the examples, word for word")
    func readme() throws {
        let readme = try #require(Tree.files.first { $0.path == "README.md" })
        let examples = Tree.files.filter { $0.path.hasPrefix("examples/") }
        let parts = readme.text.components(separatedBy: "```")
        for block in stride(from: 1, to: parts.count, by: 2).map({ parts[$0] }) {
            guard let line = block.firstIndex(of: "\n"), ["swift", "python"].contains(block[..<line]) else { continue }
            let code = block[block.index(after: line)...]
            #expect(examples.contains { $0.text.contains(code) }, "no example holds:\n\(code)")
        }
    }

    @Test("names every program in the README")
    func programsInReadme() throws {
        let readme = try #require(Tree.files.first { $0.path == "README.md" })
        let mains = Tree.swift.filter { $0.path.hasPrefix("Sources/Programs/") && $0.path.hasSuffix("/main.swift") }
        for main in mains {
            let program = main.path.split(separator: "/")[2]
            #expect(readme.text.contains("`\(program)`"), "\(program)")
        }
    }
}

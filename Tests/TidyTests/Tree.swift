// The source tree as the tests read it.

import Foundation

/// A text file of the project.
struct SourceFile: Sendable, CustomStringConvertible {
    /// Its path below the project's directory.
    let path: String
    let text: String

    var description: String { path }
    var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }
    var isSwift: Bool { path.hasSuffix(".swift") }

    /// The folder below `Sources` that it belongs to, nil elsewhere.
    var module: String? {
        let parts = path.split(separator: "/")
        guard parts.count > 2, parts[0] == "Sources" else { return nil }
        return parts[1] == "Programs" ? "Programs" : String(parts[1])
    }

    /// The modules it imports.
    var imports: [String] {
        lines.compactMap { line in
            let words = line.split(separator: " ")
            guard let word = words.firstIndex(of: "import"), words.indices.contains(word + 1) else { return nil }
            let modifiers: Set<Substring> = ["public", "package", "internal", "private", "fileprivate", "@testable"]
            guard words[..<word].allSatisfy({ modifiers.contains($0) || $0.hasPrefix("@_") }) else { return nil }
            let kinds: Set<Substring> = ["struct", "class", "enum", "func", "protocol", "typealias", "var", "let"]
            let name = kinds.contains(words[word + 1]) && words.count > word + 2 ? words[word + 2] : words[word + 1]
            return name.split(separator: ".").first.map(String.init)
        }
    }
}

/// The project's directory and what is in it.
enum Tree {
    /// The project's directory.
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path()

    /// What the directory holds, without dotfiles.
    static let topLevel = ((try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []).filter {
        !$0.hasPrefix(".")
    }

    /// Every text file, in order.
    static let files: [SourceFile] = {
        let folders = ["Sources", "Tests", "examples", "bench", "docs", ".ci", ".swift-format", ".gitignore"]
        var paths: [String] = topLevel.filter { $0.contains(".") || $0 == "Makefile" }
        for folder in folders {
            paths += [folder]
            paths += FileManager.default.subpaths(atPath: root + folder)?.map { "\(folder)/\($0)" } ?? []
        }
        return paths.sorted().compactMap { path in
            if path.contains("__pycache__") { return nil }
            guard let text = try? String(contentsOfFile: root + path, encoding: .utf8) else { return nil }
            return SourceFile(path: path, text: text)
        }
    }()

    static let swift = files.filter(\.isSwift)

    /// Each line of `files` that fits, as `path:line: text`.
    static func lines(of files: [SourceFile], where fits: (Substring) -> Bool) -> [String] {
        files.flatMap { file in
            file.lines.enumerated().filter { fits($0.element) }.map { "\(file.path):\($0.offset + 1): \($0.element)" }
        }
    }
}

/// Runs a program and returns what it wrote to stdout.
func output(of program: String, _ arguments: [String]) throws -> String {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [program] + arguments
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = FileHandle.nullDevice
    try process.run()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return String(decoding: data, as: UTF8.self)
}

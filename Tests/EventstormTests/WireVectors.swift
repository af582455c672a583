// Reads the vectors in docs/wire.md.
import Foundation
import Testing

/// One line of a block of vectors.
struct WireVector: CustomTestStringConvertible, Sendable {
    let line: Int
    let fields: [String]

    var testDescription: String { "line \(line)" }
}

/// The vectors of the specification, by kind.
enum WireVectors {
    /// All lines of all blocks of a kind.
    static func lines(_ kind: String) -> [WireVector] { blocks(kind).flatMap { $0 } }

    /// The blocks of a kind, whose lines belong together.
    static func blocks(_ kind: String) -> [[WireVector]] { all[kind] ?? [] }

    private static let all: [String: [[WireVector]]] = {
        let path = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../docs/wire.md")
        guard let text = try? String(contentsOf: path, encoding: .utf8) else { return [:] }
        var result: [String: [[WireVector]]] = [:]
        var kind: String?
        var block: [(line: Int, text: String)] = []
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            if let open = kind {
                if line.hasPrefix("```") {
                    result[open, default: []].append(block.map { vector($0.text, line: $0.line, kind: open) })
                    (kind, block) = (nil, [])
                } else if line.hasPrefix(" ") {
                    // Bytes go on where they stopped; anything else stands apart.
                    let rest = line.drop { $0 == " " }
                    let isBytes = rest.prefix { $0.isHexDigit }.count > 20
                    block[block.count - 1].text +=
                        (isBytes && !block[block.count - 1].text.hasSuffix(" ") ? "" : " ") + rest
                } else {
                    block.append((index + 1, String(line)))
                }
            } else if line.hasPrefix("```es-vectors ") {
                kind = String(line.dropFirst(14))
            }
        }
        return result
    }()

    private static func vector(_ line: String, line number: Int, kind: String) -> WireVector {
        let text = line.range(of: " #").map { line[..<$0.lowerBound] } ?? line[...]
        let separator = ["ledger", "receiver"].contains(kind) ? "->" : "|"
        let fields = text.components(separatedBy: separator).map { field in
            let trimmed = field.trimmingCharacters(in: .whitespaces)
            return trimmed == "\"\"" ? "" : trimmed
        }
        return WireVector(line: number, fields: fields)
    }

    /// Bytes in hexadecimal, or one repeated as in `61*255`.
    static func bytes(_ text: String) throws -> [UInt8] {
        if text == "\"\"" { return [] }
        let parts = text.split(separator: "*")
        if parts.count == 2 {
            return [UInt8](
                repeating: try #require(UInt8(parts[0], radix: 16)), count: try #require(Int(parts[1])))
        }
        try #require(text.count % 2 == 0, "\(text)")
        var bytes: [UInt8] = []
        var index = text.startIndex
        while index < text.endIndex {
            let end = text.index(index, offsetBy: 2)
            bytes.append(try #require(UInt8(text[index..<end], radix: 16), "\(text)"))
            index = end
        }
        return bytes
    }
}

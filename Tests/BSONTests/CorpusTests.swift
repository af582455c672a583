// MongoDB's public conformance cases, by hand: BSON_CORPUS=DIR names the folder that holds their JSON files.

import BSON
import Foundation
import Testing

private let corpus = ProcessInfo.processInfo.environment["BSON_CORPUS"]

@Suite("Conformance corpus", .enabled(if: corpus != nil, "by hand: BSON_CORPUS names no folder")) struct CorpusTests {
    @Test("valid documents are accepted, read value by value and written again byte for byte")
    func valid() throws {
        var passed = 0
        for item in try cases("valid") {
            let canonical = try bytes(item.canonicalBSON)
            let accepted = canonical == roundTrip(canonical)
            #expect(accepted, "\(item.name)")
            // Other bytes for the same document, if there are any, become the canonical ones.
            let degenerate = try item.degenerateBSON.map { try bytes($0) } ?? canonical
            let repaired = roundTrip(degenerate) == canonical
            #expect(repaired, "\(item.name)")
            if accepted && repaired { passed += 1 }
        }
        print("corpus: \(passed) valid documents passed")
        #expect(passed > 700)
    }

    @Test("broken documents are refused")
    func decodeErrors() throws {
        var passed = 0
        for item in try cases("decodeErrors") {
            let broken = try bytes(item.bson)
            let refused = #expect(throws: BSONError.self, "\(item.name)") { try Document(validating: broken) }
            if refused != nil { passed += 1 }
        }
        print("corpus: \(passed) broken documents refused")
        #expect(passed > 70)
    }

    @Test("decimal numbers are read and written as text")
    func decimals() throws {
        var passed = 0
        for item in try cases("valid") {
            guard let text = decimal(item.canonicalJSON) else { continue }
            let document = try Document(validating: bytes(item.canonicalBSON))
            let view = document.view
            let number = view["d"]?.decimal128
            #expect(number?.description == text, "\(item.name)")
            let read = try Decimal128(#require(decimal(item.degenerateJSON ?? item.canonicalJSON)))
            // The text does not hold a NaN's payload, nor coefficients that stand for zero.
            #expect(item.lossy ? read?.description == text : read == number, "\(item.name)")
            passed += 1
        }
        print("corpus: \(passed) decimal numbers passed")
        #expect(passed > 400)
    }

    @Test("text that is no decimal number, or not exactly one, is refused")
    func decimalErrors() throws {
        var refused = 0
        for item in try cases("parseErrors", in: "decimal128") {
            #expect(Decimal128(item.string) == nil, "\(item.name)")
            refused += 1
        }
        print("corpus: \(refused) wrong decimal texts refused")
        #expect(refused > 100)
    }
}

/// One case of the corpus.
private struct CorpusCase {
    let file: String
    let fields: [String: Any]

    private func text(_ key: String) -> String? { fields[key] as? String }

    var name: String { "\(file): \(text("description") ?? "")" }
    var canonicalBSON: String { text("canonical_bson") ?? "" }
    var degenerateBSON: String? { text("degenerate_bson") }
    var canonicalJSON: String { text("canonical_extjson") ?? "" }
    var degenerateJSON: String? { text("degenerate_extjson") }
    var lossy: Bool { fields["lossy"] as? Bool ?? false }
    var bson: String { text("bson") ?? "" }
    var string: String { text("string") ?? "" }
}

private func cases(_ kind: String, in prefix: String = "") throws -> [CorpusCase] {
    let folder = URL(fileURLWithPath: corpus ?? "")
    let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
    return try files.filter { $0.pathExtension == "json" && $0.lastPathComponent.hasPrefix(prefix) }.flatMap { file in
        let content = try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any]
        let items = content?[kind] as? [[String: Any]] ?? []
        return items.map { CorpusCase(file: file.lastPathComponent, fields: $0) }
    }
}

private func bytes(_ hex: String) throws -> [UInt8] {
    let digits = Array(hex)
    return try stride(from: 0, to: digits.count, by: 2).map {
        try #require(UInt8(String(digits[$0...($0 + 1)]), radix: 16))
    }
}

private func decimal(_ json: String) -> String? {
    let document = try? JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any]
    return (document?["d"] as? [String: Any])?["$numberDecimal"] as? String
}

/// The bytes read as values and written again; `nil` if they are not a document.
private func roundTrip(_ bytes: [UInt8]) -> [UInt8]? {
    guard let document = try? Document(validating: bytes) else { return nil }
    var writer = DocumentWriter()
    writer.beginDocument()
    let complete = rewriteAll(document.view, to: &writer)
    return writer.endDocument() && complete ? writer.take() : nil
}

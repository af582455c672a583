// MongoDB's public conformance cases, where BSON_CORPUS says that they are.
//
// They are not part of this project. Fetch them from MongoDB's specifications (source/bson-corpus/tests) and run
// `BSON_CORPUS=DIR swift test --filter CorpusTests`; the last line says how many cases passed.

import BSON
import BSONText
import Glibc
import Testing

@Suite("MongoDB's corpus", .enabled(if: getenv("BSON_CORPUS") != nil, "by hand: BSON_CORPUS names no folder"))
struct CorpusTests {
    /// Cases that were run and that passed.
    final class Tally {
        var run = 0
        var passed = 0

        func check(_ passes: Bool, _ what: String) {
            run += 1
            passed += passes ? 1 : 0
            #expect(passes, "\(what)")
        }
    }

    @Test("is read, written and refused as it should be") func passes() throws {
        let directory = String(cString: try #require(getenv("BSON_CORPUS")))
        var tallies: [String: Tally] = [:]
        for name in files(of: directory) {
            let file = try BSONText.parse(contents(of: "\(directory)/\(name)"), extendedJSON: false).document
            for (list, run) in [("valid", valid), ("decodeErrors", decodeError), ("parseErrors", parseError)] {
                let tally = tallies[list] ?? Tally()
                tallies[list] = tally
                for entry in entries(of: file, list) {
                    run(
                        fields(of: entry), "\(name), \(list): \(fields(of: entry)["description"] ?? "")", tally,
                        fields(of: file))
                }
            }
        }
        for (list, tally) in tallies.sorted(by: { $0.key < $1.key }) {
            print("corpus \(list): \(tally.passed) of \(tally.run) checks pass")
        }
        #expect(tallies.count == 3)
    }

    private typealias Fields = [String: String]

    private func valid(_ fields: Fields, _ what: String, _ tally: Tally, _ file: Fields) {
        guard let binary = fields["canonical_bson"].flatMap(bytes), let canonical = fields["canonical_extjson"],
            let document = validated(binary)
        else { return tally.check(false, "\(what): not valid BSON") }
        let isLossy = fields["lossy"] == "true"
        tally.check(same(json(document, style: .canonical), canonical), "\(what): written canonically")
        if !isLossy { tally.check(read(canonical) == document, "\(what): canonical text read") }
        if let relaxed = fields["relaxed_extjson"] {
            tally.check(same(json(document), relaxed), "\(what): written relaxed")
            tally.check(read(relaxed).map { same(json($0), relaxed) } == true, "\(what): relaxed text read and written")
        }
        if let degenerate = fields["degenerate_extjson"], !isLossy {
            tally.check(read(degenerate) == document, "\(what): degenerate text read")
        }
        if let degenerate = fields["degenerate_bson"].flatMap(bytes) {
            let text = validated(degenerate).map { json($0, style: .canonical) }
            tally.check(text.map { same($0, canonical) } == true, "\(what): degenerate BSON written")
        }
    }

    private func decodeError(_ fields: Fields, _ what: String, _ tally: Tally, _ file: Fields) {
        tally.check(fields["bson"].flatMap(bytes).map { validated($0) == nil } == true, "\(what): accepted")
    }

    private func parseError(_ fields: Fields, _ what: String, _ tally: Tally, _ file: Fields) {
        let string = fields["string"] ?? ""
        let isDecimal = file["bson_type"] == "0x13"
        let quoted = json(Document { $0["$numberDecimal"] = string })
        let text = isDecimal ? "{\"d\":\(quoted)}" : string
        tally.check(read(text) == nil, "\(what): accepted")
    }

    private func read(_ text: String) -> Document? { document(utf8: Array(text.utf8)) }

    private func validated(_ bytes: [UInt8]) -> Document? {
        do {
            return try Document(validating: bytes)
        } catch {
            return nil
        }
    }

    /// Whether two texts are the same but for spaces, escapes and the spelling of numbers.
    private func same(_ left: String, _ right: String) -> Bool { plain(left) == plain(right) }

    private func plain(_ text: String) -> String? {
        do {
            let parsed = try BSONText.parse(text, extendedJSON: false)
            return json(parsed.document, style: .canonical).replacing("E+", with: "e+")
        } catch {
            return nil
        }
    }

    // MARK: - The files

    private func entries(of file: Document, _ list: String) -> [Document] {
        var entries: [Document] = []
        if let array = file.view[list]?.array {
            array.forEach { element in
                if let entry = element.document { entries.append(Document(copying: entry)) }
            }
        }
        return entries
    }

    private func fields(of entry: Document) -> Fields {
        var fields: Fields = [:]
        entry.view.forEach { element in
            fields[element.key] = element.string ?? (element.bool == true ? "true" : nil)
        }
        return fields
    }

    private func bytes(_ hex: String) -> [UInt8]? {
        let digits = Array(hex)
        guard digits.count.isMultiple(of: 2) else { return nil }
        let bytes = stride(from: 0, to: digits.count, by: 2).compactMap {
            UInt8(String(digits[$0...$0 + 1]), radix: 16)
        }
        return bytes.count * 2 == digits.count ? bytes : nil
    }

    private func files(of directory: String) -> [String] {
        guard let stream = opendir(directory) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                String(cString: UnsafeRawPointer($0).assumingMemoryBound(to: CChar.self))
            }
            if name.hasSuffix(".json") { names.append(name) }
        }
        return names.sorted()
    }

    private func contents(of path: String) -> String {
        guard let file = fopen(path, "r") else { return "" }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 64 << 10)
        while case let count = fread(&part, 1, part.count, file), count > 0 { bytes += part[..<count] }
        return String(decoding: bytes, as: UTF8.self)
    }
}

// Documents from lines, however the text is cut into chunks.

import BSON
import BSONText
import Testing

@Suite("Lines of JSON") struct LineReaderTests {
    /// What comes out of `text` when it is read in chunks of `size` bytes: documents, and errors behind "error ".
    static func read(_ text: [UInt8], size: Int, limits: BSONText.Limits = BSONText.Limits()) -> [String] {
        var lines = LineReader(limits: limits)
        var results: [String] = []
        for start in stride(from: 0, to: text.count, by: size) {
            let chunk = text.span.bytes.extracting(start..<min(start + size, text.count))
            lines.read(
                chunk, document: { results.append("\($1): \(BSONText.string($0))") },
                failed: { results.append("error \($0)") }
            )
        }
        lines.finish(
            document: { results.append("\($1): \(BSONText.string($0))") }, failed: { results.append("error \($0)") })
        results.append("\(lines.line) lines")
        return results
    }

    static let texts: [(text: String, results: [String])] = [
        ("", ["0 lines"]), ("\n\n \t\r\n", ["3 lines"]), ("{\"a\":1}", ["1: {\"a\":1}", "1 lines"]),
        ("{\"a\":1}\n", ["1: {\"a\":1}", "1 lines"]),
        ("{\"a\":1}\r\n{\"b\":\"\\n\"}\r\n", ["1: {\"a\":1}", "2: {\"b\":\"\\n\"}", "2 lines"]),
        (
            "{\"a\":1}\n\n  {\"é\": tru}\n{\"c\":3}\n[1]\n{\"d\":4} x\n{\n}\n{\"e\":5}",
            [
                "1: {\"a\":1}", "error 3:9: found 't', expected a value", "4: {\"c\":3}",
                "error 5:1: found '[', expected '{'",
                "error 6:9: found 'x', expected the end of the text",
                "error 7:2: found the end of the text, expected a field's name in quotation marks",
                "error 8:1: found '}', expected '{'", "9: {\"e\":5}", "9 lines",
            ]
        ),
        (
            "{\"a\": \"\(String(repeating: "é", count: 40))\"}\n{}\n",
            ["error 1:1: found a line of more than 60 bytes, expected less", "2: {}", "2 lines"]
        ),
        (
            "{}\n\(String(repeating: "x", count: 500))",
            ["1: {}", "error 2:1: found a line of more than 60 bytes, expected less", "2 lines"]
        ),
    ]

    @Test("are the same for chunks of any size", arguments: texts) func readsChunks(text: String, results: [String]) {
        let bytes = Array(text.utf8)
        for size in [1, 2, 3, 5, 7, 11, 59, 60, 61, 62, 1000] {
            #expect(Self.read(bytes, size: size, limits: BSONText.Limits(textBytes: 60)) == results, "\(size)")
        }
    }

    @Test("a document that is too large fails, and the next does not") func boundsDocuments() {
        let text = Array("{\"a\":[1,2,3,4,5,6]}\n{\"a\":1}\n".utf8)
        let results = Self.read(text, size: 100, limits: BSONText.Limits(documentBytes: 40))
        #expect(
            results == ["error 1:1: found more than 40 bytes in a document, expected less", "2: {\"a\":1}", "2 lines"])
    }

    @Test("an endless line keeps memory bounded") func boundsLines() {
        var lines = LineReader(limits: BSONText.Limits(textBytes: 1000))
        let chunk = [UInt8](repeating: UInt8(ascii: " "), count: 64 << 10)
        var errors = 0
        for _ in 0..<1000 { lines.read(chunk.span.bytes, document: { _, _ in }, failed: { _ in errors += 1 }) }
        #expect(errors == 1)
        var documents = 0
        lines.read(Array("\n{}\n".utf8).span.bytes, document: { _, _ in documents += 1 }, failed: { _ in errors += 1 })
        #expect((errors, documents, lines.line) == (1, 1, 2))
    }

    struct Stop: Error {}

    @Test("what a closure throws ends the reading") func passesErrors() {
        var lines = LineReader()
        var documents = 0
        let text = Array("{}\n{}\n".utf8)
        do throws(Stop) {
            try lines.read(
                text.span.bytes,
                document: { _, _ throws(Stop) in
                    documents += 1
                    throw Stop()
                }, failed: { _ throws(Stop) in })
            Issue.record("nothing was thrown")
        } catch {
            #expect(documents == 1)
        }
    }
}

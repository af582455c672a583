// Feeds the reader and the writer of text with whatever libFuzzer thinks of.
//
// 1. The first byte chooses the dialect and what is done with the rest.
// 2. What is read must be valid BSON, and must come back as the same bytes through canonical text.
// 3. What is refused must name a place within the text.
// 4. Lines must be the same documents and errors however the text is cut.
// 5. Bytes that are not BSON must still become text that is JSON in UTF-8.
import BSON
import BSONText
import CFuzzer
import Glibc

@main
enum FuzzText {
    static func main() {
        if let directory = CommandLine.arguments.last, CommandLine.arguments.count > 1 { seed(directory) }
        var count = CommandLine.argc
        var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
        LLVMFuzzerRunDriver(&count, &arguments) { data, size in
            guard let data, size > 0 else { return 0 }
            let bytes = Array(UnsafeBufferPointer(start: data, count: size))
            FuzzText.check(Array(bytes.dropFirst()), choice: bytes[0])
            return 0
        }
    }

    /// Writes texts to begin with into a corpus directory.
    private static func seed(_ directory: String) {
        let texts = [
            #"{"a":[1,-2.5e3,true,null,"x\n\u00e9\ud83d\ude00é"],"b":{"$oid":"0123456789abcdef01234567"}}"#,
            "{// c\n a: 'x\\\n', /* d */ b: 0x1F, c: [.5, +Infinity,], é\\u0061: {$date: '2026-11-21T07:39:53Z'},}",
            #"{a: /x[/]\//i, b: new Date('2026-11-21'), c: BinData(0, 'AQ=='), d: Timestamp(1, 2), e: NumberLong('5')}"#,
            #"{"a":{"$code":"f","$scope":{"b":{"$numberDecimal":"1.5"}}},"c":{"$scope":{},"$code":""}}"#,
            #"{"a":{"$regularExpression":{"pattern":"a","options":"i"}},"b":{"$timestamp":{"t":1,"i":2}}}"#,
            #"{"a":{"$dbPointer":{"$ref":"a","$id":{"$oid":"0123456789abcdef01234567"}}},"b":{"$minKey":1}}"#,
            "{\"a\":1}\r\n\n{\"b\":[1,2]}\n{x}\n{\"c\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}\n{\"d\":1}",
        ]
        for (index, text) in texts.enumerated() {
            for choice in [0, 1, 2, 16, 17, 18] as [UInt8] {
                guard let file = fopen("\(directory)/seed-\(index)-\(choice)", "w") else { return }
                let bytes = [choice] + Array(text.utf8)
                fwrite(bytes, 1, bytes.count, file)
                fclose(file)
            }
        }
    }

    private static func check(_ text: [UInt8], choice: UInt8) {
        let dialect = BSONText.Dialect.allCases[Int(choice & 3) % 3]
        switch choice >> 2 & 7 {
        case 0: lines(text, dialect, size: Int(choice >> 5) + 1)
        case 1: unchecked(text)
        case 2: parse(text, dialect, asValue: true, extendedJSON: true)
        case 3: parse(text, dialect, asValue: false, extendedJSON: false)
        default: parse(text, dialect, asValue: false, extendedJSON: true)
        }
    }

    private static func parse(_ text: [UInt8], _ dialect: BSONText.Dialect, asValue: Bool, extendedJSON: Bool) {
        do {
            let parsed =
                asValue
                ? try BSONText.parseValue(text.span.bytes, dialect: dialect, extendedJSON: extendedJSON)
                : try BSONText.parse(text.span.bytes, dialect: dialect, extendedJSON: extendedJSON)
            do {
                let bytes = parsed.document.bytes
                _ = try BSONValidator.validate(bytes.span.bytes)
            } catch {
                fatalError("read as invalid BSON: \(error)")
            }
            for offset in 4..<min(parsed.document.bytes.count, 60) {
                precondition((parsed.place(ofElementAt: offset)?.column ?? 1) >= 1)
            }
            if extendedJSON { roundTrip(parsed.document) }
        } catch {
            precondition(error.offset >= 0 && error.offset <= text.count, "an error outside of the text")
            precondition(error.place.line >= 1 && error.place.column >= 1, "an error without a place")
        }
    }

    private static func roundTrip(_ document: Document) {
        for layout in [BSONText.Layout.compact, .pretty(indent: 1)] {
            let canonical = BSONText.string(document.view, style: .canonical, layout: layout)
            let relaxed = BSONText.string(document.view, layout: layout, escapesMarkup: true)
            do {
                let again = try BSONText.parse(canonical)
                precondition(again.document == document, "other bytes from canonical text")
                let read = try BSONText.parse(relaxed)
                let written = BSONText.string(read.document.view, layout: layout, escapesMarkup: true)
                precondition(written == relaxed, "other text from relaxed text")
            } catch {
                fatalError("own text refused: \(error)")
            }
        }
    }

    private static func lines(_ text: [UInt8], _ dialect: BSONText.Dialect, size: Int) {
        precondition(results(text, dialect, size: size) == results(text, dialect, size: max(1, text.count)))
    }

    private static func results(_ text: [UInt8], _ dialect: BSONText.Dialect, size: Int) -> [String] {
        var lines = LineReader(dialect: dialect, limits: BSONText.Limits(textBytes: 40))
        var results: [String] = []
        for start in stride(from: 0, to: text.count, by: size) {
            lines.read(
                text.span.bytes.extracting(start..<min(start + size, text.count)),
                document: { results.append("\($1): \(BSONText.string($0))") },
                failed: { results.append($0.description) })
        }
        lines.finish(
            document: { results.append("\($1): \(BSONText.string($0))") }, failed: { results.append($0.description) })
        return results
    }

    private static func unchecked(_ bytes: [UInt8]) {
        let view = DocumentView(unchecked: bytes.span.bytes)
        var text: [UInt8] = []
        BSONText.write(view, to: &text)
        precondition(text.allSatisfy { $0 >= 0x20 && $0 != 0x7F })
        precondition(BSONValidator.isUTF8(text.span.bytes), "written text is not UTF-8")
        let canonical = BSONText.string(view, style: .canonical)
        do {
            _ = try BSONText.parseValue(canonical, extendedJSON: false)
        } catch {
            // A key may occur twice in BSON; everything else must be JSON.
            precondition(error.message.contains("again") || error.message.contains("NUL"), "\(error)")
        }
    }
}

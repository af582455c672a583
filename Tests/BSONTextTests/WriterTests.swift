// Documents as text.

import BSON
import BSONText
import Testing

@Suite("Writing text") struct WriterTests {
    static func everything(_ writer: inout DocumentWriter) {
        writer["double"] = 1.0
        writer["string"] = "é\"<b>"
        writer["document"] = Document { $0["a"] = 1 as Int32 }
        writer.array("array") {
            $0.append(1 as Int32)
            $0.append(2 as Int64)
        }
        writer["binary"] = Binary([1, 2, 3, 4], subtype: 0x80)
        writer["oid"] = ObjectID(seconds: 1, low: 2)
        writer["true"] = true
        writer["date"] = Datetime(millisecondsSinceEpoch: 1_356_351_330_501)
        writer["old"] = Datetime(millisecondsSinceEpoch: -1)
        writer.null("null")
        writer["regex"] = BSON.Regex("a/\"", options: "xi")
        writer["code"] = JavaScript("f()")
        writer["scoped"] = JavaScriptWithScope("f()", scope: Document { $0["x"] = 1 as Int32 })
        writer["int32"] = 3 as Int32
        writer["int64"] = 4 as Int64
        writer["timestamp"] = Timestamp(seconds: 5, increment: 6)
        writer["decimal"] = Decimal128("1.50")
        writer.minKey("min")
        writer.maxKey("max")
        writer.undefined("undefined")
        writer["symbol"] = Symbol("s")
        writer["pointer"] = DBPointer("c", id: ObjectID(seconds: 1, low: 2))
        writer["nan"] = Double.nan
        writer.document("empty") { _ in }
        writer.array("none") { _ in }
    }

    @Test("relaxed text has numbers and dates as people write them") func writesRelaxed() {
        let text = json(Document(Self.everything))
        #expect(
            text == """
                {"double":1.0,"string":"é\\"<b>","document":{"a":1},"array":[1,2],\
                "binary":{"$binary":{"base64":"AQIDBA==","subType":"80"}},"oid":{"$oid":"000000010000000000000002"},\
                "true":true,"date":{"$date":"2012-12-24T12:15:30.501Z"},"old":{"$date":{"$numberLong":"-1"}},"null":null,\
                "regex":{"$regularExpression":{"pattern":"a/\\"","options":"ix"}},"code":{"$code":"f()"},\
                "scoped":{"$code":"f()","$scope":{"x":1}},"int32":3,"int64":4,"timestamp":{"$timestamp":{"t":5,"i":6}},\
                "decimal":{"$numberDecimal":"1.50"},"min":{"$minKey":1},"max":{"$maxKey":1},"undefined":{"$undefined":true},\
                "symbol":{"$symbol":"s"},"pointer":{"$dbPointer":{"$ref":"c","$id":{"$oid":"000000010000000000000002"}}},\
                "nan":{"$numberDouble":"NaN"},"empty":{},"none":[]}
                """)
    }

    @Test("pretty text has a line for each field") func writesPretty() {
        let document = Document {
            $0["a"] = 1 as Int32
            $0.document("b") { inner in inner.array("c") { $0.append(1.5) } }
            $0["id"] = ObjectID(seconds: 1, low: 2)
            $0.document("empty") { _ in }
            $0["t"] = Timestamp(seconds: 5, increment: 6)
        }
        #expect(
            json(document, layout: .pretty(indent: 4)) == """
                {
                    "a": 1,
                    "b": {
                        "c": [
                            1.5
                        ]
                    },
                    "id": {"$oid": "000000010000000000000002"},
                    "empty": {},
                    "t": {"$timestamp": {"t": 5, "i": 6}}
                }
                """)
        #expect(json(Document(), layout: .pretty()) == "{}")
    }

    static let doubles: [(Double, String)] = [
        (0, "0.0"), (-0.0, "-0.0"), (1, "1.0"), (-1.5, "-1.5"), (0.1, "0.1"), (129.9, "129.9"), (0.001, "0.001"),
        (0.0001, "0.0001"), (0.00001, "1e-05"), (1e15, "1000000000000000.0"), (1e16, "1e+16"),
        (123_456.789, "123456.789"),
        (0.1 + 0.2, "0.30000000000000004"), (1 / 3, "0.3333333333333333"), (.leastNonzeroMagnitude, "5e-324"),
        (.greatestFiniteMagnitude, "1.7976931348623157e+308"),
        (999_999_999.999999, "999999999.999999"), (100, "100.0"), (1.05, "1.05"), (4.35, "4.35"), (0.000001, "1e-06"),
    ]

    @Test("doubles are written as short as possible", arguments: doubles) func writesDoubles(
        value: Double, text: String
    ) {
        #expect(json(Document { $0["a"] = value }) == "{\"a\":\(text)}")
        #expect(value.description == text)
    }

    @Test("doubles are written as Swift prints them, and read as the same") func roundTripsDoubles() throws {
        var random = Random(seed: .random(in: .min ... .max))
        for _ in 0..<20_000 {
            let value =
                switch random.below(4) {
                case 0: Double(bitPattern: random.next())
                case 1:
                    Double(random.next() % 2_000_000)
                        / [1, 10, 100, 1000, 1_000_000].randomElement(using: &random, or: 1)
                case 2: Double.random(in: -1...1, using: &random)
                default: Double(Int64(truncatingIfNeeded: random.next()) >> Int64(random.below(63)))
                }
            guard value.isFinite else { continue }
            let text = json(Document { $0["a"] = value })
            #expect(text == "{\"a\":\(value)}", "seed \(random.seed)")
            let parsed = try BSONText.parse(text)
            let read = parsed.document.view["a"]?.double
            #expect(read?.bitPattern == value.bitPattern, "seed \(random.seed)")
        }
    }

    @Test("decimal digits are read as strtod reads them") func readsNearest() throws {
        var random = Random(seed: .random(in: .min ... .max))
        for _ in 0..<20_000 {
            let digits = String(random.next() >> UInt64(random.below(60)))
            let point = random.below(digits.count)
            let exponent = random.below(3) == 0 ? "e\(random.below(80) - 40)" : ""
            let text = "\(point == 0 ? "0" : String(digits.prefix(point))).\(digits.dropFirst(point))\(exponent)"
            if text.hasPrefix("0") && !text.hasPrefix("0.") { continue }
            let parsed = try BSONText.parse("{\"a\":\(text)}")
            let read = parsed.document.view["a"]?.double
            #expect(read == Double(text), "\(text), seed \(random.seed)")
        }
    }

    @Test("strings are escaped where they must be, and stay UTF-8") func escapes() {
        let all = String(String.UnicodeScalarView((0...0x2100).compactMap { Unicode.Scalar($0) }))
        let document = Document { $0[all.replacing("\0", with: "")] = all }
        let text = json(document, escapesMarkup: true)
        #expect(!text.unicodeScalars.contains { $0.value < 0x20 || (0x7F...0x9F).contains($0.value) || $0 == "<" })
        #expect(text.contains("\\b\\t\\n\\u000b\\f\\r\\u000e") && text.contains("\\u003c=>") && text.contains("é"))
        #expect((try? BSONText.parse(text))?.document == document)
        #expect(json(document).contains("<"))
    }

    @Test("strings of any length are escaped at any place", arguments: 0..<26) func escapesAnywhere(length: Int) throws
    {
        for special in ["\"", "\\", "\n", "<", "\u{7F}", "é", "\u{85}", "😀", "!", "\0"] {
            for place in 0..<max(1, length) {
                let content = "x" * place + (length == 0 ? "" : special) + "y" * max(0, length - place - 1)
                let text = json(Document { $0["a"] = content }, escapesMarkup: true)
                #expect(text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "<") })
                let parsed = try BSONText.parse(text)
                let read = parsed.document.view["a"]?.string
                #expect(read == content)
            }
        }
    }

    @Test("dates are written and read as ISO-8601 has them") func writesDates() throws {
        var random = Random(seed: .random(in: .min ... .max))
        for _ in 0..<20_000 {
            let unit: Int64 = random.below(2) == 0 ? 1 : 1000
            let bound = 253_402_300_800_000 / UInt64(unit)
            let date = Datetime(millisecondsSinceEpoch: Int64(random.next() % bound) * unit)
            let text = json(Document { $0["a"] = date })
            let iso = date.description.replacing(".000Z", with: "Z")
            #expect(text == "{\"a\":{\"$date\":\"\(iso)\"}}", "seed \(random.seed)")
            let parsed = try BSONText.parse(text)
            let read = parsed.document.view["a"]?.datetime
            #expect(read == date, "seed \(random.seed)")
        }
    }

    @Test("bytes that are not UTF-8 become U+FFFD") func repairs() {
        var bytes = Document { $0["a"] = "12345678x2345678" }.bytes
        for index in bytes.indices where bytes[index] == UInt8(ascii: "x") { bytes[index] = 0xE9 }
        let text = bytes.withUnsafeBytes { BSONText.string(DocumentView(unchecked: $0.bytes)) }
        #expect(text == "{\"a\":\"12345678\u{FFFD}2345678\"}")
    }

    @Test("a value can be written without its document") func writesValues() {
        let document = Document {
            $0["a"] = "x"
            $0.array("b") { $0.append(1 as Int32) }
        }
        var texts: [String] = []
        document.view.forEach { texts.append(BSONText.string(valueOf: $0)) }
        #expect(texts == ["\"x\"", "[1]"])
    }

    @Test("text is appended to what there is") func appends() {
        var bytes = Array("x".utf8)
        let document = Document { $0["a"] = 1 as Int32 }
        for _ in 0..<2 { BSONText.write(document.view, to: &bytes) }
        #expect(String(decoding: bytes, as: UTF8.self) == "x{\"a\":1}{\"a\":1}")
    }
}

extension Array {
    func randomElement(using random: inout Random, or other: Element) -> Element {
        randomElement(using: &random) ?? other
    }
}

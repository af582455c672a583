// Random documents to text and back; texts cut and damaged anywhere.

import BSON
import BSONText
import Testing

@Suite("Round trips") struct RoundTripTests {
    @Test("canonical text brings the same bytes back") func roundTripsCanonical() throws {
        var random = Random(seed: .random(in: .min ... .max))
        for _ in 0..<500 {
            let document = random.document()
            let text = json(document, style: .canonical)
            let parsed = try BSONText.parse(text).document
            #expect(parsed == document, "seed \(random.seed)")
            let query = try BSONText.parse(text, dialect: .query).document
            #expect(query == parsed, "seed \(random.seed)")
            let pretty = json(document, style: .canonical, layout: .pretty(), escapesMarkup: true)
            let again = try BSONText.parse(pretty).document
            #expect(again == parsed, "seed \(random.seed)")
        }
    }

    @Test("relaxed text is the same text after a round trip") func roundTripsRelaxed() throws {
        var random = Random(seed: .random(in: .min ... .max))
        for _ in 0..<500 {
            let text = json(random.document())
            let parsed = try BSONText.parse(text)
            #expect(json(parsed.document) == text, "seed \(random.seed)")
            #expect(isValid(parsed.document.bytes), "seed \(random.seed)")
        }
    }

    @Test("every element has a place, and it is where the key is") func placesElements() throws {
        var random = Random(seed: .random(in: .min ... .max))
        for _ in 0..<100 {
            let text = json(random.document(), style: .canonical)
            let parsed = try BSONText.parse(text)
            let scalars = Array(text.unicodeScalars)
            var keys: [(offset: Int, key: String)] = []
            parsed.document.view.forEach { keys.append(($0.offset, $0.key)) }
            for (offset, key) in keys {
                let place = parsed.place(ofElementAt: offset)
                let column = (place?.column ?? 0) - 1
                let key = "\"" + json(Document { $0[key] = true }).dropFirst(2).dropLast(6)
                let found = String(String.UnicodeScalarView(scalars[column..<column + key.unicodeScalars.count]))
                #expect(place?.line == 1 && found == key, "seed \(random.seed)")
            }
        }
    }

    static let samples: [String] = [
        "{\"a\":[1,-2.5e3,true,null,\"x\\n\\u00e9\\ud83d\\ude00é😀\"],\"b\":{\"$oid\":\"0123456789abcdef01234567\"}}",
        "{// c\n a: 'x\\\n', /* d */ b: 0x1F, c: [.5, +Infinity,], é\\u0061: {$date: '2026-11-21T07:39:53Z'},}",
        "{a: /x[/]\\//i, b: ObjectId('0123456789abcdef01234567'), c: new Date('2026-11-21'), d: BinData(0, 'AQ==')}",
        "{\"$x\":{\"$code\":\"f\",\"$scope\":{\"a\":{\"$numberLong\":\"5\"}}},\"r\":{\"$regularExpression\":{\"pattern\":\"a\",\"options\":\"i\"}}}",
        "{\"$x\":{\"$scope\":{\"a\":{\"$timestamp\":{\"t\":1,\"i\":2}}},\"$code\":\"f\"},\"d\":{\"$numberDecimal\":\"1.5\"}}",
        "{\"$x\":{\"$binary\":{\"base64\":\"AQ==\",\"subType\":\"00\"}},\"p\":{\"$dbPointer\":{\"$ref\":\"a\",\"$id\":{\"$oid\":\"0123456789abcdef01234567\"}}}}",
    ]

    @Test("a text cut anywhere is refused, at a place within it", arguments: samples, BSONText.Dialect.allCases)
    func refusesCut(text: String, dialect: BSONText.Dialect) {
        let bytes = Array(text.utf8)
        for count in 0..<bytes.count {
            // A copy of exactly these bytes, so that the sanitizer sees a read behind them.
            let cut = Array(bytes[..<count])
            let result = value(utf8: cut, dialect)
            #expect(result.hasPrefix("error "), "\(count)")
        }
    }

    @Test("a damaged text is refused or read, and what is read is valid", arguments: samples)
    func survivesDamage(text: String) {
        var random = Random(seed: .random(in: .min ... .max))
        for _ in 0..<2000 {
            var bytes = Array(text.utf8)
            for _ in 0...random.below(3) { bytes[random.below(bytes.count)] = UInt8(truncatingIfNeeded: random.next()) }
            for dialect in BSONText.Dialect.allCases {
                guard let document = document(utf8: bytes, dialect) else { continue }
                #expect(isValid(document.bytes), "seed \(random.seed)")
            }
        }
    }
}

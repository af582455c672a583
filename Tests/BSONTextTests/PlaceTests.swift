// Where fields and values stand in their text.

import BSON
import BSONText
import Testing

@Suite("Places") struct PlaceTests {
    static let text = """
        // A fabric.
        {
          router: {in: 'bind:é', "out" : [5571,
              {ünï: {$oid: '0123456789abcdef01234567'}, after: 2}]},
          /* c */ code: {$scope: {x: [1, {y: 2}]}, $code: 'f()'}, last:
            -1.5,
          more: {$code: 'é', $scope: {z: null}}, end: true,
        }
        """

    static let expected: [(path: String, key: String, value: String)] = [
        ("router", "3:3", "3:11"), ("router.in", "3:12", "3:16"), ("router.out", "3:26", "3:34"),
        ("router.out.0", "3:35", "3:35"), ("router.out.1", "4:7", "4:7"), ("router.out.1.ünï", "4:8", "4:13"),
        ("router.out.1.after", "4:49", "4:56"), ("code", "5:11", "5:17"), ("last", "5:59", "6:5"),
        ("more", "7:3", "7:9"),
        ("end", "7:42", "7:47"),
    ]

    private func offset(of path: String, in view: DocumentView) -> Int {
        if let element = view.find(path: path) { return element.offset }
        return -1
    }

    @Test("every key and value has its line and column", arguments: expected)
    func findsPlaces(path: String, key: String, value: String) throws {
        let parsed = try BSONText.parse(Self.text, dialect: .json5)
        let offset = offset(of: path, in: parsed.document.view)
        #expect(parsed.place(ofElementAt: offset)?.description == key)
        #expect(parsed.valuePlace(ofElementAt: offset)?.description == value)
        #expect(parsed.place.description == "2:1")
    }

    @Test("the fields of a scope have places, too") func findsPlacesInScopes() throws {
        let parsed = try BSONText.parse(Self.text, dialect: .json5)
        func place(_ key: String, _ path: String) -> String {
            var offset = -1
            parsed.document.view.forEach { element in
                if element.key == key, let scope = element.scope { offset = self.offset(of: path, in: scope) }
            }
            guard let name = parsed.place(ofElementAt: offset), let value = parsed.valuePlace(ofElementAt: offset)
            else {
                return "none"
            }
            return "\(name) \(value)"
        }
        #expect(place("code", "x") == "5:27 5:30")
        #expect(place("code", "x.0") == "5:31 5:31")
        #expect(place("code", "x.1.y") == "5:35 5:38")
        #expect(place("more", "z") == "7:31 7:34")
    }

    @Test("offsets between elements have no place") func knowsNoOthers() throws {
        let parsed = try BSONText.parse("{\"a\": 1, \"b\": {\"c\": 2}}")
        var places: [Int: String] = [:]
        for offset in -1...parsed.document.bytes.count {
            if let place = parsed.place(ofElementAt: offset) { places[offset] = place.description }
        }
        #expect(places == [4: "1:2", 11: "1:10", 18: "1:16"])
        #expect(parsed.place.description == "1:1")
        let empty = try BSONText.parse("{}")
        #expect(empty.place(ofElementAt: 4) == nil)
    }

    @Test("a value alone has its place") func findsValue() throws {
        let parsed = try BSONText.parseValue("\u{FEFF}\r\n \r\t[\"\u{301}a\", 1]")
        let root = offset(of: "", in: parsed.document.view)
        let one = offset(of: ".1", in: parsed.document.view)
        #expect(parsed.valuePlace(ofElementAt: root)?.description == "3:2")
        #expect(parsed.valuePlace(ofElementAt: one)?.description == "3:9")
        #expect(parsed.place.description == "3:2")
    }
}

@Suite("Fields that occur twice") struct RepeatedFieldTests {
    @Test("are found among few and many, in any dialect", arguments: [2, 10, 31, 32, 33, 34, 100, 5000])
    func findsRepeated(count: Int) throws {
        let fields = (0..<count).map { "\"k\($0)\": {\"k0\": \($0)}" }
        let document = try BSONText.parse("{\(fields.joined(separator: ",\n"))}").document
        let found = document.view.count
        #expect(found == count)
        for repeated in Set([0, 1, count / 2, count - 1]) {
            let text = "{\(fields.joined(separator: ",\n")),\n\"\\u006b\(repeated)\": 1}"
            let column = repeated == 0 ? 2 : 1
            let error =
                "\(count + 1):1: found field 'k\(repeated)' again, expected it once (first at \(repeated + 1):\(column))"
            #expect(value(text) == "error \(error)")
            #expect(value(text, .json5) == "error \(error)")
        }
    }

    @Test("are not those of other objects") func allowsElsewhere() {
        let text =
            "[{\"a\":null,\"b\":{\"a\":{\"a\":null,\"b\":null}}},{\"a\":null},{\"aa\":null,\"A\":null,\"\":null}]"
        #expect(value(text) == text)
    }
}

// Codable values as documents.

import BSON
import Testing

@Suite("BSONEncoder") struct BSONEncoderTests {
    @Test("a value becomes the document that a writer would write")
    func fields() throws {
        let encoded = try BSONEncoder().encode(Order.sample)
        let written = Document {
            $0["id"] = Order.sample.id
            $0["at"] = Order.sample.at
            $0["total"] = 129.9
            $0["count"] = 3
            $0["small"] = -3 as Int32
            $0["big"] = UInt64(Int64.max)
            $0["ratio"] = 0.5 as Float
            $0["paid"] = true
            $0["price"] = Decimal128("19.90")
            $0["extra"] = Document { $0["free"] = "form" }
            $0.array("lines") {
                for name in ["pen", "ink"] { $0.document { $0["name"] = name } }
            }
            $0["tags"] = ["a", "b"]
            $0.array("gaps") {
                $0.append(1)
                $0.append(Null())
            }
            $0.array("matrix") { rows in
                rows.append([1, 2])
                rows.append([Int]())
            }
            $0["kind"] = "express"
            $0.document("prices") { $0["eur"] = 1.5 }
        }
        #expect(encoded == written)
    }

    @Test("fields are appended to the open document")
    func appending() throws {
        var writer = DocumentWriter()
        writer.beginDocument()
        writer["before"] = 1
        try BSONEncoder().encode(["x": 1], to: &writer)
        try BSONEncoder().encode(Document { $0["ready"] = true }, to: &writer)
        writer["after"] = 2
        writer.endDocument()
        let document = try Document(validating: writer.take())
        var keys: [String] = []
        document.view.forEach { keys.append($0.key) }
        #expect(keys == ["before", "x", "ready", "after"])
    }

    @Test("containers that are filled in any order keep their places")
    func interleaved() throws {
        let document = try BSONEncoder().encode(Interleaved())
        let expected = Document {
            $0["first"] = 1
            $0.document("inner") {
                $0["a"] = 1
                $0.array("list") {
                    $0.append("x")
                    $0.document { $0["deep"] = true }
                    $0.append("y")
                }
                $0["b"] = 2
            }
            $0["middle"] = 2
            $0.document("super") { $0["base"] = "s" }
            $0["last"] = 3
        }
        #expect(document == expected)
    }

    @Test("a subclass and its superclass share a container")
    func inheritance() throws {
        let document = try BSONEncoder().encode(Derived())
        let expected = Document {
            $0["base"] = 1
            $0["own"] = 2
        }
        #expect(document == expected)
    }

    @Test("an error names the place, and leaves nothing behind")
    func errors() throws {
        let values: [(any Encodable, String)] = [
            (["a": ["b": [UInt64.max]]], "a.b.0"), (["a\0": 1], "a\0"), (["deep": Nested(levels: 100)], "deep"),
            (Failing(), "list.1.inner"),
        ]
        for (value, path) in values {
            var writer = DocumentWriter()
            writer.beginDocument()
            writer["before"] = 1
            let count = writer.count
            do {
                try BSONEncoder().encode(value, to: &writer)
                Issue.record("\(path) was encoded")
            } catch EncodingError.invalidValue(_, let context) {
                let place = context.codingPath.map(\.stringValue).joined(separator: ".")
                #expect(place.hasPrefix(path))
            }
            let after = writer.count
            #expect(after == count)
            writer.cancelDocument()
        }
    }

    @Test("a value without fields is no document")
    func notADocument() {
        let values: [any Encodable] = [1, "text", [1, 2], ObjectID(), Double?.none, true]
        for value in values {
            #expect(throws: EncodingError.self) { try BSONEncoder().encode(value) }
        }
    }

    @Test("a value that encodes nothing is an empty document")
    func empty() throws {
        struct Nothing: Encodable { func encode(to encoder: any Encoder) {} }
        let outer = try BSONEncoder().encode(Nothing())
        #expect(outer.isEmpty)
        let inner = try BSONEncoder().encode(["x": Nothing()])
        let isEmpty = inner.view["x"]?.document?.isEmpty
        #expect(isEmpty == true)
    }
}

private struct Order: Encodable {
    struct Line: Encodable { var name: String }
    enum Kind: String, Encodable { case express }

    var id = ObjectID(seconds: 1, low: 2)
    var at = Datetime(millisecondsSinceEpoch: 1_795_220_593_395)
    var total = 129.9
    var count = 3
    var small: Int32 = -3
    var big = UInt64(Int64.max)
    var ratio: Float = 0.5
    var paid = true
    var missing: Int?
    var price = Decimal128("19.90")
    var extra = Document { $0["free"] = "form" }
    var lines = [Line(name: "pen"), Line(name: "ink")]
    var tags = ["a", "b"]
    var gaps: [Int?] = [1, nil]
    var matrix = [[1, 2], []]
    var kind = Kind.express
    var prices = ["eur": 1.5]

    static let sample = Order()
}

private enum Keys: String, CodingKey { case first, inner, middle, last, a, b, list, deep, base, own, levels }

/// Writes to several containers by turns.
private struct Interleaved: Encodable {
    func encode(to encoder: any Encoder) throws {
        var outer = encoder.container(keyedBy: Keys.self)
        try outer.encode(1, forKey: .first)
        var inner = outer.nestedContainer(keyedBy: Keys.self, forKey: .inner)
        try outer.encode(2, forKey: .middle)
        try inner.encode(1, forKey: .a)
        var list = inner.nestedUnkeyedContainer(forKey: .list)
        try list.encode("x")
        var deep = list.nestedContainer(keyedBy: Keys.self)
        try list.encode("y")
        let parent = outer.superEncoder()
        try outer.encode(3, forKey: .last)
        try inner.encode(2, forKey: .b)
        try deep.encode(true, forKey: .deep)
        var base = parent.container(keyedBy: Keys.self)
        try base.encode("s", forKey: .base)
    }
}

private class Base: Encodable {
    func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: Keys.self)
        try fields.encode(1, forKey: .base)
    }
}

private final class Derived: Base {
    override func encode(to encoder: any Encoder) throws {
        try super.encode(to: encoder)
        var fields = encoder.container(keyedBy: Keys.self)
        try fields.encode(2, forKey: .own)
    }
}

private struct Nested: Encodable {
    let levels: Int

    func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: Keys.self)
        if levels > 0 { try fields.encode(Nested(levels: levels - 1), forKey: .levels) }
    }
}

private struct Failing: Encodable {
    struct Inner: Encodable {
        var inner: UInt64?
    }
    var list = [Inner(inner: 1), Inner(inner: .max)]
}

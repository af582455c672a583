// What is written is read again.

import BSON
import Testing

@Suite("Documents") struct DocumentTests {
    @Test("fields in single expressions, however deep, need no types")
    func expressions() {
        let number = 7
        let document = Document {
            $0.document("a") { $0.document("b") { $0["n"] = number } }
            $0.array("c") { $0.document { $0["half"] = Double(number) / 2 } }
        }
        #expect(document.view.find(path: "a.b.n")?.int64 == 7)
        #expect(document.view.find(path: "c.0.half")?.double == 3.5)
    }

    @Test("what a writer writes a view reads")
    func writeAndRead() throws {
        var writer = DocumentWriter()
        writer.beginDocument()
        writer["path"] = "/index.html"
        writer["status"] = 200 as Int32
        writer["bytes"] = 5_000_000_000
        writer["ratio"] = 0.5
        writer["cached"] = true
        writer["missing"] = Int?.none
        writer["\u{e9}t\u{e9}" as String] = "long text that does not fit into a small string"
        writer.document("client") {
            $0["port"] = 40_312
            $0.array("tags") { list in
                list.append("a")
                list.document { $0["x"] = 1 as Int32 }
                list.append(3.5)
            }
        }
        writer.null("none")
        let complete = writer.endDocument()
        #expect(complete)
        let document = try Document(validating: writer.take())
        let view = document.view
        let path = view["path"]?.string
        let status = view["status"]?.int32
        let bytes = view["bytes"]?.int64
        let summer = view["\u{e9}t\u{e9}"]?.string
        let x = view.find(path: "client.tags.1.x")?.int32
        let last = view.find(path: "client.tags.2")?.double
        let count = view.count
        #expect(path == "/index.html")
        #expect(status == 200)
        #expect(bytes == 5_000_000_000)
        #expect(summer == "long text that does not fit into a small string")
        #expect(x == 1)
        #expect(last == 3.5)
        #expect(count == 8)
    }
}

// Reading documents: values of other types, missing ones, and bytes that were never validated.

import BSON
import Testing

@Suite("DocumentView") struct DocumentViewTests {
    private let document = Document {
        $0["a"] = 1 as Int32
        $0["b"] = 2.0
        $0["c"] = 2.5
        $0["d"] = Int64.max
        $0.document("e") {
            $0["a"] = "inner"
            $0.document("f") { $0["g"] = true }
        }
        $0["a.b"] = "dotted"
        $0["a"] = 3 as Int32
    }

    @Test("numbers are read as what they are, or as what they amount to")
    func numbers() {
        let view = document.view
        let integers = [view["a"]?.integer, view["b"]?.integer, view["c"]?.integer, view["d"]?.integer]
        let numbers = [view["a"]?.number, view["b"]?.number, view["c"]?.number, view["d"]?.number]
        #expect(integers == [1, 2, nil, Int64.max])
        #expect(numbers == [1, 2, 2.5, 0x1p63])
    }

    @Test("another type is nil, and so is what is missing")
    func wrongType() {
        let view = document.view
        let wrong = view["a"]?.int64 == nil && view["a"]?.string == nil && view["b"]?.int32 == nil
        let noDocument = view["a"]?.document == nil && view["e"]?.array == nil
        let missing = view["z"] == nil && view["z" as String] == nil && view["e.a"] == nil
        #expect(wrong && noDocument && missing)
    }

    @Test("the first of several elements with a key is found, a key with a dot only as a key")
    func keys() {
        let view = document.view
        let first = view["a"]?.int32
        let dotted = view["a.b"]?.string
        let unreachable = view.find(path: "a.b") == nil
        #expect(first == 1 && dotted == "dotted" && unreachable)
        let (deep, count) = (view.find(path: "e.f.g")?.bool, view.count)
        #expect(deep == true && count == 7)
    }

    @Test(
        "paths that lead nowhere find nothing",
        arguments: ["", ".", "e.", ".e", "e..a", "e.a.b", "e.f.g.h", "x.y", "e.f."])
    func nowhere(path: String) {
        let missing = document.view.find(path: path) == nil
        #expect(missing)
    }

    @Test("an element's offset counts from the outermost document")
    func offsets() {
        let view = document.view
        let (outer, inner) = (view["e"]?.offset ?? 0, view.find(path: "e.f.g")?.offset ?? 0)
        #expect(document.bytes[outer] == BSONType.document.rawValue)
        #expect(document.bytes[inner...].prefix(4) == [8, 103, 0, 1])
    }

    @Test(
        "bytes that were never validated are read within their bounds",
        arguments: [1, UInt64.random(in: 2...UInt64.max)])
    func unchecked(seed: UInt64) {
        var documents = RandomDocuments(seed: seed)
        var read = 0
        for _ in 0..<200 {
            var bytes = documents.next()
            for _ in 0..<4 {
                let place = Int.random(in: 0..<bytes.count, using: &documents.generator)
                bytes[place] = UInt8.random(in: 0...255, using: &documents.generator)
            }
            read += readEverything(DocumentView(unchecked: bytes.span.bytes))
            let cut = Array(bytes.prefix(bytes.count / 2))
            read += readEverything(DocumentView(unchecked: cut.span.bytes))
        }
        #expect(read > 0, "seed \(seed)")
    }
}

/// Asks every element for everything; returns how many there were.
private func readEverything(_ view: DocumentView, levels: Int = 200) -> Int {
    var writer = DocumentWriter()
    writer.beginDocument()
    _ = rewriteAll(view, to: &writer)
    writer.append(contentsOf: view)
    _ = view.find(path: "a.b.0") == nil
    var read = 0
    view.forEach { element in
        read += 1 + element.key.utf8.count
        _ = (element.integer, element.number, element.isNull, element.binaryBytes?.byteCount)
        if levels > 0, let inner = element.nested { read += readEverything(inner, levels: levels - 1) }
        if levels > 0, let scope = element.scope { read += readEverything(scope, levels: levels - 1) }
    }
    return read
}

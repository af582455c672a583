// Writing documents: what libbson writes too, what fails and what is left then, handing buffers on.

import BSON
import CBSON
import Testing

@Suite("DocumentWriter") struct DocumentWriterTests {
    @Test("writes the bytes that libbson writes")
    func sameAsLibbson() throws {
        let theirs = bson_new()
        defer { bson_destroy(theirs) }
        bson_append_utf8(theirs, "path", -1, "/index.html", -1)
        bson_append_int32(theirs, "status", -1, 200)
        bson_append_int64(theirs, "bytes", -1, 5_000_000_000)
        bson_append_double(theirs, "a key of more than eight bytes", -1, 0.25)
        bson_append_bool(theirs, "cached", -1, true)
        bson_append_date_time(theirs, "timestamp", -1, 1_795_220_593_395)
        bson_append_null(theirs, "", -1)
        bson_append_regex(theirs, "match", -1, "^/api", "im")
        bson_append_code(theirs, "code", -1, "f()")
        bson_append_symbol(theirs, "symbol", -1, "s", -1)
        bson_append_timestamp(theirs, "oplog", -1, 7, 8)
        bson_append_minkey(theirs, "min", -1)
        bson_append_maxkey(theirs, "max", -1)
        bson_append_undefined(theirs, "undefined", -1)
        CBSON_append_nested(theirs, "client", "port", 40_312)
        CBSON_append_array(theirs, "tags", "blue", 2.5)
        let ours = Document {
            $0["path"] = "/index.html"
            $0["status"] = 200 as Int32
            $0["bytes"] = 5_000_000_000
            $0["a key of more than eight bytes"] = 0.25
            $0["cached"] = true
            $0["timestamp"] = Datetime(millisecondsSinceEpoch: 1_795_220_593_395)
            $0.null("")
            $0.regex("match", "^/api", options: "im")
            $0.javascript("code", "f()")
            $0.symbol("symbol", "s")
            $0.timestamp("oplog", seconds: 7, increment: 8)
            $0.minKey("min")
            $0.maxKey("max")
            $0.undefined("undefined")
            $0.document("client") { $0["port"] = 40_312 as Int32 }
            $0.array("tags") {
                $0.append("blue")
                $0.append(2.5)
            }
        }
        let length = Int(CBSON_length(theirs))
        #expect(hex(ours.bytes) == hex(Array(UnsafeBufferPointer(start: bson_get_data(theirs), count: length))))
    }

    @Test("fields in single expressions, however deep, need no types")
    func expressions() {
        let number = 7
        let document = Document {
            $0.document("a") { $0.document("b") { $0["n"] = number } }
            $0.array("c") { $0.document { $0["half"] = Double(number) / 2 } }
        }
        let n = document.view.find(path: "a.b.n")?.int64
        let half = document.view.find(path: "c.0.half")?.double
        #expect(n == 7 && half == 3.5)
    }

    @Test("strings and keys of every length are stored, literal or not", arguments: 0..<70)
    func lengths(count: Int) throws {
        let text = String(repeating: "é", count: count / 2) + String(repeating: "x", count: count % 2)
        let long = text + " and more than fits into a string without a heap object"
        let document = Document {
            $0[text] = text
            $0["long"] = long
            $0["part"] = long.dropFirst(3)
            $0.append(key: "bytes", utf8: text.utf8Span.span.bytes)
            $0.appendRepairing(key: "repaired", utf8: text.utf8Span.span.bytes)
        }
        let view = try DocumentView(validating: document.bytes.span.bytes)
        for key in [text, "bytes", "repaired"] {
            let stored = view[key]?.string
            #expect(stored == text)
        }
        let (whole, part) = (view["long"]?.string, view["part"]?.string)
        #expect(whole == long)
        #expect(part == String(long.dropFirst(3)))
    }

    @Test("integers keep the kind that their Swift type stands for")
    func integers() {
        let document = Document {
            $0["a"] = 1
            $0["b"] = 1 as UInt8
            $0["c"] = -1 as Int16
            $0["d"] = UInt32.max
            $0["e"] = UInt64(Int64.max)
            $0["f"] = UInt64.max
            $0["g"] = 1.5 as Float
            $0["h"] = Int?.none
            $0["i"] = Int32?.some(4)
            $0["j"] = [1, 2]
        }
        var types: [BSONType] = []
        document.view.forEach { types.append($0.type) }
        #expect(types == [.int64, .int32, .int32, .int64, .int64, .double, .double, .int32, .array])
        let (a, d, f) = (document.view["a"]?.int64, document.view["d"]?.int64, document.view["f"]?.number)
        #expect(a == 1 && d == 4_294_967_295 && f == 0x1p64)
    }

    @Test("bytes that are not UTF-8 are repaired")
    func repair() {
        let broken: [UInt8] = [97, 0xFF, 98, 0xC3]
        let document = Document { writer in
            writer.appendRepairing(key: "a", utf8: broken.span.bytes)
            writer.array("l") { $0.appendRepairing(utf8: broken.span.bytes) }
        }
        let text = document.view["a"]?.string
        let inner = document.view.find(path: "l.0")?.string
        #expect(text == "a\u{FFFD}b\u{FFFD}")
        #expect(inner == "a\u{FFFD}b\u{FFFD}")
    }

    @Test(
        "a document that cannot be written is removed, and the next one can be",
        arguments: [WriteFailure.tooLarge, .tooDeep, .invalidKey])
    func failure(reason: WriteFailure) throws {
        var writer = DocumentWriter(capacity: 64, limit: 4096)
        writer.beginDocument()
        writer["n"] = 1
        writer.endDocument()
        let before = writer.count
        writer.beginDocument()
        writer["first"] = 1
        switch reason {
        case .tooLarge: writer["text"] = String(repeating: "x", count: 4096)
        case .tooDeep: nest(&writer, levels: 100)
        case .invalidKey: writer["a\0b" as String] = 1
        }
        writer["ignored"] = 2
        writer.document("ignored") { $0["too"] = 3 }
        writer.array("ignored") { $0.append(4) }
        let (failure, complete, after) = (writer.failure, writer.endDocument(), writer.count)
        #expect(failure == reason)
        #expect(!complete && after == before)
        let still = writer.failure
        #expect(still == reason)
        writer.beginDocument()
        writer["n"] = 2
        let (next, none) = (writer.endDocument(), writer.failure)
        #expect(next && none == nil)
        let count = try writer.withBytes { try BSONValidator.validateSequence($0, count: 2) }
        #expect(count == 2)
    }

    @Test("a NUL in a key is found wherever it is", arguments: 0..<20)
    func nulInKey(place: Int) {
        let key = String(repeating: "k", count: place) + "\0" + String(repeating: "k", count: 19 - place)
        let writes: [(inout DocumentWriter) -> Void] = [
            { $0[key] = 1 }, { $0["a\0"] = 1 }, { $0.regex("r", key) }, { $0.document(key: key) { $0["x"] = 1 } },
            { $0.array(key: key) { $0.append(1) } }, { $0.null(key) },
        ]
        var writer = DocumentWriter()
        for write in writes {
            writer.beginDocument()
            write(&writer)
            let failure = writer.failure
            writer.cancelDocument()
            #expect(failure == .invalidKey)
        }
        let count = writer.count
        #expect(count == 0)
    }

    @Test("a hundred levels can be written")
    func depth() throws {
        var writer = DocumentWriter()
        writer.beginDocument()
        nest(&writer, levels: 99)
        let complete = writer.endDocument()
        #expect(complete)
        _ = try Document(validating: writer.take())
    }

    @Test("what throws inside leaves nothing of itself, the rest stays")
    func throwing() throws {
        struct Stop: Error {}
        var writer = DocumentWriter()
        writer.beginDocument()
        writer["a"] = 1 as Int32
        for _ in 0..<2 {
            #expect(throws: Stop.self) {
                try writer.document("d") { inner throws(Stop) in
                    inner["x"] = 1
                    try inner.array("l") { list throws(Stop) in
                        list.append(1)
                        throw Stop()
                    }
                }
            }
        }
        writer["b"] = 2 as Int32
        let complete = writer.endDocument()
        #expect(complete)
        let expected = Document {
            $0["a"] = 1 as Int32
            $0["b"] = 2 as Int32
        }
        let written = writer.take()
        #expect(written == expected.bytes)
    }

    @Test("arrays number their elements, whatever they are")
    func arrays() throws {
        let other = Document { $0["z"] = [true, false] }
        let document = Document {
            $0.array("l") { list in
                for index in 0..<12 { list.append(index) }
                list.append(Int?.none)
                list.document { $0["x"] = 1 }
                list.array { $0.append("inner") }
                list.document(copying: other.view)
                if let z = other.view["z"] { list.append(z) }
                let count = list.count
                #expect(count == 16)
            }
        }
        let view = try DocumentView(validating: document.bytes.span.bytes)
        var keys: [String] = []
        view["l"]?.array?.forEach { keys.append($0.key) }
        #expect(keys == (0..<16).map(String.init))
        let found = [view.find(path: "l.11")?.int64, view.find(path: "l.12.x")?.int64]
        let inner = view.find(path: "l.13.0")?.string
        let copied = view.find(path: "l.14.z.1")?.bool
        let element = view.find(path: "l.15.0")?.bool
        #expect(found == [11, 1])
        #expect(inner == "inner" && copied == false && element == true)
    }

    @Test("elements and documents are copied as they are")
    func copying() throws {
        let source = Document {
            $0["a"] = "text"
            $0.document("d") { $0["x"] = 1 }
        }
        let copy = Document { writer in
            writer.append(contentsOf: source.view)
            if let a = source.view["a"] {
                writer.append(a)
                writer.append(a, key: "renamed")
            }
            writer.document("whole", copying: source.view)
            writer["again"] = source
        }
        let view = try DocumentView(validating: copy.bytes.span.bytes)
        var keys: [String] = []
        view.forEach { keys.append($0.key) }
        #expect(keys == ["a", "d", "a", "renamed", "whole", "again"])
        let (renamed, deep) = (view["renamed"]?.string, view.find(path: "again.d.x")?.int64)
        #expect(renamed == "text" && deep == 1)
        var writer = DocumentWriter()
        writer.appendDocument(source.view)
        writer.appendDocument(copy.view)
        let all = writer.take()
        #expect(all == source.bytes + copy.bytes)
    }
}

private func nest(_ writer: inout DocumentWriter, levels: Int) {
    if levels > 0 { writer.document("d") { nest(&$0, levels: levels - 1) } }
}

// Handing a writer's buffer on, and moving documents between writers.

import BSON
import Glibc
import Testing

@Suite("A writer's buffer") struct WriterStorageTests {
    @Test("is given away without a copy, and another one is taken")
    func takeAndAdopt() throws {
        var writer = DocumentWriter(capacity: 100)
        let none = writer.takeStorage() == nil
        #expect(none)
        write(1, to: &writer)
        let storage = writer.takeStorage()
        let taken = try #require(storage)
        #expect(taken.count == 16 && taken.capacity == 100)
        let left = writer.count
        #expect(left == 0)
        write(2, to: &writer)
        let numbers = try values(of: writer)
        #expect(numbers == [2])
        writer.removeAll()
        writer.adoptStorage(taken.0, capacity: taken.capacity)
        for value in 3..<20 { write(value, to: &writer) }
        let more = try values(of: writer)
        #expect(more == Array(3..<20))
    }

    @Test("loses its last document to another writer, complete or open")
    func move() throws {
        var first = DocumentWriter()
        var second = DocumentWriter()
        write(1, to: &first)
        write(2, to: &first)
        first.moveLastDocument(to: &second)
        first.beginDocument()
        first["n"] = 3
        let start = first.openDocumentStart
        #expect(start == 16)
        first.moveLastDocument(to: &second)
        let open = [first.isOpen, second.isOpen]
        #expect(open == [false, true])
        second["more"] = true
        let complete = second.endDocument()
        #expect(complete)
        write(4, to: &first)
        let (left, moved) = (try values(of: first), try values(of: second))
        #expect(left == [1, 4])
        #expect(moved == [2, 3])
    }

    @Test("takes a failed document's failure along")
    func moveFailed() throws {
        var first = DocumentWriter()
        var second = DocumentWriter()
        write(1, to: &second)
        first.beginDocument()
        first["\0" as String] = 1
        first.moveLastDocument(to: &second)
        second["n"] = 2
        let complete = second.endDocument()
        let failure = second.failure
        #expect(!complete && failure == .invalidKey)
        let numbers = try values(of: second)
        #expect(numbers == [1])
    }

    @Test("is cut off where a document began")
    func truncate() throws {
        var writer = DocumentWriter()
        for value in 1...3 { write(value, to: &writer) }
        writer.truncate(to: 16)
        let one = try values(of: writer)
        #expect(one == [1])
    }

    @Test("gives the place for elements that are bytes already")
    func placed() throws {
        let template = Document { $0["n"] = 5 }
        var writer = DocumentWriter()
        writer.beginDocument()
        template.bytes.withUnsafeBytes {
            guard let base = $0.baseAddress, let place = writer.place(count: $0.count - 5) else { return }
            place.copyMemory(from: base + 4, byteCount: $0.count - 5)
        }
        writer["more"] = 1
        writer.endDocument()
        let numbers = try values(of: writer)
        #expect(numbers == [5])
    }

    @Test("never grows beyond its limit")
    func limit() throws {
        var writer = DocumentWriter(capacity: 64, limit: 100)
        var written = 0
        for value in 0..<10 {
            writer.beginDocument()
            writer["n"] = value
            if writer.endDocument() { written += 1 }
        }
        let (count, failure) = (writer.count, writer.failure)
        #expect(written == 6 && count == 96)
        #expect(failure == .tooLarge)
        let storage = writer.takeStorage()
        let taken = try #require(storage)
        #expect(taken.capacity <= 100)
        free(taken.0)
    }

    private func write(_ value: Int, to writer: inout DocumentWriter) {
        writer.beginDocument()
        writer["n"] = value
        writer.endDocument()
    }

    private func values(of writer: borrowing DocumentWriter) throws -> [Int] {
        try writer.withBytes { bytes throws(BSONError) in
            try BSONValidator.validateSequence(bytes)
            var values: [Int] = []
            var offset = 0
            while offset < bytes.byteCount {
                let view = DocumentView(unchecked: bytes.extracting(offset..<bytes.byteCount))
                values.append(Int(view["n"]?.int64 ?? -1))
                offset += view.bytes.byteCount
            }
            return values
        }
    }
}

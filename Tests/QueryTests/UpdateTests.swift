// Updates change documents as mongod does.

import BSON
import BSONText
import Testing

@testable import Query

private func updated(_ update: String, _ document: Document) throws -> String {
    guard let read = try? Update(update) else { return "refused" }
    return try written { writer in
        let view = document.view
        try read.apply(view, to: &writer)
    }
}

@Suite("updates", .timeLimit(.minutes(1))) struct UpdateTests {
    @Test("an update makes what mongod makes")
    func table() throws {
        #expect(ExpressionTable.updates.lines.count > 150)
        for line in ExpressionTable.updates.lines {
            let result = try updated(line.expression, stored(line.document))
            #expect(try result == expected(line.result), "\(line)")
        }
    }

    @Test(
        "what is unsupported is refused by name, with the nearest word and its place",
        arguments: [
            ("{$sett: {a: 1}}", "1:2: unknown or unsupported operator '$sett', did you mean '$set'?"),
            ("{$inc: {a: 1}}", "1:2: unknown or unsupported operator '$inc'"),
            ("{$set: {'a.$[].b': 1}}", "1:9: the positional operator '$[]' is not supported"),
            ("{$set: {'a.$': 1}}", "1:9: the positional operator '$' is not supported"),
            ("{a: 1}", "1:2: 'a' is no operator; a whole document cannot be an update"),
            ("{}", "1:1: an update needs operators: $set, $unset, $rename"),
            ("{$set: {a: 1},\n $unset: {'a.b': 1}}", "2:11: the path 'a.b' conflicts with another path of the update"),
            ("{$rename: {a: 'a.b'}}", "1:12: $rename needs two fields, none of which is in the other: 'a', 'a.b'"),
        ])
    func refusals(update: String, message: String) throws {
        let error = #expect(throws: QueryError.self) { try Update(update) }
        #expect(error?.description == message)
    }

    @Test(
        "what cannot be done with a document is said",
        arguments: [
            ("{$set: {'a.b.c': 1}}", "{a: {b: 5}}", "cannot create field 'c' in 'b', which is of type int"),
            ("{$set: {'a.x': 1}}", "{a: []}", "cannot create field 'x' in an array"),
            ("{$set: {_id: 2}}", "{_id: 1}", "the field '_id' cannot be changed"),
            ("{$rename: {a: 'b.0'}}", "{a: 1, b: []}", "$rename cannot put 'a' into an array"),
            ("{$set: {'a.2000000': 1}}", "{a: []}", "an array cannot be filled with more than 1500000 nulls"),
            // mongod 6.0.5 ends on this one.
            ("{$set: {'a.05': 1, 'a.5': 2}}", "{a: []}", "an update names the element 5 of an array twice"),
        ])
    func failures(update: String, document: String, message: String) throws {
        let read = try Update(update)
        let document = try BSONText.parse(document, dialect: .query).document
        var writer = DocumentWriter()
        let error = #expect(throws: QueryError.self) { try read.apply(document.view, to: &writer) }
        #expect(error?.message == message)
        #expect(writer.count == 0)
    }

    @Test("an _id that is not there can be set")
    func newID() throws {
        let document = try BSONText.parse("{a: 1}", dialect: .query).document
        #expect(try updated("{$set: {_id: 5}}", document) == expected("{a: 1, _id: 5}"))
        #expect(try updated("{$rename: {a: '_id'}}", document) == "fails")
    }

    @Test("documents are appended one behind another, and a result beyond the writer's limit leaves nothing")
    func appending() throws {
        let update = try Update("{$set: {b: 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'}}")
        let document = try BSONText.parse("{a: 1}", dialect: .query).document
        var writer = DocumentWriter(limit: 150)
        try update.apply(document.view, to: &writer)
        try update.apply(document.view, to: &writer)
        let count = writer.count
        #expect(throws: QueryError.self) { try update.apply(document.view, to: &writer) }
        #expect(writer.count == count)
        let first = DocumentView(unchecked: writer.bytes)
        let second = DocumentView(unchecked: writer.bytes.extracting(droppingFirst: count / 2))
        let one = Document(copying: first)
        let other = Document(copying: second)
        #expect(one == other)
    }
}

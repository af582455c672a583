// Projections, and stages that change fields, answer as mongod does.

import BSON
import BSONText
import Testing

@testable import Query

/// Reads a document of a table as mongod stores it: with an `_id`, which is 0 if there is none.
func stored(_ text: String) throws -> Document {
    let document = try BSONText.parse(text, dialect: .query).document
    let hasID = document.view["_id"] != nil
    if hasID { return document }
    return Document {
        $0["_id"] = 0 as Int32
        $0.append(contentsOf: document.view)
    }
}

/// The document that is written behind another one, in canonical text; `fails` if none is.
func written(_ write: (inout DocumentWriter) throws -> Void) throws -> String {
    var writer = DocumentWriter()
    writer.beginDocument()
    writer.endDocument()
    let before = writer.count
    let isWritten = attempt(write, &writer)
    #expect(!writer.isOpen && isWritten == (writer.count > before))
    if !isWritten { return "fails" }
    let result = Document(copying: DocumentView(unchecked: writer.bytes.extracting(droppingFirst: before)))
    _ = try Document(validating: result.bytes)
    return BSONText.string(result.view, style: .canonical)
}

private func attempt(
    _ write: (inout DocumentWriter) throws -> Void, _ writer: inout DocumentWriter
) -> Bool {
    do { try write(&writer) } catch { return false }
    return true
}

/// A result of a table in the same words.
func expected(_ result: String) throws -> String {
    if ["refused", "fails"].contains(result) { return result }
    let document = try BSONText.parse(result, dialect: .query).document
    return BSONText.string(document.view, style: .canonical)
}

/// Writes what a stage of a pipeline makes of a document.
private func staged(_ stage: String, _ document: Document) throws -> String {
    let stage = try BSONText.parse(stage, dialect: .query).document
    return try written { writer in
        try apply(stage, document, to: &writer)
    }
}

private func apply(_ stage: Document, _ document: Document, to writer: inout DocumentWriter) throws {
    let stages = stage.view
    let view = document.view
    var elements = stages.makeIterator()
    guard let stage = elements.next() else { throw QueryError("no stage") }
    if stage.key == "$unset" {
        let projection = try Projection(unset: stage)
        return try projection.apply(view, to: &writer)
    }
    guard let fields = stage.document else { throw QueryError("no fields") }
    if stage.key == "$project" {
        let projection = try Projection(fields, in: .stage)
        try projection.apply(view, to: &writer)
    } else {
        let added = try AddedFields(fields)
        try added.apply(view, now: .now(), to: &writer)
    }
}

private func projected(_ projection: String, _ document: Document) throws -> String {
    guard let read = try? Projection(projection) else { return "refused" }
    return try written { writer in
        let view = document.view
        try read.apply(view, to: &writer)
    }
}

@Suite("projections", .timeLimit(.minutes(1))) struct ProjectionTests {
    @Test("a projection of find gives what mongod gives")
    func finds() throws {
        #expect(ExpressionTable.projections.lines.count > 200)
        for line in ExpressionTable.projections.lines {
            let result = try projected(line.expression, stored(line.document))
            #expect(try result == expected(line.result), "\(line)")
        }
    }

    @Test("$project, $set and $unset give what mongod gives")
    func stages() throws {
        #expect(ExpressionTable.stages.lines.count > 80)
        for line in ExpressionTable.stages.lines {
            let result = try staged(line.expression, stored(line.document))
            // What is refused fails here, for it is read for each document.
            let wanted = try expected(line.result == "refused" ? "fails" : line.result)
            #expect(result == wanted, "\(line)")
        }
    }

    @Test("fields that are kept stay in the order of the document, wherever _id is")
    func order() throws {
        let document = try BSONText.parse("{a: 1, _id: 7, b: 2}", dialect: .query).document
        #expect(try projected("{b: 1, a: 1}", document) == expected("{a: 1, _id: 7, b: 2}"))
        #expect(try projected("{c: '$a', b: 1}", document) == expected("{_id: 7, b: 2, c: 1}"))
        #expect(try projected("{_id: 'x', b: 1}", document) == expected("{b: 2, _id: 'x'}"))
    }

    @Test(
        "what is wrong is said, with its place",
        arguments: [
            ("{a: 1,\n b: 0}", "2:2: 'b' is dropped in a projection that keeps others"),
            ("{a: 0, b: '$c'}", "1:8: 'b' is computed in a projection that drops others"),
            ("{a: 1, 'a.b': 1}", "1:8: 'a.b' conflicts with another path of the projection"),
            ("{a: {$slice: 1, x: 1}}", "1:17: 'x' beside '$slice', expected one operator"),
            ("{'a.$': 1}", "1:2: the positional operator '$' of projections is not supported"),
            ("{a: {$meta: 'textScore'}}", "1:6: $meta is not supported"),
            ("{a: {$elemMach: {}}}", "1:6: unknown operator '$elemMach' in an expression"),
            ("{a: {b: {}}}", "1:6: an empty document in a projection"),
        ])
    func refusals(projection: String, message: String) throws {
        let error = #expect(throws: QueryError.self) { try Projection(projection) }
        let description = error?.description ?? ""
        #expect(description.hasPrefix(message))
    }

    @Test("nothing is left in the writer where an expression fails, and the next document can be written")
    func failing() throws {
        let projection = try Projection("{a: {b: [{c: {$divide: [1, '$x']}}]}}")
        var writer = DocumentWriter()
        let wrong = Document { $0["x"] = 0 }
        let right = Document { $0["x"] = 2 }
        #expect(throws: QueryError.self) { try projection.apply(wrong.view, to: &writer) }
        #expect(writer.count == 0)
        try projection.apply(right.view, to: &writer)
        let text = BSONText.string(DocumentView(unchecked: writer.bytes))
        #expect(text == #"{"a":{"b":[{"c":0.5}]}}"#)
    }

    @Test("a result that is too deep is refused")
    func depth() throws {
        let path = (0..<150).map { _ in "a" }.joined(separator: ".")
        let projection = try Projection("{'\(path)': '$x'}")
        let document = Document { $0["x"] = 1 }
        var writer = DocumentWriter()
        #expect(throws: QueryError.self) { try projection.apply(document.view, to: &writer) }
        #expect(writer.count == 0)
    }
}

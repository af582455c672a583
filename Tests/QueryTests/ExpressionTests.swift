// Expressions answer as mongod does.

import BSON
import BSONText
import Testing

@testable import Query

/// Lines of `expression => result` or `expression | document => result`.
///
/// The result is `nothing` where mongod gives no value, `refused` where it refuses the query, `fails` where it
/// answers with an error for the document.
struct ExpressionTable: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let text: String

    init(_ name: String, _ text: String) {
        testDescription = name
        self.text = text
    }

    var lines: [(expression: String, document: String, result: String)] {
        text.split(separator: "\n").compactMap { line in
            let sides = line.split(separator: " => ")
            guard sides.count == 2 else { return nil }
            let question = sides[0].split(separator: " | ")
            return (String(question[0]), question.count > 1 ? String(question[1]) : "{}", String(sides[1]))
        }
    }
}

/// What came of an expression, in the words of the tables.
private func outcome(_ expression: String, _ document: String) throws -> String {
    let document = try BSONText.parse(document, dialect: .query).document
    let expression = try BSONText.parseValue(expression, dialect: .query).document
    let read: Expression
    do { read = try Expression(onlyElementOf: expression) } catch { return "refused" }
    do {
        let value = try read.evaluate(document.view, now: Datetime(millisecondsSinceEpoch: 1_600_000_000_000))
        return value.type == nil ? "nothing" : canonical(Document { $0["r"] = value })
    } catch {
        return "fails"
    }
}

extension Expression {
    /// Reads the only element of a document.
    fileprivate init(onlyElementOf document: Document) throws(QueryError) {
        let view = document.view
        var elements = view.makeIterator()
        guard let element = elements.next() else { throw QueryError("there is nothing to read") }
        try self.init(element)
    }

    fileprivate init(_ text: String) throws {
        try self.init(onlyElementOf: try BSONText.parseValue(text, dialect: .query).document)
    }
}

private func canonical(_ document: Document) -> String { BSONText.string(document.view, style: .canonical) }

/// A result of a table in the same words.
private func wanted(_ result: String) throws -> String {
    if ["nothing", "refused", "fails"].contains(result) { return result }
    return canonical(try BSONText.parse("{r: \(result)}", dialect: .query).document)
}

@Suite("expressions", .timeLimit(.minutes(1))) struct ExpressionTests {
    @Test(
        "an expression gives what mongod gives",
        arguments: [
            ExpressionTable.arithmetic, .rounding, .conversions, .arrays, .documents, .conditions, .paths, .strings,
            .regexes, .dateParts, .dateArithmetic, .datesToStrings, .datesFromStrings,
        ])
    func table(_ table: ExpressionTable) throws {
        #expect(table.lines.count > 30)
        for line in table.lines {
            #expect(try outcome(line.expression, line.document) == wanted(line.result), "\(line)")
        }
    }

    @Test(
        "what is unknown is refused with the nearest word, at its place",
        arguments: [
            ("{$addd: [1, 2]}", "unknown operator '$addd' in an expression, did you mean '$add'?"),
            ("{$sin: 1}", "the operator '$sin' is not supported"),
            ("'$$ROOTS'", "unknown variable '$$ROOTS', did you mean '$$ROOT'?"),
            ("'$$USER_ROLES'", "the variable '$$USER_ROLES' is not supported"),
            ("{$map: {input: [], inn: 1}}", "$map needs 'in'"),
            ("{$filter: {input: [], cond: 1, ass: 'x'}}", "$filter has no operand 'ass', did you mean 'as'?"),
            ("{$subtract: [1, 2, 3]}", "$subtract takes 2 operands, not 3"),
            ("{$convert: {input: 1, to: 'strin'}}", "$convert to the unknown type 'strin', did you mean 'string'?"),
        ])
    func unknown(expression: String, message: String) throws {
        let error = #expect(throws: QueryError.self) { try Expression(expression) }
        #expect(error?.message == message)
        #expect(error?.offset != nil)
    }

    @Test("the moment of the query is the one that is given")
    func now() throws {
        #expect(try outcome("'$$NOW'", "{}") == #"{"r":{"$date":{"$numberLong":"1600000000000"}}}"#)
        #expect(try outcome("{$subtract: ['$$NOW', '$$NOW']}", "{}") == #"{"r":{"$numberLong":"0"}}"#)
    }

    @Test(
        "values that grow in loops are refused before they take all memory",
        arguments: [
            "{$reduce: {input: {$range: [0, 60]}, initialValue: [1, 1], in: {$concatArrays: ['$$value', '$$value']}}}",
            "{$reduce: {input: {$range: [0, 90]}, initialValue: [1, 1], in: ['$$value', '$$value']}}",
            "{$reduce: {input: {$range: [0, 5000]}, initialValue: [], in: ['$$value']}}",
            "{$reduce: {input: {$range: [0, 500]}, initialValue: {}, in: {a: '$$value'}}}",
            "{$reduce: {input: {$range: [0, 60]}, initialValue: {a: 1}, in: {a: '$$value', b: '$$value'}}}",
            "{$reduce: {input: {$range: [0, 60]}, initialValue: 'aa', in: {$concat: ['$$value', '$$value']}}}",
        ])
    func growing(expression: String) throws {
        #expect(try outcome(expression, "{}") == "fails")
    }

    @Test("a plain path and a constant are known as such")
    func plain() throws {
        let document = try BSONText.parse("{x: {y: 2.5}}", dialect: .query).document
        let path = try Expression("'$x.y'")
        #expect(path.path?.name == "x.y")
        let number = try path.evaluateNumber(document.view, now: .now())
        #expect(number == .double(2.5))
        #expect(try Expression("{$add: [1, 2]}").constant?.number == .integer(3))
        let sum = try Expression("{$add: ['$x', 1]}")
        #expect(sum.path == nil && sum.constant == nil)
    }
}

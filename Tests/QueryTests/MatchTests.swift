// Which documents queries select; what a real mongod answers is compared in JudgeTests.

import BSON
import BSONText
import Testing

@testable import Query

/// A document in mongosh's notation.
func document(_ text: String) throws -> Document { try BSONText.parse(text, dialect: .query).document }

/// Whether the query selects the document.
func selects(_ query: String, _ text: String) throws -> Bool {
    let match = try Match(query)
    let document = try document(text)
    return try match.matches(document.view)
}

@Suite("Matching") struct MatchTests {
    static let rows: [(query: String, document: String, isSelected: Bool)] = [
        ("{}", "{a: 1}", true),
        ("{a: 1}", "{a: 1.0}", true), ("{a: 1}", "{a: NumberDecimal('1.00')}", true), ("{a: 1}", "{a: '1'}", false),
        ("{a: 9007199254740993}", "{a: 9007199254740992.0}", false),
        ("{a: {$gt: 1}}", "{a: 'x'}", false), ("{a: {$gt: NaN}}", "{a: 1}", false),
        ("{a: {$gte: NaN}}", "{a: NaN}", true),
        ("{a: null}", "{}", true), ("{a: null}", "{a: undefined}", true), ("{'a.b': null}", "{a: [1]}", false),
        ("{a: {$ne: 1}}", "{}", true), ("{a: {$ne: 1}}", "{a: [2, 1]}", false),
        ("{a: [1, 2]}", "{a: [1, 2]}", true), ("{a: [1, 2]}", "{a: [[1, 2]]}", true), ("{a: 2}", "{a: [1, 2]}", true),
        ("{'a.b': 1}", "{a: [{b: 2}, {b: [3, 1]}]}", true), ("{'a.1.b': 1}", "{a: [{}, {b: 1}]}", true),
        ("{a: {b: 1, c: 2}}", "{a: {c: 2, b: 1}}", false),
        ("{a: {$in: [1, /^x/, null]}}", "{a: 'xy'}", true), ("{a: {$in: [1, /^x/, null]}}", "{}", true),
        ("{a: {$in: [1, /^x/, null]}}", "{a: 'y'}", false), ("{a: {$nin: []}}", "{}", true),
        ("{a: {$exists: false}}", "{b: 1}", true), ("{a: {$type: ['number', 'date']}}", "{a: NumberLong(1)}", true),
        ("{a: {$type: 'array'}}", "{a: [1]}", true),
        ("{a: {$mod: [4, 1]}}", "{a: 5.9}", true), ("{a: {$size: 2}}", "{a: [1, [2]]}", true),
        ("{a: {$all: [1, 2]}}", "{a: [3, 2, 1]}", true), ("{a: {$all: []}}", "{a: []}", false),
        ("{a: {$elemMatch: {b: 1, c: 2}}}", "{a: [{b: 1}, {c: 2}]}", false),
        ("{a: {$elemMatch: {$gt: 1, $lt: 3}}}", "{a: [0, 2, 5]}", true),
        ("{a: {$elemMatch: {$gt: 1, $lt: 3}}}", "{a: [0, 5]}", false), ("{a: {$gt: 1, $lt: 3}}", "{a: [0, 5]}", true),
        ("{a: {$not: {$gt: 1}}}", "{a: 'x'}", true), ("{$nor: [{a: 1}, {b: 2}]}", "{a: 2, b: 1}", true),
        ("{$or: [{a: 1}, {b: 2}]}", "{b: 2}", true), ("{$and: [{a: 1}, {b: 2}]}", "{b: 2}", false),
        ("{a: {$bitsAllSet: [0, 2]}}", "{a: 5}", true), ("{a: {$bitsAnyClear: 5}}", "{a: 5}", false),
        ("{a: {$bitsAllSet: [70]}}", "{a: -1}", true), ("{a: {$bitsAllSet: [9]}}", "{a: BinData(0, 'AAI=')}", true),
        ("{a: /^ab.c/i}", "{a: 'ABxC'}", true), ("{a: {$regex: '^ab', $options: 'm'}}", "{a: 'x\\nab'}", true),
        ("{a: /b\\.c/}", "{a: 'ab.cd'}", true), ("{a: /b\\.c/}", "{a: 'abxcd'}", false), ("{a: /^$/}", "{a: ''}", true),
        ("{a: /x/}", "{a: /x/}", true), ("{a: {$lt: ISODate('2026-01-01')}}", "{a: ISODate('2025-12-31')}", true),
        ("{$expr: {$gt: ['$a', '$b']}}", "{a: 2, b: 1}", true),
        ("{a: {$cidr: '10.0.0.0/8'}}", "{a: '10.1.2.3'}", true),
        ("{a: {$cidr: '10.0.0.0/8'}}", "{a: '11.1.2.3'}", false),
        ("{a: {$cidr: '10.0.0.0/8'}}", "{a: '::ffff:10.1.2.3'}", true),
        ("{a: {$cidr: '::1'}}", "{a: ['x', '::1']}", true),
        ("{a: {$cidr: ['2001:db8::/32', '0.0.0.0/0']}}", "{a: '2001:db8::5'}", true),
        ("{a: {$cidr: '0.0.0.0/0'}}", "{a: '010.1.2.3'}", false),
        ("{a: {$cidr: '0.0.0.0/0'}}", "{a: 'localhost'}", false),
    ]

    @Test("a query selects what it should, and nothing else", arguments: rows)
    func selection(row: (query: String, document: String, isSelected: Bool)) throws {
        #expect(try selects(row.query, row.document) == row.isSelected, "\(row.query) \(row.document)")
    }

    static let refused: [(query: String, error: String)] = [
        ("{a: {$gtt: 1}}", "1:6: unknown or unsupported operator '$gtt', did you mean '$gt'?"),
        ("{\n  $where: 'x'\n}", "2:3: unknown or unsupported operator '$where'"),
        ("{a: {$in: 5}}", "1:6: $in needs an array"), ("{$or: []}", "1:2: $or needs an array of at least one query"),
        ("{a: /(/}", "1:2: a wrong regular expression: missing closing parenthesis at its byte 1"),
        ("{a: {$options: 'i'}}", "1:6: $options without $regex"),
        ("{a: {$mod: [0, 1]}}", "1:13: $mod cannot divide by 0"),
        ("{a: {$type: 'strng'}}", "1:6: unknown type 'strng', did you mean 'string'?"),
        ("{a: {$size: -1}}", "1:6: $size needs an integer that is not negative"),
        (
            "{a: {$cidr: '10.0.0.1/8'}}",
            "1:6: '10.0.0.1/8' is no network such as 192.0.2.0/24 or 2001:db8::/32 (no bits behind the prefix)"
        ),
        ("{a: 1", "1:6: found the end of the text, expected ',' or '}'"),
        ("{a: {$elemMatch: {$expr: 1}}}", "1:19: $expr is not allowed within $elemMatch"),
    ]

    @Test("what is wrong with a query is told with its place", arguments: refused)
    func refusals(row: (query: String, error: String)) {
        let error = #expect(throws: QueryError.self) { _ = try Match(row.query) }
        #expect(error?.description == row.error)
    }

    @Test("a runaway pattern is given up, with an error instead of an answer")
    func runaway() throws {
        let match = try Match("{a: /^(a+)+$/}")
        let hard = Document { $0["a"] = String(repeating: "a", count: 60) + "!" }
        let error = #expect(throws: QueryError.self) { _ = try match.matches(hard.view) }
        #expect(error?.message.hasPrefix("a regular expression was given up") == true)
        let easy = Document { $0["a"] = "aaa" }
        let isSelected = try match.matches(easy.view)
        #expect(isSelected)
    }

    @Test("$cidr is told apart, since no MongoDB knows it")
    func extensions() throws {
        #expect(try Match("{$or: [{a: {$elemMatch: {b: {$cidr: '::1'}}}}, {a: 1}]}").usesExtensions)
        #expect(try !Match("{a: {$gt: 1}}").usesExtensions)
        #expect(try Pipeline("[{$match: {a: {$cidr: '::1'}}}]").usesExtensions)
    }

    @Test("many threads may use one query at once")
    func threads() async throws {
        let match = try Match("{a: /^x(y|z)+\\d$/}")
        let hits = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    var hits = 0
                    for number in 0..<2_000 {
                        let document = Document { $0["a"] = "xyzyz\(number % 20)" }
                        if (try? match.matches(document.view)) == true { hits += 1 }
                    }
                    return hits
                }
            }
            return await group.reduce(0, +)
        }
        #expect(hits == 4_000)
    }
}

// Pipelines: what comes out, how parts are merged, what is bounded.

import BSON
import BSONText
import Testing

@testable import Query

/// Runs a pipeline over documents; the results as relaxed text.
private func run(_ pipeline: String, over documents: [String], parts: Int = 1) throws -> [String] {
    let pipeline = try Pipeline(pipeline)
    let runs = (0..<parts).map { _ in pipeline.run(now: Datetime(millisecondsSinceEpoch: 0)) }
    for (index, text) in documents.enumerated() {
        try add(text, to: runs[index * parts / documents.count])
    }
    for other in runs.dropFirst() { try runs[0].merge(other) }
    try runs[0].finish()
    var results: [String] = []
    runs[0].drain { results.append(BSONText.string($0)) }
    return results
}

/// Gives a run a document.
private func add(_ text: String, to run: PipelineRun) throws {
    let document = try document(text)
    try run.add(document.view)
}

/// The same text, as our own writer has it.
private func rewritten(_ text: String) throws -> String {
    let document = try document(text)
    return BSONText.string(document.view)
}

/// The field n.
private func number(of document: DocumentView) -> Int64 { document["n"]?.integer ?? -1 }

/// Gives a run a document of one number; whether it wants more.
private func add(_ number: Int, to run: PipelineRun) throws -> Bool {
    let document = Document { $0["n"] = number }
    return try run.add(document.view)
}

@Suite("Pipelines") struct PipelineTests {
    static let documents = [
        "{_id: 1, a: 1, b: 'x', c: [1, 2]}", "{_id: 2, a: 2.5, b: 'y', c: []}", "{_id: 3, a: NumberLong(4), b: 'x'}",
        "{_id: 4, b: 'x', c: [3]}", "{_id: 5, a: null, b: null, c: 7}",
    ]
    static let rows: [(pipeline: String, results: [String])] = [
        (
            """
            [{$group: {
                _id: '$b', n: {$sum: 1}, s: {$sum: '$a'}, m: {$avg: '$a'}, l: {$min: '$a'}, p: {$push: '$a'}}}]
            """,
            [
                #"{"_id":"x","n":3,"s":5,"m":2.5,"l":1,"p":[1,4]}"#,
                #"{"_id":"y","n":1,"s":2.5,"m":2.5,"l":2.5,"p":[2.5]}"#,
                #"{"_id":null,"n":1,"s":0,"m":null,"l":null,"p":[null]}"#,
            ]
        ),
        (
            "[{$unwind: {path: '$c', includeArrayIndex: 'i'}}, {$project: {c: 1, i: 1}}]",
            [
                #"{"_id":1,"c":1,"i":0}"#, #"{"_id":1,"c":2,"i":1}"#, #"{"_id":4,"c":3,"i":0}"#,
                #"{"_id":5,"c":7,"i":null}"#,
            ]
        ),
        ("[{$sort: {a: -1, _id: 1}}, {$project: {_id: 1}}, {$limit: 2}]", [#"{"_id":3}"#, #"{"_id":2}"#]),
        ("[{$skip: 3}, {$unset: ['b', 'c']}]", [#"{"_id":4}"#, #"{"_id":5,"a":null}"#]),
        ("[{$match: {b: 'x'}}, {$count: 'n'}]", [#"{"n":3}"#]), ("[{$match: {b: 'z'}}, {$count: 'n'}]", []),
        (
            "[{$sortByCount: '$b'}, {$limit: 1}, {$set: {half: {$divide: ['$count', 2]}}}]",
            [#"{"_id":"x","count":3,"half":1.5}"#]
        ),
        (
            "[{$bucket: {groupBy: {$ifNull: ['$a', -1]}, boundaries: [0, 2, 5], default: 'other'}}]",
            [#"{"_id":0,"count":1}"#, #"{"_id":2,"count":2}"#, #"{"_id":"other","count":2}"#]
        ),
        (
            """
            [{$group: {
                _id: null, t: {$topN: {n: 2, sortBy: {a: -1}, output: '$_id'}}, f: {$firstN: {n: 1, input: '$b'}},
                c: {$count: {}}, d: {$stdDevPop: '$a'}}}]
            """,
            [#"{"_id":null,"t":[3,2],"f":["x"],"c":5,"d":1.2247448713915890}"#]
        ),
        ("[{$replaceRoot: {newRoot: {k: '$_id'}}}, {$match: {k: {$gt: 4}}}]", [#"{"k":5}"#]),
    ]

    @Test("a pipeline gives what it should, in one run and in merged parts", arguments: rows)
    func results(row: (pipeline: String, results: [String])) throws {
        let expected = try row.results.map { try rewritten($0) }
        #expect(try run(row.pipeline, over: Self.documents) == expected)
        if try Pipeline(row.pipeline).isDivisible {
            for parts in 2...5 {
                #expect(try run(row.pipeline, over: Self.documents, parts: parts) == expected, "\(parts) parts")
            }
        }
    }

    @Test("percentiles are exact for few values, and near for many, whole or in parts")
    func percentiles() throws {
        var generator = SystemRandomNumberGenerator()
        for count in [1, 2, 10, 2_000, 60_000] {
            let values = (0..<count).map { _ in Double.random(in: 0...1, using: &generator).squareRoot() }
            let sorted = values.sorted()
            var parts = [QuantileSketch](repeating: QuantileSketch(), count: 4)
            for (index, value) in values.enumerated() { parts[index % 4].add(value) }
            for other in parts[1...] { parts[0].merge(other) }
            for fraction in [0.01, 0.25, 0.5, 0.9, 0.99, 0.999] {
                let estimate = try #require(parts[0].quantile(fraction))
                let exact = sorted[max(0, Int((fraction * Double(count)).rounded(.up)) - 1)]
                if count <= 2_000 {
                    #expect(estimate == exact, "\(count) \(fraction)")
                } else {
                    let rank = Double(sorted.partition { $0 < estimate }) / Double(count)
                    #expect(abs(rank - fraction) < 0.001, "\(count) \(fraction): rank \(rank)")
                }
            }
        }
    }

    @Test(
        "what would keep too much is refused with a clear error",
        arguments: ["{$group: {_id: '$n'}}", "{$sort: {n: 1}}"])
    func memory(stage: String) throws {
        let run = try Pipeline("[\(stage)]").run(memoryLimit: 1 << 20)
        let error = #expect(throws: QueryError.self) {
            for number in 0..<100_000 {
                _ = try add(number, to: run)
            }
        }
        #expect(
            error?.message.hasSuffix("would keep more than 1 MiB; select less with $match, or allow more memory")
                == true)
    }

    @Test("a limit ends the run, and a sort with a limit keeps no more than it needs")
    func limits() throws {
        let limited = try Pipeline("[{$match: {n: {$gte: 3}}}, {$limit: 2}]").run()
        var taken = 0
        for number in 0..<100 {
            taken += 1
            if try !add(number, to: limited) { break }
        }
        #expect(taken == 5)
        let sorted = try Pipeline("[{$sort: {n: -1}}, {$limit: 3}]").run(memoryLimit: 1 << 20)
        for number in 0..<50_000 {
            _ = try add(number, to: sorted)
        }
        try sorted.finish()
        var results: [Int64] = []
        sorted.drain { results.append(number(of: $0)) }
        #expect(results == [49_999, 49_998, 49_997])
    }

    static let refused: [(pipeline: String, error: String)] = [
        ("[{$grop: {}}]", "1:3: unknown or unsupported operator '$grop', did you mean '$group'?"),
        ("[{$lookup: {}}]", "1:3: unknown or unsupported operator '$lookup'"),
        ("[{$limit: 0}]", "1:3: $limit needs a positive integer"),
        ("[{$group: {a: {$sum: 1}}}]", "1:3: $group needs _id, the key of a group; null makes one group of all"),
        ("[{$group: {_id: 1, a: {$summ: 1}}}]", "1:24: unknown or unsupported operator '$summ', did you mean '$sum'?"),
        ("[{$match: {}, $limit: 1}]", "1:15: a stage is a document with one field, this one has '$limit', too"),
        (
            "[{$unwind: {path: '$a', includeArrayIndex: 'a\\0b'}}]",
            "1:25: includeArrayIndex needs the name of a field"
        ),
        ("{$sort: {a: 2}}", "1:10: $sort takes 1 (ascending) or -1 (descending) for each field"),
    ]

    @Test("what is wrong with a pipeline is told with its place", arguments: refused)
    func refusals(row: (pipeline: String, error: String)) {
        let error = #expect(throws: QueryError.self) { _ = try Pipeline(row.pipeline) }
        #expect(error?.description == row.error)
    }
}

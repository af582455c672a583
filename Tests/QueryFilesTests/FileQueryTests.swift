// Queries over files: all documents, in order, by any number of threads, whatever the files hold.

import BSON
import Foundation
import Query
import Synchronization
import Testing

@testable import QueryFiles

/// A directory that is removed at the end.
private final class Directory {
    let path: String

    init() throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "es-query-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        path = directory.path()
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ bytes: [UInt8], to name: String) throws {
        let file = URL(filePath: path).appending(path: name)
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(bytes).write(to: file)
    }
}

private func documents(_ numbers: Range<Int>) -> [UInt8] {
    numbers.flatMap { number in
        Document {
            $0["n"] = number
            $0["g"] = number % 7
            $0["text"] = String(repeating: "x", count: number % 500)
        }.bytes
    }
}

/// Runs a query; returns the integers of the field and the outcome.
private func run(
    _ pipeline: String, _ paths: [String], threads: Int, field: String = "n"
) throws -> ([Int64], FileQuery.Outcome) {
    let found = Mutex<[Int64]>([])
    let query = try FileQuery(paths: paths, pipeline: Pipeline(pipeline), threads: threads)
    let outcome = try query.run { document in
        let value = document[field]?.integer ?? -1
        found.withLock { $0.append(value) }
        return true
    }
    return (found.withLock { $0 }, outcome)
}

@Suite("Queries over files", .timeLimit(.minutes(2))) struct FileQueryTests {
    @Test("results come in the order of the documents, by any number of threads", arguments: [1, 2, 5])
    func order(threads: Int) throws {
        let directory = try Directory()
        try directory.write(documents(0..<20_000), to: "b/1.bson")
        try directory.write(documents(20_000..<40_000), to: "b/2.bson")
        try directory.write(documents(40_000..<40_010), to: "c.bson.part")
        try directory.write([1, 2, 3], to: "notes.txt")
        let (found, outcome) = try run("[{$match: {g: 3}}]", [directory.path], threads: threads)
        let expected: [Int64] = Array(stride(from: 3, to: 40_010, by: 7))
        #expect(found == expected)
        #expect(outcome.progress.documents == 40_010)
        #expect(outcome.troubles.isEmpty)
        let (firsts, _) = try run(
            "[{$group: {_id: '$g', n: {$first: '$n'}, l: {$last: '$n'}}}, {$sort: {_id: 1}}]", [directory.path],
            threads: threads)
        #expect(firsts == [0, 1, 2, 3, 4, 5, 6])
    }

    @Test("a limit ends the reading, and the reader of the results may end it, too")
    func early() throws {
        let directory = try Directory()
        try directory.write(documents(0..<40_000), to: "a.bson")
        let (found, outcome) = try run("[{$skip: 5}, {$limit: 3}]", ["\(directory.path)/a.bson"], threads: 4)
        #expect(found == [5, 6, 7])
        #expect(outcome.progress.documents < 40_000)
        let query = try FileQuery(paths: [directory.path], pipeline: Pipeline("[]"), threads: 3)
        let count = Mutex(0)
        _ = try query.run { _ in
            count.withLock {
                $0 += 1; return $0 < 10
            }
        }
        #expect(count.withLock { $0 } == 10)
    }

    @Test("malformed documents are left out and told, with file and byte; the others are answered")
    func malformed() throws {
        let directory = try Directory()
        var bytes = documents(0..<100)
        let second = Int(bytes[0])
        bytes[second + 4] = 0x55  // the type of the second document's first element
        try directory.write(bytes, to: "a.bson")
        try directory.write(documents(100..<110).dropLast(3) + [], to: "b.bson")
        try directory.write(documents(110..<120) + [2, 0, 0, 0, 0, 0], to: "c.bson")
        let (found, outcome) = try run("[]", [directory.path], threads: 2)
        let expected: [Int64] = (0..<120).filter { $0 != 1 && $0 != 109 }
        #expect(found == expected)
        #expect(outcome.progress.malformed == 1)
        #expect(outcome.troubles.count == 3)
        #expect(outcome.troubles.contains { $0.contains("a.bson: the document at byte \(second): unknown type") })
        #expect(outcome.troubles.contains { $0.contains("b.bson: cut short: the document at byte") })
        #expect(outcome.troubles.contains { $0.contains("c.bson: byte") && $0.contains("no document begins here") })
    }

    @Test("a query that fails on a document says on which")
    func failure() throws {
        let directory = try Directory()
        try directory.write(documents(0..<3_000), to: "a.bson")
        let error = #expect(throws: QueryError.self) {
            _ = try run("[{$project: {r: {$divide: [1, '$n']}}}]", [directory.path], threads: 3)
        }
        #expect(error?.message.contains("(the document at byte 0 of ") == true)
    }

    @Test("paths that lead nowhere are refused, with their names")
    func missing() throws {
        let error = #expect(throws: QueryFilesError.self) {
            _ = try FileQuery(paths: ["/nonexistent/a.bson"], pipeline: Pipeline("[]"), threads: 1)
        }
        #expect(error?.description == "/nonexistent/a.bson: No such file or directory")
        let directory = try Directory()
        let empty = #expect(throws: QueryFilesError.self) {
            _ = try FileQuery(paths: [directory.path], pipeline: Pipeline("[]"), threads: 1)
        }
        #expect(empty?.description.hasSuffix("there is no file *.bson in this directory") == true)
    }
}

@Suite("Printed results") struct ResultPrinterTests {
    static let documents: [Document] = [
        Document {
            $0["a"] = 5; $0["b"] = "x,y\"z"
        },
        Document {
            $0["a"] = 12.5; $0["c"] = true
        },
        Document {
            $0["b"] = "line\nbreak\u{1B}[2J"; $0.document("c") { $0["d"] = 1 }
        },
    ]
    static let rows: [(ResultPrinter.Format, String)] = [
        (
            .json,
            #"{"a":5,"b":"x,y\"z"}"# + "\n" + #"{"a":12.5,"c":true}"# + "\n"
                + #"{"b":"line\nbreak\u001b[2J","c":{"d":1}}"# + "\n"
        ),
        (.csv, "a,b,c\r\n5,\"x,y\"\"z\",\r\n12.5,,true\r\n,\"line\nbreak\u{1B}[2J\",\"{\"\"d\"\":1}\"\r\n"),
        (
            .table,
            "a     b               c\n   5  x,y\"z\n12.5                  true\n      line�break�[2J  {\"d\":1}\n"
        ),
    ]

    @Test("a document is a line of JSON, of CSV or of a table", arguments: rows)
    func formats(format: ResultPrinter.Format, expected: String) throws {
        let pipe = Pipe()
        let printer = ResultPrinter(format, to: pipe.fileHandleForWriting.fileDescriptor)
        let isWanted = Self.documents.map { printer.print($0.view) }
        #expect(isWanted == [true, true, true])
        printer.finish()
        try pipe.fileHandleForWriting.close()
        let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        #expect(text == expected)
        #expect(printer.count == 3)
    }
}

// eventstorm tap --match and eventstorm query, as their users call them.

import BSON
import Eventstorm
import Foundation
import Testing

@testable import Service

@Suite("Queries on the command line", .timeLimit(.minutes(1)))
struct QueryProgramTests {
    /// Runs eventstorm to its end; returns what it printed, what it complained of, and its status.
    private func run(_ arguments: [String]) throws -> (output: String, errors: String, status: CInt) {
        let process = Process()
        process.executableURL = URL(filePath: try #require(Executables.path(of: "eventstorm")))
        process.arguments = arguments
        let (output, errors) = (Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        let text = output.fileHandleForReading.readDataToEndOfFile()
        let complaints = errors.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (
            String(decoding: text, as: UTF8.self), String(decoding: complaints, as: UTF8.self),
            process.terminationStatus
        )
    }

    @Test("tap shows what the query selects, as the projection makes it, and counts only that")
    func tap() throws {
        let source = try Source("s", to: Endpoint.list("bind:tcp://127.0.0.1:*", usual: .bind))
        let topic = try source.topic("http.hit")
        let output = FileManager.default.temporaryDirectory.appending(path: "es-tap-\(UUID().uuidString)")
        #expect(FileManager.default.createFile(atPath: output.path(), contents: nil))
        defer { try? FileManager.default.removeItem(at: output) }
        let tap = try RunningProgram(
            "eventstorm",
            arguments: [
                "tap", "http.*", "--from", source.bound[0], "--count", "3", "--format", "json", "--match",
                "{status: {$gte: 500}, path: /^\\/api/}", "--project",
                "{_id: 0, path: 1, class: {$floor: {$divide: ['$status', 100]}}}",
            ], output: FileHandle(forWritingTo: output))
        #expect(source.waitUntilWanted(topic, within: .seconds(20)))
        for number in 0..<100 {
            topic.emit {
                $0["status"] = number % 20 == 7 ? 503 : 200
                $0["path"] = "/api/\(number)"
            }
        }
        #expect(tap.waitForEnd() == 0)
        source.close()
        let lines = try String(contentsOf: output, encoding: .utf8).split(separator: "\n")
        #expect(lines.prefix(3).map(String.init) == [7, 27, 47].map { "{\"path\":\"/api/\($0)\",\"class\":5.0}" })
    }

    @Test("query selects and aggregates files, and says what it cannot")
    func query() throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "es-query-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let hits = (0..<10).flatMap { number in
            Document {
                $0["n"] = number
                $0["client"] = number % 2 == 0 ? "10.0.0.\(number)" : "2001:db8::\(number)"
            }.bytes
        }
        try Data(hits).write(to: directory.appending(path: "hits.bson"))
        let file = directory.path() + "/hits.bson"
        let selected = try run(["query", file, "--match", "{client: {$cidr: '10.0.0.0/29'}, n: {$gt: 0}}"])
        #expect(selected.output == [2, 4, 6].map { "{\"n\":\($0),\"client\":\"10.0.0.\($0)\"}\n" }.joined())
        #expect(selected.status == 0)
        let table = try run([
            "query", directory.path(), "--format", "table", "--match", "{n: {$lt: 5}}", "--pipeline",
            "[{$group: {_id: {$mod: ['$n', 2]}, sum: {$sum: '$n'}}}, {$sort: {_id: 1}}]",
        ])
        #expect(table.output == "_id  sum\n  0    6\n  1    4\n")
        let wrong = try run(["query", file, "--match", "{n: {$gtt: 1}}"])
        #expect(wrong.status == 64)
        #expect(wrong.errors.contains("--match: 1:6: unknown or unsupported operator '$gtt', did you mean '$gt'?"))
        let missing = try run(["query", directory.path() + "/other.bson"])
        #expect(missing.status == 1)
        #expect(missing.errors.contains("other.bson: No such file or directory"))
    }
}

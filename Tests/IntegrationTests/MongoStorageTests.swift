// The MongoDB sink with real servers: what is stored, and where.

import BSON
import BSONText
import Eventstorm
import Foundation
import Testing

@testable import MongoStorage
@testable import Service

@Suite(
    "The MongoDB sink and a mongod", .serialized, .enabled(if: Mongod.isThere, "there is no mongod"),
    .timeLimit(.minutes(2)))
struct MongoStorageTests {
    private let mongod: Mongod
    private let client: MongoClient

    init() throws {
        mongod = try Mongod.shared()
        client = try MongoClient(mongod.uri)
        try client.run("{dropDatabase: 1}")
    }

    @Test("stores each event once, as it was received")
    func stores() throws {
        let world = try MongoWorld(mongod.uri, ["--journal"])
        world.emit(20_000)
        let fates = try world.settle()
        #expect(fates[.stored] + world.lost == 20_000 && fates[.duplicate] == 0)
        #expect(UInt64(try client.count("load")) == fates[.stored])
        let document = try #require(try client.documents("load").first)
        var keys: [String] = []
        document.view.forEach { keys.append($0.key) }
        #expect(keys == ["_id", "timestamp", "n"])
        #expect(try world.end() == 0)
        #expect(world.lines.count == 1, "\(world.lines)")
    }

    @Test("two sinks side by side store once, also events without _id")
    func twice() throws {
        let world = try MongoWorld(mongod.uri, [], filling: [])
        let second = try MongoWorld(mongod.uri, ["--from", world.place], waits: false)
        // The second one's events are the first one's source's.
        #expect(second.waitForLine("into mongodb://") != nil)
        try #require(try second.wait { _ in second.status?.upstream.isEmpty == false || second.status != nil })
        usleep(500_000)
        world.emit(5_000)
        let first = try world.settle()
        #expect(try second.wait { $0[.received] >= first[.received] && $0[.queued] == 0 })
        let other = second.fates
        #expect(first[.stored] + other[.stored] == 5_000 && first[.duplicate] + other[.duplicate] == 5_000)
        #expect(try client.count("load") == 5_000)
        #expect(first[.unidentified] == 0 && other[.unidentified] == 0)
    }

    @Test("with w: 0 nothing is called stored")
    func unconfirmed() throws {
        let world = try MongoWorld(mongod.uri, ["--write-concern", "0"])
        world.emit(5_000)
        let fates = try world.settle()
        #expect(fates[.sentUnconfirmed] + world.lost == 5_000 && fates[.stored] == 0)
        let end = ContinuousClock.now + .seconds(10)
        while try client.count("load") < 5_000, ContinuousClock.now < end { usleep(20_000) }
        #expect(try client.count("load") == 5_000)
        #expect(try world.end() == 0)
    }

    @Test("collections are made by the names in events, as time series, capped and with indexes, and changed later")
    func collections() throws {
        let file = try ConfigurationFile("")
        func configuration(_ days: Int, _ size: Int) -> String {
            """
            {sinks: [{mongo: {database: "test", batch_time: "1ms", from: "PLACE", report: "REPORT", uri: "\(mongod.uri)",
              collections: [
                {from: "series", collection: "s_{timestamp:%Y}", time_field: "timestamp", meta_field: "host",
                 granularity: "\(days == 1 ? "seconds" : "minutes")", expire_after: "\(days)d"},
                {from: "last", collection: "last", capped: \(size), match: {n: {$gte: 0}}},
                {from: "*", collection: "all", expire_after: "\(days)d", project: {n: 1, timestamp: 1},
                 indexes: [{keys: {n: 1}, unique: false}]},
            ]}}]}
            """
        }
        for (days, size) in [(1, 8192), (7, 16384)] {
            try file.write(configuration(days, size).replacing("from: \"PLACE\", report: \"REPORT\", ", with: ""))
            let world = try MongoWorld(mongod.uri, ["--config", file.path])
            let series = try world.topic("series")
            let last = try world.topic("last")
            world.emit(100, on: series) { $0["host"] = "a" }
            world.emit(100, on: last) { $0["text"] = String(repeating: "x", count: 500) }
            world.emit(100)
            let fates = try world.settle()
            #expect(fates[.stored] == 300, "\(world.lines)")
            #expect(try world.end() == 0)
        }
        let year = Calendar(identifier: .gregorian).component(.year, from: Date())
        #expect(try client.count("s_\(year)") == 200 && client.count("all") == 200)
        #expect(try client.count("last") < 40)
        let reply = try client.run("{listCollections: 1, filter: {name: {$in: ['s_\(year)', 'last']}}}")
        let text = BSONText.string(reply.view)
        #expect(
            text.contains("\"granularity\":\"minutes\"") && text.contains("\"expireAfterSeconds\":604800"), "\(text)")
        #expect(text.contains("\"capped\":true") && text.contains("\"size\":16384"), "\(text)")
        let list = try client.run("{listIndexes: 'all'}")
        let indexes = BSONText.string(list.view)
        #expect(indexes.contains("\"timestamp_1\",\"expireAfterSeconds\":604800") && indexes.contains("\"n_1\""))
        let stored = try #require(try client.documents("all").first)
        #expect(stored.view["kind"]?.string == "load")
    }

    @Test("what a document's own fault is does not stop its batch, and is kept with the reason")
    func refused() throws {
        try client.run("{create: 'load', validator: {n: {$ne: 3}}}")
        try client.run("{createIndexes: 'load', indexes: [{key: {k: 1}, name: 'k', unique: true, sparse: true}]}")
        let world = try MongoWorld(mongod.uri, ["--dead-letter", "test.refused"])
        world.emit(10)
        world.emit(2) { $0["k"] = 1 }
        let fates = try world.settle()
        #expect(fates[.failed] == 1 && fates[.duplicate] == 1 && fates[.stored] == 10, "\(world.lines)")
        let letter = try #require(try client.documents("refused").first)
        #expect(letter.view["reason"]?.string == "validation" && letter.view.find(path: "event.n")?.integer == 3)
        let line = try #require(world.lines.first { $0.contains("refused by test.load, validation") })
        #expect(line.contains("Document failed validation"))
    }

    @Test("an event of 8 MiB is stored, or refused by itself")
    func large() throws {
        let world = try MongoWorld(mongod.uri)
        let text = String(repeating: "x", count: (8 << 20) - 200)
        world.emit(10)
        world.emit(1) { $0["text"] = text }
        world.emit(10)
        let fates = try world.settle()
        #expect(fates[.stored] == 21)
        #expect(try client.count("load") == 21)
    }

    @Test("eventstorm query reads back, by queries and pipelines, from the server itself")
    func query() throws {
        let world = try MongoWorld(mongod.uri)
        world.emit(300)
        _ = try world.settle()
        func query(_ arguments: String...) throws -> (output: String, status: CInt) {
            let output = FileManager.default.temporaryDirectory.appending(path: "es-query-\(UUID().uuidString)")
            _ = FileManager.default.createFile(atPath: output.path(), contents: nil)
            defer { try? FileManager.default.removeItem(at: output) }
            let program = try RunningProgram(
                "eventstorm", arguments: ["query", "\(mongod.uri)/test.load"] + arguments,
                output: FileHandle(forWritingTo: output))
            let status = program.waitForEnd()
            return (try String(contentsOf: output, encoding: .utf8), status)
        }
        let some = try query(
            "--match", "{n: {$gte: 298}}", "--pipeline", "[{$project: {_id: 0, n: 1}}, {$sort: {n: 1}}]")
        #expect(some.output == "{\"n\":298}\n{\"n\":299}\n" && some.status == 0)
        let table = try query(
            "--pipeline", "[{$group: {_id: {$mod: ['$n', 2]}, sum: {$sum: '$n'}}}, {$sort: {_id: 1}}]",
            "--format", "csv")
        #expect(table.output == "_id,sum\r\n0,22350\r\n1,22500\r\n" && table.status == 0)
        let wrong = try query("--pipeline", "[{$nonsense: 1}]")
        #expect(wrong.status == 1 && wrong.output.contains("Unrecognized pipeline stage name: '$nonsense'"))
        #expect(try query("--match", "{n: ").status == 64)
    }
}

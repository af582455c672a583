// The MongoDB sink when servers die, hang, fill up or say no: each event keeps one fate.

import BSON
import Eventstorm
import Foundation
import Testing

@testable import MongoStorage
@testable import Service

@Suite("The MongoDB sink when MongoDB is gone", .serialized, .enabled(if: Mongod.isThere, "there is no mongod"))
struct MongoTroubleTests {
    private static let isLong = ProcessInfo.processInfo.environment["ES_LONG"] == "1"
    private static let byHand = Comment(rawValue: "by hand: ES_LONG=1, it takes minutes")

    /// With a journal, what is stored is there: to the event.
    private func expectExact(_ world: MongoWorld, _ fates: FateCounts, _ client: MongoClient) throws {
        let count = try client.count("load")
        #expect(fates[.stored] + fates[.duplicate] == UInt64(count), "\(fates) \(world.lines)")
        #expect(try client.distinct("_id", "load") == count)
        #expect(fates[.received] + world.lost == world.emitted && fates.isBalanced)
        #expect(world.memory < 400 << 20)
    }

    @Test("kill -9 of mongod under load", .timeLimit(.minutes(2)))
    func killed() throws { try kill(times: 2, between: .milliseconds(800)) }

    @Test("kill -9 of mongod under load, ten times", .enabled(if: isLong, byHand), .timeLimit(.minutes(5)))
    func killedOften() throws { try kill(times: 10, between: .seconds(3)) }

    private func kill(times: Int, between time: Duration) throws {
        let mongod = try Mongod()
        let world = try MongoWorld(mongod.uri, ["--journal"])
        for _ in 0..<times {
            world.emit(perSecond: 20_000, for: time)
            mongod.kill()
            world.emit(perSecond: 20_000, for: .milliseconds(300))
            try mongod.start(waits: false)
        }
        world.emit(perSecond: 20_000, for: time)
        let fates = try world.settle()
        try expectExact(world, fates, MongoClient(mongod.uri))
        #expect(fates[.dropped] == 0 && fates[.failed] == 0)
        // Once when it went and once when it was back, each time.
        #expect(world.lines.filter { $0.contains("cannot store") }.count <= 2 * times, "\(world.lines)")
        #expect(world.lines.filter { $0.contains("storing again") }.count >= 1)
        #expect(try world.end() == 0)
    }

    @Test("w: 1 without a journal: what the server lost is less than its journal's interval", .timeLimit(.minutes(2)))
    func acknowledgedThenLost() throws {
        let mongod = try Mongod()
        let world = try MongoWorld(mongod.uri)
        world.emit(perSecond: 20_000, for: .seconds(1))
        mongod.kill()
        try mongod.start()
        let fates = try world.settle()
        let count = try MongoClient(mongod.uri).count("load")
        // 100 ms, and what a busy machine adds.
        #expect(fates[.stored] >= UInt64(count) && fates[.stored] - UInt64(count) <= 20_000)
    }

    @Test("a replica set's primary dies: with majority, what is stored is stored", .timeLimit(.minutes(3)))
    func failover() throws {
        let set = try ReplicaSet()
        let world = try MongoWorld(set.uri, ["--write-concern", "majority"])
        world.emit(perSecond: 5_000, for: .seconds(1))
        let first = try set.primary()
        first.kill()
        world.emit(perSecond: 5_000, for: .seconds(4))
        let second = try set.primary()
        #expect(second.port != first.port)
        try first.start()
        // And once more as an administrator would, without a kill.
        second.shutDown()
        world.emit(perSecond: 5_000, for: .seconds(3))
        let fates = try world.settle()
        try expectExact(world, fates, MongoClient(set.uri))
        #expect(fates[.dropped] == 0 && fates[.failed] == 0)
        #expect(try world.end() == 0)
    }

    @Test("SIGSTOP of mongod", .timeLimit(.minutes(2)))
    func stopped() throws { try stop(for: .seconds(2)) }

    @Test(
        "SIGSTOP of mongod for 20 s, and for longer than the sink waits", .enabled(if: isLong, byHand),
        .timeLimit(.minutes(4)))
    func stoppedLong() throws {
        try stop(for: .seconds(20))
        try stop(for: .seconds(20), query: "/?socketTimeoutMS=5000")
    }

    private func stop(for time: Duration, query: String = "") throws {
        let mongod = try Mongod.shared()
        try MongoClient(mongod.uri).run("{dropDatabase: 1}")
        let world = try MongoWorld(mongod.uri + query, ["--journal", "--queue", "8MiB"])
        world.emit(perSecond: 20_000, for: .seconds(1))
        mongod.signal(SIGSTOP)
        world.emit(perSecond: 20_000, for: time)
        if time > .seconds(6) {
            #expect(world.lines.contains { $0.contains("no answer from") || $0.contains("cannot store") })
        }
        mongod.signal(SIGCONT)
        world.emit(perSecond: 20_000, for: .seconds(1))
        let fates = try world.settle()
        try expectExact(world, fates, MongoClient(mongod.uri))
        #expect(time < .seconds(10) || fates[.dropped] > 0)
        #expect(try world.end() == 0)
    }

    @Test("a full disk", .enabled(if: geteuid() == 0, "by hand: mounting a tmpfs needs root"), .timeLimit(.minutes(3)))
    func full() throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "es-tmpfs-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { rmdir(directory.path()) }
        try #require(mount("tmpfs", directory.path(), "tmpfs", 0, "size=320m") == 0)
        defer { umount2(directory.path(), CInt(MNT_DETACH)) }
        let mongod = try Mongod(directory: directory)
        let world = try MongoWorld(mongod.uri, ["--journal", "--queue", "4MiB"])
        world.emit(2_000)
        _ = try world.settle()
        // All that is left, but for a little.
        let hog = directory.appending(path: "hog").path()
        try fill(hog)
        let padding = String(repeating: "x", count: 1_000)
        for _ in 0..<40 {
            world.emit(500) { $0["text"] = padding }
            usleep(50_000)
        }
        let line = world.waitForLine("cannot store")
        #expect(line != nil)
        #expect(world.memory < 400 << 20)
        unlink(hog)
        if !mongod.isRunning { try mongod.start() }
        let fates = try world.settle()
        try expectExact(world, fates, MongoClient(mongod.uri))
        #expect(try world.end() == 0)
    }

    private func fill(_ path: String) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT, 0o600)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        let block = [UInt8](repeating: 1, count: 1 << 20)
        while block.withUnsafeBytes({ write(descriptor, $0.baseAddress, $0.count) }) == block.count {}
    }

    @Test("a sink that ends without a server takes its time and no more, and says what was not stored")
    func end() throws {
        let mongod = try Mongod()
        let world = try MongoWorld(mongod.uri)
        world.emit(1_000)
        _ = try world.settle()
        mongod.kill()
        world.emit(777)
        #expect(try world.wait { $0[.queued] == 777 })
        let start = ContinuousClock.now
        #expect(try world.end() == 1)
        #expect(.now - start < .seconds(2.5))
        #expect(world.lines.contains { $0.hasSuffix("777 events were not stored") }, "\(world.lines)")
        #expect(world.fates[.failed] == 777 && world.fates[.queued] == 0 && world.fates.isBalanced, "\(world.fates)")
    }

    @Test("a server that comes late is found within a second")
    func late() throws {
        let mongod = try Mongod()
        mongod.kill()
        let world = try MongoWorld(mongod.uri)
        world.emit(100)
        #expect(world.waitForLine("is mongod running, and is that its port?") != nil, "\(world.lines)")
        try mongod.start()
        let start = ContinuousClock.now
        #expect(world.waitForLine("storing again") != nil)
        #expect(.now - start < .seconds(1.5))
        #expect(try world.settle()[.stored] == 100)
    }
}

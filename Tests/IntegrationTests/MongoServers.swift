// Real mongods that can be killed, stopped and asked.

import BSON
import BSONText
import Foundation
import Testing

@testable import MongoStorage
@testable import Service

/// A mongod of its own, with a directory and a port of its own; gone with this value.
final class Mongod {
    private static let environment = ProcessInfo.processInfo.environment
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardized

    private static let executable: URL? = {
        let places =
            environment["ES_MONGOD"].map { [URL(filePath: $0)] } ?? [root.appending(path: ".build/mongod/mongod")]
        return places.first { FileManager.default.isExecutableFile(atPath: $0.path) }
    }()
    /// Whether the tests run: where they must not be skipped, they fail for want of mongod.
    static let isThere = executable != nil || environment["ES_REQUIRE_SERVERS"] == "1"

    let port: Int
    let directory: URL
    private let ownsDirectory: Bool
    private let arguments: [String]
    private var process: Process?

    /// Starts one, and waits until it answers.
    init(_ arguments: String..., directory: URL? = nil, waits: Bool = true) throws {
        port = try freePort()
        ownsDirectory = directory == nil
        self.directory =
            directory ?? FileManager.default.temporaryDirectory.appending(path: "es-mongod-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: self.directory, withIntermediateDirectories: true)
        self.arguments = arguments
        try start(waits: waits)
    }

    deinit {
        kill()
        if ownsDirectory { try? FileManager.default.removeItem(at: directory) }
    }

    /// One for all tests that leave it as it is but for its database `test`, which each of them empties.
    static func shared() throws -> Mongod {
        if let mongod = common { return mongod }
        let mongod = try Mongod()
        common = mongod
        // Nothing else ends with the process of the tests.
        atexit { Mongod.common = nil }
        return mongod
    }

    private nonisolated(unsafe) static var common: Mongod?

    var uri: String { "mongodb://127.0.0.1:\(port)" }

    /// Starts it again, where it was.
    func start(waits: Bool = true) throws {
        let process = Process()
        let executable: URL = try #require(Self.executable, "there is no mongod")
        process.executableURL = executable
        process.arguments =
            [
                "--dbpath", directory.path(), "--port", "\(port)", "--bind_ip", "127.0.0.1", "--quiet",
                "--wiredTigerCacheSizeGB", "0.25", "--setParameter", "diagnosticDataCollectionEnabled=false",
                "--logpath", directory.appending(path: "log").path(), "--nounixsocket",
            ] + arguments
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        self.process = process
        if waits { try waitUntilUp() }
    }

    func waitUntilUp() throws {
        let end = ContinuousClock.now + .seconds(30)
        while !listens {
            try #require(isRunning && ContinuousClock.now < end, "mongod does not start:\n\(lastLines)")
            usleep(20_000)
        }
    }

    private var lastLines: String {
        let text = (try? String(contentsOf: directory.appending(path: "log"), encoding: .utf8)) ?? ""
        return text.split(separator: "\n").suffix(5).joined(separator: "\n")
    }

    /// Whether somebody listens at its port.
    private var listens: Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        address.sin_port = UInt16(port).bigEndian
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }

    var isRunning: Bool { process?.isRunning ?? false }

    func signal(_ number: CInt) { if let process, process.isRunning { Glibc.kill(process.processIdentifier, number) } }

    /// Ends it as a power failure would, and waits for that.
    func kill() {
        signal(SIGKILL)
        process?.waitUntilExit()
    }

    /// Ends it as an administrator would.
    func shutDown() {
        signal(SIGTERM)
        process?.waitUntilExit()
    }
}

/// Somebody who asks servers.
final class MongoClient {
    private let server: MongoServer

    init(_ uri: String) throws {
        let address = try ServerAddress(uri, applicationName: "test")
        server = try MongoPool(address, connections: 2).connect()
    }

    /// Runs a command; fails the test if the server does.
    @discardableResult
    func run(_ command: String, in database: String = "test") throws -> Document {
        let outcome = server.run(try BSONText.parse(command, dialect: .query).document, database: database)
        guard case .answered(let reply) = outcome else { throw NoAnswer(outcome: "\(outcome)") }
        if reply.view["ok"]?.number != 1 { throw NoAnswer(outcome: BSONText.string(reply.view)) }
        return reply
    }

    struct NoAnswer: Error { let outcome: String }

    /// How many documents a collection has.
    func count(_ collection: String, in database: String = "test") throws -> Int {
        let reply = try run(
            "{aggregate: '\(collection)', pipeline: [{$count: 'n'}], cursor: {}, readConcern: {level: 'local'}}",
            in: database)
        var count = 0
        reply.view["cursor"]?.document?["firstBatch"]?.array?.forEach {
            count = Int($0.document?["n"]?.integer ?? 0)
        }
        return count
    }

    /// How many of the documents have a value that no other has.
    func distinct(_ field: String, _ collection: String) throws -> Int {
        let reply = try run(
            "{aggregate: '\(collection)', pipeline: [{$group: {_id: '$\(field)'}}, {$count: 'n'}], cursor: {}}")
        var count = 0
        reply.view["cursor"]?.document?["firstBatch"]?.array?.forEach {
            count = Int($0.document?["n"]?.integer ?? 0)
        }
        return count
    }

    /// Some of the documents.
    func documents(_ collection: String, in database: String = "test") throws -> [Document] {
        let reply = try run("{find: '\(collection)', limit: 100}", in: database)
        var found: [Document] = []
        reply.view["cursor"]?.document?["firstBatch"]?.array?.forEach { element in
            if let document = element.document { found.append(Document(copying: document)) }
        }
        return found
    }
}

/// Three members that are one: a replica set.
final class ReplicaSet {
    var members: [Mongod]

    init() throws {
        members = try (0..<3).map { _ in try Mongod("--replSet", "rs", "--oplogSize", "64", waits: false) }
        for member in members { try member.waitUntilUp() }
        let first = try MongoClient("\(members[0].uri)/?directConnection=true")
        let list = members.enumerated().map { "{_id: \($0.offset), host: '127.0.0.1:\($0.element.port)'}" }
        try first.run(
            "{replSetInitiate: {_id: 'rs', settings: {electionTimeoutMillis: 1000, heartbeatIntervalMillis: 200}, "
                + "members: [\(list.joined(separator: ","))]}}",
            in: "admin")
        _ = try primary()
    }

    var uri: String {
        "mongodb://" + members.map { "127.0.0.1:\($0.port)" }.joined(separator: ",") + "/?replicaSet=rs"
    }

    /// The member that takes writes, once there is one.
    func primary() throws -> Mongod {
        let end = ContinuousClock.now + .seconds(30)
        while ContinuousClock.now < end {
            for member in members where member.isRunning {
                if takesWrites(member) { return member }
            }
            usleep(50_000)
        }
        throw MongoClient.NoAnswer(outcome: "no primary within 30 s")
    }

    private func takesWrites(_ member: Mongod) -> Bool {
        let uri = "\(member.uri)/?directConnection=true&serverSelectionTimeoutMS=500"
        guard let hello = try? MongoClient(uri).run("{hello: 1}", in: "admin") else { return false }
        return hello.view["isWritablePrimary"]?.bool == true
    }
}

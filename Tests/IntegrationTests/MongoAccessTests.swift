// What people get wrong: one clear line each, and what to do.

import BSON
import Eventstorm
import Foundation
import Testing

@testable import MongoStorage
@testable import Service

@Suite(
    "The MongoDB sink and who may come in", .serialized, .enabled(if: Mongod.isThere, "there is no mongod"),
    .timeLimit(.minutes(2)))
struct MongoAccessTests {
    /// A sink that cannot store: its line, and that it says no more.
    private func line(_ uri: String, _ options: [String] = [], words: String) throws -> String {
        let world = try MongoWorld(uri, options)
        world.emit(10)
        let line = try #require(world.waitForLine("cannot store"), "\(world.lines)")
        #expect(line.contains(words), "\(line)")
        #expect(!line.contains("geheim"))
        _ = try world.wait(.seconds(1)) { _ in false }
        #expect(world.lines.filter { $0.contains("cannot store") }.count == 1, "\(world.lines)")
        #expect(try world.wait { $0[.queued] == 10 })
        return line
    }

    @Test("a host that does not exist")
    func unknownHost() throws {
        _ = try line(
            "mongodb://no-such-host.invalid/?serverSelectionTimeoutMS=1000", words: "no such host: check the name")
    }

    @Test("a wrong password, no password, and a user that may only read; the right of one is given later")
    func users() throws {
        let mongod = try Mongod("--auth")
        try MongoClient(mongod.uri).run(
            "{createUser: 'root', pwd: 'geheim-root', roles: ['root']}", in: "admin")
        let root = try MongoClient("mongodb://root:geheim-root@127.0.0.1:\(mongod.port)/?authSource=admin")
        try root.run("{createUser: 'reader', pwd: 'geheim', roles: [{role: 'read', db: 'test'}]}", in: "admin")

        _ = try line(
            "mongodb://reader:geheim-x@127.0.0.1:\(mongod.port)/?authSource=admin", words: "the password is wrong")
        _ = try line(mongod.uri, words: "the URI needs a user and a password")
        let world = try MongoWorld("mongodb://reader:geheim@127.0.0.1:\(mongod.port)/?authSource=admin")
        world.emit(10)
        let said = try #require(world.waitForLine("cannot store in test.load"))
        #expect(said.contains("give the user the role readWrite on this database"))
        try root.run("{grantRolesToUser: 'reader', roles: [{role: 'readWrite', db: 'test'}]}", in: "admin")
        #expect(try world.settle()[.stored] == 10)
        #expect(world.waitForLine("storing in test.load again") != nil)
        #expect(!world.lines.joined().contains("geheim"))
    }

    @Test("TLS whose CA is not known, and one that is")
    func certificates() throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "es-tls-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let (key, certificate) = (directory.appending(path: "key.pem"), directory.appending(path: "ca.pem"))
        let openssl = try Process.run(
            URL(filePath: "/usr/bin/openssl"),
            arguments: [
                "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
                "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", key.path(), "-out", certificate.path(),
                "-batch",
            ])
        openssl.waitUntilExit()
        try #require(openssl.terminationStatus == 0)
        let both = directory.appending(path: "both.pem")
        try (Data(contentsOf: key) + Data(contentsOf: certificate)).write(to: both)
        let mongod = try Mongod("--tlsMode", "requireTLS", "--tlsCertificateKeyFile", both.path())
        _ = try line("\(mongod.uri)/?tls=true", words: "name the file of its CA in the URI with tlsCAFile=FILE")
        _ = try line(mongod.uri, words: "tls=true")
        let world = try MongoWorld("\(mongod.uri)/?tls=true&tlsCAFile=\(certificate.path())")
        world.emit(10)
        #expect(try world.settle()[.stored] == 10)
    }

    @Test("a password is in no process list, whether it comes by the command line, a file or the environment")
    func secrets() throws {
        let mongod = try Mongod("--auth")
        try MongoClient(mongod.uri).run("{createUser: 'root', pwd: 'geheim', roles: ['root']}", in: "admin")
        let uri = "mongodb://root:geheim@127.0.0.1:\(mongod.port)/?authSource=admin"
        let file = try ConfigurationFile(uri + "\n")
        let client = try MongoClient(uri)
        var stored = 0
        for options in [["--uri", uri], ["--uri=\(uri)"], ["--uri-file", file.path]] {
            let source = try Source("s", to: [Endpoint("bind:tcp://127.0.0.1:*", usual: .bind)])
            let topic = try source.topic("a")
            let sink = try RunningProgram(
                "eventstorm-sink-mongo",
                arguments: ["--from", source.bound[0], "--report", "ipc:///tmp/es-nobody-\(getpid())"] + options)
            #expect(source.waitUntilWanted(topic, within: .seconds(10)))
            let line = try String(contentsOfFile: "/proc/\(sink.pid)/cmdline", encoding: .utf8)
            #expect(!line.contains("geheim") && line.contains("eventstorm-sink-mongo"))
            topic.emit { $0["a"] = 1 }
            stored += 1
            let end = ContinuousClock.now + .seconds(10)
            while try client.count("a", in: "eventstorm") < stored, ContinuousClock.now < end { usleep(20_000) }
            sink.signal(SIGTERM)
            #expect(sink.waitForEnd() == 0)
        }
        #expect(try client.count("a", in: "eventstorm") == 3)
    }
}

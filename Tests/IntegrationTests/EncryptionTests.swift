// Encrypted links between the real programs: what can be seen on the wire, and who comes in after a reload.
import Foundation
import Glibc
@testable import Service
import Testing
import ZeroMQ

@Suite("Encrypted programs", .timeLimit(.minutes(2)))
struct EncryptionTests {
    /// A router, its relays that record what passes, and the files of keys.
    private final class World {
        let directory: String
        let ports: (Int, Int)
        let relays: [Relay]
        let router: RunningProgram
        let isEncrypted: Bool

        init(isEncrypted: Bool) throws {
            self.isEncrypted = isEncrypted
            directory = NSTemporaryDirectory() + "es-keys-\(UUID().uuidString)"
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            for name in ["router", "web", "late", "reader"] {
                #expect(try RunningProgram("eventstorm", "keygen", name, "--dir", directory).waitForEnd() == 0)
            }
            ports = (try freePort(), try freePort())
            relays = [try Relay(to: ports.0), try Relay(to: ports.1)]
            var arguments = ["--in", "tcp://127.0.0.1:\(ports.0)", "--out", "tcp://127.0.0.1:\(ports.1)"]
            if isEncrypted {
                try World.list(["web", "reader"], in: directory)
                arguments += ["--keys", directory + "/router.secret", "--clients", directory + "/clients.json5"]
            }
            router = try RunningProgram("eventstorm-router", arguments: arguments)
        }

        deinit {
            for relay in relays { relay.stop() }
            try? FileManager.default.removeItem(atPath: directory)
        }

        /// Writes the list of clients in one go, as one should.
        static func list(_ names: [String], in directory: String) throws {
            let lines = try names.map { "\"\($0)\": \"\(try KeyFile.publicKey("\(directory)/\($0).pub"))\"," }
            let path = directory + "/clients.json5"
            try "{\(lines.joined(separator: "\n"))}".write(toFile: path, atomically: true, encoding: .utf8)
        }

        private func keys(_ name: String) -> [String] {
            isEncrypted ? ["--keys", "\(directory)/\(name).secret", "--server-key", "\(directory)/router.pub"] : []
        }

        func tap(_ count: Int) throws -> RunningProgram {
            _ = FileManager.default.createFile(atPath: directory + "/tap", contents: nil)
            let output = try #require(FileHandle(forWritingAtPath: directory + "/tap"))
            let from = ["--from", "tcp://127.0.0.1:\(relays[1].port)", "--count", "\(count)", "*"]
            return try RunningProgram("eventstorm", arguments: ["tap"] + from + keys("reader"), output: output)
        }

        /// Emits one event through the relay; returns the exit status.
        func emit(_ word: String, as name: String, wait: String = "20s") throws -> CInt {
            let to = ["--to", "tcp://127.0.0.1:\(relays[0].port)", "--wait", wait]
            let words = ["emit", "topicword.x", "field=\(word)"]
            _ = FileManager.default.createFile(atPath: directory + "/emit", contents: nil)
            let output = try #require(FileHandle(forWritingAtPath: directory + "/emit"))
            return try RunningProgram("eventstorm", arguments: words + to + keys(name), output: output).waitForEnd()
        }

        /// What the last emit had to say.
        var said: String { (try? String(contentsOfFile: directory + "/emit", encoding: .utf8)) ?? "" }

        /// Waits until the tap has shown what it was to show, and ended.
        func end(_ tap: RunningProgram) -> CInt? {
            let deadline = ContinuousClock.now + .seconds(20)
            while ContinuousClock.now < deadline && !tap.hasEnded { usleep(10_000) }
            return tap.hasEnded ? tap.waitForEnd() : nil
        }

        var tapped: String { (try? String(contentsOfFile: directory + "/tap", encoding: .utf8)) ?? "" }

        func shows(_ word: String) -> Bool {
            let bytes = Data(word.utf8)
            return relays.contains { Data($0.recorded).range(of: bytes) != nil }
        }
    }

    @Test("encrypted, the wire shows neither topics nor contents; plain, it shows both", arguments: [true, false])
    func wire(isEncrypted: Bool) throws {
        let world = try World(isEncrypted: isEncrypted)
        let tap = try world.tap(1)
        #expect(try world.emit("payloadword", as: "web") == 0, "\(world.said)")
        #expect(world.end(tap) == 0, "\(world.tapped)")
        #expect(world.tapped.contains("payloadword"))
        for word in ["topicword", "payloadword"] { #expect(world.shows(word) == !isEncrypted) }
        #expect(world.relays.allSatisfy { $0.recorded.count > 500 })
    }

    @Test("a key that is not listed sends nothing, until it is listed; the reader's link stays and loses nothing")
    func reload() throws {
        let world = try World(isEncrypted: true)
        let tap = try world.tap(2)
        #expect(try world.emit("first", as: "web") == 0, "\(world.said)")
        #expect(try world.emit("refused", as: "late", wait: "1s") == 1)
        let connections = world.relays[1].accepted
        try World.list(["web", "reader", "late"], in: world.directory)
        world.router.signal(SIGHUP)
        #expect(try world.emit("second", as: "late") == 0, "\(world.said)")
        #expect(world.end(tap) == 0, "\(world.tapped)")
        let text = world.tapped
        #expect(text.contains("first") && text.contains("second") && !text.contains("refused"))
        #expect(world.relays[1].accepted == connections)
    }

    @Test("check tells of keys that are missing, wrong or open to others")
    func check() throws {
        let world = try World(isEncrypted: true)
        let directory = world.directory
        chmod(directory + "/web.secret", 0o644)
        try "{a: 'short'}".write(toFile: directory + "/bad.json5", atomically: true, encoding: .utf8)
        let fabric = """
            {router: {keys: "\(directory)/none.secret", clients: "\(directory)/bad.json5", in: "tcp://*:\(world.ports.0)"},
             sources: [{host: {to: "tcp://127.0.0.1:9", keys: "\(directory)/web.secret", server_key: "x"}}]}
            """
        try fabric.write(toFile: directory + "/fabric.json5", atomically: true, encoding: .utf8)
        _ = FileManager.default.createFile(atPath: directory + "/out", contents: nil)
        let output = try #require(FileHandle(forWritingAtPath: directory + "/out"))
        let check = try RunningProgram("eventstorm", arguments: ["check", directory + "/fabric.json5"], output: output)
        #expect(check.waitForEnd() == 78)
        let text = try String(contentsOfFile: directory + "/out", encoding: .utf8)
        for part in [
            "router.keys", "No such file", "a secret that others can use", "40 characters of Z85", "server_key",
        ] {
            #expect(text.contains(part), "\(text)")
        }
    }
}

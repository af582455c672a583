// What the machine says about configurations.

import Glibc
import Testing

@testable import Service

@Suite("Checking a fabric")
struct FabricCheckTests {
    private func check(_ text: String, looksAtPorts: Bool = false) -> FabricCheck {
        let configuration = Configuration(path: "f", text: text)
        #expect(configuration.sections.isEmpty == false)
        return FabricCheck(configuration, looksAtPorts: looksAtPorts)
    }

    @Test("a fabric of files and directories that can be there is fine, and nothing is created")
    func fine() throws {
        let folder = try TemporaryFolder()
        let found = check(
            """
            {sources: [{log: {file: "\(folder.path)/new/hits.log", to: "bson:\(folder.path)/x.bson"}}],
             router: {in: "ipc://\(folder.path)/in", out: "ipc://\(folder.path)/out"},
             sinks: [{live: {access_log: "\(folder.path)/new/hits.log"}}, {archive: {dir: "\(folder.path)/a/b"}}]}
            """)
        #expect(found.errors == [] && found.warnings == [])
        #expect(Files.matching("\(folder.path)/*") == [])
    }

    static let wrong: [(String, String)] = [
        (
            "{sources: [{log: {file: \"-\"}}]}",
            "f:1:25: sources[0].log.file: stdin (-) cannot be read by a program that runs unattended"
        ),
        ("{sources: [{log: {file: \"/tmp\"}}]}", "f:1:25: sources[0].log.file: \"/tmp\" is a directory"),
        ("{sinks: [{live: {access_log: \"/tmp\"}}]}", "f:1:30: sinks[0].live.access_log: \"/tmp\" is a directory"),
        (
            "{sinks: [{archive: {dir: \"/etc/passwd/x\"}}]}",
            "f:1:26: sinks[0].archive.dir: \"/etc/passwd/x\" cannot be written to: Not a directory"
        ),
        (
            "{sinks: [{live: {}}, {live: {listen: 8080}}]}",
            "f:1:38: sinks[1].live.listen: 127.0.0.1:8080 is taken already by sinks[0].live.listen"
        ),
        (
            "{router: {in: \"tcp://127.0.0.1:6000\", out: \"tcp://*:6000\", insecure: true}}",
            "f:1:44: router.out: tcp://*:6000 is taken already by router.in"
        ),
        (
            "{router: {in: \"ipc:///tmp/es-x\", out: \"ipc:///tmp/es-x\"}}",
            "f:1:39: router.out: ipc:///tmp/es-x is taken already by router.in"
        ),
        (
            "{router: {in: [\"tcp://127.0.0.1:57001\", \"connect:tcp://127.0.0.1:57002\"],\n out: \"tcp://*:57002\", "
                + "insecure: true}}",
            "f:1:41: router.in[1]: tcp://127.0.0.1:57002 is this router's own \"out\": events would go in a circle"
        ),
    ]

    @Test("what would fail is an error with its place", arguments: wrong)
    func errors(text: String, message: String) {
        #expect(check(text).errors == [message])
    }

    static let doubtful: [(String, String)] = [
        (
            "{sources: [{log: {file: \"/nonexistent/*.log\"}}]}",
            "f:1:25: sources[0].log.file: \"/nonexistent/*.log\" is not there yet; it is read when it comes"
        ),
        (
            "{router: {}, sources: [{host: {to: \"tcp://127.0.0.1:7000\"}}]}",
            "f:1:36: sources[0].host.to: nothing in this file is bound to tcp://127.0.0.1:7000"
        ),
    ]

    @Test("what may become right is a warning", arguments: doubtful)
    func warnings(text: String, message: String) {
        let found = check(text)
        #expect(found.errors == [] && found.warnings == [message])
    }

    @Test("a port in use is a warning, an address of another machine an error")
    func ports() throws {
        let socket = try ListeningSocket()
        let found = check("{sinks: [{live: {listen: \(socket.port)}}]}", looksAtPorts: true)
        let place = "f:1:26: sinks[0].live.listen: 127.0.0.1:\(socket.port)"
        #expect(found.warnings == ["\(place) is in use by another program at present"] && found.errors == [])
        let strange = check("{sinks: [{live: {listen: \"192.0.2.1:8080\", insecure: true}}]}", looksAtPorts: true)
        #expect(
            strange.errors == [
                "f:1:26: sinks[0].live.listen: 192.0.2.1:8080 cannot be bound: Cannot assign requested address"
            ])
    }

    @Test("the demo is fine")
    func demo() throws {
        let folder = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let configuration = try Configuration.load("/\(folder)/examples/demo/fabric.json5")
        let found = FabricCheck(configuration, looksAtPorts: false)
        #expect(found.errors == [])
        #expect(configuration.pages == ["http://127.0.0.1:8080/"])
        #expect(configuration.summary == "2 sources, 1 router and 2 sinks")
        #expect(
            try configuration.plans().map(\.arguments.last)
                == ["sources[0]", "sources[1]", "router", "sinks[0]", "sinks[1]"])
        #expect(try configuration.plans().map(\.label) == ["host", "log", "router", "live", "archive"])
    }

    static let parents = [("a", "."), ("/a", "/"), ("a/b", "a"), ("/a/b/", "/a"), ("/", "/"), ("a//b", "a/")]

    @Test("the parent of a path", arguments: parents)
    func parent(path: String, expected: String) { #expect(Files.parent(of: path) == expected) }
}

/// A directory that is there for one test.
final class TemporaryFolder {
    let path: String

    init() throws {
        var template = Array("/tmp/eventstorm-test-XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        for name in Files.matching("\(path)/*/*") + Files.matching("\(path)/*") { remove(name) }
        rmdir(path)
    }
}

/// A port of this machine that is in use for one test.
private final class ListeningSocket {
    let port: UInt16
    private let descriptor: CInt

    init() throws {
        descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = descriptor
        let failures = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, size) + listen(descriptor, 1) + getsockname(descriptor, $0, &size)
            }
        }
        try #require(failures == 0)
        port = UInt16(bigEndian: address.sin_port)
    }

    deinit { close(descriptor) }
}

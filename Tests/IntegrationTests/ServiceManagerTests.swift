// What a service manager such as systemd hears of our programs.
import Foundation
@testable import Service
import Testing

/// A service manager: the socket that NOTIFY_SOCKET names, and a program that was started with it.
private final class Manager {
    private let path = FileManager.default.temporaryDirectory.appending(path: "es-\(UUID().uuidString)").path()
    private let descriptor: CInt
    private let process = Process()

    /// - Parameter watchdog: After what silence the program would be taken for dead, in microseconds.
    init(_ program: String, _ arguments: [String], watchdog: Int? = nil) throws {
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(bound == 0)
        var environment = ProcessInfo.processInfo.environment
        environment["NOTIFY_SOCKET"] = path
        environment["WATCHDOG_USEC"] = watchdog.map(String.init)
        process.executableURL = URL(filePath: try #require(Executables.path(of: program), "\(program) was not built"))
        process.arguments = arguments
        process.environment = environment
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
    }

    deinit {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        close(descriptor)
        unlink(path)
    }

    /// The next message; nil if none comes in time.
    func hear(within time: Duration = .seconds(15)) -> String? {
        var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard Glibc.poll(&poll, 1, CInt(time / .milliseconds(1))) == 1 else { return nil }
        var bytes = [UInt8](repeating: 0, count: 512)
        let count = recv(descriptor, &bytes, bytes.count, 0)
        return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }

    /// The next message that is no sign of life.
    func hearNews() -> String? {
        while let text = hear() { if text != "WATCHDOG=1" { return text } }
        return nil
    }

    /// Everything up to a silence.
    func hearAll(until silence: Duration) -> [String] {
        var heard: [String] = []
        while let text = hear(within: silence) { heard.append(text) }
        return heard
    }

    func signal(_ number: CInt) { kill(process.processIdentifier, number) }

    func waitForEnd() -> CInt {
        process.waitUntilExit()
        return process.terminationStatus
    }
}

@Suite("A service manager", .timeLimit(.minutes(1)))
struct ServiceManagerTests {
    static let programs: [(program: String, arguments: [String])] = [
        ("eventstorm-router", ["--in", "tcp://127.0.0.1:*", "--out", "tcp://127.0.0.1:*"]),
        ("eventstorm-source-host", ["--to", "bind:tcp://127.0.0.1:*", "--every", "1h"]),
        ("eventstorm-source-log", ["--to", "bind:tcp://127.0.0.1:*", "/dev/null"]),
        ("eventstorm-sink-archive", ["--from", "bind:tcp://127.0.0.1:*", "--dir", "DIR"]),
        ("eventstorm-sink-live", ["--from", "bind:tcp://127.0.0.1:*", "--listen", "127.0.0.1:0"]),
        (
            "eventstorm-sink-mongo",
            ["--from", "bind:tcp://127.0.0.1:*", "--uri", "mongodb://127.0.0.1:1", "--drain", "0s"]
        ),
    ]

    @Test("hears of each program that it is ready, alive, reads its configuration, and ends", arguments: programs)
    func life(program: String, arguments: [String]) throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "es-\(UUID().uuidString)").path()
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let manager = try Manager(program, arguments.map { $0 == "DIR" ? directory : $0 }, watchdog: 300_000)
        #expect(manager.hear() == "READY=1")
        // Three times as often as need be.
        let start = ContinuousClock.now
        for _ in 0..<5 { #expect(manager.hear() == "WATCHDOG=1") }
        #expect(ContinuousClock.now - start >= .milliseconds(250))
        manager.signal(SIGHUP)
        let begin = manager.hearNews() ?? ""
        #expect(begin.hasPrefix("RELOADING=1\nMONOTONIC_USEC="))
        #expect(manager.hearNews() == "READY=1")
        manager.signal(SIGTERM)
        #expect(manager.hearNews() == "STOPPING=1\nWATCHDOG_USEC=0")
        #expect(manager.waitForEnd() == 0)
    }

    @Test("hears nothing of a program that hangs, and again of one that goes on")
    func hanging() throws {
        let (program, arguments) = Self.programs[0]
        let manager = try Manager(program, arguments, watchdog: 150_000)
        #expect(manager.hear() == "READY=1")
        #expect(manager.hear() == "WATCHDOG=1")
        manager.signal(SIGSTOP)
        _ = manager.hearAll(until: .milliseconds(400))
        manager.signal(SIGCONT)
        #expect(manager.hear() == "WATCHDOG=1")
    }

    @Test("hears of a supervisor once, nothing of its children, and no sign of life where nobody asks for it")
    func supervisor() throws {
        let (input, output) = (try freePort(), try freePort())
        let configuration = try ConfigurationFile(
            "{router: {in: 'tcp://127.0.0.1:\(input)', out: 'tcp://127.0.0.1:\(output)'}, sources: [{host: {}}]}")
        let manager = try Manager("eventstorm", ["up", configuration.path])
        #expect(manager.hearAll(until: .seconds(2)) == ["READY=1"])
        manager.signal(SIGTERM)
        #expect(manager.hear() == "STOPPING=1")
        #expect(manager.waitForEnd() == 0)
    }
}

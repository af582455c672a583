// The WebSockets of this server as others' test suites see them: Autobahn's cases, driven by kosoku.

import Foundation
import Service
import Testing

@testable import LiveView

/// kosoku, which drives Autobahn's cases; `.ci/setup` installs it.
private let kosoku: URL? = {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    let places = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map {
        URL(filePath: String($0))
    }
    return (places + [root.appending(path: ".build/python/bin")]).map { $0.appending(path: "kosoku") }
        .first { FileManager.default.isExecutableFile(atPath: $0.path) }
}()

@Suite(
    "Autobahn's cases",
    .enabled(
        if: kosoku != nil || ProcessInfo.processInfo.environment["ES_REQUIRE_SERVERS"] == "1",
        "kosoku is not installed"), .timeLimit(.minutes(2)))
struct WebSocketSuiteTests {
    @Test(
        "pass, but for 2.10 and 2.11: of several pings under way libwebsockets answers the last",
        arguments: ["1.*", "2.*", "3.*", "4.*", "5.*", "6.*", "7.*", "10.*"])
    func cases(group: String) throws {
        let program = try #require(kosoku)
        let fixture = try ServerFixture { $0.echoes = true }
        let reports = FileManager.default.temporaryDirectory.appending(path: "kosoku-\(fixture.port)").path
        defer { try? FileManager.default.removeItem(atPath: reports) }
        let process = Process()
        let output = Pipe()
        process.executableURL = program
        process.arguments = [
            "-m", "fuzzingclient", "-i", group, "-x", "2.10", "-x", "2.11", "-p", "4", "-o", reports,
            "127.0.0.1:\(fixture.port)",
        ]
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "\(text.suffix(2_000))")
    }
}

// The pages of `make docs`, of what the tests were built of.
import Foundation
import Testing

@Suite("make docs", .timeLimit(.minutes(5)))
struct PagesTests {
    @Test("the interfaces of the libraries make pages without a warning")
    func pages() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardized
        let built = URL(filePath: CommandLine.arguments[0]).resolvingSymlinksInPath().deletingLastPathComponent()
        let folder = FileManager.default.temporaryDirectory.appending(path: "es-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [
            "make", "-C", root.path, "-o", "build", "docs", "BUILT=\(built.path)", "PAGES_FOLDER=\(folder.path)",
        ]
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let said = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0 && !said.contains("warning"), "\(said.suffix(3000))")
        let pages = folder.appending(path: "pages/data/documentation").path
        for page in [
            "bson/documentwriter", "query/match", "eventstorm/source", "routing/router", "archive/archivesink",
        ] {
            #expect(FileManager.default.fileExists(atPath: "\(pages)/\(page).json"), "\(page)")
        }
    }
}

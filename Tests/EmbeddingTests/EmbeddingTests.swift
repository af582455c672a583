// The C interface, called from C and C++, and the programs in docs/embedding.md.
import BSON
import Eventstorm
import EventstormC
import Foundation
import Testing

@Suite("The C interface", .timeLimit(.minutes(3)))
struct EmbeddingTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardized
    /// Where the library lies: beside the tests.
    private static let products = URL(filePath: CommandLine.arguments[0]).resolvingSymlinksInPath()
        .deletingLastPathComponent()

    /// Runs a program; returns its exit status and what it wrote.
    private func run(_ path: String, _ arguments: [String]) throws -> (status: CInt, output: Data, errors: String) {
        let process = Process()
        let (output, errors) = (Pipe(), Pipe())
        process.executableURL = URL(filePath: path)
        process.arguments = arguments
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        let written = try output.fileHandleForReading.readToEnd() ?? Data()
        let complained = try errors.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (process.terminationStatus, written, String(decoding: complained, as: UTF8.self))
    }

    /// Builds a program against the header and the library, without a warning.
    private func build(_ source: String, in folder: URL, language: String = "c") throws -> String {
        let program = folder.appending(path: UUID().uuidString).path()
        let products = Self.products.path()
        let result = try run(
            "/usr/bin/env",
            [
                language == "c" ? "cc" : "c++", "-x", language, "-Wall", "-Wextra", "-pedantic", "-Werror", "-o",
                program,
                "-I", Self.root.appending(path: "Sources/CEventstorm/include").path(), source, "-x", "none",
                "-L", products, "-leventstorm-c", "-lpthread", "-Wl,-rpath,\(products)",
            ])
        #expect(result.status == 0, "\(result.errors)")
        return program
    }

    private func inFolder<R>(_ body: (URL) throws -> R) throws -> R {
        let folder = FileManager.default.temporaryDirectory.appending(path: "es-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        return try body(folder)
    }

    @Test("every function does what the header says, for right calls and wrong ones", arguments: ["c", "c++"])
    func calls(language: String) throws {
        try inFolder { folder in
            let source = Self.root.appending(path: "Tests/EmbeddingTests/calls.c").path()
            let result = try run(build(source, in: folder, language: language), [])
            #expect(result.status == 0, "\(result.errors)")
            // It writes one event with a field of each kind.
            let document = try Document(validating: [UInt8](result.output))
            let (number, string, text) = (
                document.view["int64"]?.int64, document.view["string"]?.string, document.view["text"]?.string
            )
            #expect(number == .min && string == "Grüße" && text == "ab\0c")
            let time = document.view["time"]?.datetime?.millisecondsSinceEpoch
            #expect(time == 1_795_220_593_395)
            let last = document.view.find(path: "array.11")?.int32
            let inner = document.view.find(path: "array.12.inner")?.string
            let count = document.view.count
            #expect(last == 11 && inner == "x" && count == 12)
        }
    }

    @Test("the programs in docs/embedding.md are built without a warning, and the emitter's event arrives")
    func documentation() throws {
        let text = try String(contentsOf: Self.root.appending(path: "docs/embedding.md"), encoding: .utf8)
        let programs = text.components(separatedBy: "```c\n").dropFirst().map { $0.components(separatedBy: "```")[0] }
        try #require(programs.count == 2)
        var subscriber = try Subscriber(
            "test", from: Endpoint.list("bind:tcp://127.0.0.1:*", usual: .bind), patterns: [Pattern("shop.order")])
        let bound = subscriber.bound[0]
        try inFolder { folder in
            for (number, program) in programs.enumerated() {
                let source = folder.appending(path: "\(number).c")
                // As printed, but for the port, which must be free.
                try program.replacing("tcp://127.0.0.1:5570", with: bound)
                    .write(to: source, atomically: true, encoding: .utf8)
                let path = try build(source.path(), in: folder)
                guard number == 0 else { continue }
                let process = Process()
                process.executableURL = URL(filePath: path)
                try process.run()
                var totals: [Double] = []
                let end = ContinuousClock.now + .seconds(10)
                while totals.isEmpty && ContinuousClock.now < end {
                    _ = subscriber.receive(within: .milliseconds(100)) { delivery in
                        delivery.forEachDocument { if let total = $0["total"]?.double { totals.append(total) } }
                    }
                }
                process.waitUntilExit()
                #expect(process.terminationStatus == 0 && totals == [129.9])
            }
        }
        subscriber.close()
    }
}

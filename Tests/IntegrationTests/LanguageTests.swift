// The gem and the Python package against the library that the tests were built with.
import BSON
import Eventstorm
import Foundation
@testable import Service
import Testing

/// libeventstorm.so, linked once of what the tests were built of.
enum BuiltLibrary {
    static let folder = Result {
        let folder = Python.root.appending(path: ".build/tests-library")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let built = URL(filePath: CommandLine.arguments[0]).resolvingSymlinksInPath().deletingLastPathComponent()
        let log = folder.appending(path: "build.log").path
        let status = try ServerProcess.run(
            "make", "-C", Python.root.path, "-o", "build", "library", "BUILT=\(built.path)", "LIBRARY=\(folder.path)",
            log: log)
        try #require(status == 0, "see \(log)")
        return folder
    }
}

/// One of the languages.
struct Language: Sendable, CustomStringConvertible {
    var description: String
    var folder: String
    var interpreter: String
    /// How it finds the package.
    var environment: [String: String]
    /// The words that run its own test.
    var test: [String]

    static let ruby = Language(
        description: "Ruby", folder: "examples/ruby", interpreter: "ruby", environment: ["RUBYLIB": "lib"],
        test: ["-w", "test.rb"])
    static let python = Language(
        description: "Python", folder: "examples/python-package", interpreter: "python3",
        environment: ["PYTHONPATH": ".", "PYTHONDONTWRITEBYTECODE": "1"], test: ["-W", "error", "-m", "unittest"])

    /// The programs in its README.
    var programs: [String] {
        get throws {
            let text = try String(
                contentsOf: Python.root.appending(path: "\(folder)/README.md"), encoding: .utf8)
            return text.components(separatedBy: "```\(description.lowercased())\n").dropFirst()
                .map { $0.components(separatedBy: "```")[0] }
        }
    }

    func start(_ arguments: [String], output: Pipe) throws -> Process {
        let process = Process()
        process.executableURL = URL(filePath: try #require(ServerProcess.path(of: interpreter)))
        process.arguments = arguments
        process.currentDirectoryURL = Python.root.appending(path: folder)
        var environment = ProcessInfo.processInfo.environment.merging(self.environment) { $1 }
        environment["EVENTSTORM_LIBRARY"] = try BuiltLibrary.folder.get().appending(path: "libeventstorm.so").path
        process.environment = environment
        process.standardOutput = output
        process.standardError = output
        try process.run()
        return process
    }
}

@Suite(
    "Other languages", .enabled(if: ServerProcess.areThere("ruby", "python3"), "ruby is not installed: .ci/setup test"),
    .timeLimit(.minutes(2)))
struct LanguageTests {
    @Test("the package passes its own test", arguments: [Language.ruby, .python])
    func test(language: Language) throws {
        let output = Pipe()
        let process = try language.start(language.test, output: output)
        let said = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "\(String(decoding: said, as: UTF8.self).suffix(2000))")
    }

    static let emitters: [(Language, Int, String)] = [
        (.ruby, 0, "Ada"), (.python, 0, "Ada"), (.python, 1, "stock is low"),
    ]

    @Test("the programs of the README do as printed", arguments: emitters)
    func readme(language: Language, number: Int, text: String) throws {
        var subscriber = try Subscriber(
            "test", from: Endpoint.list("bind:tcp://127.0.0.1:*", usual: .bind), patterns: [Pattern("shop.*")])
        let program = try #require(try language.programs.dropFirst(number).first)
            // As printed, but for the port, which must be free.
            .replacing("tcp://127.0.0.1:5570", with: subscriber.bound[0])
        let output = Pipe()
        let process = try language.start([language.description == "Ruby" ? "-e" : "-c", program], output: output)
        var found: [String] = []
        let end = ContinuousClock.now + .seconds(20)
        while found.isEmpty && ContinuousClock.now < end {
            _ = subscriber.receive(within: .milliseconds(100)) { delivery in
                delivery.forEachDocument { event in
                    if let value = event["customer"]?.string ?? event["message"]?.string { found.append(value) }
                }
            }
        }
        let said = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0 && found == [text], "\(String(decoding: said, as: UTF8.self))")
        subscriber.close()
    }

    @Test("the subscribers of the README show what comes", arguments: [(Language.ruby, 1), (.python, 2)])
    func subscriber(language: Language, number: Int) throws {
        let source = try Source("test", to: Endpoint.list("bind:tcp://127.0.0.1:*", usual: .bind))
        let topic = try source.topic("shop.order")
        let program = try #require(try language.programs.dropFirst(number).first)
            .replacing("tcp://127.0.0.1:5571", with: source.bound[0])
        let output = Pipe()
        let unbuffered =
            language.description == "Ruby" ? ["-e", "$stdout.sync = true\n" + program] : ["-u", "-c", program]
        let process = try language.start(unbuffered, output: output)
        defer {
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
        }
        #expect(source.waitUntilWanted(topic, within: .seconds(20)))
        topic.emit { $0["total"] = 129.9 }
        var line = ""
        while !line.contains("\n") {
            let piece = output.fileHandleForReading.availableData
            try #require(!piece.isEmpty, "\(line)")
            line += String(decoding: piece, as: UTF8.self)
        }
        #expect(line.contains("shop.order") && line.contains("bytes of BSON"), "\(line)")
        source.close()
    }
}

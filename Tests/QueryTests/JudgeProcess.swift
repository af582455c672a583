// judge.py as a child: the stream of what it asked a real mongod.

import BSON
import Foundation

/// Where the judge is, and what it needs to run.
enum Judge {
    private static let environment = ProcessInfo.processInfo.environment
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardized
    private static let script = root.appending(path: "Tests/QueryTests/Judge/judge.py")

    private static let python: URL? = (environment["PATH"] ?? "").split(separator: ":")
        .map { URL(filePath: String($0)).appending(path: "python3") }.first { isExecutable($0) }
    private static let mongod: URL? = {
        let places =
            environment["ES_MONGOD"].map { [URL(filePath: $0)] } ?? [root.appending(path: ".build/mongod/mongod")]
        return places.first { isExecutable($0) }
    }()

    private static func isExecutable(_ file: URL) -> Bool { FileManager.default.isExecutableFile(atPath: file.path) }

    /// Whether the tests run: where they must not be skipped, they fail for want of the judge.
    static let isThere = (python != nil && mongod != nil) || environment["ES_REQUIRE_SERVERS"] == "1"

    /// How many cases of each kind are judged: `ES_JUDGE_CASES`.
    static let cases = environment["ES_JUDGE_CASES"].flatMap { Int($0) } ?? 1_000
    /// What the cases are made from: `ES_JUDGE_SEED`, or by chance.
    static let seed = environment["ES_JUDGE_SEED"].flatMap { Int($0) } ?? 20_261_121
    /// What is judged: `ES_JUDGE_KINDS`, all by default.
    static let kinds: [JudgeCase.Kind] =
        environment["ES_JUDGE_KINDS"]?.split(separator: ",").compactMap { JudgeCase.Kind(rawValue: String($0)) }
        ?? JudgeCase.Kind.allCases
    /// The number of the only case: `ES_JUDGE_ONLY`.
    static let only = environment["ES_JUDGE_ONLY"]
    /// Whether each case is named before we answer, to find one that crashes: `ES_JUDGE_TRACE`.
    static let traces = environment["ES_JUDGE_TRACE"] != nil
    /// A folder for files with all disagreements: `ES_JUDGE_REPORT`.
    static let report = environment["ES_JUDGE_REPORT"]

    /// python3 or mongod is not there, and the test may not be skipped.
    struct IsMissing: Error {}
    /// The judge ended before its time; what it said is on standard error.
    struct Failure: Error { let status: Int32 }

    /// Runs the judge; `body` gets each document of its stream.
    static func run(_ kind: JudgeCase.Kind, _ body: (Document) throws -> Void) throws {
        guard let python, let mongod else { throw IsMissing() }
        let process = Process()
        let output = Pipe()
        process.executableURL = python
        process.arguments =
            [script.path, mongod.path, "--seed", "\(seed)", "--cases", "\(cases)", "--kinds", kind.rawValue]
            + (only.map { ["--only", $0] } ?? [])
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output
        process.environment = environment.merging(["PYTHONDONTWRITEBYTECODE": "1"]) { $1 }
        try process.run()
        defer {
            // A judge that waits until someone reads does not hear: nobody will.
            try? output.fileHandleForReading.close()
            if process.isRunning { process.terminate() }
            process.waitUntilExit()
        }
        var stream = DocumentStream(output.fileHandleForReading)
        while let document = try stream.next() { try body(document) }
        process.waitUntilExit()
        if process.terminationStatus != 0 { throw Failure(status: process.terminationStatus) }
    }
}

/// Splits a stream of bytes into documents.
private struct DocumentStream {
    private let file: FileHandle
    private var bytes: [UInt8] = []
    private var start = 0

    init(_ file: FileHandle) { self.file = file }

    mutating func next() throws -> Document? {
        guard let head = try take(4, peeking: true) else { return nil }
        let length = head.enumerated().reduce(0) { $0 | Int($1.element) << (8 * $1.offset) }
        // Not validated: mongod can make text that is not UTF-8.
        return try take(length, peeking: false).map { Document(copying: DocumentView(unchecked: $0.span.bytes)) }
    }

    private mutating func take(_ count: Int, peeking: Bool) throws -> [UInt8]? {
        while bytes.count - start < count {
            let more = file.availableData
            if more.isEmpty { return nil }
            bytes.removeFirst(start)
            start = 0
            bytes += more
        }
        defer { if !peeking { start += count } }
        return Array(bytes[start..<start + count])
    }
}

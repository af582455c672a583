// Others read the files.

import BSON
import Eventstorm
import Foundation
import Testing

@testable import Archive

@Suite("The archive's files", .timeLimit(.minutes(1)))
struct InteroperationTests {
    @Test("are what pymongo reads", .enabled(if: python("import bson") != nil, "needs python3 with pymongo"))
    func pymongo() throws {
        let directory = TemporaryDirectory()
        let archive = try ArchiveSink(directory: directory.path)
        for number in 0..<1_000 {
            let document = Document {
                $0["_id"] = ObjectID()
                $0["timestamp"] = Datetime.now()
                $0["n"] = number
                $0["text"] = "größer \(number)"
                $0.document("inner") { $0["half"] = Double(number) / 2 }
            }
            archive.receive(try Topic("a.b"), document.bytes.span.bytes, events: 1, arrival: 1_795_246_500_000)
        }
        archive.close()
        let script = """
            import bson, glob
            [name] = glob.glob('\(directory.path)/2026-11-21/0735-*/a.b.bson')
            documents = bson.decode_all(open(name, 'rb').read())
            print(len(documents), sum(d['n'] for d in documents), documents[-1]['text'], documents[-1]['inner']['half'])
            """
        #expect(python(script) == "1000 499500 größer 999 499.5\n")
    }
}

/// What a Python program prints; nil if it fails or there is no Python.
private func python(_ program: String) -> String? {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["python3", "-c", program]
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return nil }
    let output = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return process.terminationStatus == 0 ? String(decoding: output, as: UTF8.self) : nil
}

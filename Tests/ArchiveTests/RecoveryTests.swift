// What a crash leaves behind.

import Testing

@testable import Archive

@Suite("Recovery after a crash")
struct RecoveryTests {
    let directory = TemporaryDirectory()
    let record = Record()
    let interval = Interval(containing: 1_795_246_500_000)

    private func recover() { Recovery(root: directory.path, report: { record.report($0, $1) }).run() }

    @Test("a file cut at any byte keeps its whole documents and gets its name")
    func cutAnywhere() throws {
        let documents = [document(1), document(2, padding: 9), document(3)]
        let whole = documents.flatMap { $0 }
        for cut in 0...whole.count {
            let directory = TemporaryDirectory()
            try directory.write(Array(whole[..<cut]), to: "a.bson.part", in: interval)
            Recovery(root: directory.path, report: { _, _ in }).run()
            var kept: [UInt8] = []
            for document in documents {
                if kept.count + document.count > cut { break }
                kept += document
            }
            #expect(directory.files() == (kept.isEmpty ? [:] : ["\(interval.directory)/a.bson": kept]), "cut at \(cut)")
        }
    }

    @Test(
        "bytes that are no document end the file",
        arguments: [
            [UInt8](repeating: 0, count: 4096), [4, 0, 0, 0], [255, 255, 255, 255, 0], [255, 255, 255, 127, 0],
            [12, 0, 0, 0, 0x10, 0x61, 0, 1, 0, 0, 0, 1], [UInt8](repeating: 0xA5, count: 100_000),
        ])
    func garbage(tail: [UInt8]) throws {
        try directory.write(document(1) + tail + document(2), to: "a.bson.part", in: interval)
        recover()
        #expect(directory.files() == ["\(interval.directory)/a.bson": document(1)])
        #expect(record.reports.count == 1)
    }

    @Test("documents larger than what is read at once are kept")
    func large() throws {
        let bytes = document(1, padding: 3 << 20) + document(2) + document(3, padding: 2 << 20)
        try directory.write(bytes + [1], to: "a.bson.part", in: interval)
        recover()
        #expect(directory.files() == ["\(interval.directory)/a.bson": bytes])
    }

    @Test("a finished file of the same name stays as it is, and others are not touched")
    func neighbours() throws {
        try directory.write(document(1), to: "a.bson", in: interval)
        try directory.write(document(2), to: "a.bson.part", in: interval)
        try directory.write(document(3), to: "b~1.bson.part", in: interval)
        try directory.write([1, 2, 3], to: "notes.txt", in: interval)
        recover()
        let place = interval.directory
        #expect(
            directory.files() == [
                "\(place)/a.bson": document(1), "\(place)/a~1.bson": document(2), "\(place)/b~1.bson": document(3),
                "\(place)/notes.txt": [1, 2, 3],
            ])
    }

    @Test("it stops when told so")
    func stops() throws {
        try directory.write(document(1), to: "a.bson.part", in: interval)
        Recovery(root: directory.path, report: { record.report($0, $1) }).run { true }
        #expect(directory.fileNames == ["a.bson.part"])
    }
}

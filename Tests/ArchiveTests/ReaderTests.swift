// Reading an archive back, also while it is written.

import BSON
import Eventstorm
import Glibc
import Testing

@testable import Archive

@Suite("The archive's reader")
struct ReaderTests {
    let directory = TemporaryDirectory()
    let record = Record()
    let start: Int64 = 1_795_246_500_000

    private func reader(
        _ patterns: [String] = ["*"], from: Int64? = nil, until: Int64 = .max / 4
    ) throws -> ArchiveReader {
        ArchiveReader(
            directory.path, topics: Set(try patterns.map { try Pattern($0) }), from: from ?? start, storedUntil: until)
    }

    /// All that there is at present, with the topic of each piece.
    private func read(_ reader: ArchiveReader) throws -> [String: [UInt8]] {
        var found: [String: [UInt8]] = [:]
        while try reader.next({ topic, bytes in
            bytes.withUnsafeBytes { found[topic.name, default: []] += Array($0) }
        }) {}
        return found
    }

    @Test("what was stored is read once, and later what was stored meanwhile, whatever the files are called by then")
    func growing() throws {
        let writer = Writer(directory, record)
        #expect(try writer.append("http.hit", document(1), at: start))
        #expect(try writer.append("host.cpu", document(2), at: start))
        writer.flush()
        let reader = try reader()
        #expect(try read(reader) == ["http.hit": document(1), "host.cpu": document(2)])
        #expect(try read(reader).isEmpty)
        #expect(try writer.append("http.hit", document(3), at: start + 1))
        #expect(try read(reader).isEmpty, "buffered until the next flush")
        writer.flush()
        #expect(try read(reader) == ["http.hit": document(3)])
        // The interval ends: its files get other names, and another one begins.
        #expect(try writer.append("http.hit", document(4), at: start + 2))
        #expect(try writer.append("http.hit", document(5), at: start + 300_000))
        writer.flush()
        #expect(try read(reader) == ["http.hit": document(5) + document(4)])
        #expect(try read(reader).isEmpty)
    }

    @Test("the newest intervals come first, and only those that may hold what is wanted")
    func order() throws {
        let writer = Writer(directory, record)
        for number in 0..<6 {
            #expect(try writer.append("a", document(number), at: start + Int64(number) * 300_000))
        }
        writer.finishInterval()
        #expect(try read(reader())["a"] == (0..<6).reversed().flatMap { document($0) })
        let some = try reader(from: start + 310_000, until: start + 2 * 300_000)
        #expect(try read(some)["a"] == document(2) + document(1))
    }

    @Test("only the topics that are wanted are read")
    func topics() throws {
        let writer = Writer(directory, record)
        let long = "l." + String(repeating: "x", count: 240)
        for (number, topic) in ["a", "a.b", "b", long].enumerated() {
            #expect(try writer.append(topic, document(number), at: start))
        }
        writer.finishInterval()
        #expect(try read(reader(["a.*", "b"])) == ["a.b": document(1), "b": document(2)])
        let found = try read(reader(["l.*"]))
        #expect(Array(found.values) == [document(3)], "what is left of a topic that is too long for a name")
    }

    @Test("what is broken in a file is left out and counted, and a tail that is not whole waits")
    func broken() throws {
        var bad = document(2)
        bad[4] = 0x77
        let interval = Interval(containing: start)
        let tail = document(4)
        try directory.write(document(1) + bad + document(3) + tail.dropLast(3), to: "a.bson", in: interval)
        // Also an empty file, files that begin with no document, and names that are none of an archive.
        try directory.write([], to: "b.bson", in: interval)
        try directory.write([1, 0, 0, 0, 9, 9], to: "c.bson", in: interval)
        try directory.write([0xFF, 0xFF, 0xFF, 0x7F], to: "d.bson", in: interval)
        try directory.write([1], to: "README", in: interval)
        let reader = try reader()
        #expect(try read(reader) == ["a": document(1) + document(3)])
        #expect(reader.malformed == 1)
        let descriptor = open("\(directory.path)/\(interval.directory)/a.bson", O_WRONLY | O_APPEND)
        #expect(Array(tail.suffix(3)).withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) } == 3)
        close(descriptor)
        #expect(try read(reader) == ["a": document(4)])
    }

    @Test("documents larger than a block are read whole")
    func large() throws {
        let writer = Writer(directory, record)
        let bytes = document(7, padding: 3 << 20)
        #expect(try writer.append("a", document(1) + bytes + document(2), events: 3, at: start))
        writer.finishInterval()
        #expect(try read(reader())["a"] == document(1) + bytes + document(2))
    }

    @Test("an archive that is not there yet is empty, and read when it is")
    func missing() throws {
        let reader = ArchiveReader(directory.path + "/x", topics: [.everything], from: start, storedUntil: .max / 4)
        #expect(try read(reader).isEmpty)
    }
}

// Filing documents, without a thread or a clock.

import BSON
import Eventstorm
import Glibc
import Service
import Synchronization
import Testing

@testable import Archive

@Suite("The archive's writer")
struct WriterTests {
    let directory = TemporaryDirectory()
    let record = Record()
    let start: Int64 = 1_795_246_500_000

    @Test("documents are stored byte for byte, in a file of their topic and interval")
    func bytes() throws {
        let writer = Writer(directory, record)
        let place = Interval(containing: start).directory
        #expect(try writer.append("http.hit", document(1) + document(2), events: 2, at: start))
        #expect(try writer.append("host.cpu", document(3), at: start + 1))
        #expect(try writer.append("http.hit", document(4), at: start + 299_999))
        writer.flush()
        #expect(directory.fileNames == ["host.cpu.bson.part", "http.hit.bson.part"])
        #expect(writer.finishInterval())
        #expect(
            directory.files() == [
                "\(place)/host.cpu.bson": document(3),
                "\(place)/http.hit.bson": document(1) + document(2) + document(4),
            ])
        #expect(record.counts[.stored] == 4)
        #expect(record.reports.isEmpty)
    }

    @Test("the next interval finishes the files of the one before")
    func nextInterval() throws {
        let writer = Writer(directory, record)
        #expect(try writer.append("a", document(1), at: start))
        #expect(try writer.append("a", document(2), at: start + 300_000))
        writer.flush()
        #expect(
            directory.files() == [
                "\(Interval(containing: start).directory)/a.bson": document(1),
                "\(Interval(containing: start + 300_000).directory)/a.bson.part": document(2),
            ])
    }

    @Test("an interval that is over is finished a second later without further events")
    func over() throws {
        let writer = Writer(directory, record)
        #expect(try writer.append("a", document(1), at: start))
        writer.finishIfOver(now: start + 300_999)
        #expect(directory.fileNames.isEmpty, "buffered until the next flush")
        writer.finishIfOver(now: start + 301_000)
        #expect(directory.fileNames == ["a.bson"])
    }

    @Test("a finished file is never written again: what follows gets a number")
    func numbers() throws {
        for number in 1...3 {
            let writer = Writer(directory, record)
            #expect(try writer.append("a", document(number), at: start))
            writer.finishInterval()
        }
        let place = Interval(containing: start).directory
        #expect(
            directory.files() == [
                "\(place)/a.bson": document(1), "\(place)/a~1.bson": document(2), "\(place)/a~2.bson": document(3),
            ])
    }

    @Test("a clock that is set back begins another file")
    func clockSetBack() throws {
        let writer = Writer(directory, record)
        for (number, offset) in [0, 300_000, 0].enumerated() {
            #expect(try writer.append("a", document(number), at: start + Int64(offset)))
        }
        writer.finishInterval()
        #expect(directory.fileNames == ["a.bson", "a.bson", "a~1.bson"])
    }

    @Test("more topics than open files: none is lost, and the limit holds")
    func openLimit() throws {
        let writer = Writer(directory, record, openLimit: 3)
        for round in 0..<5 {
            for topic in 0..<10 {
                #expect(try writer.append("t\(topic)", document(round), at: start))
                writer.flush()
                #expect(openFiles() <= 3)
            }
        }
        writer.finishInterval()
        let files = directory.files()
        #expect(files.count == 10)
        #expect(files.values.allSatisfy { $0 == (0..<5).flatMap { document($0) } })
    }

    /// The number of descriptors this process has open below the directory.
    private func openFiles() -> Int {
        let names = (try? Disk().names(in: "/proc/self/fd")) ?? []
        return names.filter { name in
            var target = [CChar](repeating: 0, count: 4096)
            let count = readlink("/proc/self/fd/\(name)", &target, target.count)
            let path = String(decoding: target.prefix(max(count, 0)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
            return path.hasPrefix(directory.path)
        }.count
    }

    @Test("a full disk is said once, tears no document, loses nothing and is written again later")
    func fullDisk() throws {
        let room = Mutex(100)
        var disk = Disk()
        disk.write = { descriptor, bytes, path throws(DiskError) in
            let allowed = room.withLock { min($0, bytes.count) }
            if allowed == 0 { throw DiskError("write", path, code: ENOSPC) }
            room.withLock { $0 -= allowed }
            return Glibc.write(descriptor, bytes.baseAddress, allowed)
        }
        let writer = Writer(directory, record, disk: disk)
        #expect(try writer.append("a", document(1, padding: 30), at: start))
        #expect(writer.flush())
        #expect(try writer.append("a", document(2, padding: 200), at: start))
        for _ in 0..<3 { #expect(!writer.flush()) }
        #expect(directory.files().values.first == document(1, padding: 30), "the torn tail is cut off")
        #expect(try !writer.append("a", document(3), at: start), "nothing is taken while the disk is full")
        #expect(try !writer.append("a", document(3), at: start + 300_000))
        #expect(record.reports.count == 1)

        room.withLock { $0 = 100_000 }
        #expect(writer.flush())
        #expect(try writer.append("a", document(3), at: start))
        writer.finishInterval()
        #expect(directory.files().values.first == document(1, padding: 30) + document(2, padding: 200) + document(3))
        #expect(record.counts[.stored] == 3 && record.counts[.failed] == 0)
        #expect(record.reports.count == 2 && record.reports.last == "info: writing again")
    }

    @Test("an error about one file fails its events and leaves the others alone")
    func oneBadFile() throws {
        var disk = Disk()
        let open = disk.open
        disk.open = { path, isNew throws(DiskError) in
            if path.hasSuffix("/bad.bson.part") { throw DiskError("open", path, code: ELOOP) }
            return try open(path, isNew)
        }
        let writer = Writer(directory, record, disk: disk)
        #expect(try writer.append("bad", document(1) + document(2), events: 2, at: start))
        #expect(try writer.append("good", document(3), at: start))
        #expect(writer.flush())
        #expect(record.counts[.failed] == 2 && record.counts[.stored] == 1)
        #expect(writer.finishInterval())
        #expect(directory.fileNames == ["good.bson"])
    }

    @Test("a file that cannot be renamed is renamed later")
    func renameLater() throws {
        let refuses = Mutex(true)
        var disk = Disk()
        let rename = disk.rename
        disk.rename = { from, to throws(DiskError) in
            if refuses.withLock({ $0 }) { throw DiskError("rename", from, code: EACCES) }
            try rename(from, to)
        }
        let writer = Writer(directory, record, disk: disk)
        #expect(try writer.append("a", document(1), at: start))
        #expect(writer.finishInterval())
        #expect(directory.fileNames == ["a.bson.part"])
        refuses.withLock { $0 = false }
        writer.flush()
        #expect(directory.fileNames == ["a.bson"])
    }

    @Test("a file that somebody removed is begun again")
    func removedFile() throws {
        let writer = Writer(directory, record, openLimit: 1)
        #expect(try writer.append("a", document(1), at: start))
        writer.flush()
        #expect(try writer.append("b", document(2), at: start))
        writer.flush()
        unlink("\(directory.path)/\(Interval(containing: start).directory)/a.bson.part")
        #expect(try writer.append("a", document(3), at: start))
        writer.finishInterval()
        let files = directory.files()
        #expect(files.first { $0.key.hasSuffix("/a.bson") }?.value == document(3))
        #expect(files.count == 2)
    }
}

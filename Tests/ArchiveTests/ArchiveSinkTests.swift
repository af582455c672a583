// The archive with its thread.

import Eventstorm
import Glibc
import Service
import Synchronization
import Testing

@testable import Archive

@Suite("The archive", .timeLimit(.minutes(1)))
struct ArchiveSinkTests {
    let directory = TemporaryDirectory()
    let record = Record()
    let start: Int64 = 1_795_246_500_000

    private func sink(_ disk: Disk = Disk(), limit: Int = 64 << 20, onFull: OnFull = .dropOldest) throws -> ArchiveSink
    {
        try ArchiveSink(
            directory: directory.path, queueLimit: limit, onFull: onFull, disk: disk, retry: .milliseconds(10),
            report: { record.report($0, $1) })
    }

    /// Retries and clean ends of a disk that is full until told otherwise.
    private func fullDisk(_ isFull: Flag) -> Disk {
        var disk = Disk()
        let write = disk.write
        disk.write = { descriptor, bytes, path throws(DiskError) in
            if isFull.value.load(ordering: .relaxed) { throw DiskError("write", path, code: ENOSPC) }
            return try write(descriptor, bytes, path)
        }
        return disk
    }

    @Test("everything received before a clean end is in finished files")
    func cleanEnd() throws {
        let topics = try (0..<20).map { try Topic("t.\($0)") }
        var expected: [String: [UInt8]] = [:]
        let archive = try sink()
        for number in 0..<2_000 {
            let topic = topics[number % topics.count]
            let pair = document(number, padding: number % 300) + document(number)
            archive.receive(topic, pair.span.bytes, events: 2, arrival: start)
            expected["\(Interval(containing: start).directory)/\(topic).bson", default: []] += pair
        }
        archive.close()
        #expect(directory.files() == expected)
        #expect(archive.counts[.received] == 4_000 && archive.counts[.stored] == 4_000 && archive.counts.isBalanced)
        #expect(archive.countsByTopic.count == 20)
        #expect(archive.countsByTopic.values.allSatisfy { $0[.stored] == 200 && $0.isBalanced })
        #expect(record.reports.isEmpty)
    }

    @Test("events reach their file within a second or so, without an end")
    func flushes() async throws {
        let archive = try sink()
        archive.receive(try Topic("a"), document(1).span.bytes, events: 1, arrival: start)
        while archive.counts[.stored] == 0 { try await Task.sleep(for: .milliseconds(5)) }
        #expect(archive.counts[.queued] == 0)
        #expect(directory.files().values.first == document(1))
        archive.close()
    }

    @Test("a full disk fills the queue, which gives way and counts", arguments: OnFull.allCases)
    func fullQueue(onFull: OnFull) async throws {
        let isFull = Flag(true)
        let archive = try sink(fullDisk(isFull), limit: 1 << 20, onFull: onFull)
        let payload = document(0, padding: 1_000)
        for _ in 0..<5_000 {
            archive.receive(try Topic("a"), payload.span.bytes, events: 1, arrival: start)
            #expect(archive.queuedBytes <= 1 << 20)
        }
        var counts = archive.counts
        #expect(counts.isBalanced && counts[.dropped] > 1_000 && counts[.queued] > 0)

        isFull.value.store(false, ordering: .relaxed)
        while archive.counts[.queued] > 0 { try await Task.sleep(for: .milliseconds(5)) }
        counts = archive.counts
        #expect(counts.isBalanced && counts[.failed] == 0)
        archive.close()
        #expect(directory.files().values.first?.count == Int(counts[.stored]) * payload.count)
    }

    @Test("a clean end with a full disk takes no longer than allowed, and what is left has failed")
    func fullEnd() throws {
        let archive = try sink(fullDisk(Flag(true)))
        for _ in 0..<1_000 {
            archive.receive(try Topic("a"), document(0, padding: 500).span.bytes, events: 1, arrival: start)
        }
        let time = ContinuousClock().measure { archive.close(within: .seconds(2)) }
        #expect(time < .seconds(2))
        let counts = archive.counts
        #expect(counts.isBalanced && counts[.failed] == 1_000 && counts[.queued] == 0)
        #expect(directory.fileNames.isEmpty)
    }

    @Test("a second archive of the same directory is refused; after the first has ended it is not")
    func locked() throws {
        do {
            let first = try sink()
            let error = #expect(throws: DiskError.self) { try sink() }
            #expect(error?.description.contains("another process") == true)
            first.close()
        }
        try sink().close()
    }

    @Test("what a crash left is finished at the start")
    func recovers() throws {
        let interval = Interval(containing: start)
        try directory.write(document(1) + [9, 9], to: "a.bson.part", in: interval)
        let archive = try sink()
        archive.receive(try Topic("a"), document(2).span.bytes, events: 1, arrival: start)
        while archive.counts[.stored] == 0 { usleep(1_000) }
        archive.close()
        #expect(
            directory.files() == [
                "\(interval.directory)/a.bson": document(1), "\(interval.directory)/a~1.bson": document(2),
            ])
        #expect(record.reports.count == 1)
    }
}

/// A switch that a test shares with a disk.
final class Flag: Sendable {
    let value: Atomic<Bool>
    init(_ value: Bool) { self.value = Atomic(value) }
}

// What the tests share: a directory of their own, documents, and the contents of an archive.

import BSON
import Eventstorm
import Glibc
import Synchronization

@testable import Archive
@testable import Service

/// A directory that is removed with this value.
final class TemporaryDirectory: Sendable {
    let path: String

    init() {
        var template = Array("/tmp/archive-test-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { fatalError("mkdtemp: \(errno)") }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        for file in files().keys { unlink("\(path)/\(file)") }
        unlink("\(path)/.lock")
        removeDirectories(path)
    }

    private func removeDirectories(_ path: String) {
        for name in names(path) { removeDirectories("\(path)/\(name)") }
        rmdir(path)
    }

    private func names(_ path: String) -> [String] {
        (try? Disk().names(in: path)) ?? []
    }

    /// All files by their path below the directory, with their bytes.
    func files() -> [String: [UInt8]] {
        var found: [String: [UInt8]] = [:]
        for day in names(path) {
            for interval in names("\(path)/\(day)") {
                for name in names("\(path)/\(day)/\(interval)") {
                    found["\(day)/\(interval)/\(name)"] = TemporaryDirectory.read("\(path)/\(day)/\(interval)/\(name)")
                }
            }
        }
        return found
    }

    /// The names of all files, without their directories.
    var fileNames: [String] { files().keys.map { String($0.split(separator: "/").last ?? "") }.sorted() }

    /// Writes a file into an interval's directory.
    func write(_ bytes: [UInt8], to name: String, in interval: Interval) throws {
        let directory = "\(path)/\(interval.directory)"
        try Disk().makeDirectories(directory)
        let descriptor = try Disk().open("\(directory)/\(name)", true)
        if !bytes.isEmpty { _ = try bytes.withUnsafeBytes { try Disk().write(descriptor, $0, name) } }
        close(descriptor)
    }

    static func read(_ path: String) -> [UInt8] {
        let descriptor = open(path, O_RDONLY)
        defer { close(descriptor) }
        let size = Int(lseek(descriptor, 0, SEEK_END))
        return [UInt8](unsafeUninitializedCapacity: max(size, 0)) {
            $1 = pread(descriptor, $0.baseAddress, $0.count, 0)
        }
    }
}

/// A document of one number and a text of so many bytes.
func document(_ number: Int, padding: Int = 0) -> [UInt8] {
    Document {
        $0["n"] = number
        $0["text"] = String(repeating: "x", count: padding)
    }.bytes
}

/// What a writer settled and reported.
final class Record: Sendable {
    private let state = Mutex((counts: FateCounts(), reports: [String]()))

    var counts: FateCounts { state.withLock { $0.counts } }
    var reports: [String] { state.withLock { $0.reports } }

    func report(_ level: Log.Level, _ message: String) { state.withLock { $0.reports.append("\(level): \(message)") } }
    func settle(_ topic: Topic, _ events: Int, _ fate: Fate) {
        state.withLock { $0.counts.add(UInt64(events), to: fate) }
    }
}

extension Writer {
    convenience init(
        _ directory: TemporaryDirectory, _ record: Record, disk: Disk = Disk(), openLimit: Int = WriterLimits.openFiles
    ) {
        self.init(
            root: directory.path, disk: disk, openLimit: openLimit, report: { record.report($0, $1) },
            settle: { record.settle($0, $1, $2) })
    }

    func append(_ topic: String, _ documents: [UInt8], events: Int = 1, at arrival: Int64) throws -> Bool {
        append(try Topic(topic), documents.span.bytes, events: events, arrival: arrival)
    }
}

// A log that is written and rotated as fast as its reader follows, and what came of its lines.
import BSON
import Eventstorm
import Foundation
import Synchronization
import Testing

/// How a log is rotated.
enum Rotation: String, CaseIterable {
    /// The reader is asked to end now and then.
    case renamed
    /// The reader is killed now and then.
    case renamedAndKilled
    /// The writer waits while the log is copied and truncated.
    case copied
    /// The writer goes on meanwhile.
    case copiedWhileWritten

    var isCopy: Bool { self == .copied || self == .copiedWhileWritten }
}

/// A writer of numbered lines, on threads of its own.
final class RotatedLog: Sendable {
    static let linesBetween = 100
    /// Rotated files that stay.
    private static let kept = 300

    let directory = FileManager.default.temporaryDirectory.appending(path: "eventstorm-\(UUID().uuidString)")
    let written = Atomic<Int>(0)
    /// Lines that the reader has handed on without a gap, and the last of them all.
    let received = Atomic<Int>(0)
    let last = Atomic<Int>(-1)
    let isDone = Atomic<Bool>(false)
    /// The numbers of the lines that are in a copy.
    private let inCopies = Mutex<Set<Int>>([])
    private let rotations: Int
    private let isRotating = Atomic<Bool>(true)

    init(rotations: Int) throws {
        self.rotations = rotations
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        close(open(path(), O_WRONLY | O_CREAT, 0o644))
    }

    deinit { try? FileManager.default.removeItem(at: directory) }

    func path(_ number: Int? = nil) -> String {
        directory.appending(path: number.map { "a.log.\($0)" } ?? "a.log").path
    }

    static func line(_ number: Int) -> String {
        "127.0.0.1 - - [21/Nov/2026:00:23:13 +0000] \"GET /\(number) HTTP/1.1\" 200 5 \"-\" \"test\"\n"
    }

    func start(_ rotation: Rotation) {
        switch rotation {
        case .renamed, .renamedAndKilled: Thread.detachNewThread { self.renameAndWrite() }
        case .copied: Thread.detachNewThread { self.copyAndWrite() }
        case .copiedWhileWritten:
            Thread.detachNewThread { self.writeOn() }
            Thread.detachNewThread { self.copyOn() }
        }
    }

    private func write(to log: CInt) {
        let text = Self.line(written.load(ordering: .relaxed))
        precondition(Glibc.write(log, text, text.utf8.count) == text.utf8.count)
        written.add(1, ordering: .releasing)
    }

    private func renameAndWrite() {
        for number in 1...rotations {
            let log = open(path(), O_WRONLY | O_CREAT | O_APPEND, 0o644)
            for _ in 0..<Self.linesBetween { write(to: log) }
            close(log)
            // The reader must have seen the first file, or it cannot know of it.
            if number == 1 { wait { self.last.load(ordering: .acquiring) >= 0 } }
            // No file goes that was not read, and killing the reader costs it a second.
            wait { self.received.load(ordering: .acquiring) > (number - Self.kept / 3) * Self.linesBetween }
            usleep(10_000)
            precondition(rename(path(), path(number)) == 0)
            unlink(path(number - Self.kept))
        }
        isDone.store(true, ordering: .releasing)
    }

    private func copyAndWrite() {
        let log = open(path(), O_WRONLY | O_CREAT | O_APPEND, 0o644)
        for number in 1...rotations {
            let first = written.load(ordering: .relaxed)
            for _ in 0..<Self.linesBetween { write(to: log) }
            // Of two truncations between two looks the reader cannot know the first: it must have seen the file.
            wait { self.last.load(ordering: .acquiring) >= first }
            copyAndTruncate(number)
        }
        close(log)
        isDone.store(true, ordering: .releasing)
    }

    private func writeOn() {
        let log = open(path(), O_WRONLY | O_CREAT | O_APPEND, 0o644)
        while isRotating.load(ordering: .acquiring) {
            for _ in 0..<10 { write(to: log) }
            usleep(1000)
        }
        close(log)
        isDone.store(true, ordering: .releasing)
    }

    private func copyOn() {
        for number in 1...rotations {
            // The line after the one that is being written now stands in the file as it is.
            let first = written.load(ordering: .acquiring) + 1
            wait { self.last.load(ordering: .acquiring) >= first }
            copyAndTruncate(number)
        }
        isRotating.store(false, ordering: .releasing)
    }

    /// What logrotate's `copytruncate` does.
    private func copyAndTruncate(_ number: Int) {
        let source = open(path(), O_RDWR)
        let target = open(path(number), O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while case let count = read(source, &buffer, buffer.count), count > 0 { Glibc.write(target, buffer, count) }
        precondition(ftruncate(source, 0) == 0)
        close(source)
        close(target)
        let lines = numbers(in: path(number))
        inCopies.withLock { $0.formUnion(lines) }
        unlink(path(number - Self.kept))
    }

    private func numbers(in path: String) -> [Int] {
        let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
        return text.matches(of: #/GET /(\d+) /#).compactMap { Int($0.output.1) }
    }

    /// The numbers of the lines that are in a file now, or were in one that was rotated.
    func surviving(_ rotation: Rotation) -> Set<Int> {
        guard rotation.isCopy else { return Set(0..<written.load(ordering: .acquiring)) }
        return inCopies.withLock { $0 }.union(numbers(in: path()))
    }

    private func wait(_ isTrue: () -> Bool) {
        let end = ContinuousClock.now + .seconds(30)
        while !isTrue(), ContinuousClock.now < end { usleep(500) }
    }
}

/// A subscriber that remembers which lines came how often.
struct LineTally: ~Copyable {
    private var subscriber: Subscriber
    let place: String
    private(set) var times: [Int: Int] = [:]
    private var ids: [Int: ObjectID] = [:]
    private var since: [Int: ContinuousClock.Instant] = [:]
    /// Lines that came again under another `_id`.
    private(set) var differing: [Int] = []
    /// The longest time between a line that came again and the death of the reader that had sent it.
    private(set) var longestRepeat = Duration.zero
    /// When a reader was killed last.
    var killed = ContinuousClock.now
    private(set) var complete = 0
    private(set) var last = -1
    /// Events that the books say were sent and did not come.
    var lost: UInt64 { subscriber.ledger.total.lost }

    init() throws {
        let place = "tcp://127.0.0.1:\(try freePort())"
        subscriber = try Subscriber(
            "tally", from: Endpoint.list(place, usual: .bind), patterns: [Pattern("http.hit")])
        self.place = place
    }

    mutating func receive() {
        var received: [(Int, ObjectID)] = []
        _ = subscriber.receive(within: .milliseconds(20)) { delivery in
            delivery.forEachDocument { event in
                guard let path = event["path"]?.string, let number = Int(path.dropFirst()),
                    let id = event["_id"]?.objectID
                else { return }
                received.append((number, id))
            }
        }
        let now = ContinuousClock.now
        for (number, id) in received {
            times[number, default: 0] += 1
            last = max(last, number)
            if let known = ids[number] {
                if known != id { differing.append(number) }
                longestRepeat = max(longestRepeat, killed - (since[number] ?? killed))
            } else {
                ids[number] = id
                since[number] = now
            }
        }
        while times[complete] != nil { complete += 1 }
    }

    consuming func close() { subscriber.close() }
}

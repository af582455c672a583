// A source, the MongoDB sink in a process of its own, and what the sink says of itself.

import BSON
import Eventstorm
import Foundation
import Testing

@testable import Service

/// A source and `eventstorm-sink-mongo`, without a router between them; its status and its lines.
final class MongoWorld {
    private(set) var sink: RunningProgram
    private let source: Source
    let topic: OpenTopic
    private var reports: Subscriber
    private let arguments: [String]
    private let output: URL
    /// The last status of each process.
    private(set) var status: StatusDocument?
    private var number: Int64 = 0

    /// - Parameters:
    ///   - uri: Where to store.
    ///   - options: Further options of the sink.
    ///   - filling: What the source adds.
    init(_ uri: String, _ options: [String] = [], filling: Filling = .all, waits: Bool = true) throws {
        reports = try Subscriber(
            "reports", from: [Endpoint("bind:tcp://127.0.0.1:*", usual: .bind)], patterns: [Pattern("_es.status")])
        source = try Source("source", to: [Endpoint("bind:tcp://127.0.0.1:*", usual: .bind)])
        topic = try source.topic("load", filling: filling)
        output = FileManager.default.temporaryDirectory.appending(path: "es-mongo-\(UUID().uuidString)")
        _ = FileManager.default.createFile(atPath: output.path(), contents: nil)
        arguments =
            [
                "--from", source.bound[0], "--report", try #require(reports.bound.first), "--uri", uri,
                "--database", "test",
            ] + options
        sink = try RunningProgram(
            "eventstorm-sink-mongo", arguments: arguments, output: FileHandle(forWritingTo: output))
        if waits { #expect(source.waitUntilWanted(topic, within: .seconds(20))) }
    }

    deinit { try? FileManager.default.removeItem(at: output) }

    /// What the sink said, line by line.
    var lines: [String] {
        ((try? String(contentsOf: output, encoding: .utf8)) ?? "").split(separator: "\n").map(String.init)
    }

    /// Another topic of the source.
    func topic(_ name: String) throws -> OpenTopic {
        let topic = try source.topic(name)
        #expect(source.waitUntilWanted(topic, within: .seconds(10)))
        return topic
    }

    /// Where the source is, for a second sink.
    var place: String { source.bound[0] }

    /// Emits events with the numbers that follow.
    func emit(_ count: Int, on other: OpenTopic? = nil, _ build: (inout DocumentWriter) -> Void = { _ in }) {
        for _ in 0..<count {
            (other ?? topic).emit {
                $0["n"] = number
                build(&$0)
            }
            number += 1
        }
    }

    /// Emits so many events a second for a time.
    func emit(perSecond rate: Int, for time: Duration) {
        let start = ContinuousClock.now
        var emitted = 0
        while ContinuousClock.now - start < time {
            let due = Int((ContinuousClock.now - start) / .seconds(1) * Double(rate))
            emit(due - emitted)
            emitted = due
            usleep(2_000)
        }
    }

    /// How many events were emitted.
    var emitted: UInt64 { source.counts.emitted }

    /// Receives status for a time, or until it is enough.
    @discardableResult
    func wait(_ time: Duration = .seconds(30), until isEnough: (FateCounts) -> Bool) throws -> Bool {
        let end = ContinuousClock.now + time
        while ContinuousClock.now < end {
            if isEnough(fates) { return true }
            receive()
        }
        return isEnough(fates)
    }

    /// Waits until a line is said.
    func waitForLine(_ words: String, within time: Duration = .seconds(20)) -> String? {
        let end = ContinuousClock.now + time
        while ContinuousClock.now < end {
            if let line = lines.first(where: { $0.contains(words) }) { return line }
            receive()
        }
        return nil
    }

    private func receive() {
        var latest = status
        _ = reports.receive(within: .milliseconds(50)) { delivery in
            delivery.forEachDocument { event in
                if let status = try? StatusDocument(event), status.beat.process.role == "sink" { latest = status }
            }
        }
        status = latest
    }

    /// What became of all events, as the sink last said.
    var fates: FateCounts {
        var sum = FateCounts()
        for row in status?.fates ?? [] { for fate in Fate.allCases { sum.add(row.counts[fate], to: fate) } }
        return sum
    }

    /// What was lost on the way to the sink.
    var lost: UInt64 { (status?.upstream ?? []).reduce(0) { $0 + $1.counts.lost } }

    /// Waits until the sink has received everything and nothing waits; says what became of it.
    func settle(within time: Duration = .seconds(40)) throws -> FateCounts {
        #expect(source.flush(within: .seconds(10)))
        let isSettled = try wait(time) { [emitted] fates in
            fates[.received] + lost == emitted && fates[.queued] == 0
        }
        #expect(isSettled, "emitted \(emitted), lost \(lost), \(fates)\n\(lines.suffix(20).joined(separator: "\n"))")
        #expect(fates.isBalanced)
        return fates
    }

    /// Asks the sink to end, and returns its exit status.
    func end() throws -> CInt {
        sink.signal(SIGTERM)
        while !sink.hasEnded { receive() }
        for _ in 0..<4 { receive() }
        return sink.waitForEnd()
    }

    /// Bytes of memory that the sink has.
    var memory: Int {
        let text = (try? String(contentsOfFile: "/proc/\(sink.pid)/statm", encoding: .utf8)) ?? ""
        return (text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * 4096
    }
}

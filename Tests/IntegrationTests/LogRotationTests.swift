// Rotation under load, with a reader that is stopped and killed: each line once, or again with the same `_id`.
import Foundation
@testable import Service
import Synchronization
import Testing

@Suite("Rotation under load, with the program", .timeLimit(.minutes(10)))
struct LogRotationTests {
    /// How often is said by hand: ES_ROTATIONS=1000.
    private static let asked = ProcessInfo.processInfo.environment["ES_ROTATIONS"].flatMap { Int($0) }

    @Test("a few times", arguments: Rotation.allCases)
    func fewTimes(rotation: Rotation) throws { try run(rotation, times: 150, restartAfter: .milliseconds(800)) }

    @Test(
        "as often as one likes", .enabled(if: asked != nil, "by hand: ES_ROTATIONS says how often"),
        arguments: Rotation.allCases)
    func manyTimes(rotation: Rotation) throws {
        try run(rotation, times: try #require(Self.asked), restartAfter: .milliseconds(1700))
    }

    private func run(_ rotation: Rotation, times: Int, restartAfter: Duration) throws {
        let log = try RotatedLog(rotations: times)
        var tally = try LineTally()
        let state = log.directory.appending(path: "state").path
        let arguments = [
            "--from-start", "--format", "combined", "--state", state, "--to", tally.place, "--log-level", "error",
            log.path(),
        ]
        var program = try RunningProgram("eventstorm-source-log", arguments: arguments)
        var works: ContinuousClock.Instant?
        var restarts = 0
        var lastLine = ContinuousClock.now
        log.start(rotation)
        while ContinuousClock.now - lastLine < .seconds(8) {
            let before = tally.times.count
            tally.receive()
            log.received.store(tally.complete, ordering: .releasing)
            log.last.store(tally.last, ordering: .releasing)
            let now = ContinuousClock.now
            if tally.times.count > before {
                lastLine = now
                works = works ?? now
            }
            if log.isDone.load(ordering: .acquiring), log.surviving(rotation).isSubset(of: tally.times.keys) { break }
            guard !rotation.isCopy, let since = works, now - since > restartAfter else { continue }
            tally.killed = now
            program.signal(rotation == .renamed ? SIGTERM : SIGKILL)
            while !program.hasEnded { tally.receive() }
            #expect(program.waitForEnd() == (rotation == .renamed ? 0 : SIGKILL))
            program = try RunningProgram("eventstorm-source-log", arguments: arguments)
            works = nil
            restarts += 1
        }
        program.signal(SIGTERM)
        while !program.hasEnded { tally.receive() }

        let surviving = log.surviving(rotation)
        let missing = surviving.subtracting(tally.times.keys)
        let repeated = tally.times.filter { $0.value > 1 }
        #expect(
            missing.isEmpty,
            "\(missing.count) lines were skipped, \(missing.sorted().prefix(3)) among them; lost on the way: \(tally.lost)"
        )
        #expect(tally.differing.isEmpty)
        if rotation == .renamedAndKilled {
            #expect(tally.longestRepeat < .seconds(2))
        } else {
            #expect(repeated.isEmpty, "\(repeated.count) lines came again, \(repeated.keys.sorted().prefix(3))")
        }
        #expect(rotation.isCopy || restarts > 0)
        let written = log.written.load(ordering: .acquiring)
        let inNeither = Set(0..<written).subtracting(surviving)
        print(
            "\(rotation): \(times) rotations, \(written) lines, \(restarts) restarts, \(missing.count) skipped,",
            "\(repeated.count) repeated from the last \(tally.longestRepeat), \(inNeither.count) in neither file,",
            "\(inNeither.intersection(tally.times.keys).count) of them read")
        tally.close()
    }
}

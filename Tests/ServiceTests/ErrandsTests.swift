// Programs that are run for something that happened.

import Glibc
import Synchronization
import Testing

@testable import Service

@Suite("Errands", .timeLimit(.minutes(1)))
struct ErrandsTests {
    /// What was reported, one line each.
    private final class Reports: Sendable {
        let lines = Mutex<[String]>([])

        /// Waits until there are so many.
        func wait(for count: Int) -> [String] {
            let end = ContinuousClock.now + .seconds(20)
            while lines.withLock({ $0.count }) < count, ContinuousClock.now < end { usleep(2_000) }
            return lines.withLock { $0 }
        }
    }

    private func errands(within time: Duration = .seconds(30), _ reports: Reports) throws -> Errands {
        try Errands(within: time) { level, text in reports.lines.withLock { $0.append("\(level): \(text)") } }
    }

    @Test("a program gets its input, and those that fail are told")
    func running() throws {
        let reports = Reports()
        let errands = try errands(reports)
        defer { errands.close() }
        var template = Array("/tmp/errands-XXXXXX".utf8CString)
        let descriptor = mkstemp(&template)
        let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer {
            close(descriptor)
            unlink(path)
        }
        errands.run(Errands.Errand("a", command: ["/bin/sh", "-c", "cat > \(path)"], input: Array("hello".utf8)))
        errands.run(Errands.Errand("b", command: ["/bin/sh", "-c", "exit 3"], input: []))
        errands.run(Errands.Errand("c", command: ["/nowhere"], input: []))
        let lines = reports.wait(for: 2)
        #expect(lines.first == "error: b: /bin/sh ended with status 3")
        #expect(lines.last?.hasPrefix("error: c: /nowhere: ") == true)
        #expect(readFile(path) == "hello")
    }

    @Test("a program that does not end is killed, with those that it started, and the next one runs")
    func patience() throws {
        let reports = Reports()
        let errands = try errands(within: .seconds(1), reports)
        defer { errands.close() }
        errands.run(Errands.Errand("a", command: ["/bin/sh", "-c", "sleep 60 & sleep 60"], input: []))
        errands.run(Errands.Errand("b", command: ["/bin/false"], input: []))
        #expect(
            reports.wait(for: 2) == [
                "error: a: /bin/sh was killed by signal 9", "error: b: /bin/false ended with status 1",
            ])
    }

    @Test("what waits is bounded")
    func bounded() throws {
        let reports = Reports()
        let errands = try errands(within: .seconds(1), reports)
        errands.run(Errands.Errand("first", command: ["/bin/sleep", "60"], input: []))
        for _ in 0...Errands.most + 5 { errands.run(Errands.Errand("x", command: ["/bin/true"], input: [])) }
        errands.run(
            Errands.Errand("y", command: ["/bin/true"], input: [UInt8](repeating: 0, count: Errands.inputBytes + 1)))
        let lines = reports.wait(for: 6)
        #expect(lines.allSatisfy { $0.hasSuffix(": not run: too many wait, or too much to tell") })
        #expect(lines.last?.hasPrefix("error: y") == true)
        errands.close()
    }
}

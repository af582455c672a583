// Supervision of real processes: shells that do as they are told.

import CSystem
import Glibc
import Testing

@testable import Service

/// A plan for a shell that runs `script`.
private func shell(_ label: String, _ stage: ChildPlan.Stage = .source, _ script: String) -> ChildPlan {
    ChildPlan(label: label, stage: stage, executable: "/bin/sh", arguments: ["-c", script], fingerprint: label)
}

/// A shell that says so when it is ready and when it is asked to stop.
private func waiter(_ label: String, _ stage: ChildPlan.Stage) -> ChildPlan {
    shell(label, stage, "trap 'echo bye; exit 0' TERM; echo ready; sleep 1000 & wait; wait")
}

/// Asks the supervisor that runs on this thread.
private func ask(_ signal: CInt) { pthread_kill(pthread_self(), signal) }

/// Runs a supervisor on this thread; `look` sees each line as it comes and may ask it to stop.
private func run(
    _ plans: [ChildPlan], reload: (() -> [ChildPlan]?)? = nil,
    look: @escaping (_ line: String, _ lines: [String]) -> Void
) throws -> (status: Service.ExitStatus, lines: [String]) {
    var lines: [String] = []
    let signals = try Signals()
    let supervisor = try Supervisor(plans) { label, _, text in
        lines.append("\(label): \(text)")
        look("\(label): \(text)", lines)
    }
    return (supervisor.run(signals: signals, reload: reload), lines)
}

@Suite("Supervisor", .timeLimit(.minutes(1)))
struct SupervisorTests {
    @Test("what children write on stdout and stderr comes with their label, the last line without line feed too")
    func lines() throws {
        let (status, lines) = try run([shell("a", .source, "echo one; echo two >&2; printf three")]) { _, _ in }
        #expect(status == .done)
        #expect(lines == ["a: one", "a: two", "a: three", "a: is done"])
    }

    @Test("a child that fails is started again, later each time")
    func restart() throws {
        let (status, lines) = try run([shell("a", .source, "echo start; exit 3")]) { line, lines in
            if lines.count == 6 { ask(SIGTERM) }
        }
        #expect(status == .done)
        #expect(
            lines == [
                "a: start", "a: error: ended with status 3; started again in 100ms",
                "a: start", "a: error: ended with status 3; started again in 200ms",
                "a: start", "a: error: ended with status 3; started again in 400ms",
            ])
    }

    @Test("the delay doubles to ten seconds and begins anew after thirty seconds of work")
    func backoff() {
        var backoff = Backoff()
        let delays = (0..<9).map { _ in backoff.delay(afterRunning: .seconds(1)) }
        #expect(
            delays.map(Quantity.text) == [
                "100ms", "200ms", "400ms", "800ms", "1600ms", "3200ms", "6400ms", "10s", "10s",
            ])
        #expect(backoff.delay(afterRunning: .seconds(29)) == .seconds(10))
        #expect(backoff.delay(afterRunning: .seconds(30)) == .milliseconds(100))
        #expect(backoff.delay(afterRunning: .zero) == .milliseconds(200))
    }

    @Test("a child that finds its options or configuration wrong is not started again", arguments: [64, 78])
    func wrong(code: Int) throws {
        let (status, lines) = try run([shell("a", .sink, "exit \(code)"), shell("b", .source, "exit 0")]) { _, _ in }
        #expect(status == .failed)
        #expect(
            lines.sorted() == [
                "a: error: ended with status \(code): its configuration is wrong; not started again", "b: is done",
            ])
    }

    @Test("a child killed by a signal is told from one that exits")
    func killed() throws {
        let (_, lines) = try run([shell("a", .source, "kill -SEGV $$")]) { _, _ in ask(SIGINT) }
        #expect(lines == ["a: error: was killed by SIGSEGV; started again in 100ms"])
    }

    @Test("a program that cannot be started is tried again")
    func missing() throws {
        let plan = ChildPlan(label: "a", stage: .source, executable: "/nonexistent/x", arguments: [])
        let (_, lines) = try run([plan]) { _, lines in if lines.count == 2 { ask(SIGTERM) } }
        let line = "a: error: cannot be started: /nonexistent/x: No such file or directory"
        #expect(lines == [line, line])
    }

    @Test("the router starts first, then sinks, then sources")
    func startOrder() throws {
        var started: [String] = []
        let signals = try Signals()
        let supervisor = try Supervisor([
            waiter("source", .source), waiter("sink", .sink), waiter("router", .router),
        ]) { label, _, text in
            started.append(label)
            if started.count == 3 { ask(SIGTERM) }
        }
        _ = supervisor.run(signals: signals)
        #expect(supervisor.children.map(\.plan.label) == ["router", "sink", "source"])
    }

    @Test("sources are stopped first, then the router, then sinks; nothing is left", arguments: [SIGTERM, SIGINT])
    func stopOrder(signal: CInt) throws {
        let plans = [waiter("sink", .sink), waiter("router", .router), waiter("source", .source)]
        let (status, lines) = try run(plans) { _, lines in if lines.count == 3 { ask(signal) } }
        #expect(status == .done)
        #expect(Set(lines.prefix(3)) == ["source: ready", "router: ready", "sink: ready"])
        #expect(Array(lines.dropFirst(3)) == ["source: bye", "router: bye", "sink: bye"])
    }

    @Test("who does not stop is killed after two seconds, with what it has started")
    func stubborn() throws {
        var processes: [pid_t] = []
        let start = ContinuousClock.now
        let script = "trap '' TERM; sleep 1000 & echo $!; echo $$; wait; wait"
        let (status, lines) = try run([shell("a", .source, script)]) { line, lines in
            if let process = pid_t(line.dropFirst(3)) { processes.append(process) }
            if lines.count == 2 { ask(SIGTERM) }
        }
        #expect(status == .done)
        #expect(lines.last == "a: warning: had to be killed")
        #expect((2..<4).contains((ContinuousClock.now - start) / .seconds(1)))
        #expect(processes.count == 2)
        for process in processes { #expect(!isAlive(process)) }
    }

    @Test("asked twice, it kills at once")
    func impatient() throws {
        let start = ContinuousClock.now
        let script = "trap 'echo no' TERM; echo ready; while :; do sleep 1000 & wait; done"
        let (_, lines) = try run([shell("a", .source, script)]) { _, _ in ask(SIGINT) }
        #expect(lines.first == "a: ready")
        #expect(ContinuousClock.now - start < .milliseconds(1900))
    }

    @Test("what a child leaves behind when it ends does not live on, nor hold its output")
    func orphans() throws {
        var process: pid_t = 0
        let (_, _) = try run([shell("a", .source, "sleep 1000 & echo $!")]) { line, _ in
            process = process == 0 ? pid_t(line.dropFirst(3)) ?? 0 : process
        }
        #expect(process != 0 && !isAlive(process))
    }

    @Test("a supervised program sees it in its environment, has no foreign descriptors and the usual signals")
    func environment() throws {
        let descriptor = dup(STDERR_FILENO)  // without FD_CLOEXEC
        defer { close(descriptor) }
        let script =
            "echo $EVENTSTORM_SUPERVISED; ls /proc/self/fd; exec grep -E 'Sig(Blk|Ign)' /proc/self/status"
        let (_, lines) = try run([shell("a", .source, script)]) { _, _ in }
        #expect(lines.prefix(5) == ["a: 1", "a: 0", "a: 1", "a: 2", "a: 3"], "3 is the listed directory")
        for line in lines.dropFirst(5).dropLast() {
            // The system keeps two signals to itself, 32 and 33.
            let mask = UInt64(line.suffix(16), radix: 16) ?? .max
            #expect(mask & ~(3 << 31) == 0, "\(line)")
        }
    }

    @Test("a new configuration stops and starts what changed and leaves the rest alone")
    func reload() throws {
        let old = waiter("old", .sink)
        let kept = waiter("kept", .router)
        let new = waiter("new", .sink)
        let (_, lines) = try run([old, kept], reload: { [kept, new] }) { line, lines in
            if lines.count == 2 { ask(SIGHUP) }
            if line == "new: ready" { ask(SIGTERM) }
        }
        #expect(Set(lines.prefix(2)) == ["old: ready", "kept: ready"])
        #expect(Array(lines.dropFirst(2)) == ["old: bye", "new: ready", "kept: bye", "new: bye"])
    }

    @Test("a configuration that cannot be read again changes nothing")
    func reloadFails() throws {
        var asked = 0
        let reload: () -> [ChildPlan]? = {
            asked += 1
            ask(SIGTERM)
            return nil
        }
        let (_, lines) = try run([waiter("a", .sink)], reload: reload) { line, _ in
            if line == "a: ready" { ask(SIGHUP) }
        }
        #expect(asked == 1)
        #expect(lines == ["a: ready", "a: bye"])
    }

    /// Whether a process runs; one that has ended and waits for its parent does not.
    private func isAlive(_ process: pid_t) -> Bool {
        guard let text = readFile("/proc/\(process)/stat"), let end = text.lastIndex(of: ")") else { return false }
        return !text[end...].hasPrefix(") Z")
    }
}

@Suite("Lines of children")
struct LineTests {
    @Test("bytes are cut into lines whatever the pieces they come in", arguments: 1...7)
    func pieces(size: Int) {
        let text = Array("one\n\ntwo\nthree".utf8)
        var buffer = LineBuffer()
        var lines: [String] = []
        for start in stride(from: 0, to: text.count, by: size) {
            let piece = text[start..<min(text.count, start + size)]
            _ = buffer.fill { target in
                target.copyBytes(from: piece)
                return piece.count
            }
            buffer.drain(atEnd: false) { lines.append($0) }
        }
        buffer.drain(atEnd: true) { lines.append($0) }
        #expect(lines == ["one", "", "two", "three"])
    }

    @Test("a line without end is shown in pieces")
    func endless() {
        var buffer = LineBuffer()
        var lines: [String] = []
        for _ in 0..<5 {
            _ = buffer.fill { target in
                for index in target.indices { target[index] = UInt8(ascii: "x") }
                return target.count
            }
            buffer.drain(atEnd: false) { lines.append($0) }
        }
        #expect(lines.map(\.count) == [8192, 8192])
    }

    @Test("labels are aligned; colours are for terminals; control characters are escaped")
    func printed() {
        let plain = LinePrinter(labels: ["router", "host"], isColoured: false, showsTime: false)
        #expect(plain.line("host", 0, "a\u{1B}[2Jb") == "host   | a\\x1B[2Jb")
        let coloured = LinePrinter(labels: ["host"], isColoured: true, showsTime: false)
        #expect(coloured.line("host", 0, "error: x") == "\u{1B}[36mhost |\u{1B}[0m \u{1B}[31merror: x\u{1B}[0m")
    }

    @Test("a log line has the level, the name where it helps, and no control characters")
    func logLine() {
        let style = Log.Style(showsTime: false, showsName: true)
        #expect(Log.line(.info, "up", name: "x", style: style) == "x: up\n")
        #expect(Log.line(.warning, "a\nb\u{7F}", name: "x", style: style) == "x: warning: a\\nb\\x7F\n")
        let supervised = Log.Style(showsTime: false, showsName: false)
        #expect(Log.line(.error, "no", name: "x", style: supervised) == "error: no\n")
        let timed = Log.line(.info, "m", name: "x", style: Log.Style(showsTime: true, showsName: true))
        #expect(timed.contains(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z x: m\n$/))
    }

    @Test("lines that nobody reads are left out and counted; nothing waits for the reader for long")
    func stuck() throws {
        var ends: [CInt] = [-1, -1]
        try #require(CSystem_pipe(&ends) == 0)
        defer { for end in ends { close(end) } }
        let output = LineOutput(ends[1])
        let line = String(repeating: "x", count: 1023) + "\n"
        let start = ContinuousClock.now
        for _ in 0..<100 { output.write(line) }
        #expect(ContinuousClock.now - start < .seconds(5))
        func readAll() -> String {
            var buffer = [UInt8](repeating: 0, count: 1 << 17)
            let count = read(ends[0], &buffer, buffer.count)
            return String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
        }
        let written = readAll().count / 1024
        #expect(written > 50 && written < 100)
        output.write("after\n")
        #expect(readAll() == "(\(100 - written) lines before this were left out: nobody read them)\nafter\n")
    }

    @Test("a repeated message is let through once in a while, with the number of those held back")
    func repeats() {
        let repeats = Repeats(every: .seconds(10))
        let start = ContinuousClock.now
        #expect(repeats.pass(at: start) == 0)
        for second in 1...9 { #expect(repeats.pass(at: start + .seconds(second)) == nil) }
        #expect(repeats.pass(at: start + .seconds(10)) == 9)
        #expect(repeats.pass(at: start + .seconds(11)) == nil)
        #expect(repeats.pass(at: start + .seconds(60)) == 1)
    }
}

@Suite("Signals", .timeLimit(.minutes(1)))
struct SignalTests {
    @Test("signals are read, not delivered", arguments: [(SIGTERM, "SIGTERM"), (SIGINT, "SIGINT")])
    func stop(signal: CInt, name: String) throws {
        let signals = try Signals()
        signals.endsLate = false
        ask(signal)
        var descriptor = pollfd(fd: signals.fileDescriptor, events: Int16(POLLIN), revents: 0)
        #expect(poll(&descriptor, 1, 1000) == 1)
        #expect(signals.next() == .stop(name))
        #expect(signals.next() == nil)
    }

    @Test("SIGHUP asks to read the configuration again, and waiting ends in time")
    func reload() throws {
        let signals = try Signals()
        ask(SIGHUP)
        #expect(signals.wait() == .reload)
        #expect(signals.wait(within: .milliseconds(1)) == nil)
    }

    @Test("a program that does not end within two seconds of being asked to is ended")
    func late() async {
        let start = ContinuousClock.now
        await #expect(processExitsWith: .exitCode(1)) {
            let signals = try Signals()
            pthread_kill(pthread_self(), SIGTERM)
            _ = signals.wait()
            while true { pause() }
        }
        #expect(ContinuousClock.now - start >= .seconds(2))
    }
}

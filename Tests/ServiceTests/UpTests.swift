// The real `eventstorm up` and `check` with real programs.

import CSystem
import Glibc
import Testing

@testable import Service

/// A router and an archive that talk through files in a folder.
private func fabric(_ folder: TemporaryFolder) throws -> TemporaryFile {
    try TemporaryFile(
        """
        {router: {in: "ipc://\(folder.path)/in", out: "ipc://\(folder.path)/out"},
         sinks: [{archive: {dir: "\(folder.path)/archive", report: "ipc://\(folder.path)/in"}}]}
        """)
}

/// A program of this project that a test runs and listens to.
private final class Run {
    let child: Child
    private(set) var lines: [String] = []
    private let lifeline: [CInt]

    init(_ arguments: [String]) throws {
        let executable = try #require(Executables.path(of: "eventstorm"))
        var ends: [CInt] = [-1, -1]
        try #require(CSystem_pipe(&ends) == 0)
        lifeline = ends
        child = Child(
            ChildPlan(label: "eventstorm", stage: .source, executable: executable, arguments: arguments), colour: 0)
        try child.start(lifeline: ends[0])
    }

    /// Waits for a line, or for the end of the output.
    func wait(for part: String) -> Bool {
        while !lines.contains(where: { $0.contains(part) }) {
            guard child.output >= 0 else { return false }
            var descriptor = pollfd(fd: child.output, events: Int16(POLLIN), revents: 0)
            _ = poll(&descriptor, 1, -1)
            child.readLines { lines.append($0) }
        }
        return true
    }

    /// Waits for the end.
    func end() -> Child.Ending? {
        _ = wait(for: "\u{0}")
        while child.process != nil {
            if let ending = child.reap() { return ending }
            var descriptor = pollfd(fd: child.process?.descriptor ?? -1, events: Int16(POLLIN), revents: 0)
            _ = poll(&descriptor, 1, -1)
        }
        return nil
    }

    /// The processes that it started, as descriptors that become readable when they end.
    func children() throws -> [CInt] {
        let own = try #require(child.process).identifier
        let list = try #require(readFile("/proc/\(own)/task/\(own)/children"))
        return list.split(separator: " ").compactMap { pid_t($0) }.map { pidfd_open($0, 0) }
    }

    deinit {
        child.signal(SIGKILL)
        _ = end()
        close(lifeline[0])
        close(lifeline[1])
    }
}

@Suite("eventstorm up and check", .timeLimit(.minutes(1)))
struct UpTests {
    /// Whether a process ends within some seconds.
    private func ends(_ process: CInt, within seconds: CInt) -> Bool {
        defer { close(process) }
        var descriptor = pollfd(fd: process, events: Int16(POLLIN), revents: 0)
        return poll(&descriptor, 1, seconds * 1000) == 1
    }

    @Test("up starts the programs, a signal ends all of them cleanly", arguments: [SIGINT, SIGTERM])
    func stop(signal: CInt) throws {
        let folder = try TemporaryFolder()
        let file = try fabric(folder)
        let run = try Run(["up", file.path])
        #expect(run.wait(for: "router  | in ipc:"))
        #expect(run.wait(for: "archive | from ipc:"))
        let children = try run.children()
        #expect(children.count == 2)
        run.child.signal(signal)
        #expect(run.end() == .status(0))
        for child in children { #expect(ends(child, within: 0)) }
        #expect(!run.lines.contains { $0.contains("error") || $0.contains("killed") })
    }

    @Test("kill -9 of up ends the programs too")
    func killed() throws {
        let folder = try TemporaryFolder()
        let file = try fabric(folder)
        let run = try Run(["up", file.path])
        #expect(run.wait(for: "router  | in ipc:"))
        #expect(run.wait(for: "archive | from ipc:"))
        let children = try run.children()
        #expect(children.count == 2)
        run.child.signal(SIGKILL)
        for child in children { #expect(ends(child, within: 4)) }
    }

    @Test("a program that is killed comes back")
    func restarted() throws {
        let folder = try TemporaryFolder()
        let file = try fabric(folder)
        let run = try Run(["up", file.path])
        #expect(run.wait(for: "router  | in ipc:"))
        #expect(run.wait(for: "archive | from ipc:"))
        let own = try #require(run.child.process).identifier
        let first = try #require(readFile("/proc/\(own)/task/\(own)/children")?.split(separator: " ").first)
        kill(try #require(pid_t(first)), SIGKILL)
        #expect(run.wait(for: "router  | error: was killed by SIGKILL; started again in 100ms"))
        run.child.signal(SIGTERM)
        #expect(run.end() == .status(0))
    }

    @Test("new routes reach the router that runs, wrong ones change nothing, another endpoint starts a new one")
    func reloaded() throws {
        let folder = try TemporaryFolder()
        let file = try TemporaryFile("")
        func write(_ routes: String, in endpoint: String = "in") throws {
            try file.write(
                """
                {router: {in: "ipc://\(folder.path)/\(endpoint)", out: "ipc://\(folder.path)/out", routes: [\(routes)]}}
                """)
        }
        try write("{from: 'a'}")
        let run = try Run(["up", file.path])
        #expect(run.wait(for: "| in ipc:"))
        let own = try #require(run.child.process).identifier
        func router() -> String? { readFile("/proc/\(own)/task/\(own)/children") }
        let first = router()
        try write("{from: 'a', match: {x: 1}}")
        run.child.signal(SIGHUP)
        #expect(run.wait(for: "generation 2, 1 routes"))
        #expect(router() == first)
        try write("{from: 'a', match: {x: {$gtt: 1}}}")
        run.child.signal(SIGHUP)
        #expect(run.wait(for: "$gtt"))
        #expect(router() == first)
        try write("{from: 'a'}", in: "other")
        run.child.signal(SIGHUP)
        #expect(run.wait(for: "| in ipc://\(folder.path)/other"))
        #expect(router() != first)
        run.child.signal(SIGTERM)
        #expect(run.end() == .status(0))
    }

    @Test("check says in one line that all is fine, or what is wrong")
    func check() throws {
        let folder = try TemporaryFolder()
        let file = try fabric(folder)
        let fine = try Run(["check", file.path])
        #expect(fine.end() == .status(0))
        #expect(fine.lines == ["\(file.path): fine: 1 router and 1 sink"])
        let wrong = try TemporaryFile("{sinks: [{live: {lisen: 1}}, {archive: {}}]}")
        let run = try Run(["check", wrong.path])
        #expect(run.end() == .status(78))
        #expect(
            run.lines == [
                "error: \(wrong.path):1:18: unknown key \"lisen\" in sinks[0].live; did you mean \"listen\"?",
                "error: \(wrong.path):1:40: sinks[1].archive: \"dir\" is missing: where the files are written",
            ])
    }

    @Test("up refuses what check refuses, before anything runs")
    func refused() throws {
        let wrong = try TemporaryFile("{sinks: [{live: {listen: 80808}}]}")
        let run = try Run(["up", wrong.path])
        #expect(run.end() == .status(78))
        #expect(
            run.lines == [
                "error: \(wrong.path):1:26: sinks[0].live.listen: \"80808\" is not HOST:PORT such as 127.0.0.1:8080"
            ])
    }

    static let words: [([String], CInt, String)] = [
        (["chekc"], 64, "error: unknown word \"chekc\"; did you mean \"check\"?"),
        (["--verion"], 64, "error: unknown option \"--verion\"; did you mean \"--version\"?"),
        (["up"], 64, "error: FILE is missing: the fabric, e.g. fabric.json5"),
        (["--version"], 0, "eventstorm 0.1.0"),
        (["check", "--version"], 0, "eventstorm 0.1.0"),
        (
            ["check", "--help"], 0,
            "eventstorm check: finds what is wrong with a configuration before `up` does, and"
        ),
    ]

    @Test("words and options that are not known are told with the nearest one", arguments: words)
    func unknown(words: [String], status: CInt, first: String) throws {
        let run = try Run(words)
        #expect(run.end() == .status(status))
        #expect(run.lines.first == first)
    }
}

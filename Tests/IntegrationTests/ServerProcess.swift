// Real servers of other people, each a process group of its own that nothing outlives.
import BSON
import Foundation
@testable import Service
import Testing

/// A server that was started in the foreground; it and all it started are gone when it is let go.
final class ServerProcess {
    private let pid: pid_t
    private var hasEnded = false

    /// Starts a program, which begins with no signal blocked, whatever this process blocks.
    ///
    /// - Parameter log: Takes what it says; nothing is kept without.
    init(_ name: String, _ arguments: [String], log: String = "/dev/null") throws {
        let path = try #require(Self.path(of: name), "\(name) is not installed: .ci/setup test")
        let input = open("/dev/null", O_RDONLY | O_CLOEXEC)
        let output = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        defer {
            close(input)
            close(output)
        }
        pid = try spawn(
            ChildPlan(label: name, stage: .source, executable: path, arguments: arguments), input: input, output: output
        )
    }

    deinit { stop() }

    /// Where a program is; those of the system's administrator are in no ordinary `PATH`.
    static func path(of program: String) -> String? {
        ["/usr/sbin/", "/usr/bin/", "/usr/lib/postfix/sbin/", "/usr/local/sbin/", "/usr/local/bin/"]
            .map { $0 + program }.first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    /// Whether tests with these programs run: where they must not be skipped, they fail for want of them.
    static func areThere(_ programs: String..., asRoot: Bool = false) -> Bool {
        ProcessInfo.processInfo.environment["ES_REQUIRE_SERVERS"] == "1"
            || (!asRoot || geteuid() == 0) && programs.allSatisfy { path(of: $0) != nil }
    }

    var isRunning: Bool {
        if !hasEnded { hasEnded = waitpid(pid, nil, WNOHANG) != 0 }
        return !hasEnded
    }

    /// Asks it to end, waits a moment, and kills what is left.
    func stop() {
        guard !hasEnded else { return }
        kill(-pid, SIGTERM)
        let end = ContinuousClock.now + .seconds(2)
        while isRunning, ContinuousClock.now < end { usleep(5_000) }
        kill(-pid, SIGKILL)
        if !hasEnded { waitpid(pid, nil, 0) }
        hasEnded = true
    }

    /// Runs a program to its end.
    ///
    /// - Returns: Its exit status, or -1 if a signal ended it.
    @discardableResult
    static func run(_ name: String, _ arguments: String..., log: String = "/dev/null") throws -> Int32 {
        let process = try ServerProcess(name, arguments, log: log)
        var status: Int32 = 0
        while waitpid(process.pid, &status, 0) < 0, errno == EINTR {}
        process.hasEnded = true
        return status & 0x7F == 0 ? status >> 8 & 0xFF : -1
    }
}

/// Waits until something holds, for fifteen seconds at most.
func wait(for what: String, until isTrue: () throws -> Bool) throws {
    let end = ContinuousClock.now + .seconds(15)
    while try !isTrue() {
        try #require(ContinuousClock.now < end, "waited in vain for \(what)")
        usleep(20_000)
    }
}

/// The documents of a file, each of them checked.
func documents(in path: String) throws -> [Document] {
    let bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
    var found: [Document] = []
    var start = 0
    while start < bytes.count {
        let length = try BSONValidator.validate(bytes.span.bytes, from: start)
        found.append(Document(copying: DocumentView(unchecked: bytes.span.bytes.extracting(start..<start + length))))
        start += length
    }
    return found
}

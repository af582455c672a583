// A real sshd: good and bad logins as they are tried are the events.
import BSON
import Foundation
import Testing

@Suite(
    "A real sshd",
    .enabled(
        if: ServerProcess.areThere("sshd", "ssh", "ssh-keygen"), "sshd is not installed: .ci/setup test"),
    .timeLimit(.minutes(1)))
struct SSHServerTests {
    private let directory = URL(filePath: "/tmp/eventstorm-\(UUID().uuidString)")
    private let user = NSUserName()

    private func path(_ name: String) -> String { directory.appending(path: name).path }

    @Test("logins with a key that is known, with another, with passwords, and of a user who is not")
    func logins() throws {
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let port = try freePort()
        let server = try start(port)
        defer { server.stop() }
        for _ in 0..<3 { #expect(try login(user, key: path("good"), "PasswordAuthentication=no", port: port) == 0) }
        for _ in 0..<2 { #expect(try login(user, key: path("bad"), "PasswordAuthentication=no", port: port) != 0) }
        for _ in 0..<4 {
            #expect(try login("nobody.here", key: path("bad"), "PasswordAuthentication=no", port: port) != 0)
        }
        // Three passwords are tried, each of which is wrong.
        #expect(try login(user, key: path("bad"), "PubkeyAuthentication=no", port: port) != 0)
        #expect(try login("nobody.here", key: path("bad"), "PubkeyAuthentication=no", port: port) != 0)
        let events = try events(of: try log())
        var counts: [String: Int] = [:]
        for event in events {
            guard let outcome = event.view["outcome"]?.string else { continue }
            let method = event.view["method"]?.string ?? "-"
            counts["\(outcome) \(event.view["user"]?.string ?? "-") \(method)", default: 0] += 1
            let address = event.view["remote_addr"]?.string
            #expect(address == "127.0.0.1")
            guard outcome == "accepted" else { continue }
            let key = event.view["key_fingerprint"]?.string
            #expect(try key == fingerprint(of: "good"))
        }
        #expect(counts["accepted \(user) publickey"] == 3, "\(counts)")
        #expect(counts["failed \(user) publickey"] == 2, "\(counts)")
        #expect(counts["failed \(user) password"] == 3, "\(counts)")
        #expect(counts["failed nobody.here password"] == 3, "\(counts)")
        #expect(counts["invalid_user nobody.here -"] == 5, "\(counts)")
    }

    /// Starts a server that knows one key.
    private func start(_ port: Int) throws -> ServerProcess {
        if geteuid() == 0 {  // where it confines itself, and does not start without
            try FileManager.default.createDirectory(atPath: "/run/sshd", withIntermediateDirectories: true)
        }
        for name in ["host", "good", "bad"] {
            try ServerProcess.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path(name))
        }
        try FileManager.default.copyItem(atPath: path("good.pub"), toPath: path("authorized"))
        try "#!/bin/sh\necho wrong\n".write(toFile: path("password"), atomically: true, encoding: .utf8)
        chmod(path("password"), 0o700)
        let settings = [
            "LogLevel=VERBOSE", "ListenAddress=127.0.0.1:\(port)", "AuthorizedKeysFile=\(path("authorized"))",
            "StrictModes=no", "PidFile=none", "PasswordAuthentication=yes", "KbdInteractiveAuthentication=no",
            "UsePAM=no", "PermitRootLogin=yes", "MaxStartups=100",
        ]
        let server = try ServerProcess(
            "sshd",
            ["-D", "-f", "/dev/null", "-E", path("sshd.err"), "-h", path("host")] + settings.flatMap { ["-o", $0] })
        try wait(for: "sshd") {
            try #require(server.isRunning)
            return (try? String(contentsOfFile: path("sshd.err"), encoding: .utf8).contains("listening")) == true
        }
        return server
    }

    /// Logs in with a key or, where the setting forbids that, with passwords; returns the exit status.
    private func login(_ user: String, key: String, _ setting: String, port: Int) throws -> Int32 {
        try ServerProcess.run(
            "env", "SSH_ASKPASS=\(path("password"))", "SSH_ASKPASS_REQUIRE=force", "ssh", "-F", "/dev/null", "-p",
            "\(port)", "-i", key, "-o", setting, "-o", "NumberOfPasswordPrompts=3", "-o", "IdentitiesOnly=yes", "-o",
            "IdentityAgent=none", "-o",
            "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "\(user)@127.0.0.1", "true")
    }

    private func fingerprint(of key: String) throws -> String {
        try ServerProcess.run("ssh-keygen", "-l", "-f", path("\(key).pub"), log: path("fingerprint"))
        let text = try String(contentsOfFile: path("fingerprint"), encoding: .utf8)
        return String(try #require(text.split(separator: " ").dropFirst().first))
    }

    /// What sshd said, with the header that syslog would have put before it.
    private func log() throws -> [String] {
        try String(contentsOfFile: path("sshd.err"), encoding: .utf8).split(whereSeparator: \.isNewline)
            .map { "2026-11-21T00:24:24.000000+00:00 vm sshd[1]: \($0)" }
    }

    /// The events of lines, each of which is one.
    private func events(of lines: [String]) throws -> [Document] {
        try lines.joined(separator: "\n").write(toFile: path("sshd.log"), atomically: true, encoding: .utf8)
        let program = try RunningProgram(
            "eventstorm-source-log", "--once", "--format", "sshd", "--to", "bson:\(path("out.bson"))", "--log-level",
            "error", path("sshd.log"))
        #expect(program.waitForEnd() == 0)
        let events = try documents(in: path("out.bson"))
        #expect(events.count == lines.count)
        return events
    }
}

// A real Postfix that delivers, defers, returns and refuses mail: every mail is one transaction with the right ending.
import BSON
import Foundation
import Testing

/// A Postfix of the test's own, with servers that take mail, put it off, or refuse it.
private final class MailServer {
    let directory = URL(filePath: "/tmp/eventstorm-\(UUID().uuidString)")
    let port: Int
    private var servers: [ServerProcess] = []

    var log: String { directory.appending(path: "log/mail.log").path }
    private var etc: URL { directory.appending(path: "etc") }

    init() throws {
        port = try freePort()
        let ports = try (0..<3).map { _ in try freePort() }
        for name in ["etc", "queue", "data", "log"] {
            try FileManager.default.createDirectory(
                at: directory.appending(path: name), withIntermediateDirectories: true)
        }
        try ServerProcess.run("chown", "postfix", directory.appending(path: "data").path)
        try write("main.cf", mainSettings)
        try write("master.cf", services)
        try write("access", "nobody@es.test REJECT\n")
        try write(
            "transport",
            """
            ok.test smtp:[127.0.0.1]:\(ports[0])
            soft.test smtp:[127.0.0.1]:\(ports[1])
            hard.test smtp:[127.0.0.1]:\(ports[2])
            dead.test smtp:[127.0.0.1]:1
            gone.test error:5.1.1 gone

            """)
        for (port, options) in zip(ports, [[], ["-r", "RCPT"], ["-f", "RCPT"]]) {
            servers.append(
                try ServerProcess("smtp-sink", ["-u", "postfix"] + options + ["127.0.0.1:\(port)", "100"]))
        }
        // Makes the directories of its queue.
        try #require(try ServerProcess.run("postfix", "-c", etc.path, "check") == 0)
        // In the foreground, and so in one group with all its daemons.
        servers.append(try ServerProcess("master", ["-c", etc.path, "-d"]))
        try wait(for: "daemon started", count: 1)
    }

    deinit {
        for server in servers { server.stop() }
        try? FileManager.default.removeItem(at: directory)
    }

    /// Sends mails of the same kind.
    func send(_ count: Int, to recipient: String) throws {
        try ServerProcess.run(
            "smtp-source", "-m", "\(count)", "-s", "2", "-f", "alice@es.test", "-t", recipient, "127.0.0.1:\(port)")
    }

    /// Lets all that was put off be tried again.
    func flush() throws { try ServerProcess.run("postqueue", "-c", etc.path, "-f") }

    /// Changes a setting, and lets the daemons read it.
    func set(_ setting: String) throws {
        try ServerProcess.run("postconf", "-c", etc.path, "-e", setting)
        try ServerProcess.run("postfix", "-c", etc.path, "reload")
    }

    /// Waits until the log has as many lines with a text.
    func wait(for text: String, count: Int) throws {
        try IntegrationTests.wait(for: "\(count) times \(text) in \(log)") {
            let lines = ((try? String(contentsOfFile: log, encoding: .utf8)) ?? "").split(separator: "\n")
            return lines.count { $0.contains(text) } >= count
        }
    }

    private func write(_ name: String, _ text: String) throws {
        try text.write(to: etc.appending(path: name), atomically: true, encoding: .utf8)
    }

    private var mainSettings: String {
        """
        compatibility_level = 3.6
        queue_directory = \(directory.path)/queue
        data_directory = \(directory.path)/data
        mail_owner = postfix
        setgid_group = postdrop
        maillog_file_prefixes = /tmp
        maillog_file = \(log)
        myhostname = mx.es.test
        mydestination = es.test
        inet_interfaces = 127.0.0.1
        inet_protocols = ipv4
        mynetworks = 127.0.0.0/8
        alias_maps =
        local_recipient_maps =
        local_transport = discard
        transport_maps = texthash:\(etc.path)/transport
        smtpd_recipient_restrictions = check_recipient_access texthash:\(etc.path)/access, permit_mynetworks, reject
        smtpd_reject_unlisted_recipient = no
        smtpd_relay_restrictions = permit_mynetworks, reject

        """
    }

    private var services: String {
        var text = "127.0.0.1:\(port) inet n - n - - smtpd\n"
        for line in [
            "pickup unix n - n 60 1 pickup", "cleanup unix n - n - 0 cleanup", "qmgr unix n - n 300 1 qmgr",
            "rewrite unix - - n - - trivial-rewrite", "bounce unix - - n - 0 bounce", "defer unix - - n - 0 bounce",
            "trace unix - - n - 0 bounce", "verify unix - - n - 1 verify", "flush unix n - n 1000? 0 flush",
            "proxymap unix - - n - - proxymap", "smtp unix - - n - - smtp", "relay unix - - n - - smtp",
            "showq unix n - n - - showq", "error unix - - n - - error", "retry unix - - n - - error",
            "discard unix - - n - - discard", "local unix - n n - - local", "anvil unix - - n - 1 anvil",
            "scache unix - - n - 1 scache", "postlog unix-dgram n - n - 1 postlogd",
        ] { text += line + "\n" }
        return text
    }
}

@Suite(
    "A real Postfix",
    .enabled(
        if: ServerProcess.areThere("postfix", "smtp-sink", "smtp-source", asRoot: true),
        "postfix is not installed (.ci/setup test), or this is not root"),
    .timeLimit(.minutes(1)))
struct MailServerTests {
    @Test("every mail is one transaction with the right ending")
    func mails() throws {
        let server = try MailServer()
        for domain in ["ok", "soft", "hard", "dead", "gone"] { try server.send(3, to: "u@\(domain).test") }
        try server.send(50, to: "many@ok.test")
        try server.send(1, to: "nobody@es.test")
        // Six mails come back to the sender.
        try server.wait(for: ": removed", count: 3 + 3 + 3 + 50 + 6)
        try server.wait(for: "status=deferred", count: 6)
        try server.wait(for: "NOQUEUE: reject", count: 1)
        #expect(
            try endings(server) == [
                "delivered u@ok.test": 3, "deferred u@soft.test open": 3, "bounced u@hard.test": 3,
                "deferred u@dead.test open": 3, "bounced u@gone.test": 3, "delivered many@ok.test": 50,
                "rejected nobody@es.test": 1, "delivered alice@es.test": 6,
            ])
        // What was put off is tried again when it is too old by now.
        try server.set("maximal_queue_lifetime = 1s")
        try server.wait(for: "reload --", count: 1)
        sleep(2)
        try server.flush()
        try server.wait(for: ": removed", count: 65 + 6 + 6)
        #expect(
            try endings(server) == [
                "delivered u@ok.test": 3, "expired u@soft.test": 3, "bounced u@hard.test": 3,
                "expired u@dead.test": 3, "bounced u@gone.test": 3, "delivered many@ok.test": 50,
                "rejected nobody@es.test": 1, "delivered alice@es.test": 12,
            ])
    }

    /// How often which mails ended how; each line is an event too.
    private func endings(_ server: MailServer) throws -> [String: Int] {
        let copy = server.directory.appending(path: "mail.log").path
        let output = server.directory.appending(path: "out.bson").path
        try? FileManager.default.removeItem(atPath: copy)
        try FileManager.default.copyItem(atPath: server.log, toPath: copy)
        let lines = try String(contentsOfFile: copy, encoding: .utf8).split(separator: "\n").count
        let reader = try RunningProgram(
            "eventstorm-source-log", "--once", "--format", "auto", "--to", "bson:\(output)", "--log-level", "error",
            copy)
        #expect(reader.waitForEnd() == 0)
        var endings: [String: Int] = [:]
        var returned: Set<String> = []
        var original: Set<String> = []
        var count = 0
        for event in try documents(in: output) {
            guard let outcome = event.view["outcome"]?.string else {
                count += 1
                continue
            }
            let to = event.view.find(path: "recipients.0.to")?.string
            let refused = event.view.find(path: "actions.0.to")?.string
            let isOpen = event.view["open"]?.bool ?? false
            endings["\(outcome) \(to ?? refused ?? "nobody")\(isOpen ? " open" : "")", default: 0] += 1
            let isPartial = event.view["partial"] != nil
            #expect(!isPartial)
            let id = event.view["queue_id"]?.string ?? ""
            if ["bounced", "expired"].contains(outcome) { original.insert(id) }
            if let original = event.view["notification_of"]?.string { returned.insert(original) }
        }
        #expect(returned == original)
        #expect(count == lines)
        return endings
    }
}

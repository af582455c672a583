// Headers of syslog and the journal, times without a year, and who gets the message.
import BSON
import Testing

@testable import LogParsing

/// All events of some lines, with their topics.
func events(_ lines: [String], as format: String) throws -> [(topic: String, event: [String: Value])] {
    var topics = LogTopics()
    var parser = try LogFormat.parser(format, topics: &topics)
    let collector = Collector()
    for (number, line) in lines.enumerated() {
        let bytes = Array(line.utf8)
        let place = LinePlace(file: FileIdentity(seed: 1), offset: UInt64(number) * 1000)
        _ = parser.take(bytes.span.bytes, at: place, to: collector)
    }
    parser.finish(collector)
    return zip(collector.topics, fields(of: collector.bytes)).map { (topics.names[$0], $1) }
}

@Suite("Syslog")
struct SyslogTests {
    @Test("a line of RFC 5424 has all its parts")
    func modern() throws {
        let event = try parse(
            #"<165>1 2003-10-11T22:14:15.003Z host.example app 123 ID47 [a@1 x="1" y="q\"\]\\"][b] \#u{FEFF}text é"#,
            as: "syslog")
        #expect(
            event
                == .event([
                    "timestamp": .time(1_065_910_455_003), "host": "host.example", "program": "app", "pid": .int64(123),
                    "severity": "notice", "facility": "local4", "message_id": "ID47",
                    "structured_data": .document(["a@1": .document(["x": "1", "y": "q\"]\\"]), "b": .document([:])]),
                    "message": "text é",
                ]))
        let least = try parse("<0>1 2003-10-11T22:14:15Z - - - - -", as: "syslog")
        #expect(
            least
                == .event(["timestamp": .time(1_065_910_455_000), "severity": "emerg", "facility": "kern"]))
    }

    @Test(
        "a line of a file has time, host, program and process",
        arguments: [
            "2026-11-21T00:25:30.263833+00:00 vm app[7]: text", "<13>2026-11-21T01:25:30.263+0100 vm app[7]: text",
        ])
    func files(line: String) throws {
        for format in ["syslog", "auto"] {
            let event = try parse(line, as: format)
            #expect(event["timestamp"] == .time(1_795_220_730_263))
            #expect(event["host"] == "vm" && event["program"] == "app")
            #expect(event["pid"] == .int64(7) && event["message"] == "text")
        }
    }

    @Test(
        "a line of another kind is refused",
        arguments: ["x", "Nov 31 00:00:00 a b: c", "<999>Nov 1 00:00:00 a b:", "<1"])
    func refused(line: String) throws { #expect(try parse(line, as: "syslog") == .refused(.badHeader)) }

    @Test("the year is that of the nearest time, across New Year and leap days")
    func years() {
        func times(_ texts: [String], now: Int64) -> [Int64?] {
            var clock = SyslogClock(offset: 0)
            clock.set(now: now * 1000)
            return texts.map { text in
                var index = 0
                return clock.milliseconds(in: Array(text.utf8).span.bytes, at: &index).map { $0 / 1000 }
            }
        }
        // 2026-01-02 00:00:00
        let january: Int64 = 1_767_312_000
        #expect(
            times(["Dec 31 23:59:59", "Jan  1 00:00:00", "Jan  2 12:00:00"], now: january)
                == [1_767_225_599, 1_767_225_600, 1_767_355_200])
        // A log that was begun long ago, and goes on into the next year.
        #expect(times(["Jan  5 00:00:00"], now: january) == [1_736_035_200])
        #expect(times(["Feb 29 00:00:00"], now: january) == [1_709_164_800])
        #expect(times(["Feb 30 00:00:00"], now: january) == [nil])
    }

    @Test("nginx's access_log to syslog is a hit, what else it says is a message")
    func nginx() throws {
        let found = try events(
            [
                #"<190>Nov 21 00:24:27 vm nginx: 127.0.0.1 - - [21/Nov/2026:00:24:27 +0000] "#
                    + #""GET /a?b=1 HTTP/1.1" 404 153 "-" "curl""#,
                "<190>Nov 21 00:24:27 vm nginx: reloaded",
            ], as: "auto")
        #expect(found.map(\.topic) == ["http.hit", "log.message"])
        #expect(found.first?.event["path"] == "/a" && found.last?.event["message"] == "reloaded")
    }

    @Test("a line of the journal is read like one of syslog")
    func journal() throws {
        let found = try events(
            [
                #"{"__REALTIME_TIMESTAMP":"1795220730263833","_HOSTNAME":"vm","SYSLOG_IDENTIFIER":"sshd","#
                    + #""_PID":"7","PRIORITY":"6","MESSAGE":"Invalid user x from 1.2.3.4 port 5"}"#,
                #"{"__REALTIME_TIMESTAMP":"1795220730263833","_COMM":"a","#
                    + #""_SYSTEMD_UNIT":"a.service","PRIORITY":"3","MESSAGE":[104,105,255]}"#,
            ], as: "auto")
        #expect(found.map(\.topic) == ["ssh.login", "log.message"])
        #expect(found.first?.event["user"] == "x" && found.first?.event["remote_port"] == .int32(5))
        #expect(
            found.last?.event
                == [
                    "timestamp": .time(1_795_220_730_263), "program": "a", "unit": "a.service", "severity": "error",
                    "message": "hi\u{FFFD}", "repaired": true,
                ])
    }
}

@Suite("sshd")
struct SSHTests {
    @Test(
        "what sshd says about logins is told apart",
        arguments: [
            (
                "Accepted publickey for bob from 1.2.3.4 port 5 ssh2: ED25519 SHA256:abc",
                [
                    "outcome": "accepted", "user": "bob", "method": "publickey", "remote_addr": "1.2.3.4",
                    "remote_port": .int32(5), "key_type": "ED25519", "key_fingerprint": "SHA256:abc",
                ]
            ),
            (
                "Failed password for invalid user a from 9.9.9.9 port 1 ssh2 from ::1 port 22 ssh2",
                [
                    "outcome": "failed", "user": "a from 9.9.9.9 port 1 ssh2", "invalid_user": true,
                    "method": "password", "remote_addr": "::1", "remote_port": .int32(22),
                ]
            ),
            (
                "Failed none for invalid user  from 1.2.3.4 port 5 ssh2",
                [
                    "outcome": "failed", "invalid_user": true, "method": "none", "remote_addr": "1.2.3.4",
                    "remote_port": .int32(5),
                ]
            ),
            (
                "Invalid user x y from 1.2.3.4",
                ["outcome": "invalid_user", "user": "x y", "invalid_user": true, "remote_addr": "1.2.3.4"]
            ),
            (
                "Received disconnect from 1.2.3.4 port 5:11: Bye Bye [preauth]",
                [
                    "outcome": "disconnected", "remote_addr": "1.2.3.4", "remote_port": .int32(5),
                    "reason": "11: Bye Bye", "preauth": true,
                ]
            ),
            (
                "Disconnected from authenticating user root 1.2.3.4 port 5 [preauth]",
                [
                    "outcome": "disconnected", "user": "root", "remote_addr": "1.2.3.4", "remote_port": .int32(5),
                    "preauth": true,
                ]
            ),
            (
                "Connection closed by invalid user a b 1.2.3.4 port 5 [preauth]",
                [
                    "outcome": "closed", "user": "a b", "invalid_user": true, "remote_addr": "1.2.3.4",
                    "remote_port": .int32(5), "preauth": true,
                ]
            ),
            (
                "error: maximum authentication attempts exceeded for root from 1.2.3.4 port 5 ssh2 [preauth]",
                [
                    "outcome": "too_many_attempts", "user": "root", "remote_addr": "1.2.3.4",
                    "remote_port": .int32(5), "preauth": true,
                ]
            ),
            (
                "Disconnecting: Too many authentication failures for root [preauth]",
                [
                    "outcome": "disconnecting", "user": "root", "reason": "Too many authentication failures",
                    "preauth": true,
                ]
            ),
            (
                "User bob from 1.2.3.4 not allowed because not listed in AllowUsers",
                ["outcome": "refused", "user": "bob", "remote_addr": "1.2.3.4", "reason": "not listed in AllowUsers"]
            ),
            (
                "message repeated 5 times: [ Failed password for root from 1.2.3.4 port 5 ssh2]",
                [
                    "outcome": "failed", "user": "root", "method": "password", "remote_addr": "1.2.3.4",
                    "remote_port": .int32(5), "repeated": .int32(5),
                ]
            ),
            (
                "pam_unix(sshd:session): session opened for user root(uid=0) by (uid=0)",
                ["outcome": "session_opened", "user": "root"]
            ),
            (
                "Did not receive identification string from 1.2.3.4 port 5",
                ["outcome": "no_identification", "remote_addr": "1.2.3.4", "remote_port": .int32(5)]
            ),
            ("Server listening on 0.0.0.0 port 22.", [:]),
        ] as [(String, [String: Value])])
    func logins(message: String, expected: [String: Value]) throws {
        let found = try events(["2026-11-21T00:25:30Z vm sshd[7]: " + message], as: "sshd")
        var all = expected
        all["timestamp"] = .time(1_795_220_730_000)
        all["host"] = "vm"
        all["program"] = "sshd"
        all["pid"] = .int64(7)
        all["message"] = .string(message)
        #expect(found.map(\.topic) == [expected.isEmpty ? "ssh.message" : "ssh.login"])
        #expect(found.first?.event == all)
    }

    @Test("lines of other programs are refused when only sshd is asked for")
    func others() throws {
        #expect(try parse("Nov 21 00:24:24 a cron[1]: x", as: "sshd") == .refused(.otherProgram))
    }
}

@Suite("nginx's error log")
struct NginxErrorTests {
    @Test("a message has its parts, over several lines, too")
    func parts() throws {
        let found = try events(
            [
                #"2026/11/21 00:24:27 [error] 18#19: *7 open() "/x, y" failed (2: No such file), client: ::1, "#
                    + #"server: a, request: "GET /x?y HTTP/1.1", upstream: "http://b/", host: "h:80", referrer: "r""#,
                "2026/11/21 00:24:28 [warn] 18#18: several", "lines", "",
                "2026/11/21 00:24:29 [notice] 1#1: end",
            ], as: "nginx-error")
        #expect(found.count == 3)
        var first = found[0].event
        #expect(first.removeValue(forKey: "timestamp") != nil)
        #expect(
            first
                == [
                    "severity": "error", "pid": .int64(18), "tid": .int64(19), "connection": .int64(7),
                    "message": #"open() "/x, y" failed (2: No such file)"#, "remote_addr": "::1", "server_name": "a",
                    "method": "GET", "path": "/x", "query": "y", "protocol": "HTTP/1.1", "upstream": "http://b/",
                    "request_host": "h:80", "referer": "r",
                ])
        #expect(found[1].event["message"] == "several\nlines\n" && found[1].event["severity"] == "warning")
        #expect(found[2].event["message"] == "end")
    }
}

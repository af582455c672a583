// Mails out of the lines of Postfix: a real log counted in another way, and logs in which everything goes wrong.
import BSON
import Foundation
import Testing

@testable import LogParsing

@Suite("Postfix")
struct PostfixTests {
    /// Lines that a real Postfix wrote, with short and with long queue ids.
    private static func sample(_ name: String) throws -> [String] {
        let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Samples/\(name)")
        return try String(contentsOf: path, encoding: .utf8).split(separator: "\n").map(String.init)
    }

    private static func mails(_ lines: [String]) throws -> [[String: Value]] {
        try events(lines, as: "postfix").filter { $0.topic == "smtp.transaction" }.map(\.event)
    }

    @Test(
        "every mail of a real log is one event with the right ending",
        arguments: ["postfix-short.log", "postfix-long.log"])
    func real(name: String) throws {
        let lines = try Self.sample(name)
        let found = try events(lines, as: "postfix")
        #expect(found.count { $0.topic.hasPrefix("smtp.line.") } == lines.count)
        let mails = found.filter { $0.topic == "smtp.transaction" }.map(\.event)
        // An independent reading: what regular expressions find.
        let line = #/\]: ([0-9A-Za-z]{8,}): (.*)$/#
        var ids: Set<String> = []
        var removed: Set<String> = []
        var statuses: [String: [String: String]] = [:]
        for text in lines {
            guard let match = text.firstMatch(of: line), !text.contains("postfix/master") else { continue }
            let (id, rest) = (String(match.1), match.2)
            ids.insert(id)
            if rest == "removed" { removed.insert(id) }
            if let delivery = rest.firstMatch(of: #/^to=<([^>]*)>.* status=([a-z]+)/#) {
                statuses[id, default: [:]][String(delivery.1)] = String(delivery.2)
            }
        }
        let rejected = lines.count { $0.contains("NOQUEUE: reject") }
        #expect(mails.count == ids.count + rejected && rejected > 0 && ids.count > 15)
        #expect(mails.count { $0["outcome"] == "rejected" && $0["queue_id"] == nil } == rejected)
        for id in ids {
            let mail = try #require(mails.first { $0["queue_id"] == .string(id) })
            #expect(mail["partial"] == nil)
            #expect((mail["open"] == nil) == removed.contains(id))
            var found: [String: String] = [:]
            if case .array(let recipients)? = mail["recipients"] {
                for case .document(let recipient) in recipients {
                    if case .string(let to)? = recipient["to"], case .string(let status)? = recipient["status"] {
                        found[to] = status
                    }
                }
            }
            #expect(found == statuses[id] ?? [:])
        }
        let outcomes = Set(mails.compactMap { $0["outcome"] })
        #expect(outcomes.isSuperset(of: ["delivered", "bounced", "rejected", "expired"]))
    }

    private static func line(_ second: Int, _ text: String, host: String = "mx") -> String {
        let (minute, rest) = (second / 60, second % 60)
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "2026-11-21T\(two(minute / 60)):\(two(minute % 60)):\(two(rest))Z \(host) postfix/\(text)"
    }

    @Test("a mail has what its lines say, and a bounce is linked to it")
    func whole() throws {
        let mails = try Self.mails([
            Self.line(
                0,
                "submission/smtpd[1]: 698EFF92221: client=c.example[192.0.2.1]:40000, "
                    + "sasl_method=PLAIN, sasl_username=al"
            ),
            Self.line(0, "cleanup[2]: 698EFF92221: message-id=<a@b>"),
            Self.line(0, "qmgr[3]: 698EFF92221: from=<a@b>, size=528, nrcpt=2 (queue active)"),
            Self.line(
                1,
                "smtp[4]: 698EFF92221: to=<u@x>, orig_to=<v>, relay=mx.x[192.0.2.9]:25, delay=1.5, "
                    + "delays=0.1/0.2/0.3/0.9, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 4XyzABC1)"),
            Self.line(
                2,
                "smtp[4]: 698EFF92221: to=<w@x>, relay=none, delay=2, delays=0/0/0/0, "
                    + "dsn=5.4.4, status=bounced (no (x), host)"
            ),
            Self.line(2, "cleanup[2]: 77878F92233: message-id=<n@b>"),
            Self.line(2, "bounce[5]: 698EFF92221: sender non-delivery notification: 77878F92233"),
            Self.line(2, "qmgr[3]: 698EFF92221: removed"),
            Self.line(2, "qmgr[3]: 77878F92233: from=<>, size=1, nrcpt=1 (queue active)"),
            Self.line(
                3,
                "local[6]: 77878F92233: to=<a@b>, relay=local, delay=0, "
                    + "delays=0/0/0/0, dsn=2.0.0, status=sent (ok)"),
            Self.line(3, "qmgr[3]: 77878F92233: removed"),
        ])
        #expect(mails.count == 2)
        let mail = try #require(mails.first)
        #expect(mail["client"] == "c.example" && mail["client_addr"] == "192.0.2.1")
        #expect(
            mail["client_port"] == .int32(40_000) && mail["sasl_username"] == "al" && mail["service"] == "submission")
        #expect(mail["from"] == "a@b" && mail["message_id"] == "a@b" && mail["size"] == .int64(528))
        #expect(mail["outcome"] == "partly_delivered" && mail["duration"] == .double(2))
        guard case .array(let recipients)? = mail["recipients"], case .document(let first)? = recipients.first,
            case .document(let second)? = recipients.last
        else { return #expect(Bool(false)) }
        #expect(first["orig_to"] == "v" && first["relay"] == "mx.x" && first["relay_addr"] == "192.0.2.9")
        #expect(first["queued_as"] == "4XyzABC1" && first["delay_transmission"] == .double(0.9))
        #expect(second["response"] == "no (x), host" && second["relay"] == "none")
        #expect(
            mail["notifications"]
                == .array([.document(["kind": "sender non-delivery", "queue_id": "77878F92233"])]))
        #expect(mails[1]["notification_of"] == "698EFF92221" && mails[1]["from"] == "")
    }

    @Test("queue ids come again, lines of hosts mix, and the end need not come last")
    func disorder() throws {
        func sent(_ second: Int, _ to: String, host: String = "mx") -> String {
            Self.line(
                second,
                "smtp[1]: AAAAAA1: to=<\(to)>, relay=r[::1]:25, delay=1, delays=0/0/0/1, "
                    + "dsn=2.0.0, status=sent (ok)",
                host: host)
        }
        let mails = try Self.mails([
            Self.line(0, "smtpd[1]: AAAAAA1: client=a[::1]"),
            Self.line(0, "smtpd[1]: AAAAAA1: client=b[::2]", host: "other"),
            Self.line(1, "qmgr[1]: AAAAAA1: removed"), sent(1, "late"), sent(1, "elsewhere", host: "other"),
            Self.line(1, "smtpd[1]: AAAAAA1: client=c[::3]"), sent(1, "again"),
            Self.line(2, "qmgr[1]: AAAAAA1: removed"), Self.line(2, "qmgr[1]: AAAAAA1: removed", host: "other"),
        ])
        #expect(mails.count == 3)
        for (client, to) in [("a", "late"), ("b", "elsewhere"), ("c", "again")] {
            let mail = try #require(mails.first { $0["client"] == .string(client) })
            guard case .array(let recipients)? = mail["recipients"], case .document(let recipient)? = recipients.first
            else { return #expect(Bool(false)) }
            #expect(recipients.count == 1 && recipient["to"] == .string(to) && mail["outcome"] == "delivered")
        }
    }

    @Test("a mail that takes long is emitted as open, and again at its end, as the same event")
    func open() throws {
        var parser = try parser("postfix")
        let collector = Collector()
        func take(_ line: String) {
            let bytes = Array(line.utf8)
            #expect(parser.take(bytes.span.bytes, at: anyPlace, to: collector) == .taken)
        }
        func mails() -> [ObjectID?] {
            var found: [ObjectID?] = []
            let bytes = collector.bytes
            var start = 0
            for topic in collector.topics {
                guard let length = try? BSONValidator.validate(bytes.span.bytes, from: start) else { break }
                let view = DocumentView(unchecked: bytes.span.bytes.extracting(start..<start + length))
                if topic == 0 { found.append(view["_id"]?.objectID) }
                start += length
            }
            return found
        }
        take(Self.line(0, "smtpd[1]: AAAAAA1: client=a[::1]"))
        take(Self.line(299, "anvil[1]: statistics: x"))
        #expect(mails().isEmpty)
        take(Self.line(300, "anvil[1]: statistics: x"))
        #expect(mails().count == 1)
        // Without lines the clock on the wall goes on.
        take(Self.line(301, "smtpd[1]: BBBBBB1: client=a[::1]"))
        parser.pass(to: 1_000_000, collector)
        parser.pass(to: 1_200_000, collector)
        #expect(mails().count == 1)
        parser.pass(to: 1_301_000, collector)
        #expect(mails().count == 2)
        take(Self.line(700, "qmgr[1]: AAAAAA1: removed"))
        take(Self.line(702, "anvil[1]: statistics: x"))
        let all = mails()
        #expect(all.count == 3 && all[0] != nil && all[0] == all[2] && all[0] != all[1])
        let ends = fields(of: collector.bytes).filter { $0["queue_id"] == "AAAAAA1" && $0["outcome"] != nil }
        #expect(ends.map { $0["open"] } == [true, nil])
    }

    @Test("memory is bounded, and mails that are given up are emitted")
    func bounded() throws {
        var topics = LogTopics()
        var header = SyslogHeader()
        var messages = PostfixMessages(topics: &topics, mails: 5000)
        let counter = Counter()
        for number in 0..<5500 {
            let bytes = Array(Self.line(0, "smtpd[1]: \(100_000_000 + number): client=a[::1]").utf8)
            let found = header.find(in: bytes.span.bytes)
            let message = try #require(found)
            _ = messages.take(message, bytes.span.bytes, at: anyPlace, to: counter)
        }
        #expect(counter.mails == 500)
        messages.finish(counter)
        #expect(counter.mails == 5500)
    }

    @Test(
        "lines of all kinds have their parts",
        arguments: [
            (
                "smtpd[1]: NOQUEUE: reject: RCPT from localhost[127.0.0.1]: 550 5.1.1 <n@es>: Recipient address "
                    + "rejected: User unknown; from=<a@es> to=<n@es> proto=ESMTP helo=<c>",
                [
                    "noqueue": true, "action": "reject", "stage": "RCPT", "code": .int32(550), "dsn": "5.1.1",
                    "peer": "localhost", "peer_addr": "127.0.0.1", "from": "a@es", "to": "n@es", "proto": "ESMTP",
                    "helo": "c", "response": "<n@es>: Recipient address rejected: User unknown",
                ]
            ),
            (
                "postscreen[1]: NOQUEUE: reject: RCPT from [192.0.2.1]:5: 550 5.7.1 Service unavailable; client "
                    + "[192.0.2.1] blocked using x; from=<a>, to=<b>, proto=ESMTP, helo=<c>",
                [
                    "noqueue": true, "action": "reject", "stage": "RCPT", "code": .int32(550), "dsn": "5.7.1",
                    "peer_addr": "192.0.2.1", "peer_port": .int32(5), "from": "a", "to": "b", "proto": "ESMTP",
                    "helo": "c", "response": "Service unavailable; client [192.0.2.1] blocked using x",
                ]
            ),
            (
                "cleanup[1]: 698EFF92221: milter-reject: END-OF-MESSAGE from h[::1]: 5.7.1 spam; "
                    + "from=<a> to=<b> proto=SMTP helo=<c>",
                [
                    "queue_id": "698EFF92221", "action": "milter-reject", "stage": "END-OF-MESSAGE", "dsn": "5.7.1",
                    "peer": "h", "peer_addr": "::1", "from": "a", "to": "b", "proto": "SMTP", "helo": "c",
                    "response": "spam",
                ]
            ),
            (
                "cleanup[1]: 698EFF92221: reject: header Subject: from me from h[::1]; "
                    + "from=<a> to=<b> proto=SMTP helo=<c>: 5.7.1 no",
                [
                    "queue_id": "698EFF92221", "action": "reject", "stage": "header", "dsn": "5.7.1", "peer": "h",
                    "peer_addr": "::1", "from": "a", "to": "b", "proto": "SMTP", "helo": "c", "response": "no",
                ]
            ),
            (
                "smtpd[1]: disconnect from unknown[::1] ehlo=1 rcpt=0/1 commands=1/2",
                [
                    "peer_addr": "::1",
                    "commands": .document(["ehlo": .int64(1), "rcpt": .int64(1), "commands": .int64(2)]),
                    "commands_failed": .document(["rcpt": .int64(1), "commands": .int64(1)]),
                ]
            ),
            (
                "smtpd[1]: Anonymous TLS connection established from h[::1]: TLSv1.3 with cipher X (256/256 bits)",
                [
                    "peer": "h", "peer_addr": "::1", "tls_trust": "Anonymous", "tls_protocol": "TLSv1.3",
                    "tls_cipher": "X",
                ]
            ),
            (
                "smtpd[1]: warning: h[::1]: SASL LOGIN authentication failed: x",
                ["severity": "warning", "peer": "h", "peer_addr": "::1"]
            ),
            (
                "pickup[1]: 4jX0FL64YWz2Qk71: uid=0 from=<r>",
                [
                    "queue_id": "4jX0FL64YWz2Qk71", "uid": .int64(0), "from": "r",
                ]
            ),
            ("master[1]: daemon started -- version 3", [:]),
            ("nobody[1]: x: y", [:]),
        ] as [(String, [String: Value])])
    func parts(text: String, expected: [String: Value]) throws {
        let found = try events([Self.line(0, text)], as: "postfix")
        let line = try #require(found.first { $0.topic.hasPrefix("smtp.line.") })
        let daemon = String(text.prefix { $0 != "[" })
        #expect(line.topic == (daemon == "nobody" ? "smtp.line.other" : "smtp.line." + daemon))
        var event = line.event
        for key in ["timestamp", "host", "program", "pid", "message"] {
            let value = event.removeValue(forKey: key)
            #expect(value != nil)
        }
        #expect(event == expected)
    }
}

/// Counts mails.
private final class Counter: EventOutput {
    let isWanted = true
    var mails = 0

    func wants(topic: Int) -> Bool { true }
    func emit(topic: Int, _ build: (inout DocumentWriter) -> Void) { if topic == 0 { mails += 1 } }
    func report(_ unparsed: Unparsed, path: String) {}
}

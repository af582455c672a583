// The common and the combined format: what becomes of good, odd and broken lines.
import BSON
import Testing

@testable import LogParsing

@Suite("Access logs")
struct AccessLogTests {
    @Test("a combined line becomes an event with all its fields")
    func everyField() throws {
        let event = try parse(
            #"83.149.9.216 - frank [17/May/2015:10:05:03 +0200] "GET /a/b?c=1&d HTTP/1.1" 200 203023 "#
                + #""http://example.org/?q=a b" "Mozilla/5.0 (X11)""#)
        #expect(
            event
                == .event([
                    "timestamp": .time(1_431_849_903_000), "remote_addr": "83.149.9.216", "remote_user": "frank",
                    "method": "GET", "path": "/a/b", "query": "c=1&d", "protocol": "HTTP/1.1", "status": .int32(200),
                    "bytes": .int64(203_023), "referer": "http://example.org/?q=a b",
                    "user_agent": "Mozilla/5.0 (X11)",
                ]))
    }

    @Test("a common line becomes an event")
    func common() throws {
        let event = try parse(#"::1 ident bob [01/Jan/1970:00:00:00 +0000] "POST * HTTP/2.0" 404 -"#, as: "common")
        #expect(
            event
                == .event([
                    "timestamp": .time(0), "remote_addr": "::1", "remote_ident": "ident", "remote_user": "bob",
                    "method": "POST", "path": "*", "protocol": "HTTP/2.0", "status": .int32(404),
                ]))
    }

    /// A line with one field replaced.
    private static func line(
        user: String = "-", time: String = "17/May/2015:10:05:03 +0000", request: String = "GET / HTTP/1.1",
        numbers: String = "200 1", agent: String = "-"
    ) -> String { #"1.2.3.4 - \#(user) [\#(time)] "\#(request)" \#(numbers) "-" "\#(agent)""# }

    @Test(
        "a request line is split, or kept as it came",
        arguments: [
            ("GET / HTTP/1.1", ["method": "GET", "path": "/", "protocol": "HTTP/1.1"]),
            ("GET /? HTTP/1.0", ["method": "GET", "path": "/", "protocol": "HTTP/1.0"]),
            ("GET /a?b?c HTTP/3", ["method": "GET", "path": "/a", "query": "b?c", "protocol": "HTTP/3"]),
            ("GET /x", ["method": "GET", "path": "/x"]),
            ("GET /a b HTTP/1.1", ["method": "GET", "path": "/a b", "protocol": "HTTP/1.1"]),
            (
                "CONNECT example.org:443 HTTP/1.1",
                ["method": "CONNECT", "path": "example.org:443", "protocol": "HTTP/1.1"]
            ),
            (
                "M-SEARCH http://h/p?q HTTP/1.1",
                ["method": "M-SEARCH", "path": "http://h/p", "query": "q", "protocol": "HTTP/1.1"]
            ),
            ("GET /\\xC3\\xA9?\\x22 HTTP/1.1", ["method": "GET", "path": "/é", "query": "\"", "protocol": "HTTP/1.1"]),
            ("\\x16\\x03\\x01\\x00bad", ["request": "\u{16}\u{3}\u{1}\u{0}bad"]),
            ("POST /x", ["request": "POST /x"]),
            ("GET", ["request": "GET"]),
            ("get / HTTP/1.1", ["request": "get / HTTP/1.1"]),
            ("GET  HTTP/1.1", ["request": "GET  HTTP/1.1"]),
            ("OPTIONS sip:nm SIP/2.0", ["request": "OPTIONS sip:nm SIP/2.0"]),
            ("say \\\"hi\\\"", ["request": "say \"hi\""]),
            ("-", [:]),
            ("", [:]),
        ] as [(String, [String: Value])])
    func requests(request: String, expected: [String: Value]) throws {
        let event = try parse(Self.line(request: request))
        for key in ["method", "path", "query", "protocol", "request"] {
            #expect(event[key] == expected[key], "\(key)")
        }
        #expect(event["status"] == .int32(200))
    }

    @Test(
        "what a client calls itself does not move the fields",
        arguments: [
            "a b", "x [01/Jan/2000:00:00:00 +0000] ", "é", "[", "] ", "- -", "\\x22 200 1 \\x22",
        ])
    func users(user: String) throws {
        let event = try parse(Self.line(user: user))
        #expect(event["remote_user"] == .string(user.replacing("\\x22", with: "\"")))
        #expect(event["timestamp"] == .time(1_431_857_103_000))
        #expect(event["path"] == "/")
    }

    @Test("an empty user of Apache is absent")
    func emptyUser() throws {
        let event = try parse(Self.line(user: "\"\""))
        #expect(event["remote_user"] == nil)
        #expect(event["path"] == "/")
    }

    @Test(
        "escapes are decoded, and what is not UTF-8 is repaired and flagged",
        arguments: [
            ("a\\x20b", "a b", nil), ("\\xC3\\xA9", "é", nil), ("é", "é", nil), ("\\n\\t\\\\", "\n\t\\", nil),
            ("\\xe4\\xFF", "\u{FFFD}\u{FFFD}", true), ("\\xED\\xA0\\x80", "\u{FFFD}\u{FFFD}\u{FFFD}", true),
            ("\\", "\\", nil), ("\\x", "\\x", nil), ("\\x4", "\\x4", nil), ("\\xZZ", "\\xZZ", nil), ("\\q", "\\q", nil),
            ("\\x00", "\0", nil), ("\\x2D", "-", nil),
        ] as [(String, String, Value?)])
    func escapes(written: String, meant: String, repaired: Value?) throws {
        // At the end of a text a backslash would hide the quotation mark, so a letter follows.
        let event = try parse(Self.line(agent: written + "|"))
        #expect(event["user_agent"] == .string(meant + "|"))
        #expect(event["repaired"] == repaired)
    }

    @Test("bytes that are not UTF-8 are repaired and flagged")
    func rawBytes() throws {
        var parser = try LogParsingTests.parser("combined")
        let bytes = Array(Self.line(agent: "@@").utf8).map { $0 == UInt8(ascii: "@") ? 0xFF : $0 }
        let event = parse(bytes, with: &parser)
        #expect(event["user_agent"] == "\u{FFFD}\u{FFFD}")
        #expect(event["repaired"] == true)
    }

    @Test(
        "times of all zones become UTC",
        arguments: [
            ("29/Feb/2000:23:59:59 +0000", 951_868_799), ("28/feb/2100:00:00:00 -0130", 4_107_461_400),
            ("01/JAN/2026:00:00:00 +1400", 1_767_175_200), ("31/Dec/2016:23:59:60 +0000", 1_483_228_800),
            ("01/Jan/1969:00:00:00 +0000", -31_536_000), ("31/Dec/9999:23:59:59 -2359", 253_402_387_139),
        ])
    func times(text: String, seconds: Int64) throws {
        #expect(try parse(Self.line(time: text))["timestamp"] == .time(seconds * 1000))
    }

    @Test("the time of a line does not depend on the lines before it")
    func consecutiveTimes() throws {
        var parser = try LogParsingTests.parser("combined")
        let texts = [
            "17/May/2015:10:05:03 +0000", "17/May/2015:10:09:59 +0000", "17/May/2015:10:05:6x +0000",
            "17/May/2015:10:05:61 +0000", "17/May/2015:10:05:03 +0100", "17/May/2015:10:0x:03 +0100",
            "17/May/2015:10:15:03 +0100", "18/May/2015:10:15:03 +0100", "18/May/2015:10:15:60 +0100",
            "18/May/2015:10:15x03 +0100", "18/May/2015:10:15:03 -0100",
        ]
        for text in texts + texts.reversed() {
            var fresh = try LogParsingTests.parser("combined")
            let bytes = Array(Self.line(time: text).utf8)
            #expect(parse(bytes, with: &parser) == parse(bytes, with: &fresh), "\(text)")
        }
    }

    @Test(
        "a line that is not of the format is refused with a reason",
        arguments: [
            ("", .empty), ("hello", .noRequest), (#"1.2.3.4 - - "GET / HTTP/1.1" 200 1 "-" "-""#, .badTimestamp),
            (line(time: "30/Feb/2015:10:05:03 +0000"), .badTimestamp),
            (line(time: "17/Mai/2015:10:05:03 +0000"), .badTimestamp),
            (line(time: "17/May/2015:24:00:00 +0000"), .badTimestamp),
            (line(time: "17/May/2015:10:05:03 00000"), .badTimestamp),
            (#"1.2.3.4 [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 1 "-" "-""#, .badAddress),
            (#" - - [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 1 "-" "-""#, .badAddress),
            (#"1.2.3.4 - - [17/May/2015:10:05:03 +0000] "GET / HTTP"#, .noRequest),
            (#"1.2.3.4 - - [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1\""#, .noRequest),
            (line(numbers: "20 1"), .badStatus), (line(numbers: "2000 1"), .badStatus),
            (line(numbers: "x 1"), .badStatus),
            (line(numbers: "200 x"), .badBytes), (line(numbers: "200 1234567890123456789"), .badBytes),
            (line(numbers: "200 -1"), .badBytes), (line(numbers: "200"), .badBytes),
            (#"1.2.3.4 - - [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 1"#, .missingFields),
            (#"1.2.3.4 - - [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1""#, .missingFields),
            (line() + " 0.003", .unexpectedFields), (line() + #" "10.0.0.1""#, .unexpectedFields),
            ("www.example.org:80 " + line(), .unexpectedFields),
        ] as [(String, Refusal)])
    func refusals(line: String, reason: Refusal) throws {
        #expect(try parse(line) == .refused(reason))
    }

    @Test("a combined line is not a common one")
    func formatsDiffer() throws { #expect(try parse(Self.line(), as: "common") == .refused(.unexpectedFields)) }

    @Test("a line cut in its last fields is kept and flagged, wherever it was cut")
    func truncated() throws {
        let line = Self.line(agent: "curl/7.88 \\x41")
        let start = try #require(line.firstRange(of: #" "-" "#)).lowerBound
        for length in 2..<line[start...].count {
            let event = try parse(String(line[..<line.index(start, offsetBy: length)]))
            #expect(event["truncated"] == true)
            #expect(event["bytes"] == .int64(1))
        }
        #expect(try parse(line)["truncated"] == nil)
    }

    @Test("the same line at the same place has the same _id, at another place or in another file another one")
    func identity() throws {
        func id(device: UInt64, inode: UInt64, head: String, offset: UInt64, seconds: UInt32 = 7) -> ObjectID {
            let file = FileIdentity(device: device, inode: inode, head: Array(head.utf8).span.bytes)
            return LinePlace(file: file, offset: offset).id(seconds: seconds)
        }
        let first = id(device: 1, inode: 2, head: "a", offset: 3)
        #expect(first == id(device: 1, inode: 2, head: "a", offset: 3))
        #expect(first.seconds == 7)
        let others = [
            id(device: 2, inode: 2, head: "a", offset: 3), id(device: 1, inode: 1, head: "a", offset: 3),
            id(device: 2, inode: 1, head: "a", offset: 3), id(device: 1, inode: 2, head: "b", offset: 3),
            id(device: 1, inode: 2, head: "a", offset: 2), id(device: 1, inode: 2, head: "a", offset: 3, seconds: 8),
        ]
        #expect(Set(others + [first]).count == others.count + 1)
        // For ever: events already stored are known by these.
        #expect(first.description == "0000000719980c504a4c1018")
    }

    @Test("a hundred thousand lines of several files share no _id")
    func distinctIdentities() {
        var ids: Set<ObjectID> = []
        for inode in 0..<10 as Range<UInt64> {
            let file = FileIdentity(device: 1, inode: inode, head: [UInt8]().span.bytes)
            for line in 0..<10_000 as Range<UInt64> {
                ids.insert(LinePlace(file: file, offset: line * 100).id(seconds: 0))
            }
        }
        #expect(ids.count == 100_000)
    }

    @Test("a format of another name is refused by name")
    func unknownFormat() {
        #expect(throws: LogFormat.Problem.unknown("combinde")) { try LogFormat.plan("combinde") }
        #expect(throws: LogFormat.Problem.unexpectedSpecification("common")) { try LogFormat.plan("common:%h") }
    }
}

// Formats of one's own: every kind of variable, what nginx's quoting means, what cannot be told apart.
import BSON
import Testing

@testable import LogParsing

@Suite("nginx's log_format")
struct HitFormatTests {
    private static let combined =
        #"$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "#
        + #""$http_user_agent""#

    @Test(
        "a format may be pasted as it stands in nginx.conf",
        arguments: [
            "log_format main '$remote_addr - $remote_user [$time_local] \"$request\" '\n  '$status $body_bytes_sent "
                + "\"$http_referer\" '\n\t'\"$http_user_agent\"';",
            "'$remote_addr - $remote_user [$time_local] \"$request\" ' '$status $body_bytes_sent \"$http_referer\" "
                + "\"$http_user_agent\"'",
            "  log_format main escape=default \"$remote_addr - ${remote_user} [$time_local] \\\"$request\\\" $status "
                + "$body_bytes_sent \\\"$http_referer\\\" \\\"$http_user_agent\\\"\";",
            combined,
        ])
    func pasted(text: String) throws {
        let line =
            #"1.2.3.4 - x y [17/May/2015:10:05:03 +0200] "GET /a?b HTTP/1.1" 200 203023 "http://e/?q=a b" "M (X11)""#
        #expect(try parse(line, as: "nginx:" + text) == parse(line))
    }

    @Test(
        "each kind of variable has its type",
        arguments: [
            ("$status", "404", ["status": .int32(404)]), ("$status", "-", [:]), ("$status", "", [:]),
            ("$bytes_sent", "5000000000", ["bytes_sent": .int64(5_000_000_000)]),
            ("$request_time", "0.123", ["request_time": .double(0.123)]),
            ("$pipe", "p", ["pipelined": true]), ("$pipe", ".", ["pipelined": false]),
            ("$http_x_forwarded_for", "1.1.1.1, 2.2.2.2", ["forwarded_for": .array(["1.1.1.1", "2.2.2.2"])]),
            ("$upstream_addr", "unix:/a.sock", ["upstream_addr": "unix:/a.sock"]),
            (
                "$upstream_status", "502, - : 200",
                ["upstream_status": .array([.int32(502), .null, .int32(200)])]
            ),
            (
                "$upstream_response_time", "0.001, 0.002 : 0.5",
                ["upstream_response_time": .array([.double(0.001), .double(0.002), .double(0.5)])]
            ),
            ("$upstream_response_length", "17", ["upstream_response_length": .int64(17)]),
            ("$upstream_connect_time", "-", [:]),
            ("$request", "GET /a?b HTTP/2.0", ["method": "GET", "path": "/a", "query": "b", "protocol": "HTTP/2.0"]),
            ("$request", "\\x16\\x03", ["request": "\u{16}\u{3}"]),
            ("$request_uri", "/a?b", ["path": "/a", "query": "b"]),
            ("$request_method $uri$is_args$args", "GET /x-", ["method": "GET", "path": "/x-"]),
            (
                "$scheme://$host$request_uri", "https://h/p?q",
                [
                    "scheme": "https", "request_host": "h", "path": "/p", "query": "q",
                ]
            ),
            ("$scheme://$host$request_uri", "http://my-host-", ["scheme": "http", "request_host": "my-host"]),
            ("$remote_addr:$remote_port", "::1:50000", ["remote_addr": "::1", "remote_port": .int32(50_000)]),
            ("$mine", "a b", ["mine": "a b"]),
        ] as [(String, String, [String: Value])])
    func kinds(format: String, value: String, expected: [String: Value]) throws {
        for (open, close) in [("\"", "\""), ("<", ">"), ("|", "")] {
            var fields = expected
            fields["timestamp"] = .time(1_431_849_903_250)
            let event = try parse(
                "1431849903.250 \(open)\(value)\(close)", as: "nginx:$msec \(open)\(format)\(close)")
            if format == "$mine" || !value.contains("\\") || open == "\"" { #expect(event == .event(fields)) }
        }
    }

    @Test("values with spaces between values with spaces are told apart")
    func upstreams() throws {
        let format =
            "nginx:$time_iso8601 $upstream_addr $upstream_status $upstream_response_time "
            + "rt=$request_time $remote_user end"
        let event = try parse(
            "2026-11-21T00:00:00+01:00 10.0.0.1:80, 10.0.0.2:80 : 10.0.0.3:80 502, 502 : 200 "
                + "0.1, - : 0.3 rt=1.5 a end b end",
            as: format)
        #expect(
            event
                == .event([
                    "timestamp": .time(1_795_215_600_000),
                    "upstream_addr": .array(["10.0.0.1:80", "10.0.0.2:80", "10.0.0.3:80"]),
                    "upstream_status": .array([.int32(502), .int32(502), .int32(200)]),
                    "upstream_response_time": .array([.double(0.1), .null, .double(0.3)]),
                    "request_time": .double(1.5), "remote_user": "a end b",
                ]))
    }

    @Test("escape=json is undone, and bytes that are not UTF-8 are repaired")
    func json() throws {
        var parser = try parser(#"nginx:log_format j escape=json '{"t":$msec,"ua":"$http_user_agent","s":"$status"}';"#)
        let line = Array(#"{"t":1.5,"ua":"a\"b\\\u0001\t"#.utf8) + [0xFF] + Array(#"","s":"200"}"#.utf8)
        let event = parse(line, with: &parser)
        #expect(
            event
                == .event([
                    "timestamp": .time(1500), "user_agent": "a\"b\\\u{1}\t\u{FFFD}", "status": .int32(200),
                    "repaired": true,
                ]))
    }

    @Test("escape=none takes what nothing escapes")
    func none() throws {
        let event = try parse(
            #"1.000 "a "b" \x41" 200"#, as: #"nginx:log_format n escape=none '$msec "$mine" $status';"#)
        #expect(event == .event(["timestamp": .time(1000), "mine": #"a "b" \x41"#, "status": .int32(200)]))
    }

    @Test(
        "a format that cannot be used is refused",
        arguments: ["", "no variable", "$a$b", "${a", "$", "'$a", "/no/such/nginx.conf"])
    func refused(format: String) {
        #expect(throws: LogFormat.Problem.self) { try LogFormat.plan("nginx:" + format) }
    }

    @Test("a user's name cannot pass for the fields behind it")
    func names() throws {
        let line =
            #"1.2.3.4 - x [01/Jan/2000:00:00:00 +0000] [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 1 "-" "-""#
        let event = try parse(line, as: "nginx:" + Self.combined)
        #expect(event["remote_user"] == "x [01/Jan/2000:00:00:00 +0000]")
        #expect(event["timestamp"] == .time(1_431_857_103_000))
    }

    @Test("a line cut in its last fields is kept and flagged")
    func truncated() throws {
        let line = #"1.2.3.4 - - [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 1 "-" "Moz"#
        let event = try parse(line, as: "nginx:" + Self.combined)
        #expect(event["truncated"] == true && event["user_agent"] == "Moz")
    }
}

@Suite("Formats that are recognised")
struct RecognisedFormatTests {
    @Test(
        "lines of the usual formats have the same fields",
        arguments: [
            #"1.2.3.4 - - [17/May/2015:10:05:03 +0000] "GET /a HTTP/1.1" 200 7 "-" "-""#,
            #"1.2.3.4 - - [17/May/2015:10:05:03 +0000] "GET /a HTTP/1.1" 200 7"#,
            #"1.2.3.4 - - [17/May/2015:10:05:03 +0000] "GET /a HTTP/1.1" 200 7 "-" "-" "-""#,
            #"{"@timestamp":"2015-05-17T10:05:03+00:00","clientip":"1.2.3.4","verb":"GET","url":"/a","#
                + #""http_version":"HTTP/1.1","status":"200","size":7}"#,
            #"{"time":"17/May/2015:10:05:03 +0000","msec":1431857103.000,"remote_addr":"1.2.3.4","#
                + #""remote_user":"","request":"GET /a HTTP/1.1","status":200,"bytes":7}"#,
        ])
    func same(line: String) throws {
        let event = try parse(line, as: "auto")
        #expect(
            event
                == .event([
                    "timestamp": .time(1_431_857_103_000), "remote_addr": "1.2.3.4", "method": "GET", "path": "/a",
                    "protocol": "HTTP/1.1", "status": .int32(200), "bytes": .int64(7),
                ]))
    }

    @Test("Apache's format with the name of the host has it")
    func virtualHost() throws {
        let event = try parse(
            #"www.example.org:443 1.2.3.4 - - [17/May/2015:10:05:03 +0000] "GET /a HTTP/1.1" 200 7 "-" "-""#, as: "auto"
        )
        #expect(event["server_name"] == "www.example.org" && event["server_port"] == .int32(443))
    }

    @Test("other JSON is kept as it is, with its time")
    func records() throws {
        let event = try parse(
            #"{"ts":1431857103250,"msg":"a\u00e9\ud83d\ude00","n":[1,2.5,{"x":null,"y":true}],"#
                + #""o":{"a":{"b":-3000000000}}}"#,
            as: "auto")
        #expect(
            event
                == .event([
                    "timestamp": .time(1_431_857_103_250), "ts": .int64(1_431_857_103_250), "msg": "aé😀",
                    "n": .array([.int32(1), .double(2.5), .document(["y": true])]),
                    "o": .document(["a": .document(["b": .int64(-3_000_000_000)])]),
                ]))
    }

    @Test(
        "what only looks like JSON is refused",
        arguments: [
            "{", "{}x", #"{"a":}"#, #"{"a":1,}"#, #"{"a" 1}"#, #"{"a":01x}"#, "[1]",
            String(repeating: "{\"a\":", count: 40),
        ])
    func notJSON(line: String) throws { #expect(try parse(line, as: "json") == .refused(.notJSON)) }
}

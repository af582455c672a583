// Where the fuzzer begins: one line or more of each format.
import Glibc

enum Seed {
    /// The formats, in the order in which the first byte of an input chooses them.
    ///
    /// `log_format` reads formats themselves.
    static let formats = [
        "combined", "common", "auto", "json", "vhost_combined", "log_format", "syslog", "journal", "postfix", "sshd",
        "nginx-error",
        #"nginx:$remote_addr - $remote_user [$time_local] "$request" $status $upstream_addr "#
            + #"$upstream_status "$mine" $pipe"#,
        #"nginx:log_format j escape=json '{"t":"$time_iso8601","u":"$http_user_agent","x":"$http_x_forwarded_for"}';"#,
        "nginx:log_format n escape=none '$msec $mine $upstream_response_time $request_method $uri$is_args$args';",
    ]

    static let access =
        #"1.2.3.4 - bob [17/May/2015:10:05:03 +0000] "GET /a?b=\x22 HTTP/1.1" 200 17 "http://h/\xe4" "M \\ é""#

    private static let texts = [
        access + "\n" + #"::1 - "" [01/Jan/2026:00:00:59 -0130] "\x16\x03" 400 -"# + "\r\n\0\n\n" + access,
        #"{"time":"2026-11-21T00:23:13+00:00","msec":1795220593.395,"request":"GET /\u00e9 HTTP/1.1","status":200,"#
            + #""bytes":953,"rt":0.000,"urt":"0.1, - : 0.2","o":{"a":[1,-2.5e3,{"b":null}]}}"#,
        #"$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "${x}""#,
        "log_format j escape=json '{\"t\":\"$time_iso8601\"' ',\"u\":\"$http_user_agent\"}';",
        #"1.2.3.4 - - [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 1:2, 3:4 : 5:6 502, 502 : - "x y" p"#,
        #"{"t":"2026-11-21T00:23:13Z","u":"a\"\u0001","x":"1.1.1.1, 2.2.2.2"}"#,
        "1795220593.395 a b c 0.1, 0.2 GET /x?y",
        #"<165>1 2003-10-11T22:14:15.003Z host app 123 ID47 [a@1 x="1" y="q\"\]"][b] text"# + "\n"
            + "Nov 21 00:24:27 vm nginx: " + access,
        #"{"__REALTIME_TIMESTAMP":"1795220730263833","_HOSTNAME":"vm","SYSLOG_IDENTIFIER":"postfix/smtpd","_PID":"7","#
            + #""MESSAGE":"698EFF92221: client=h[::1]"}"#,
        """
        Nov 21 00:24:24 mx postfix/submission/smtpd[1]: 698EFF92221: client=h[127.0.0.1]:5, sasl_username=x
        Nov 21 00:24:24 mx postfix/cleanup[2]: 698EFF92221: message-id=<x@y>
        Nov 21 00:24:24 mx postfix/qmgr[3]: 698EFF92221: from=<a@b>, size=528, nrcpt=1 (queue active)
        Nov 21 00:24:24 mx postfix/smtp[4]: 698EFF92221: to=<u@x>, orig_to=<u>, relay=h[::1]:25, delay=0.01, \
        delays=0.01/0/0/0, dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as 4jX0FL64YWz2Qk71)
        Nov 21 00:24:24 mx postfix/bounce[5]: 698EFF92221: sender non-delivery notification: 77878F92233
        Nov 21 00:24:24 mx postfix/qmgr[3]: 698EFF92221: removed
        """,
        "Nov 21 00:24:24 mx postfix/smtpd[1]: NOQUEUE: reject: RCPT from h[::1]: 550 5.1.1 <n>: no; "
            + "from=<a> to=<n> helo=<c>\n"
            + "Nov 21 00:24:24 mx postfix/smtpd[1]: disconnect from h[::1] ehlo=1 rcpt=0/1 commands=1/2",
        "Nov 21 00:24:24 mx sshd[1]: Failed password for invalid user a from 1.2.3.4 port 5 ssh2\n"
            + "Nov 21 00:24:24 mx sshd[1]: message repeated 5 times: "
            + "[ Accepted publickey for b from ::1 port 1 ssh2: K F]",
        #"2026/11/21 00:24:27 [error] 18#19: *7 open() "/x" failed, client: ::1, server: a, request: "GET / HTTP/1.1""#
            + "\nnext line",
    ]

    /// Writes each text once for each format.
    static func write(into directory: String) {
        for (number, text) in texts.enumerated() {
            for format in formats.indices {
                let seed = open("\(directory)/seed-\(number)-\(format)", O_WRONLY | O_CREAT | O_TRUNC, 0o644)
                let bytes = [UInt8(format)] + Array(text.utf8)
                _ = Glibc.write(seed, bytes, bytes.count)
                close(seed)
            }
        }
    }
}

// Where the fuzzer begins: one line or more of each format.
import Glibc

enum Seed {
    /// The formats, in the order in which the first byte of an input chooses them.
    ///
    /// `log_format` reads formats themselves.
    static let formats = [
        "combined", "common", "auto", "json", "vhost_combined", "log_format",
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

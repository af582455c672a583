// What the variables of nginx mean: the names of the fields they become, and their types.

/// What a value is, which decides how it is read and what type its field has.
enum FieldKind: UInt8, Sendable {
    /// A string that may hold anything.
    case text
    /// A string without spaces.
    case token
    /// A number of 32 bits.
    case int32
    /// A number of 64 bits.
    case int64
    /// A number with a fraction.
    case double
    /// `on`, `1`, `OK`, `p` and `r` are `true`, anything else is `false`.
    case flag
    /// The event's time: `17/May/2015:10:05:03 +0000`.
    case localTime
    /// The event's time: `2015-05-17T10:05:03+00:00`, perhaps with a fraction or a `Z`.
    case isoTime
    /// The event's time: seconds since 1970 with milliseconds.
    case epochTime
    /// `GET /path?query HTTP/1.1`.
    case request
    /// `/path?query`.
    case target
    /// Strings with commas between them.
    case list
    /// One value for each server that was asked, `-` where there was none.
    case upstreamToken
    /// One number of 32 bits for each server that was asked.
    case upstreamInt32
    /// One number of 64 bits for each server that was asked.
    case upstreamInt64
    /// One number with a fraction for each server that was asked.
    case upstreamDouble

    /// Whether it is the time of the event.
    var isTime: Bool { self == .localTime || self == .isoTime || self == .epochTime }
    /// Whether it has a value for each server that was asked.
    var isUpstream: Bool { rawValue >= FieldKind.upstreamToken.rawValue }

    /// The type of its field, in the words of `docs/events.md`.
    var typeName: String {
        switch self {
        case .text, .token: "string"
        case .int32: "int32"
        case .int64: "int64"
        case .double: "double"
        case .flag: "bool"
        case .localTime, .isoTime, .epochTime: "datetime"
        case .request, .target: "strings"
        case .list: "array of string"
        case .upstreamToken: "string, or array"
        case .upstreamInt32: "int32, or array"
        case .upstreamInt64: "int64, or array"
        case .upstreamDouble: "double, or array"
        }
    }
}

/// A variable of nginx and the field it becomes.
struct HitVariable: Sendable {
    /// The name, without the `$`.
    let name: String
    let field: String
    let kind: FieldKind
    /// Whether it stands in the table.
    private(set) var isKnown = true

    private init(_ name: String, _ field: String, _ kind: FieldKind) {
        self.name = name
        self.field = field
        self.kind = kind
    }

    /// What a variable becomes.
    ///
    /// One that is not in the table is a text under its own name: a header, a cookie, an argument, or one that the
    /// configuration defines.
    init(named name: String) {
        if let known = Self.byName[name] {
            self = known
        } else {
            self.init(name, name, name.hasPrefix("upstream_") ? .upstreamToken : .text)
            isKnown = false
        }
    }

    /// All variables that have a meaning of their own.
    static let all: [HitVariable] = renamed + same

    private static let byName = Dictionary(all.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })

    /// Those whose field has another name.
    private static let renamed: [HitVariable] = [
        HitVariable("time_local", "timestamp", .localTime),
        HitVariable("time_iso8601", "timestamp", .isoTime),
        HitVariable("msec", "timestamp", .epochTime),
        HitVariable("request", "method, path, query, protocol", .request),
        HitVariable("request_uri", "path, query", .target),
        HitVariable("request_method", "method", .token),
        HitVariable("server_protocol", "protocol", .token),
        HitVariable("uri", "uri", .text),
        HitVariable("document_uri", "uri", .text),
        HitVariable("args", "query", .text),
        HitVariable("query_string", "query", .text),
        HitVariable("body_bytes_sent", "bytes", .int64),
        HitVariable("http_referer", "referer", .text),
        HitVariable("http_user_agent", "user_agent", .text),
        HitVariable("http_x_forwarded_for", "forwarded_for", .list),
        HitVariable("proxy_add_x_forwarded_for", "proxy_add_forwarded_for", .list),
        HitVariable("host", "request_host", .token),
        HitVariable("hostname", "host", .token),
        HitVariable("pipe", "pipelined", .flag),
        HitVariable("request_completion", "completed", .flag),
        HitVariable("https", "https", .flag),
        HitVariable("ssl_session_reused", "ssl_session_reused", .flag),
        HitVariable("ssl_early_data", "ssl_early_data", .flag),
    ]

    /// Those whose field has the same name.
    private static let same: [HitVariable] =
        [
            "remote_addr", "realip_remote_addr", "proxy_protocol_addr", "proxy_protocol_server_addr", "server_addr",
            "scheme", "server_name", "request_id", "ssl_protocol", "ssl_cipher", "ssl_curve", "ssl_session_id",
            "ssl_client_verify", "ssl_client_serial", "ssl_client_fingerprint", "ssl_server_name", "http2", "http3",
            "nginx_version", "geoip_country_code", "geoip_country_code3", "geoip_city_continent_code",
            "geoip_region", "geoip2_country_code", "limit_conn_status", "limit_req_status", "secure_link_expires",
            "trace_id", "otel_trace_id", "otel_span_id",
        ].map { HitVariable($0, $0, .token) }
        + [
            "status", "server_port", "remote_port", "realip_remote_port", "proxy_protocol_port",
            "proxy_protocol_server_port", "proxy_port",
        ].map { HitVariable($0, $0, .int32) }
        + [
            "bytes_sent", "request_length", "connection", "connection_requests", "content_length", "pid",
            "connections_active", "connections_reading", "connections_writing", "connections_waiting", "limit_rate",
            "http_content_length", "sent_http_content_length", "tcpinfo_rtt", "tcpinfo_rttvar", "tcpinfo_snd_cwnd",
            "tcpinfo_rcv_space",
        ].map { HitVariable($0, $0, .int64) }
        + [
            "request_time", "connection_time", "gzip_ratio", "geoip_latitude", "geoip_longitude",
            "geoip2_latitude", "geoip2_longitude",
        ].map { HitVariable($0, $0, .double) }
        + [
            "remote_user", "request_body", "request_filename", "document_root", "realpath_root", "content_type",
            "sent_http_content_type", "sent_http_location", "http_host", "http_cookie", "http_accept",
            "http_accept_language", "http_accept_encoding", "http_authorization", "http_origin", "http_via",
            "http_x_real_ip", "http_x_request_id", "http_x_forwarded_proto", "http_x_forwarded_host",
            "ssl_client_s_dn", "ssl_client_i_dn", "ssl_client_v_start", "ssl_client_v_end", "ssl_ciphers",
            "geoip_country_name", "geoip_city", "geoip_region_name", "geoip_org", "fastcgi_script_name",
            "fastcgi_path_info", "proxy_host", "http_range", "sent_http_content_range", "remote_ident",
        ].map { HitVariable($0, $0, .text) }
        + [
            "upstream_addr", "upstream_cache_status", "upstream_last_server_name",
        ].map { HitVariable($0, $0, .upstreamToken) }
        + ["upstream_status"].map { HitVariable($0, $0, .upstreamInt32) }
        + [
            "upstream_bytes_received", "upstream_bytes_sent", "upstream_response_length", "upstream_queue_length",
        ].map { HitVariable($0, $0, .upstreamInt64) }
        + [
            "upstream_connect_time", "upstream_header_time", "upstream_response_time", "upstream_first_byte_time",
            "upstream_session_time", "upstream_queue_time", "upstream_cache_age",
        ].map { HitVariable($0, $0, .upstreamDouble) }
}

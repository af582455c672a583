// The names that people give to the fields of access logs in JSON.

/// What the names in JSON access logs mean.
///
/// There is no standard; these are the names that widespread configurations use. The names of nginx's variables and of
/// the fields themselves are understood, too.
enum HitNames {
    /// The field and the kind of a value, or nil if the name says nothing.
    static func meaning(of name: String) -> HitVariable? {
        let lowered = name.lowercased()
        if let variable = aliases[lowered] { return HitVariable(named: variable) }
        let variable = HitVariable(named: lowered)
        return variable.isKnown ? variable : fields[lowered].map { HitVariable(named: $0) }
    }

    /// Names of times, of whatever kind.
    static let times: Set<String> = [
        "timestamp", "@timestamp", "time", "time_local", "time_iso8601", "msec", "ts", "date", "datetime", "t",
        "time_msec",
        "event_time", "request_timestamp", "local_time", "iso8601", "date_time", "logged_at", "asctime", "eventtime",
        "time_stamp", "time_unix", "epoch",
    ]

    /// Each field's variable.
    private static let fields = Dictionary(
        HitVariable.all.map { ($0.field, $0.name) }, uniquingKeysWith: { first, _ in first })

    private static let aliases: [String: String] = [
        "client": "remote_addr", "client_ip": "remote_addr", "clientip": "remote_addr", "ip": "remote_addr",
        "remote_ip": "remote_addr", "remoteip": "remote_addr", "remote_address": "remote_addr", "addr": "remote_addr",
        "remote_host": "remote_addr", "client_addr": "remote_addr", "remote": "remote_addr", "src_ip": "remote_addr",
        "client_address": "remote_addr", "remoteaddr": "remote_addr",
        "x_forwarded_for": "http_x_forwarded_for", "xff": "http_x_forwarded_for",
        "forwarded_for": "http_x_forwarded_for",
        "x-forwarded-for": "http_x_forwarded_for", "http_x_forward_for": "http_x_forwarded_for",
        "user": "remote_user", "auth": "remote_user", "username": "remote_user", "remoteuser": "remote_user",
        "verb": "request_method", "http_method": "request_method", "method": "request_method",
        "requestmethod": "request_method",
        "url": "request_uri", "path": "request_uri", "uri": "request_uri", "requesturi": "request_uri",
        "http_path": "request_uri", "http_uri": "request_uri", "request_path": "request_uri", "http_url": "request_uri",
        "query": "args", "querystring": "args", "params": "args", "uri_query": "args", "request_query": "args",
        "code": "status", "response": "status", "status_code": "status", "response_code": "status",
        "http_status": "status", "response_status": "status", "http_status_code": "status", "responsecode": "status",
        "bytes": "body_bytes_sent", "size": "body_bytes_sent", "body_bytes": "body_bytes_sent",
        "response_bytes": "body_bytes_sent", "response_size": "body_bytes_sent", "bytes_out": "bytes_sent",
        "bytes_in": "request_length", "request_size": "request_length", "body_sent": "body_bytes_sent",
        "referrer": "http_referer", "http_referrer": "http_referer", "referer": "http_referer", "ref": "http_referer",
        "agent": "http_user_agent", "user_agent": "http_user_agent", "ua": "http_user_agent",
        "useragent": "http_user_agent", "http_agent": "http_user_agent", "user-agent": "http_user_agent",
        "rt": "request_time", "duration": "request_time", "response_time": "request_time", "latency": "request_time",
        "responsetime": "request_time", "requesttime": "request_time", "elapsed": "request_time",
        "urt": "upstream_response_time", "upstreamtime": "upstream_response_time",
        "upstream_time": "upstream_response_time",
        "uct": "upstream_connect_time", "uht": "upstream_header_time", "ua_addr": "upstream_addr",
        "upstream": "upstream_addr", "upstreamaddr": "upstream_addr", "upstreamhost": "upstream_addr",
        "upstream_host": "upstream_addr", "us": "upstream_status", "upstreamstatus": "upstream_status",
        "ucs": "upstream_cache_status", "cache": "upstream_cache_status", "cache_status": "upstream_cache_status",
        "vhost": "host", "domain": "host", "virtual_host": "host", "site": "host", "request_host": "host",
        "proto": "server_protocol", "protocol": "server_protocol", "http_version": "server_protocol",
        "http_protocol": "server_protocol", "request_protocol": "server_protocol",
        "tls_protocol": "ssl_protocol", "tls_cipher": "ssl_cipher", "server": "server_name", "port": "server_port",
        "req_id": "request_id", "requestid": "request_id", "xrequestid": "request_id", "process": "pid",
        "country": "geoip_country_code", "geo": "geoip_country_code",
    ]
}

// A real nginx: every request is one event, whatever the format of the log and whatever the request.
import BSON
import Foundation
@testable import Service
import Testing

/// Nobody listens there.
struct NotConnected: Error {}

/// An nginx of the test's own.
final class Nginx {
    let directory = FileManager.default.temporaryDirectory.appending(path: "eventstorm-\(UUID().uuidString)")
    let port: Int
    private let server: ServerProcess

    /// Starts it; its logs are `combined.log`, `full.log`, `json.log`, and go to syslog as well.
    convenience init(syslog: Int) throws {
        let port = try freePort()
        try self.init(
            port: port, global: "worker_processes 1;",
            http: """
                  log_format full '$remote_addr:$remote_port [$time_local] "$request" $status $body_bytes_sent '
                    '"$http_referer" "$http_user_agent" $request_time $upstream_addr $upstream_status $msec';
                  log_format j escape=json '{"time":"$time_iso8601","request":"$request","status":$status,'
                    '"bytes":$body_bytes_sent,"ua":"$http_user_agent"}';
                  access_log combined.log;
                  access_log full.log full;
                  access_log json.log j;
                  access_log syslog:server=127.0.0.1:\(syslog) combined;
                  upstream two { server 127.0.0.1:1 max_fails=0; server 127.0.0.1:\(port) backup; }
                  server {
                    listen 127.0.0.1:\(port);
                    location / { return 200 "ok"; }
                    location /gone { return 410; }
                    location /two { proxy_pass http://two/inner; }
                    location /inner { access_log off; return 204; }
                  }
                """)
    }

    /// Starts it.
    ///
    /// - Parameters:
    ///   - port: Where its servers listen; one of them answers `/inner`.
    ///   - global: Directives of the outermost level.
    ///   - http: Directives of the block `http`.
    init(port: Int, global: String, http: String) throws {
        self.port = port
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        let configuration = """
            \(global) daemon off; pid nginx.pid; error_log error.log info;
            events { worker_connections 64; }
            http {
              client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi;
              scgi_temp_path scgi;
            \(http)
            }
            """
        try configuration.write(to: directory.appending(path: "nginx.conf"), atomically: true, encoding: .utf8)
        server = try ServerProcess("nginx", ["-p", directory.path, "-c", "nginx.conf", "-e", "error.log"])
        try wait(for: "nginx") { (try? send(Array("GET /inner HTTP/1.0\r\n\r\n".utf8))) != nil }
    }

    deinit {
        server.stop()
        try? FileManager.default.removeItem(at: directory)
    }

    func file(_ name: String) -> String { directory.appending(path: name).path }

    /// Ends it at once; `graceful` lets the workers end what they do.
    func stop(graceful: Bool = false) throws {
        if graceful {
            try ServerProcess.run("nginx", "-p", directory.path, "-c", "nginx.conf", "-e", "error.log", "-s", "quit")
            try wait(for: "the end of nginx") { !server.isRunning }
        }
        server.stop()
    }

    /// Reads its configuration again.
    func reload() throws {
        try ServerProcess.run("nginx", "-p", directory.path, "-c", "nginx.conf", "-e", "error.log", "-s", "reload")
    }

    /// Sends bytes and waits until nginx closes the connection, when the request is in its logs.
    func send(_ request: [UInt8]) throws -> Reply {
        let client = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(client) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isConnected = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(client, $0, length) == 0 && getsockname(client, $0, &length) == 0
            }
        }
        guard isConnected else { throw NotConnected() }
        try #require(Foundation.send(client, request, request.count, Int32(MSG_NOSIGNAL)) == request.count)
        var patience = timeval(tv_sec: 2, tv_usec: 0)
        setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var buffer = [UInt8](repeating: 0, count: 4096)
        var received: [UInt8] = []
        while true {
            let count = recv(client, &buffer, buffer.count, 0)
            guard count > 0 else { break }
            received += buffer[..<count]
        }
        return Reply(port: Int(UInt16(bigEndian: address.sin_port)), bytes: received)
    }
}

/// What came back.
struct Reply {
    /// The port of the client.
    var port: Int
    /// Bytes behind the header; a request of HTTP/0.9 is answered without one.
    var bodyLength: Int64

    init(port: Int, bytes: [UInt8]) {
        self.port = port
        let end = Data(bytes).firstRange(of: Data([13, 10, 13, 10]))?.upperBound ?? 0
        bodyLength = Int64(bytes.count - (bytes.starts(with: Array("HTTP/".utf8)) ? end : 0))
    }
}

/// A request as it is sent, and what its event says.
struct Request {
    var bytes: [UInt8]
    var method: String?
    var path: String?
    var query: String?
    var status: Int32
    var agent: String?
    var isRepaired = false

    init(_ line: String, _ status: Int32, method: String?, path: String?, query: String? = nil, agent: [UInt8]? = nil) {
        bytes = Array("\(line)\r\nHost: h\r\nConnection: close\r\nContent-Length: 0\r\n".utf8)
        if let agent { bytes += Array("User-Agent: ".utf8) + agent + [13, 10] }
        bytes += [13, 10]
        (self.method, self.path, self.query, self.status) = (method, path, query, status)
        self.agent = agent.map { String(decoding: $0, as: UTF8.self) }
        isRepaired = agent.map { String(validating: $0, as: UTF8.self) == nil } ?? false
    }

    init(garbage: [UInt8], _ status: Int32, method: String? = nil, path: String? = nil) {
        bytes = garbage
        (self.status, self.method, self.path) = (status, method, path)
    }

    static let all: [Request] = {
        var all = [
            Request("GET /a?b=1&c=%22 HTTP/1.1", 200, method: "GET", path: "/a", query: "b=1&c=%22"),
            Request("POST /gone HTTP/1.0", 410, method: "POST", path: "/gone"),
            Request("GET /two HTTP/1.1", 204, method: "GET", path: "/two"),
            Request("DELETE /%22%5C%00x HTTP/1.1", 400, method: "DELETE", path: "/%22%5C%00x"),
            Request("OPTIONS * HTTP/1.1", 400, method: "OPTIONS", path: "*"),
            Request(garbage: [0x16, 3, 1, 2, 0, 1, 0xFC, 3, 3, 13, 10, 13, 10], 400),
            Request(garbage: Array("GARBAGE\r\n\r\n".utf8), 400),
            Request(garbage: Array("\"\\\" - - [x] \u{1F600}\r\n\r\n".utf8), 400),
            Request(garbage: Array("GET /old\r\n".utf8), 200, method: "GET", path: "/old"),
        ]
        let agents = [
            "curl/7.1", "q\"u\\o\té", #"" 500 1 "evil" "x"#, "x [01/Jan/2000:00:00:00 +0000] y", #"\x22\n\u0041"#,
        ]
        for agent in agents.map({ Array($0.utf8) }) + [[0xFF, 0xFE, 0x20, 0x61], [0xE4, 0x62, 0xC3, 0xA9]] {
            all.append(Request("GET /agent HTTP/1.1", 200, method: "GET", path: "/agent", agent: agent))
        }
        return all
    }()
}

@Suite(
    "A real nginx", .enabled(if: ServerProcess.areThere("nginx"), "nginx is not installed: .ci/setup test"),
    .timeLimit(.minutes(1)))
struct NginxTests {
    @Test("every request is one event, in each format, from files and over syslog")
    func requests() throws {
        let syslog = try freePort()
        let nginx = try Nginx(syslog: syslog)
        let program = try RunningProgram(
            "eventstorm-source-log", "--listen", "udp:127.0.0.1:\(syslog)", "--to", "bson:\(nginx.file("syslog.bson"))",
            "--state", nginx.file("state"), "--log-level", "error")
        try waitUntilBound(syslog)
        var replies: [Reply] = []
        for _ in 0..<3 { for request in Request.all { replies.append(try nginx.send(request.bytes)) } }
        for (log, format) in [
            ("combined.log", "combined"), ("combined.log", "auto"), ("json.log", "auto"),
            ("full.log", "nginx:\(nginx.file("nginx.conf"))#full"),
        ] {
            let output = nginx.file("out.bson")
            let reader = try RunningProgram(
                "eventstorm-source-log", "--once", "--format", format, "--to", "bson:\(output)", "--log-level", "error",
                nginx.file(log))
            #expect(reader.waitForEnd() == 0)
            let events = try documents(in: output)
            compare(events, replies, log: "\(log) as \(format)")
            if log == "full.log" { compareUpstreams(events, replies) }
        }
        // They are written when positions are saved, twice a second.
        try wait(for: "syslog") { try documents(in: nginx.file("syslog.bson")).count >= replies.count }
        compare(try documents(in: nginx.file("syslog.bson")), replies, log: "syslog")
        program.signal(SIGTERM)
        #expect(program.waitForEnd() == 0)
    }

    private func compare(_ events: [Document], _ replies: [Reply], log: String) {
        #expect(events.count == replies.count, "\(log)")
        for (number, (event, reply)) in zip(events, replies).enumerated() {
            let request = Request.all[number % Request.all.count]
            let text = "\(log): \(String(decoding: request.bytes, as: UTF8.self))"
            let found = (
                event.view["method"]?.string, event.view["path"]?.string, event.view["query"]?.string,
                event.view["user_agent"]?.string
            )
            #expect(found == (request.method, request.path, request.query, request.agent), "\(text)")
            let status = event.view["status"]?.int32
            let bytes = event.view["bytes"]?.int64
            #expect(status == request.status && bytes == reply.bodyLength, "\(text)")
            let isRepaired = event.view["repaired"]?.bool ?? false
            let hasRequest = event.view["request"] != nil
            #expect(hasRequest == (request.method == nil), "\(text)")
            // nginx itself writes what is no UTF-8 as escapes, which stand for the bytes, but for JSON.
            #expect(isRepaired == request.isRepaired || request.method == nil, "\(text)")
            let time = event.view["timestamp"]?.datetime?.millisecondsSinceEpoch ?? 0
            let age = Date().timeIntervalSince1970 - Double(time) / 1000
            #expect(age < 60 && age > -2, "\(text)")
        }
    }

    /// What only the longest format says: the client's port, and the servers that were asked.
    private func compareUpstreams(_ events: [Document], _ replies: [Reply]) {
        for (event, reply) in zip(events, replies) {
            let address = event.view["remote_addr"]?.string
            let port = event.view["remote_port"]?.int32
            #expect(address == "127.0.0.1" && port == Int32(reply.port))
            guard event.view["path"]?.string == "/two" else {
                let hasUpstream = event.view["upstream_status"] != nil
                #expect(!hasUpstream)
                continue
            }
            // One server refused the connection, which nginx calls 502, and the other answered.
            let first = event.view.find(path: "upstream_status.0")?.int32
            let last = event.view.find(path: "upstream_status.1")?.int32
            #expect(first == 502 && last == 204)
        }
    }

    /// Waits until somebody has the UDP port.
    private func waitUntilBound(_ port: Int) throws {
        let digits = String(port, radix: 16, uppercase: true)
        let name = "0100007F:" + String(repeating: "0", count: 4 - digits.count) + digits + " "
        try wait(for: "a UDP socket") { try String(contentsOfFile: "/proc/net/udp", encoding: .utf8).contains(name) }
    }
}

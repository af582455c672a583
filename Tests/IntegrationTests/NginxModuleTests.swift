// examples/nginx-module in a real nginx: an event for each request, through reloads, and whatever befalls the router.
import BSON
import Books
import Eventstorm
import Foundation
@testable import Service
import Testing
import ZeroMQ

/// The module, built once against the headers of Debian's nginx-dev and the library that the tests were built with.
private enum NginxModule {
    static let isThere =
        ServerProcess.areThere("nginx", "wrk")
        && (FileManager.default.fileExists(atPath: "/usr/share/nginx/src/configure")
            || ProcessInfo.processInfo.environment["ES_REQUIRE_SERVERS"] == "1")

    static let path = Result {
        let library = try BuiltLibrary.folder.get()
        let folder = Python.root.appending(path: ".build/nginx-module")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let package = """
            Name: eventstorm
            Description: what the tests were built with
            Version: 0
            Cflags: -I\(Python.root.path)/Sources/CEventstorm/include
            Libs: -L\(library.path) -leventstorm -Wl,-rpath,\(library.path)
            """
        let log = folder.appending(path: "build.log").path
        try package.write(to: folder.appending(path: "eventstorm.pc"), atomically: true, encoding: .utf8)
        let status = try ServerProcess.run(
            "env", "PKG_CONFIG_PATH=\(folder.path)", "make", "-C", "\(Python.root.path)/examples/nginx-module",
            "BUILD=\(folder.path)", log: log)
        try #require(status == 0, "see \(log)")
        return folder.appending(path: "ngx_http_eventstorm_module.so").path
    }
}

extension Nginx {
    /// Starts one that logs into combined.log and publishes to `endpoint`.
    ///
    /// - Parameter workers: How many, or nil for a single process without a master.
    fileprivate convenience init(workers: Int?, publishingTo endpoint: String) throws {
        let port = try freePort()
        let module = try NginxModule.path.get()
        let processes = workers.map { "worker_processes \($0);" } ?? "master_process off;"
        try self.init(
            port: port, global: "load_module \(module); \(processes) user root;",
            http: """
                  access_log combined.log;
                  eventstorm \(endpoint);
                  upstream two { server 127.0.0.1:1 max_fails=0; server 127.0.0.1:\(port) backup; }
                  server {
                    listen 127.0.0.1:\(port);
                    location / { return 200 "ok"; }
                    location /gone { return 410; }
                    location /two {
                      eventstorm_fields $request_time $upstream_status by=$upstream_addr tag=$http_x_tag;
                      proxy_pass http://two/inner;
                    }
                    location /other { eventstorm_topic shop.hit; return 201; }
                    location /inner { access_log off; eventstorm off; return 204; }
                  }
                """)
    }
}

/// The sink of these tests: what came, by topic, and the books.
private final class Sink {
    private var subscriber: Subscriber
    private var books = Books()
    private let identity = ProcessIdentity(role: .sink, name: "test")
    private let origin = UInt64.random(in: 1...UInt64.max)
    private var faults = 0
    private(set) var events: [(topic: String, event: Document)] = []
    private(set) var received: Int64 = 0
    var keepsEvents = true

    init(from endpoint: String = "bind:tcp://127.0.0.1:*") throws {
        subscriber = try Subscriber(
            "test", from: Endpoint.list(endpoint, usual: .connect),
            patterns: [Pattern("http.*"), Pattern("shop.*"), Pattern("_es.status")])
    }

    var endpoint: String { subscriber.bound[0] }

    /// Takes what comes, until it is enough or the time is over.
    func run(for time: Duration, until isEnough: (Sink) -> Bool = { _ in false }) {
        let end = ContinuousClock.now + time
        while ContinuousClock.now < end && !isEnough(self) {
            var (books, faults, events, received) = (books, faults, events, received)
            let keepsEvents = keepsEvents
            _ = subscriber.receive(within: .milliseconds(20)) { delivery in
                if delivery.topic != .status { received += Int64(delivery.count) }
                let topic = delivery.topic
                guard keepsEvents || topic == .status else { return }
                delivery.forEachDocument { event in
                    guard topic == .status else { return events.append((topic.name, Document(copying: event))) }
                    do throws(RecordError) {
                        try books.observe(event, now: monotonicNanoseconds())
                    } catch {
                        faults += 1
                    }
                }
            }
            (self.books, self.faults, self.events, self.received) = (books, faults, events, received)
        }
    }

    /// The books in the end.
    func report() -> BooksReport {
        var status = StatusDocument(
            Beat(origin: origin, process: identity, at: .now(), full: true, final: true, topics: []))
        status.takeUpstream(subscriber.ledger)
        books.observe(status, now: monotonicNanoseconds())
        #expect(faults == 0)
        return books.report(now: monotonicNanoseconds())
    }
}

@Suite(
    "The nginx module", .enabled(if: NginxModule.isThere, "nginx, nginx-dev or wrk is not installed: .ci/setup test"),
    .serialized, .timeLimit(.minutes(5)))
struct NginxModuleTests {
    /// A document without what differs between a log and the module: the identity, and the fraction of the second.
    private func fields(_ event: Document) -> Document {
        Document { writer in
            event.view.forEach { element in
                if element.key != "_id" && element.key != "timestamp" { writer.append(element) }
            }
        }
    }

    @Test("the event of every request is the one that eventstorm-source-log makes of the access log")
    func requests() throws {
        let sink = try Sink()
        let nginx = try Nginx(workers: 1, publishingTo: sink.endpoint)
        // The first events may come before nginx knows who wants them: those are counted there.
        sink.run(for: .milliseconds(500))
        while sink.events.isEmpty {
            _ = try nginx.send(Array("GET /first HTTP/1.0\r\n\r\n".utf8))
            sink.run(for: .milliseconds(100))
        }
        let before = (sink.events.count, try lines(of: nginx))
        for request in Request.all where !String(decoding: request.bytes, as: UTF8.self).contains("/two") {
            _ = try nginx.send(request.bytes)
        }
        _ = try nginx.send(Array("GET http://name/proxy?x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n".utf8))
        _ = try nginx.send(Array("GET / HTTP/1.0\r\nAuthorization: Basic Ym9iOng=\r\nReferer: r\"\r\n\r\n".utf8))
        let log = nginx.file("combined.log")
        let count = try lines(of: nginx) - before.1
        sink.run(for: .seconds(10)) { $0.events.count == before.0 + count }
        let output = nginx.file("out.bson")
        let reader = try RunningProgram(
            "eventstorm-source-log", "--once", "--format", "combined", "--to", "bson:\(output)", "--log-level", "error",
            log)
        #expect(reader.waitForEnd() == 0)
        let logged = try documents(in: output).suffix(count).map { fields($0) }
        let emitted = sink.events.suffix(count)
        #expect(count == Request.all.count + 1 && emitted.count == count)
        for (logged, emitted) in zip(logged, emitted) {
            #expect(fields(emitted.event) == logged, "\(emitted.event) \(logged)")
            let hasID = emitted.event.view["_id"]?.objectID != nil
            let time = emitted.event.view["timestamp"]?.datetime?.millisecondsSinceEpoch ?? 0
            #expect(hasID && abs(Date().timeIntervalSince1970 - Double(time) / 1000) < 60)
        }
        try checkChoices(nginx, sink)
        try nginx.stop(graceful: true)
    }

    private func lines(of nginx: Nginx) throws -> Int {
        try Data(contentsOf: URL(filePath: nginx.file("combined.log"))).count { $0 == 10 }
    }

    /// Fields, topics and silence by location.
    private func checkChoices(_ nginx: Nginx, _ sink: Sink) throws {
        let before = sink.events.count
        _ = try nginx.send(Array("GET /two HTTP/1.1\r\nHost: h\r\nConnection: close\r\nX-Tag: t\r\n\r\n".utf8))
        _ = try nginx.send(Array("GET /inner HTTP/1.0\r\n\r\n".utf8))
        _ = try nginx.send(Array("GET /other HTTP/1.0\r\n\r\n".utf8))
        sink.run(for: .seconds(10)) { $0.events.count >= before + 2 }
        sink.run(for: .milliseconds(200))
        let events = sink.events.suffix(from: before)
        #expect(events.map(\.topic) == ["http.hit", "shop.hit"])
        let event = try #require(events.first).event
        let statuses = (0..<2).map { event.view.find(path: "upstream_status.\($0)")?.int32 }
        #expect(statuses == [502, 204])
        let first = event.view.find(path: "by.0")?.string
        let (tag, time) = (event.view["tag"]?.string, event.view["request_time"]?.double)
        #expect(first == "127.0.0.1:1" && tag == "t" && time != nil)
    }

    /// Requests as fast as they are answered; what wrk says of them in the end.
    private func load(_ nginx: Nginx, seconds: Int, meanwhile: () throws -> Void) throws -> String {
        let log = nginx.file("wrk.log")
        let arguments = ["-t1", "-c8", "-d\(seconds)s", "http://127.0.0.1:\(nginx.port)/load"]
        let wrk = try ServerProcess("wrk", arguments, log: log)
        while wrk.isRunning { try meanwhile() }
        return try String(contentsOfFile: log, encoding: .utf8)
    }

    @Test("reloads under load lose nothing that is not in the books")
    func reloads() throws {
        let sink = try Sink()
        sink.keepsEvents = false
        let nginx = try Nginx(workers: 2, publishingTo: sink.endpoint)
        var next = ContinuousClock.now + .seconds(1)
        var reloads = 0
        let said = try load(nginx, seconds: 5) {
            sink.run(for: .milliseconds(50))
            if .now >= next, reloads < 3 {
                next += .seconds(1)
                reloads += 1
                try nginx.reload()
            }
        }
        #expect(reloads == 3 && !said.contains("Non-2xx"), "\(said)")
        sink.run(for: .seconds(2))
        try nginx.stop(graceful: true)
        sink.run(for: .seconds(2))
        let report = sink.report()
        #expect(report.isBalanced, "\(report.table)")
        let hits = report.rows.filter { $0.topic.name == "http.hit" }
        let sums = { (kind: BooksReport.Kind, name: String) in
            hits.filter { $0.kind == kind }.reduce(Int64(0)) { $0 + ($1[name] ?? 0) }
        }
        let emitted = sums(.source, "emitted")
        #expect(emitted == Int64(try lines(of: nginx)) && emitted > 5_000, "\(report.table)")
        let known = sink.received + sums(.link, "lost") + sums(.source, "unwanted") + sums(.source, "refused")
        #expect(known == emitted && sums(.link, "unknown") == 0, "\(report.table)")
    }

    // After a reload nginx itself does not answer in that mode, with the module or without it.
    @Test("a single process without a master emits, survives a reload and ends with its books balanced")
    func singleProcess() throws {
        let sink = try Sink()
        let nginx = try Nginx(workers: nil, publishingTo: sink.endpoint)
        while sink.events.isEmpty {
            _ = try nginx.send(Array("GET /first HTTP/1.0\r\n\r\n".utf8))
            sink.run(for: .milliseconds(100))
        }
        let before = sink.events.count
        for _ in 0..<20 { _ = try nginx.send(Array("GET /second HTTP/1.0\r\n\r\n".utf8)) }
        sink.run(for: .seconds(10)) { $0.events.count >= before + 20 }
        #expect(sink.events.count == before + 20)
        try nginx.reload()
        try wait(for: "the reload") {
            try String(contentsOfFile: nginx.file("error.log"), encoding: .utf8).contains("reconfiguring")
        }
        sink.run(for: .seconds(1))
        try nginx.stop(graceful: true)
        sink.run(for: .seconds(1))
        let report = sink.report()
        let sources = report.rows.filter { $0.kind == .source && $0.topic.name == "http.hit" }
        #expect(report.isBalanced && sources.count == 1, "\(report.table)")
        #expect(sources.first?["emitted"] == Int64(try lines(of: nginx)), "\(report.table)")
    }

    @Test("a router that is killed changes nothing for nginx's clients")
    func routerDies() throws {
        let router = try RunningRouter("router")
        let sink = try Sink(from: "tcp://127.0.0.1:\(router.outPort)")
        sink.keepsEvents = false
        let nginx = try Nginx(workers: 2, publishingTo: "tcp://127.0.0.1:\(router.inPort)")
        let start = ContinuousClock.now
        var (isKilled, isStarted) = (false, false)
        let said = try load(nginx, seconds: 5) {
            sink.run(for: .milliseconds(50))
            if !isKilled, .now - start > .seconds(1.5) {
                router.signal(SIGKILL)
                isKilled = true
                _ = router.waitForEnd()
            }
            if !isStarted, .now - start > .seconds(2.5) {
                try router.start()
                isStarted = true
            }
        }
        #expect(!said.contains("Non-2xx") && !said.contains("Socket errors"), "\(said)")
        let before = sink.received
        #expect(before > 0)
        while sink.received == before, .now - start < .seconds(20) {
            _ = try nginx.send(Array("GET /after HTTP/1.0\r\n\r\n".utf8))
            sink.run(for: .milliseconds(100))
        }
        #expect(sink.received > before, "events flow again")
        try nginx.stop(graceful: true)
    }
}

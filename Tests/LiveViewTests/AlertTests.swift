// Alerts: when they begin and end, what tells of them; marks of all kinds.

import BSON
import BSONText
import Eventstorm
import Glibc
import Synchronization
import Testing

@testable import LiveView
@testable import Service

/// The beginning of a bucket of ten seconds, milliseconds since 1970.
private let start: Int64 = 1_795_220_590_000

@Suite("Alerts")
struct AlertTests {
    /// The rules of a configuration.
    private func rules(_ alerts: String) throws -> [AlertRule] {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/fabric.json5"
        try #require(writeFile(path, "{sinks: [{live: {listen: '127.0.0.1:0', alerts: \(alerts)}}]}"))
        guard case .run(let options) = try Options.read(.sinkLive, ["live", "--config", path]) else { return [] }
        return try AlertRule.rules(options)
    }

    private func feed(_ alerts: String) throws -> LiveFeed {
        let feed = try LiveFeed()
        for rule in try rules(alerts) { try feed.state.withLock { try $0.add(rule, now: start - 10_000) } }
        return feed
    }

    /// Sends so many hits, with times of a second, and lets the bucket's time pass; the alerts that changed.
    private func changes(
        _ feed: LiveFeed, bucket: Int64, hits: [(host: String, seconds: Double)]
    ) throws -> [String] {
        let time = start + bucket * 10_000
        try feed.emit("http.hit", count: hits.count, now: time + 5_000) { event, index in
            event["timestamp"] = Datetime(millisecondsSinceEpoch: time + 5_000)
            event["host"] = hits[index].host
            event["request_time"] = hits[index].seconds
        }
        // One tick when the bucket takes events still, one when it does not.
        _ = feed.takeTick(now: time + 11_999, elapsed: 250_000_000)
        #expect(feed.takeAlertChanges().isEmpty)
        _ = feed.takeTick(now: time + 12_000, elapsed: 250_000_000)
        return feed.takeAlertChanges().map { change in
            let view = change.event.view
            return "\(change.topic.name) \(view["state"]?.string ?? "?") \(view["group"]?.string ?? "") "
                + "\(view["value"]?.number ?? -1)"
        }
    }

    @Test("an alert begins when its value was beyond the threshold for long enough, and ends when it is not")
    func holding() throws {
        let feed = try feed("[{name: 'many', topic: 'http.hit', every: '10s', above: 2, for: '20s'}]")
        let hit = (host: "a", seconds: 0.1)
        #expect(try changes(feed, bucket: 0, hits: [hit, hit, hit]).isEmpty, "ten seconds are not twenty")
        #expect(try changes(feed, bucket: 1, hits: [hit, hit]).isEmpty, "two are not more than two")
        #expect(try changes(feed, bucket: 2, hits: [hit, hit, hit]).isEmpty)
        #expect(try changes(feed, bucket: 3, hits: [hit, hit, hit, hit]) == ["alert.many begun  4.0"])
        #expect(try changes(feed, bucket: 4, hits: [hit, hit, hit]).isEmpty, "it is told once")
        #expect(try changes(feed, bucket: 5, hits: []) == ["alert.many ended  3.0"])
    }

    @Test("each group has an alert of its own, by a percentile of a field")
    func groups() throws {
        let feed = try feed(
            "[{name: 'slow', topic: 'http.*', value: 'p99', field: 'request_time', group: 'host', above: 1}]")
        let fast = (host: "a", seconds: 0.1)
        let slow = (host: "b", seconds: 2.0)
        #expect(try changes(feed, bucket: 0, hits: [fast, slow]).map { $0.prefix(18) } == ["alert.slow begun b"])
        #expect(try changes(feed, bucket: 1, hits: [slow]).isEmpty)
        // Without events there is no percentile, so none that is beyond.
        #expect(try changes(feed, bucket: 2, hits: [fast]).map { $0.prefix(18) } == ["alert.slow ended b"])
    }

    @Test("silence is a count of zero, also of a group that was there before")
    func silence() throws {
        let feed = try feed("[{name: 'gone', topic: 'http.hit', group: 'host', below: 1}]")
        #expect(try changes(feed, bucket: 0, hits: [("a", 1), ("b", 1)]).isEmpty)
        #expect(try changes(feed, bucket: 1, hits: [("a", 1)]) == ["alert.gone begun b 0.0"])
        #expect(try changes(feed, bucket: 2, hits: [("a", 1), ("b", 1)]) == ["alert.gone ended b 0.0"])
    }

    @Test("the event tells what happened, for people and for programs, and is a mark too")
    func event() throws {
        let feed = try feed(
            "[{name: 'many', title: 'Many hits', topic: 'http.hit', above: 1, severity: 'critical', "
                + "link: 'https://runbook/many', match: {host: {$ne: 'x'}}}]")
        #expect(try changes(feed, bucket: 0, hits: [("x", 1), ("a", 1)]).isEmpty)
        try feed.emit("http.hit", count: 2, now: start + 15_000) { event, _ in
            event["timestamp"] = Datetime(millisecondsSinceEpoch: start + 15_000)
            event["host"] = "a"
        }
        let board = LiveBoard(feed: feed) { start + 22_000 }
        board.advance()
        let mark = try #require(board.marks.marks(since: 0).first)
        #expect(mark.topic.name == "alert.many" && mark.time == start + 20_000 && mark.state == .begun)
        #expect(mark.message == "Many hits: 2, above 1")
        #expect(mark.severity == "critical" && mark.link == "https://runbook/many")
    }

    @Test("webhooks and programs get the event; an address is never one of a program's words")
    func errands() throws {
        let rules = try rules(
            "[{name: 'a', topic: 'x', above: 0, webhook: 'https://h.example/secret\\\"', command: ['/bin/echo', 'hi']}]"
        )
        let actions = try AlertActions(rules, path: "/nowhere:/usr/bin:/bin", reporter: nil)
        defer { actions.close() }
        let event = Document { $0["message"] = "say \"hi\"\n" }
        let change = AlertChange(
            rule: rules[0], event: event, topic: try Topic("alert.a"), mark: Mark(topic: try Topic("alert.a"), time: 0))
        let errands = actions.errands(for: change)
        #expect(errands.count == 2)
        #expect(!errands[0].command.joined().contains("secret"))
        let settings = String(decoding: errands[0].input, as: UTF8.self)
        #expect(settings.contains("url = \"https://h.example/secret\\\"\"\n"))
        #expect(settings.contains(#"data-binary = "{\"message\":\"say \\\"hi\\\"\\n\"}""#))
        #expect(errands[1].command == ["/bin/echo", "hi"])
        #expect(errands[1].input == Array("{\"message\":\"say \\\"hi\\\"\\n\"}\n".utf8))
        #expect(throws: LiveError.self) { try AlertActions(rules, path: "/nowhere", reporter: nil) }
    }

    @Test(
        "what is wrong with an alert is told with its place",
        arguments: [
            ("{name: 'a', topic: 'x'}", "alerts[0]: an alert needs a threshold: `above` or `below`"),
            ("{name: 'a b', topic: 'x', above: 1}", "name: \"a b\" is not [A-Za-z0-9_-]{1,64}"),
            ("{name: 'a', topic: 'x', above: 1, value: 'p100'}", "value: \"p100\" is none of"),
            ("{name: 'a', topic: 'x', above: 1, value: 'avg'}", "value: \"avg\" needs a field"),
            ("{name: 'a', topic: 'x', above: 1, field: 'b'}", "field: \"count\" takes no field"),
            ("{name: 'a', topic: 'x', above: 1, webhook: 'file:///etc'}", "does not begin with https:// or http://"),
            ("{name: 'a', topic: 'x', above: 1, command: ['rm']}", "\"rm\" is not the whole path of a program"),
            ("{name: 'a', topic: 'x', above: 1, match: {$foo: 1}}", "$foo"),
            ("{name: 'a', topic: 'x', above: 1, value: 'sum', field: 'a..b'}", "is no field"),
            ("{name: 'a', topic: 'x', abvoe: 1}", "abvoe"),
        ])
    func mistakes(alert: String, expected: String) throws {
        do {
            _ = try rules("[\(alert)]")
            Issue.record("\(alert) was taken")
        } catch let failure as Failure {
            let text = failure.messages.joined(separator: "\n")
            #expect(text.contains(expected), "\(text)")
            #expect(text.contains("fabric.json5:1:"), "\(text)")
        }
    }
}

@Suite("Marks")
struct MarkTests {
    private func event(_ build: (inout DocumentWriter) -> Void) -> Document { Document(build) }

    @Test("the fields with a fixed meaning are read, and nothing else is followed or shown whole")
    func reading() throws {
        let topic = try Topic("deploy")
        let plain = event {
            $0["timestamp"] = Datetime(millisecondsSinceEpoch: 5)
            $0["message"] = "v1.2"
            $0["view_link"] = "https://ci/1"
            $0["severity"] = Int32(3)
            $0["state"] = "begun"
        }
        let mark = Mark(topic, plain.view, now: 9)
        #expect(mark.time == 5 && mark.message == "v1.2" && mark.link == "https://ci/1" && mark.severity == "3")
        #expect(mark.state == .begun)
        let odd = event {
            $0["message"] = String(repeating: "é", count: 400)
            $0["view_link"] = "javascript:alert(1)"
            $0["state"] = "x"
        }
        let cut = Mark(topic, odd.view, now: 9)
        #expect(cut.time == 9 && cut.link == nil && cut.state == nil)
        #expect(cut.message.utf8.count <= Mark.textBytes + 3 && cut.message.hasSuffix("é…"))
        #expect(Mark(topic, Document().view, now: 9).message == "deploy")
    }

    @Test("the newest marks are kept, numbered on")
    func bounded() throws {
        var book = MarkBook()
        for number in 0..<3_000 { book.add(Mark(topic: try Topic("deploy"), time: Int64(number))) }
        #expect(book.last == 3_000)
        #expect(book.marks(since: 0).map(\.time) == (2_000..<3_000).map(Int64.init))
        #expect(book.marks(since: 2_998).map(\.number) == [2_999, 3_000])
    }

    @Test("a client is sent all marks first, then new ones, of topics that it may read")
    func client() throws {
        var settings = LiveSettings()
        settings.marks = [try Pattern("deploy.*"), try Pattern("secret")]
        let feed = try LiveFeed(settings: settings)
        #expect(feed.interest(within: [.everything]) == settings.marks)
        let board = LiveBoard(feed: feed, settings: settings) { 1_000 }
        var rights = UserRights()
        rights.topics = [try Pattern("deploy.*")]
        let client = LiveClient(board: board, rights: rights)
        func messages(_ type: String) -> [String] {
            var found: [String] = []
            while let message = client.nextMessage() {
                let text = String(decoding: message.bytes, as: UTF8.self)
                if text.contains("\"type\":\"\(type)\"") { found.append(text) }
            }
            return found
        }
        #expect(messages("hello").first?.contains("\"marks\":true") == true)
        for (topic, text) in [("deploy.web", "one"), ("secret", "two"), ("other", "three")] {
            try feed.emit(topic, now: 1_000) { event, _ in event["message"] = text }
        }
        board.advance()
        #expect(messages("marks").isEmpty, "not asked for")
        let wish = Array(#"{"type": "marks", "on": true}"#.utf8)
        #expect(wish.withUnsafeBytes { client.take($0) } && client.finishMessage() == nil)
        let all = #"{"time":1000,"topic":"deploy.web","message":"one"}"#
        #expect(messages("marks") == [#"{"type":"marks","marks":[\#(all)],"all":true}"#])
        try feed.emit("deploy.web", now: 2_000) { event, _ in event["message"] = "four" }
        board.advance()
        #expect(
            messages("marks") == [#"{"type":"marks","marks":[{"time":2000,"topic":"deploy.web","message":"four"}]}"#])
        try feed.emit("secret", now: 3_000)
        board.advance()
        #expect(messages("marks").isEmpty)
    }
}

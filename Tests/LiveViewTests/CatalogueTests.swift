// What there is to ask about, and the counters of the fabric.

import BSON
import BSONText
import Eventstorm
import Synchronization
import Testing
import ZeroMQ

@testable import LiveView

@Suite("The catalogue")
struct CatalogueTests {
    let feed: LiveFeed

    init() throws { feed = try LiveFeed() }

    /// Ingests the status of a source that emitted on a topic, and of a router that missed some of it.
    private func report(emitted: UInt64, lost: UInt64, by receiver: UInt64 = 2, at time: Int64) throws {
        let topic = try Topic("shop.order")
        func beat(_ origin: UInt64, _ role: Role, _ name: String) -> Beat {
            let process = ProcessIdentity(role: role.rawValue, name: name, host: "h\"1", pid: 7, version: "1")
            var beat = Beat(origin: origin, process: process, at: Datetime(millisecondsSinceEpoch: time))
            beat.topics = [Beat.Row(topic, SendCounts(next: emitted, emitted: emitted))]
            return beat
        }
        let source = StatusDocument(beat(1, .source, "web"))
        var router = StatusDocument(beat(receiver, .router, "router\\"))
        var counts = ReceiveCounts()
        (counts.received, counts.lost) = (emitted - lost, lost)
        router.upstream = [
            StatusDocument.Upstream(origin: 1, topic: topic, from: 0, next: emitted, counts: counts)
        ]
        for status in [source, router] {
            ingest(Document { status.write(into: &$0) }, at: time)
        }
    }

    private func ingest(_ status: Document, at time: Int64) {
        let bytes = status.bytes
        feed.ingest(.status, count: 1, payload: bytes.span.bytes, now: time)
    }

    private func text(_ rights: UserRights = .all, now: Int64) -> String {
        String(decoding: feed.topics(now: now, rights), as: UTF8.self)
    }

    private func topics(_ rights: UserRights = .all, now: Int64) throws -> Document {
        try BSONText.parse(text(rights, now: now), dialect: .json, extendedJSON: false).document
    }

    @Test("topics, publishers, rates and losses are learned from statuses")
    func statuses() throws {
        try report(emitted: 100, lost: 0, at: 1_000)
        try report(emitted: 300, lost: 3, at: 2_000)
        let found = try topics(now: 2_500)
        #expect(found.view.find(path: "topics.0.topic")?.string == "shop.order")
        #expect(found.view.find(path: "topics.0.rate")?.number == 200)
        #expect(found.view.find(path: "topics.0.publishers.0.name")?.string == "web")
        #expect(found.view.find(path: "topics.0.publishers.1.role")?.string == "router")
        #expect(found.view.find(path: "topics.0.publishers.0.silence_ms")?.integer == 500)
        #expect(found.view.find(path: "topics.0.missing.0.lost")?.integer == 3)
        #expect(found.view.find(path: "topics.0.missing.0.name")?.string == "web")
        #expect(found.view.find(path: "topics.0.missing.0.receiver")?.string == "router\\")
        #expect(found.view.find(path: "more")?.integer == 0)
    }

    @Test("losses elsewhere are told in the buckets of watches, with their link; those of the past are not")
    func distantLosses() throws {
        _ = try feed.add(WatchSpec(pattern: try Pattern("shop.*")), now: 0)
        try report(emitted: 100, lost: 5, at: 1_000)
        feed.record(books: [])
        try report(emitted: 300, lost: 9, at: 2_000)
        feed.record(books: [])
        let changes = feed.takeTick(now: 3_000, elapsed: 1).watches
        let text = changes.flatMap(\.buckets).map { String(decoding: $0.text, as: UTF8.self) }.joined()
        #expect(text.contains(text: #""name":"web","receiver":"router\\","lost":4"#), "\(text)")
    }

    @Test("what a receiver missed that was started again is told once, as is what it missed before")
    func restarted() throws {
        let id = try feed.add(WatchSpec(pattern: try Pattern("shop.*")), now: 0)
        try report(emitted: 100, lost: 5, at: 1_000)
        feed.record(books: [])
        try report(emitted: 300, lost: 9, at: 2_000)
        feed.record(books: [])
        try report(emitted: 400, lost: 1, by: 3, at: 3_000)
        for _ in 0..<3 { feed.record(books: []) }
        try report(emitted: 500, lost: 3, by: 3, at: 4_000)
        for _ in 0..<3 { feed.record(books: []) }
        let lost = feed.state.withLock { state in
            state.engine.watch(id)?.buckets.flatMap(\.losses.links).map(\.lost) ?? []
        }
        // Four more by the first, two more by the second.
        #expect(lost.reduce(0, +) == 6, "\(lost)")
    }

    /// What is told of each field of the first topic.
    private func fieldTexts(_ view: DocumentView) -> [String: String] {
        var facts: [String: String] = [:]
        guard let fields = view.find(path: "topics.0.fields"), let list = fields.array else { return [:] }
        var elements = list.makeIterator()
        while let element = elements.next() {
            guard let document = element.document, let path = document["path"], let name = path.string else { continue }
            facts[name] = BSONText.string(document)
        }
        return facts
    }

    @Test("fields are learned from events: types, how many values, which, between what")
    func fields() throws {
        for round in 0..<50 {
            try feed.emit("http.hit", count: 3, now: 1_000) { document, index in
                document["status"] = index == 0 ? Int32(200) : 404
                document["path"] = "/p/\(round % 10)"
                document.document("user") { $0["name"] = "al" }
                document["a.b"] = "unreachable"
                document["tags"] = ["x"]
            }
            _ = feed.takeTick(now: 1_000, elapsed: 1)
        }
        let found = try topics(now: 1_000)
        let facts = fieldTexts(found.view)
        #expect(Set(facts.keys) == ["status", "path", "user.name", "tags"])
        #expect(
            facts["status"]
                == #"{"path":"status","types":{"int32":1},"distinct":2,"min":200,"max":404,"top":[[404,100],[200,50]]}"#
        )
        #expect(facts["path"]?.contains(text: #""distinct":10"#) == true)
        #expect(facts["tags"]?.contains(text: #""types":{"array":1},"distinct":0"#) == true)
        var hiding = UserRights()
        hiding.hidden = ["user"]
        #expect(!text(hiding, now: 1_000).contains(text: "user.name"))
    }

    @Test("what is learned is bounded: events in a tick, fields of a topic and of all")
    func bounds() throws {
        var fields = FieldCatalogue()
        for topic in 0..<50 {
            var writer = DocumentWriter()
            for document in 0..<10 {
                writer.beginDocument()
                for field in 0..<100 { writer["f\(document)_\(field)"] = Int32(field) }
                _ = writer.endDocument()
            }
            let name = try Topic("t.\(topic)")
            writer.withBytes { fields.look(name, $0, now: 0) }
        }
        #expect(fields.topics.values.allSatisfy { $0.events == FieldCatalogue.perTick })
        #expect(fields.topics.values.allSatisfy { $0.fields.count <= FieldCatalogue.fieldsPerTopic })
        let sum = fields.topics.values.reduce(0) { $0 + $1.fields.count }
        #expect(sum == FieldCatalogue.mostFields)
    }

    @Test("while somebody asks, topics whose fields are not known are listened to for a short time")
    func trickle() throws {
        _ = feed.interest(within: [.everything])
        try report(emitted: 100, lost: 0, at: 1_000)
        _ = feed.takeTick(now: 1_100, elapsed: 1)
        #expect(!feed.isWatched)
        _ = text(now: 1_200)
        _ = feed.takeTick(now: 1_300, elapsed: 1)
        #expect(feed.interest(within: [.everything]) == [try Pattern("shop.order")])
        #expect(feed.change.drain())
        try feed.emit("shop.order", count: 3, now: 1_400) { document, _ in document["total"] = 1.5 }
        _ = feed.takeTick(now: 1_500, elapsed: 1)
        try feed.emit("shop.order", count: 30, now: 1_600)
        for time in [1_700, 1_900] as [Int64] {
            _ = feed.takeTick(now: time, elapsed: 1)
            try feed.emit("shop.order", count: 30, now: time)
        }
        _ = feed.takeTick(now: 2_000, elapsed: 1)
        #expect(!feed.isWatched)
        #expect(text(now: 2_000).contains(text: #""path":"total""#))
    }

    @Test("what is no status is left out")
    func strangeStatus() throws {
        ingest(Document { $0["v"] = "x" }, at: 0)
        #expect(text(now: 0) == #"{"time":0,"topics":[],"more":0}"#)
    }

    @Test("the metrics are what Prometheus reads: families with their types, labels escaped, a number in each line")
    func metrics() throws {
        try report(emitted: 100, lost: 3, at: 1_000)
        let text = String(decoding: feed.metrics(now: 2_000, clients: 2, sentBytes: 10), as: UTF8.self)
        #expect(text.hasSuffix("\n"))
        var families: Set<Substring> = []
        for line in text.split(separator: "\n") {
            if line.hasPrefix("# TYPE ") {
                let inserted = families.insert(line.split(separator: " ")[2]).inserted
                #expect(inserted, "\(line)")
            }
            if line.hasPrefix("#") { continue }
            let name = line.prefix { $0 != "{" && $0 != " " }
            #expect(families.contains(name), "\(line)")
            let value = line[(line.lastIndex(of: " ") ?? line.startIndex)...].dropFirst()
            #expect(Double(value) != nil, "\(line)")
        }
        #expect(text.contains(text: "eventstorm_live_clients 2\n"))
        let labels = #"{process="router\\",role="router",host="h\"1",origin="0000000000000002","#
        #expect(
            text.contains(
                text:
                    "eventstorm_link_events_total\(labels)from=\"0000000000000001\",topic=\"shop.order\",fate=\"lost\"} 3\n"
            ))
    }
}

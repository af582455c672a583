// Sources and subscribers together, over real sockets.
import BSON
import Eventstorm
import Glibc
import Synchronization
import Testing
import ZeroMQ

/// A source that binds to a port of its own.
func boundSource(
    _ name: String = "test", pacing: Source.Pacing = .never, queueBytes: Int = Limits.queueBytes
) throws -> Source {
    try Source(name, to: Endpoint.list("tcp://127.0.0.1:*", usual: .bind), pacing: pacing, queueBytes: queueBytes)
}

/// A subscriber of a source.
func subscriber(of source: Source, _ patterns: String...) throws -> Subscriber {
    try Subscriber(
        "test", from: source.bound.map { try Endpoint($0, usual: .connect) }, patterns: patterns.map { try Pattern($0) }
    )
}

/// Receives until `isDone` says so; records an issue if that takes longer than ten seconds.
func receive(
    _ subscriber: inout Subscriber, _ body: (Delivery) -> Void = { _ in }, until isDone: (borrowing Ledger) -> Bool
) {
    let deadline = ContinuousClock.now + .seconds(10)
    while !isDone(subscriber.ledger) {
        guard ContinuousClock.now < deadline else {
            Issue.record("what was waited for did not come within 10 s")
            return
        }
        _ = subscriber.receive(within: .milliseconds(100), body)
    }
}

@Suite("Source and subscriber", .timeLimit(.minutes(2)))
struct SourceTests {
    @Test("an event travels with _id and timestamp in front of its own fields")
    func travels() throws {
        let source = try boundSource()
        let orders = try source.topic("shop.order")
        var subscriber = try subscriber(of: source, "shop.*")
        #expect(source.waitUntilWanted(orders, within: .seconds(5)))
        orders.emit {
            $0["total"] = 129.9
            $0.document("customer") { $0["city"] = "Graz" }
        }
        var keys: [String] = []
        var total: Double?
        var city: String?
        var topic: Topic?
        receive(
            &subscriber,
            { delivery in
                topic = delivery.topic
                delivery.forEachDocument { event in
                    event.forEach { keys.append($0.key) }
                    total = event["total"]?.double
                    city = event.find(path: "customer.city")?.string
                }
            }, until: { $0.total.received == 1 })
        #expect(keys == ["_id", "timestamp", "total", "customer"])
        #expect(total == 129.9)
        #expect(city == "Graz")
        #expect(topic?.name == "shop.order")
        subscriber.close()
    }

    @Test("the closure does not run and the event is unwanted while nobody subscribes to its topic")
    func unwanted() throws {
        let source = try boundSource()
        let asked = try source.topic("a")
        let other = try source.topic("b")
        var subscriber = try subscriber(of: source, "a")
        #expect(source.waitUntilWanted(asked, within: .seconds(5)))
        for _ in 0..<3 { other.emit { _ in Issue.record("built an event that nobody wants") } }
        asked.emit { $0["n"] = 1 }
        receive(&subscriber, until: { $0.total.received == 1 })
        #expect(source.flush(within: .seconds(5)))
        #expect(other.counts == SendCounts(emitted: 3, unwanted: 3))
        #expect(asked.counts == SendCounts(next: 1, emitted: 1))
        subscriber.close()
    }

    @Test("ready documents and Codable values keep their own _id and timestamp")
    func readyDocuments() throws {
        struct Order: Encodable {
            var total: Int32
        }
        let source = try boundSource()
        let topic = try source.topic("t")
        var subscriber = try subscriber(of: source, "*")
        #expect(source.waitUntilWanted(topic, within: .seconds(5)))
        let document = Document {
            $0["n"] = 1
            $0["_id"] = "mine"
        }
        topic.emit(document)
        try topic.emit(Order(total: 7))
        try topic.emit(bson: document.bytes.span.bytes)
        #expect(throws: BSONError.self) { try topic.emit(bson: [5, 0, 0, 0, 1].span.bytes) }
        var seen: [[String]] = []
        receive(
            &subscriber,
            {
                $0.forEachDocument { event in
                    var keys: [String] = []
                    event.forEach { keys.append($0.key) }
                    seen.append(keys)
                }
            }, until: { $0.total.received == 3 })
        #expect(seen == [["timestamp", "n", "_id"], ["_id", "timestamp", "total"], ["timestamp", "n", "_id"]])
        #expect(topic.counts.refused == 1)
        #expect(topic.counts.isBalanced)
        subscriber.close()
    }

    @Test("under load events share messages, in order, none lost", arguments: [1, 4])
    func batches(threads: Int) throws {
        let source = try boundSource(pacing: .paced(wait: .seconds(10)))
        let topics = try (0..<threads).map { try source.topic("load.\($0)") }
        var subscriber = try subscriber(of: source, "load.*")
        #expect(source.waitUntilWanted(topics[threads - 1], within: .seconds(5)))
        let each = 50_000
        let workers = try topics.map { topic in
            Worker(
                try OSThread(name: "emitter") {
                    for number in 0..<each { topic.emit { $0["n"] = number } }
                })
        }
        var messages = 0
        var next: [Topic: Int64] = [:]
        receive(
            &subscriber,
            { delivery in
                messages += 1
                delivery.forEachDocument { event in
                    let expected = next[delivery.topic] ?? 0
                    let number = event["n"]?.int64 ?? -1
                    if number != expected { Issue.record("\(delivery.topic): \(number) instead of \(expected)") }
                    next[delivery.topic] = expected + 1
                }
            }, until: { $0.total.received == UInt64(each * threads) })
        for worker in workers { worker.join() }
        #expect(messages < each * threads / 4)
        #expect(subscriber.ledger.total.lost == 0)
        #expect(source.counts.isBalanced)
        #expect(source.counts.sent == UInt64(each * threads))
        subscriber.close()
    }

    @Test("the largest document travels, a larger one is refused, and both leave the batch before them whole")
    func largeDocuments() throws {
        let source = try boundSource()
        let topic = try source.topic("t", filling: [])
        var subscriber = try subscriber(of: source, "t")
        #expect(source.waitUntilWanted(topic, within: .seconds(5)))
        let overhead = 4 + 1 + 2 + 4 + 1 + 1  // length, type, key, text length, its NUL, the end
        for size in [10, Limits.payloadBytes, Limits.payloadBytes + 1, 70_000, 10] {
            topic.emit { $0["s"] = String(repeating: "x", count: size - overhead + (size == 10 ? 10 : 0)) }
        }
        var sizes: [Int] = []
        receive(
            &subscriber, { $0.forEachDocument { sizes.append($0.bytes.byteCount) } },
            until: { $0.total.received == 4 })
        #expect(sizes == [20, Limits.payloadBytes, 70_000, 20])
        #expect(topic.counts.refused == 1)
        #expect(topic.counts.isBalanced)
        subscriber.close()
    }

    @Test("a paced source waits for a subscriber that does not read, then goes on without it and says so")
    func pacing() throws {
        let source = try boundSource(pacing: .paced(wait: .milliseconds(300)), queueBytes: 1 << 20)
        let topic = try source.topic("t")
        var subscriber = try subscriber(of: source, "t")
        #expect(source.waitUntilWanted(topic, within: .seconds(5)))
        let text = String(repeating: "x", count: 30_000)
        var emitted: UInt64 = 0
        while source.stalls == 0 && emitted < 100_000 {
            topic.emit { $0["s"] = text }
            emitted += 1
        }
        #expect(source.stalls == 1)
        #expect(source.flush(within: .seconds(5)))
        #expect(topic.counts.isBalanced)
        let counts = topic.counts
        receive(&subscriber, until: { $0.total.received + $0.total.lost == counts.sent })
        #expect(subscriber.ledger.total.lost > 0)
        subscriber.close()
    }

    @Test("what a subscriber misses while it does not read is lost, to the event, also on a topic born meanwhile")
    func stalledSubscriber() throws {
        let source = try boundSource()
        let old = try source.topic("old")
        var subscriber = try subscriber(of: source, "*")
        #expect(source.waitUntilWanted(old, within: .seconds(5)))
        old.emit { $0["n"] = 0 }
        receive(&subscriber, until: { $0.total.received == 1 })
        let text = String(repeating: "x", count: 20_000)
        let born = try source.topic("born")
        #expect(source.waitUntilWanted(born, within: .seconds(5)))
        for _ in 0..<4_000 {
            for topic in [old, born] { topic.emit { $0["s"] = text } }
            // One message each, so that the subscriber's queue fills by their number.
            #expect(source.flush(within: .seconds(5)))
        }
        let sent = source.counts.sent
        #expect(sent == 8_001)
        receive(&subscriber, until: { $0.total.received + $0.total.lost == sent })
        let entries = subscriber.ledger.entries.filter { !$0.topic.isReserved }
        #expect(entries.count == 2)
        for entry in entries {
            #expect(entry.from == 0)
            #expect(entry.counts.lost > 0)
            #expect(entry.next == (entry.topic.name == "old" ? 4_001 : 4_000))
        }
        subscriber.close()
    }

    @Test("subscribing while events flow begins the books exactly at the first event that comes")
    func fencesRaceEvents() throws {
        let source = try boundSource()
        let topic = try source.topic("t")
        var first = try subscriber(of: source, "t")
        #expect(source.waitUntilWanted(topic, within: .seconds(5)))
        let flag = Flag()
        let worker = Worker(
            try OSThread(name: "emitter") {
                while !flag.isSet { topic.emit { $0["n"] = 1 } }
            })
        receive(&first, until: { $0.total.received > 0 })
        for _ in 0..<20 {
            var late = try subscriber(of: source, "t")
            receive(&late, until: { $0.total.received > 100 })
            for entry in late.ledger.entries {
                let counts = entry.counts
                #expect(entry.next - UInt64(entry.from) == counts.received + counts.lost + counts.malformed)
                #expect(entry.from > 0)
            }
            late.close()
            _ = first.receive(within: .zero) { _ in }
        }
        flag.set()
        worker.join()
        first.close()
    }

    @Test("what was emitted while a subscriber was gone is absent for it, and nothing is lost")
    func absent() throws {
        let context = try Context()
        let source = try Source(
            "test", to: Endpoint.list("inproc://absent", usual: .bind), context: context)
        let topic = try source.topic("t")
        var subscriber = try Subscriber(
            "test", from: Endpoint.list("inproc://absent", usual: .connect), patterns: [Pattern("t")], context: context)
        #expect(source.waitUntilWanted(topic, within: .seconds(5)))
        topic.emit { $0["n"] = 1 }
        receive(&subscriber, until: { $0.total.received == 1 })
        try subscriber.subscribe(to: [Pattern("other")])
        try subscriber.subscribe(to: [Pattern("other"), Pattern("t")])
        #expect(source.waitUntilWanted(topic, within: .seconds(5)))
        topic.emit { $0["n"] = 2 }
        receive(&subscriber, until: { $0.total.received == 1 })
        #expect(subscriber.ledger.total.lost == 0)
        subscriber.close()
    }

    @Test("a source that closes says so, and its last beat makes the books final")
    func closing() throws {
        let source = try boundSource()
        let topic = try source.topic("t")
        var subscriber = try subscriber(of: source, "t")
        #expect(source.waitUntilWanted(topic, within: .seconds(5)))
        topic.emit { $0["n"] = 1 }
        #expect(source.close())
        topic.emit { $0["n"] = 2 }
        receive(&subscriber, until: { $0.originEntries(now: 0).contains { $0.state == .closed } })
        #expect(subscriber.ledger.total.received == 1)
        #expect(topic.counts.isBalanced)
        #expect(topic.counts.emitted == 2)
        subscriber.close()
    }

    @Test("an endpoint that cannot be bound is named")
    func wrongEndpoint() throws {
        let first = try boundSource()
        let error = #expect(throws: ZMQError.self) {
            try Source("second", to: first.bound.map { try Endpoint($0, usual: .bind) })
        }
        #expect(error?.endpoint == first.bound[0])
        #expect(error?.code == .addressInUse)
    }

    @Test("topics of the library cannot be opened", arguments: ["_es.beat", "_es.status", "_es.mine"])
    func reservedTopics(name: String) throws {
        let source = try boundSource()
        #expect(throws: TopicError.self) { try source.topic(name) }
    }
}

/// A thread that can be kept in an array.
final class Worker: Sendable {
    private let thread: Mutex<OSThread?>

    init(_ thread: consuming OSThread) { self.thread = Mutex(thread) }

    func join() {
        let thread = thread.withLock { $0.take() }
        thread?.join()
    }
}

/// Something that is set once.
final class Flag: Sendable {
    private let value = Atomic<Bool>(false)

    var isSet: Bool { value.load(ordering: .acquiring) }

    func set() { value.store(true, ordering: .releasing) }
}

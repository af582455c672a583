// A router between sources and subscribers, over real sockets.
import BSON
import Eventstorm
import Glibc
import Routing
import Synchronization
import Testing
import ZeroMQ

/// A router on a thread of its own.
final class RunningRouter: Sendable {
    let input: Endpoint
    let output: Endpoint
    private let stop: Wakeup
    private let thread: Mutex<OSThread?>
    private let pending: Pending
    /// What became of the events of each topic, once it is closed.
    var fates: [String: FateCounts] { pending.state.withLock { $0.fates } }
    /// How often routes were loaded, once it is closed.
    var generation: UInt64 { pending.state.withLock { $0.generation } }

    /// What is handed to the router's thread, and what it leaves.
    final class Pending: Sendable {
        let taken: Wakeup
        let state = Mutex((table: RouteTable?.none, fates: [String: FateCounts](), generation: UInt64(0)))

        init() throws { taken = try Wakeup() }
    }

    init(
        _ table: RouteTable = RouteTable(), from upstream: [Endpoint] = [], also output: [Endpoint] = [],
        context: Context? = nil
    ) throws {
        let wakeup = try Wakeup()
        let isUp = try Wakeup()
        let box = Places()
        let pending = try Pending()
        self.pending = pending
        let handle = try OSThread(name: "router") {
            do {
                var router = try Router(
                    "router", in: Endpoint.list("tcp://127.0.0.1:*", usual: .bind) + upstream,
                    out: Endpoint.list("tcp://127.0.0.1:*", usual: .bind) + output, routes: table, context: context)
                box.set(router.boundIn[0], router.boundOut[0])
                isUp.signal()
                try router.run(watching: wakeup.fileDescriptor) { _ in
                    if !wakeup.drain() { return .goOn }
                    let table = pending.state.withLock { $0.table.take() }
                    guard let table else { return .stop }
                    pending.taken.signal()
                    return .reload(table)
                }
                let fates = Dictionary(router.fates.map { ($0.topic.name, $0.counts) }) { first, _ in first }
                let generation = router.generation
                pending.state.withLock {
                    $0.fates = fates
                    $0.generation = generation
                }
                try router.close()
            } catch {
                Issue.record(error)
                isUp.signal()
            }
        }
        var item = pollfd(fd: isUp.fileDescriptor, events: Int16(POLLIN), revents: 0)
        #expect(poll(&item, 1, 10_000) == 1)
        let bound = try #require(box.value)
        self.input = try Endpoint(bound.0, usual: .connect)
        self.output = try Endpoint(bound.1, usual: .connect)
        stop = wakeup
        thread = Mutex(handle)
    }

    /// Makes the router go on with other routes; returns when it has taken them.
    func reload(_ table: RouteTable) {
        pending.state.withLock { $0.table = table }
        stop.signal()
        var item = pollfd(fd: pending.taken.fileDescriptor, events: Int16(POLLIN), revents: 0)
        #expect(poll(&item, 1, 10_000) == 1)
        pending.taken.drain()
    }

    func close() {
        stop.signal()
        let thread = thread.withLock { $0.take() }
        thread?.join()
    }
}

/// Where a router is bound, handed from its thread.
final class Places: Sendable {
    private let places = Mutex<(String, String)?>(nil)
    var value: (String, String)? { places.withLock { $0 } }
    func set(_ input: String, _ output: String) { places.withLock { $0 = (input, output) } }
}

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

@Suite("Router", .timeLimit(.minutes(2)))
struct RouterTests {
    @Test("events go through, renamed, byte for byte, to every output")
    func forwards() throws {
        let router = try RunningRouter(
            RouteTable([try Route(from: "http.*", to: "web.*"), try Route(from: "http.hit", to: "all")]))
        let source = try Source("s", to: [router.input])
        let topic = try source.topic("http.hit")
        var subscriber = try Subscriber(
            "t", from: [router.output], patterns: [Pattern("web.hit"), Pattern("all")])
        #expect(source.waitUntilWanted(topic, within: .seconds(5)))
        let document = Document {
            $0["_id"] = ObjectID()
            $0["timestamp"] = Datetime.now()
            $0["path"] = "/a"
        }
        topic.emit(document)
        var seen: Set<String> = []
        receive(
            &subscriber,
            { delivery in
                seen.insert(delivery.topic.name)
                #expect(delivery.stamp?.hops == 1)
                delivery.forEachDocument { event in
                    let same = Document(copying: event) == document
                    #expect(same)
                }
            }, until: { $0.total.received == 2 })
        #expect(seen == ["web.hit", "all"])
        subscriber.close()
        source.close()
        router.close()
    }

    @Test("a source behind a chain of routers sends nothing until somebody at its end asks")
    func interestGoesUp() throws {
        let first = try RunningRouter()
        let second = try RunningRouter(from: [first.output])
        let source = try Source("s", to: [first.input])
        let topic = try source.topic("a.b")
        #expect(source.ready(within: .seconds(5)))
        topic.emit { _ in Issue.record("nobody asked") }
        #expect(!topic.wanted)
        var subscriber = try Subscriber("t", from: [second.output], patterns: [Pattern("a.*")])
        #expect(source.waitUntilWanted(topic, within: .seconds(5)))
        topic.emit { $0["n"] = 1 }
        var hops: UInt8?
        receive(&subscriber, { hops = $0.stamp?.hops }, until: { $0.total.received == 1 })
        #expect(hops == 2)
        subscriber.close()
        source.close()
        second.close()
        first.close()
    }

    @Test("events from two sources on one topic have one sequence behind the router")
    func merges() throws {
        let router = try RunningRouter()
        let sources = try (0..<2).map { try Source("s\($0)", to: [router.input], pacing: .paced(wait: .seconds(5))) }
        var subscriber = try Subscriber("t", from: [router.output], patterns: [Pattern("t")])
        let topics = try sources.map { try $0.topic("t") }
        for (source, topic) in zip(sources, topics) { #expect(source.waitUntilWanted(topic, within: .seconds(5))) }
        // In rounds: a subscriber that reads only when all is sent may rightly lose what the queues cannot hold.
        for round in 1...100 {
            for number in 0..<100 { for topic in topics { topic.emit { $0["n"] = number } } }
            receive(&subscriber, until: { $0.total.received >= UInt64(round * 200) })
        }
        let entries = subscriber.ledger.entries
        #expect(entries.count == 1)
        #expect(entries.first?.next == 20_000)
        #expect(entries.first?.counts.lost == 0)
        subscriber.close()
        for source in sources { source.close() }
        router.close()
    }

    @Test("in a ring of two routers an event passes fifteen of them and no more")
    func hopLimit() throws {
        let context = try Context()
        let first = try RunningRouter(
            from: Endpoint.list("inproc://second", usual: .connect),
            also: Endpoint.list("inproc://first", usual: .bind),
            context: context)
        let second = try RunningRouter(
            from: Endpoint.list("inproc://first", usual: .connect),
            also: Endpoint.list("inproc://second", usual: .bind),
            context: context)
        let source = try Source("s", to: [first.input])
        let topic = try source.topic("t")
        var subscriber = try Subscriber("t", from: [first.output], patterns: [Pattern("t")])
        #expect(source.waitUntilWanted(topic, within: .seconds(5)))
        var hops: [UInt8] = []
        // Interest goes round the ring, too: once it does, each event does.
        let deadline = ContinuousClock.now + .seconds(10)
        while hops.last != 15 && ContinuousClock.now < deadline {
            topic.emit { $0["n"] = 1 }
            hops = []
            _ = subscriber.receive(within: .milliseconds(100)) { _ in }
            while subscriber.receive(within: .milliseconds(50), { hops.append($0.stamp?.hops ?? 0) }) > 0 {}
        }
        #expect(hops.last == 15)
        #expect(hops.allSatisfy { $0 % 2 == 1 && $0 <= 15 })
        subscriber.close()
        source.close()
        second.close()
        first.close()
    }
}

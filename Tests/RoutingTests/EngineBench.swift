// What a route costs an event, measured when asked for: ES_BENCH=1.
import BSON
import Eventstorm
import Glibc
import Testing

@testable import Routing

@Suite("The cost of routes", .enabled(if: getenv("ES_BENCH") != nil, "by hand: ES_BENCH is not set"), .serialized)
struct EngineBench {
    /// Nanoseconds that this thread has worked.
    private static func processorTime() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    @Test(
        "nanoseconds an event",
        arguments: [
            "{from: 'a', match: {}}", "{from: 'a', match: {status: {$gte: 500}}}",
            "{from: 'a', match: {status: 200, path: {$regex: '^/a'}}}", "{from: 'a', sample: 0.1}",
            "{from: 'a', dedupe: {window: '10s'}}", "{from: 'a', throttle: {per_second: 1e9, by: 'host'}}",
            "{from: 'a', to: 'x.{host}'}", "{from: 'a', set: {service: 'shop'}}",
            "{from: 'a', redact: ['client.address']}", "{from: 'a', project: {path: 1, status: 1}}",
        ])
    func cost(routes: String) throws {
        var engine = Engine(try table(routes), seed: 1)
        var writer = DocumentWriter()
        for number in 0..<100 {
            writer.beginDocument()
            writer["_id"] = ObjectID()
            writer["timestamp"] = Datetime.now()
            writer["host"] = "web\(number % 8).example.org"
            writer["status"] = number % 10 == 0 ? 500 : 200
            writer["path"] = "/api/v1/items/\(number)"
            writer["method"] = "GET"
            writer["bytes"] = 5_120
            writer["seconds"] = 0.025
            writer.document("client") { $0["address"] = "192.0.2.7" }
            writer.endDocument()
        }
        let number = engine.flows.inflow(try Topic("a"), engine.runs, engine.table) { _ in true }
        let plan = engine.flows.inflows[number].plan
        var counts = FlowCounts()
        let rounds = 20_000
        let start = Self.processorTime()
        for _ in 0..<rounds {
            let now = Moment.now()
            writer.withBytes { bytes in
                var offset = 0
                while offset < bytes.byteCount {
                    let event = DocumentView(unchecked: bytes.extracting(offset..<bytes.byteCount))
                    engine.offer(event, at: offset, plan, now, &counts) { _ in true }
                    offset += event.bytes.byteCount
                }
            }
            engine.batches.removeAll()
            engine.changed.removeAll()
        }
        let time = Self.processorTime() - start
        print("\(time / UInt64(rounds * 100)) ns  \(writer.count / 100) bytes  \(routes)")
        #expect(counts.received == UInt64(rounds * 100))
    }
}

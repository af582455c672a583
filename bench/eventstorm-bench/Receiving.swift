// The receiving half of the measurements.
import BSON
import Eventstorm
import Glibc

/// Receives until the topic `end`; prints events, seconds, CPU seconds, and if asked the delays, or how many different
/// values the field `version` had and how often it went back.
func subscribe(to endpoint: String, latency: Bool, version: Bool) throws {
    var subscriber = try Subscriber(
        "bench", from: Endpoint.list(endpoint, usual: .connect), patterns: [Pattern("bench.event"), Pattern("end")])
    var received = 0
    var start: Int64 = 0
    var isOver = false
    var delays: [Int64] = []
    var versions = (last: Int64(-1), seen: 0, back: 0)
    if latency { delays.reserveCapacity(10_000_000) }
    while !isOver {
        _ = subscriber.receive(within: .seconds(10)) { delivery in
            if start == 0 { start = nanoseconds() }
            if delivery.topic.name == "end" {
                isOver = true
                return
            }
            received += delivery.count
            if version {
                delivery.forEachDocument { event in
                    let found = event["version"]?.integer ?? -1
                    if found == versions.last { return }
                    if found < versions.last { versions.back += 1 }
                    versions.seen += 1
                    versions.last = found
                }
            }
            if latency {
                delivery.forEachDocument { event in
                    if let sent = event["number"]?.int64 { delays.append(nanoseconds() - sent) }
                }
            }
        }
    }
    let elapsed = Double(nanoseconds() - start) / 1e9
    let total = subscriber.ledger.total
    var line =
        "{\"events\":\(received),\"lost\":\(total.lost),\"seconds\":\(rounded(elapsed)),\"cpu\":\(rounded(cpuSeconds()))"
    if latency, !delays.isEmpty {
        delays.sort()
        line += ",\"p50_us\":\(rounded(Double(delays[delays.count / 2]) / 1e3, 1))"
        line += ",\"p99_us\":\(rounded(Double(delays[delays.count * 99 / 100]) / 1e3, 1))"
    }
    if version { line += ",\"versions\":\(versions.seen),\"back\":\(versions.back)" }
    print(line + "}")
    subscriber.close()
}

// What the live view is measured with: hits of a web server, and marks by which their way is timed.
import BSON
import Eventstorm
import Glibc

/// Numbers that are the same in each run (splitmix64).
private struct Numbers: RandomNumberGenerator {
    var state: UInt64 = 1

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// A hit: few paths take most of them, times are spread over decades.
private struct Hit {
    var remote: String
    var method: String
    var path: String
    var status: Int32
    var bytes: Int64
    var time: Double

    init(_ numbers: inout Numbers) {
        remote = "10.0.\(Int.random(in: 0..<4, using: &numbers)).\(Int.random(in: 0..<250, using: &numbers))"
        method = Int.random(in: 0..<5, using: &numbers) == 0 ? "POST" : "GET"
        path = "/p/\(Int(exp2(Double.random(in: 0..<6, using: &numbers))))"
        status = [200, 200, 200, 200, 304, 404, 500][Int.random(in: 0..<7, using: &numbers)]
        bytes = Int64.random(in: 100..<100_000, using: &numbers)
        time = exp2(Double.random(in: -10..<2, using: &numbers))
    }

    func write(to event: inout DocumentWriter) {
        event["remote_addr"] = remote
        event["method"] = method
        event["path"] = path
        event["status"] = status
        event["bytes"] = bytes
        event["request_time"] = time
        event["agent"] = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
    }
}

/// Emits hits at a rate, and a hundred numbered marks a second, from when somebody wants both.
func publishHits(to endpoint: String, seconds: Double, rate: Double) throws {
    let source = try Source("bench", to: Endpoint.list(endpoint, usual: .bind))
    let (hits, marks) = (try source.topic("http.hit"), try source.topic("bench.mark"))
    guard source.waitUntilWanted(hits, within: .seconds(60)), source.waitUntilWanted(marks, within: .seconds(60)) else {
        fatalError("nobody subscribed")
    }
    var numbers = Numbers()
    let known = (0..<4_096).map { _ in Hit(&numbers) }
    // Marks are due at times that whoever receives them can compute.
    let (start, startAt) = (nanoseconds(), nanoseconds(CLOCK_REALTIME) / 1_000_000)
    var (sent, marked) = (0, 0)
    while true {
        let elapsed = Double(nanoseconds() - start) / 1e9
        if elapsed >= seconds { break }
        while Double(marked) / 100 <= elapsed {
            marks.emit { event in
                event["n"] = Int64(marked)
                event["start"] = startAt
            }
            marked += 1
        }
        let due = Int(elapsed * rate)
        while sent < due {
            hits.emit { event in known[sent & 4_095].write(to: &event) }
            sent += 1
        }
        usleep(1_000)
    }
    _ = source.flush(within: .seconds(10))
    let counts = source.counts
    print(
        "{\"events\": \(sent), \"refused\": \(counts.refused), \"seconds\": \(rounded(Double(nanoseconds() - start) / 1e9)), "
            + "\"cpu\": \(rounded(cpuSeconds()))}")
    source.close(within: .seconds(2))
}

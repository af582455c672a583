// The emitting half of the measurements.
import BSON
import Eventstorm
import Glibc
import Synchronization

/// Writes the same ten fields as bench/c/peer.c, with `_id` and `timestamp`: about 190 bytes.
@inline(__always)
func fill(_ event: inout DocumentWriter, number: Int64) {
    event["host"] = "web-1.example"
    event["service"] = "checkout"
    event["method"] = "GET"
    event["path"] = "/products/4711/reviews"
    event["status"] = Int32(200)
    event["bytes"] = Int64(5316)
    event["duration"] = 0.0123
    event["number"] = number
}

func nanoseconds(_ clock: clockid_t = CLOCK_MONOTONIC) -> Int64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}

func cpuSeconds() -> Double {
    var usage = rusage()
    getrusage(0, &usage)  // RUSAGE_SELF, whose type glibc and Swift disagree on
    let micros = usage.ru_utime.tv_usec + usage.ru_stime.tv_usec
    return Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) + Double(micros) / 1e6
}

func rounded(_ value: Double, _ digits: Int = 3) -> Double {
    let scale = pow(10, Double(digits))
    return (value * scale).rounded() / scale
}

/// Emits as fast as the receiver takes, or at a fixed rate; nothing is lost, nothing refused.
func publish(to endpoint: String, seconds: Double, rate: Double?) throws {
    let source = try Source(
        "bench", to: Endpoint.list(endpoint, usual: .bind), pacing: rate == nil ? .paced(wait: .seconds(30)) : .never)
    let topic = try source.topic("bench.event")
    guard source.waitUntilWanted(topic, within: .seconds(10)) else { fatalError("nobody subscribed") }
    let start = nanoseconds()
    let end = start + Int64(seconds * 1e9)
    var number: Int64 = 0
    if let rate {
        while true {
            let due = start + Int64(Double(number) / rate * 1e9)
            if due >= end { break }
            while true {
                let wait = due - nanoseconds()
                if wait <= 0 { break }
                var time = timespec(tv_sec: 0, tv_nsec: Int(wait))
                nanosleep(&time, nil)
            }
            topic.emit { event in fill(&event, number: nanoseconds()) }
            number += 1
        }
    } else {
        while number % 64 != 0 || nanoseconds() < end {
            topic.emit { event in fill(&event, number: number) }
            number += 1
        }
    }
    _ = source.flush(within: .seconds(30))
    let elapsed = Double(nanoseconds() - start) / 1e9
    let counts = source.counts
    let last = try source.topic("end")
    if source.waitUntilWanted(last, within: .seconds(1)) { last.emit { $0["end"] = true } }
    source.close(within: .seconds(30))
    print(
        "{\"events\":\(counts.sent),\"refused\":\(counts.refused),\"unwanted\":\(counts.unwanted),"
            + "\"seconds\":\(rounded(elapsed)),\"cpu\":\(rounded(cpuSeconds()))}")
}

/// Prints what one call of emit costs its caller: median and p99 of blocks of calls.
///
/// - Parameter rate: Events per second of each thread, which leaves the other threads a processor; nil for as many as
///   can be.
func measureEmit(threads: Int, wanted: Bool, seconds: Double, rate: Double?) throws {
    let source = try Source("bench", to: Endpoint.list("tcp://127.0.0.1:*", usual: .bind))
    let topic = try source.topic("bench.event")
    try withReader(of: source.bound[0], wanted: wanted) {
        if wanted { precondition(source.waitUntilWanted(topic, within: .seconds(5))) }
        let block = 64
        let results = Results()
        let workers = (0..<threads).map { _ in
            start {
                var costs: [Double] = []
                let first = nanoseconds()
                let end = first + Int64(seconds * 1e9)
                var number: Int64 = 0
                while true {
                    let before = nanoseconds()
                    if before >= end { break }
                    for _ in 0..<block {
                        topic.emit { event in fill(&event, number: number) }
                        number += 1
                    }
                    costs.append(Double(nanoseconds() - before) / Double(block))
                    if let rate { wait(until: first + Int64(Double(number) / rate * 1e9)) }
                }
                results.add(costs)
            }
        }
        for worker in workers { pthread_join(worker, nil) }
        let costs = results.all.sorted()
        let counts = source.counts
        print(
            "{\"threads\":\(threads),\"wanted\":\(wanted),\"p50_ns\":\(rounded(costs[costs.count / 2], 1)),"
                + "\"p99_ns\":\(rounded(costs[costs.count * 99 / 100], 1)),\"emitted\":\(counts.emitted),"
                + "\"refused\":\(counts.refused)}")
    }
}

/// Runs `body` while a thread reads what comes.
private func withReader(of place: String, wanted: Bool, _ body: () throws -> Void) throws {
    guard wanted else { return try body() }
    let over = OverFlag()
    let reader = start {
        do {
            var subscriber = try Subscriber(
                "bench", from: Endpoint.list(place, usual: .connect), patterns: [Pattern("bench.event")])
            while !over.isSet { _ = subscriber.receive(within: .milliseconds(10)) { _ in } }
            subscriber.close()
        } catch {
            fatalError("\(error)")
        }
    }
    defer {
        over.set()
        pthread_join(reader, nil)
    }
    try body()
}

/// Sleeps, and spins through the last 100 µs, which no sleep meets.
private func wait(until due: Int64) {
    while true {
        let left = due - nanoseconds()
        if left <= 0 { return }
        if left > 100_000 {
            var time = timespec(tv_sec: 0, tv_nsec: Int(left - 100_000))
            nanosleep(&time, nil)
        }
    }
}

/// Tells a thread to end.
final class OverFlag: Sendable {
    private let flag = Atomic<Bool>(false)
    var isSet: Bool { flag.load(ordering: .relaxed) }
    func set() { flag.store(true, ordering: .relaxed) }
}

/// Starts a thread.
func start(_ body: @escaping @Sendable () -> Void) -> pthread_t {
    var thread = pthread_t()
    let box = Unmanaged.passRetained(Box(body))
    pthread_create(
        &thread, nil,
        { argument in
            if let argument { Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().body() }
            return nil
        }, box.toOpaque())
    return thread
}

final class Box: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
}

/// Collects what threads measured.
final class Results: @unchecked Sendable {
    private var costs: [Double] = []
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)

    init() { pthread_mutex_init(mutex, nil) }

    func add(_ more: [Double]) {
        pthread_mutex_lock(mutex)
        costs += more
        pthread_mutex_unlock(mutex)
    }

    var all: [Double] { costs }
}

// Poller, Wakeup, OSThread and the clocks.
import Glibc
import Synchronization
import Testing

@testable import ZeroMQ

@Suite("Pollers", .timeLimit(.minutes(1)))
struct PollerTests {
    @Test("a wake-up from another thread ends the wait, and a drained one does not")
    func wakeup() throws {
        let wakeup = try Wakeup()
        var poller = Poller(capacity: 1)
        let place = poller.add(fileDescriptor: wakeup.fileDescriptor)
        #expect(try poller.wait(.zero) == 0)
        let thread = try OSThread(name: "signals") { wakeup.signal() }
        #expect(try poller.wait() == 1)
        thread.join()
        #expect(poller.ready(place) == .readable)
        wakeup.signal()
        #expect(wakeup.drain())
        #expect(!wakeup.drain())
        #expect(try poller.wait(.zero) == 0)
        #expect(poller.isReady(place) == false)
    }

    @Test("sockets and descriptors are waited for together, and each keeps its place")
    func together() throws {
        let link = try Link()
        let wakeups = try [Wakeup(), Wakeup(), Wakeup()]
        var poller = Poller(capacity: 2)
        let socket = poller.add(link.subscriber)
        let places = wakeups.map { poller.add(fileDescriptor: $0.fileDescriptor) }
        #expect(poller.count == 4)
        wakeups[1].signal()
        #expect(try poller.wait() == 1)
        #expect(poller.isReady(places[1]) && !poller.isReady(places[0]) && !poller.isReady(socket))
        poller.setInterest(places[1], to: [])
        try link.publisher.send(copying: [1])
        #expect(try poller.wait(.seconds(10)) == 1)
        #expect(poller.isReady(socket) && !poller.isReady(places[1]))
        poller.keepFirst(1)
        #expect(poller.count == 1)
        #expect(try poller.wait(.zero) == 1)
    }

    @Test("a short wait takes at least its time, whatever signals come")
    func timeout() throws {
        signal(SIGUSR2) { _ in }
        var poller = Poller()
        let me = SendableThread(thread: pthread_self())
        let start = monotonicNanoseconds()
        let sender = try OSThread(name: "signals") {
            for _ in 0..<20 {
                pthread_kill(me.thread, SIGUSR2)
                usleep(3_000)
            }
        }
        #expect(try poller.wait(.milliseconds(100)) == 0)
        #expect(monotonicNanoseconds() - start >= 99_000_000)
        sender.join()
    }
}

private struct SendableThread: @unchecked Sendable {
    let thread: pthread_t
}

@Suite("Threads and clocks", .timeLimit(.minutes(1)))
struct OSThreadTests {
    @Test("a thread has its name, and signals are blocked on it")
    func name() throws {
        var before = sigset_t()
        pthread_sigmask(SIG_SETMASK, nil, &before)
        let found = Found()
        let thread = try OSThread(name: "es-publisher-long") {
            var buffer = [UInt8](repeating: 0, count: 32)
            let file = open("/proc/thread-self/comm", O_RDONLY)
            let count = read(file, &buffer, buffer.count)
            close(file)
            let name = String(decoding: buffer.prefix(max(count - 1, 0)), as: UTF8.self)
            var mask = sigset_t()
            pthread_sigmask(SIG_SETMASK, nil, &mask)
            let blocked = sigismember(&mask, SIGINT) == 1
            found.value.withLock { $0 = (name, blocked) }
        }
        thread.join()
        let (name, blocked) = found.value.withLock { $0 }
        #expect(name == "es-publisher-lo" && blocked)
        var mask = sigset_t()
        pthread_sigmask(SIG_SETMASK, nil, &mask)
        #expect(sigismember(&mask, SIGUSR1) == sigismember(&before, SIGUSR1))
    }

    @Test("clocks run, and random numbers differ")
    func clocks() {
        let first = monotonicNanoseconds()
        #expect(monotonicNanoseconds() >= first && first > 0)
        // 2026-01-01: the machine's clock is not before this was written.
        #expect(realtimeMilliseconds() > 1_767_225_600_000)
        #expect(Set((0..<100).map { _ in randomUInt64() }).count == 100)
    }

    @Test(
        "durations become milliseconds, rounded up",
        arguments: [
            (Duration.zero, Int64(0)), (.nanoseconds(1), 1), (.milliseconds(1), 1), (.microseconds(1_001), 2),
            (.seconds(3), 3_000),
            (.seconds(Int64.max), .max),
        ])
    func rounding(_ duration: Duration, _ milliseconds: Int64) {
        #expect(duration.millisecondsRoundedUp == milliseconds)
    }
}

/// What a thread found out about itself.
private final class Found: Sendable {
    let value = Mutex<(String, Bool)>(("", false))
}

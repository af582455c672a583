// What makes emit cheap must not make it wrong.
@testable import Eventstorm
import Glibc
import Testing
import ZeroMQ

@Suite("What emit costs")
struct EmitCostTests {
    private final class Shared: Sendable {
        let counter = OwnedCounter()

        /// Starts a thread that counts.
        func start() -> pthread_t {
            var thread = pthread_t()
            pthread_create(
                &thread, nil,
                { shared in
                    guard let shared else { return nil }
                    let counting = Unmanaged<Shared>.fromOpaque(shared).takeRetainedValue()
                    for _ in 0..<100_000 { counting.counter.increment() }
                    return nil
                }, Unmanaged.passRetained(self).toOpaque())
            return thread
        }
    }

    @Test("many threads count exactly, whoever owns the counter")
    func ownedCounter() {
        let shared = Shared()
        for _ in 0..<3 {  // threads end, and others get their numbers
            let threads = (0..<4).map { _ in shared.start() }
            for thread in threads { pthread_join(thread, nil) }
        }
        #expect(shared.counter.value == 1_200_000)
    }

    @Test("the clock that is seldom read never differs from the one that is")
    func millisecondClock() {
        var clock = MillisecondClock()
        var wrong = 0
        let end = monotonicNanoseconds() + 200_000_000
        while monotonicNanoseconds() < end {
            let before = realtimeMilliseconds()
            let now = clock.now()
            let after = realtimeMilliseconds()
            if now < before || now > after { wrong += 1 }
        }
        #expect(wrong == 0)
    }

    @Test("a counter that can be trusted has the pace of a processor's, and is told to be none otherwise")
    func tickRate() {
        let rate = TickRate.perMillisecond
        #expect(rate == 0 || (1_000...10_000_000).contains(rate))
    }
}

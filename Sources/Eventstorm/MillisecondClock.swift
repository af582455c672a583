// The wall clock in milliseconds, for those who ask many times in each of them.
import CSystem
import Glibc
import ZeroMQ

/// Reads the wall clock once in each millisecond, and in between the processor's counter, which costs a third of it.
///
/// The answer is that of `clock_gettime(CLOCK_REALTIME)`: a reading is good for what was left of its millisecond. Only
/// when somebody sets the clock is the answer late, by one millisecond at most. Not for several threads at once.
struct MillisecondClock {
    private var milliseconds: Int64 = 0
    /// The counter just before the clock was read.
    private var readAt: UInt64 = 0
    /// Ticks of the counter for which the reading is good.
    private var validTicks: UInt64 = 0

    /// Milliseconds since 1970, UTC.
    @inline(__always)
    mutating func now() -> Int64 {
        let ticks = CSystem_ticks()
        if ticks &- readAt < validTicks { return milliseconds }
        return readClock(at: ticks)
    }

    @inline(never)
    private mutating func readClock(at ticks: UInt64) -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        let fraction = time.tv_nsec % 1_000_000
        milliseconds = Int64(time.tv_sec) &* 1_000 &+ Int64(time.tv_nsec / 1_000_000)
        readAt = ticks
        validTicks = UInt64(1_000_000 - fraction) &* TickRate.perMillisecond / 1_000_000
        return milliseconds
    }
}

/// How fast the processor's counter counts.
enum TickRate {
    /// Ticks in a millisecond; 0 if the counter is no measure of time.
    ///
    /// The kernel knows: where it does not take its own time from this counter, the counter may stop, change its pace
    /// or differ between processors. Measured once, for 100 µs, to some hundred nanoseconds in a millisecond; the
    /// answer is two microseconds short, so that a reading is never trusted too long.
    static let perMillisecond: UInt64 = isTrusted ? measure() : 0

    private static var isTrusted: Bool {
        let file = open("/sys/devices/system/clocksource/clocksource0/current_clocksource", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return false }
        defer { close(file) }
        var name = [UInt8](repeating: 0, count: 32)
        let count = read(file, &name, name.count)
        return count > 0 && ["tsc", "arch_sys_counter"].contains { Array(($0 + "\n").utf8)[...] == name.prefix(count) }
    }

    private static func measure() -> UInt64 {
        // The closest of a few pairs: whoever is interrupted between the two readings tries again.
        let first = pair()
        while monotonicNanoseconds() &- first.nanoseconds < 100_000 {}
        let last = pair()
        guard last.ticks > first.ticks, last.nanoseconds > first.nanoseconds else { return 0 }
        let rate = (last.ticks - first.ticks) &* 1_000_000 / (last.nanoseconds - first.nanoseconds)
        return (1_000...10_000_000).contains(rate) ? rate - rate / 500 : 0
    }

    private static func pair() -> (ticks: UInt64, nanoseconds: UInt64) {
        var best: (ticks: UInt64, nanoseconds: UInt64, width: UInt64) = (0, 0, .max)
        for _ in 0..<8 {
            let before = monotonicNanoseconds()
            let ticks = CSystem_ticks()
            let after = monotonicNanoseconds()
            if after &- before < best.width { best = (ticks, before &+ (after &- before) / 2, after &- before) }
        }
        return (best.ticks, best.nanoseconds)
    }
}

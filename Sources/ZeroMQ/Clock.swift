// Clock: the times of the system, and its random numbers.
internal import CSystem
internal import Glibc

/// Nanoseconds of a clock that never jumps; its zero is arbitrary.
package func monotonicNanoseconds() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
}

/// Milliseconds since 1970-01-01 UTC.
package func realtimeMilliseconds() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) &* 1_000 &+ Int64(time.tv_nsec) / 1_000_000
}

/// A number nobody can guess.
package func randomUInt64() -> UInt64 {
    var value: UInt64 = 0
    // Eight bytes come whole or, before the kernel's pool is ready and a signal comes, not at all.
    while getrandom(&value, 8, 0) != 8 {
        precondition(errno == EINTR, "getrandom failed")
    }
    return value
}

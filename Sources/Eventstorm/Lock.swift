// A mutex that spins shortly before it sleeps, and a condition to wait on.
import CSystem
import Glibc
import Synchronization

/// Guards a few words for a few nanoseconds.
///
/// One word and the kernel's futex (futex(2); U. Drepper, "Futexes Are Tricky"): taking and giving back are an
/// instruction each where nobody else wants it. Under contention it spins for about a hundred rounds and then sleeps.
/// The standard library's `Mutex` goes to the kernel at once, which costs a caller of ``OpenTopic/emit(_:)``
/// microseconds.
@usableFromInline
final class Lock: @unchecked Sendable {
    /// The words lie behind a pointer, because the kernel needs their addresses.
    private let words = UnsafeMutablePointer<Words>.allocate(capacity: 1)

    private struct Words: ~Copyable {
        let state = Atomic<UInt32>(Lock.free)
        /// Changes with each broadcast.
        let epoch = Atomic<UInt32>(0)
        /// Threads in ``Lock/wait(until:)``.
        let waiters = Atomic<UInt32>(0)
    }

    private static let free: UInt32 = 0
    private static let held: UInt32 = 1
    /// Held, and somebody may sleep until it is not.
    private static let contended: UInt32 = 2
    private static let spins = 100

    init() { words.initialize(to: Words()) }

    deinit {
        words.deinitialize(count: 1)
        words.deallocate()
    }

    private var stateWord: UnsafeMutablePointer<UInt32> {
        UnsafeMutableRawPointer(words).assumingMemoryBound(to: UInt32.self)
    }
    private var epochWord: UnsafeMutablePointer<UInt32> { stateWord + 1 }

    @inline(__always)
    func lock() {
        if !take() { lockSlowly() }
    }

    @inline(__always)
    func unlock() {
        if words.pointee.state.exchange(Lock.free, ordering: .releasing) == Lock.contended {
            CSystem_futex_wake(stateWord, 1)
        }
    }

    @inline(__always)
    private func take() -> Bool {
        words.pointee.state.compareExchange(expected: Lock.free, desired: Lock.held, ordering: .acquiring).exchanged
    }

    @inline(never)
    private func lockSlowly() {
        for _ in 0..<Lock.spins {
            CSystem_pause()
            guard words.pointee.state.load(ordering: .relaxed) == Lock.free else { continue }
            if take() { return }
        }
        while words.pointee.state.exchange(Lock.contended, ordering: .acquiring) != Lock.free {
            CSystem_futex_wait(stateWord, Lock.contended, nil)
        }
    }

    /// Runs `body` while holding the lock.
    func withLock<R: ~Copyable, E: Error>(_ body: () throws(E) -> R) throws(E) -> R {
        lock()
        defer { unlock() }
        return try body()
    }

    /// Wakes everyone who waits.
    ///
    /// The lock need not be held, but what they wait for must have been changed while it was.
    func broadcast() {
        // Whoever is not yet counted takes the lock after this thread had it, and sees what changed.
        if words.pointee.waiters.load(ordering: .relaxed) == 0 { return }
        words.pointee.epoch.wrappingAdd(1, ordering: .releasing)
        CSystem_futex_wake(epochWord, .max)
    }

    /// Sleeps until a broadcast or the deadline; the lock is held before and after.
    ///
    /// May return early, as a condition variable may.
    ///
    /// - Parameter deadline: On the monotonic clock, in nanoseconds.
    /// - Returns: False once the deadline has passed.
    func wait(until deadline: UInt64) -> Bool {
        let seen = words.pointee.epoch.load(ordering: .relaxed)
        words.pointee.waiters.wrappingAdd(1, ordering: .relaxed)
        unlock()
        var time = timespec(tv_sec: Int(deadline / 1_000_000_000), tv_nsec: Int(deadline % 1_000_000_000))
        let result = CSystem_futex_wait(epochWord, seen, &time)
        lock()
        words.pointee.waiters.wrappingSubtract(1, ordering: .relaxed)
        return result != ETIMEDOUT
    }
}

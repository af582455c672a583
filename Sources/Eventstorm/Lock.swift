// A mutex that spins shortly before it sleeps, and a condition to wait on.
import CSystem
import Glibc

/// Guards a few words for a few nanoseconds.
///
/// An adaptive POSIX mutex: under contention it spins for about a hundred rounds and then sleeps. The standard
/// library's `Mutex` goes to the kernel at once, which costs a caller of ``OpenTopic/emit(_:)`` microseconds.
@usableFromInline
final class Lock: @unchecked Sendable {
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let condition: UnsafeMutablePointer<pthread_cond_t>

    init() {
        mutex = .allocate(capacity: 1)
        condition = .allocate(capacity: 1)
        let initialised = CSystem_adaptive_mutex_init(mutex)
        precondition(initialised == 0, "pthread_mutex_init: \(initialised)")
        // Deadlines are on the monotonic clock: setting the wall clock must not lengthen a wait.
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(condition, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    @usableFromInline
    func lock() { pthread_mutex_lock(mutex) }

    @usableFromInline
    func unlock() { pthread_mutex_unlock(mutex) }

    /// Runs `body` while holding the lock.
    func withLock<R: ~Copyable, E: Error>(_ body: () throws(E) -> R) throws(E) -> R {
        lock()
        defer { unlock() }
        return try body()
    }

    /// Wakes everyone who waits.
    ///
    /// The lock need not be held.
    func broadcast() { pthread_cond_broadcast(condition) }

    /// Sleeps until a broadcast or the deadline; the lock is held before and after.
    ///
    /// - Parameter deadline: On the monotonic clock, in nanoseconds.
    /// - Returns: False once the deadline has passed.
    func wait(until deadline: UInt64) -> Bool {
        var time = timespec(tv_sec: Int(deadline / 1_000_000_000), tv_nsec: Int(deadline % 1_000_000_000))
        return pthread_cond_timedwait(condition, mutex, &time) != ETIMEDOUT
    }
}

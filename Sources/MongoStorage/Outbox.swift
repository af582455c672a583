// Batches that are ready, between the thread that makes them and those that store them.

internal import Glibc

/// Batches that are ready, between the thread that makes them and those that store them.
///
/// Holds a few at most: the thread that makes them waits, and what comes meanwhile waits in the queue, whose bound it
/// is that counts.
final class Outbox: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private let limit: Int

    // All of these under the mutex.
    private var ready: [Batch] = []
    /// Batches of collections that cannot be written at present, and when to try again.
    private var parked: [(batch: Batch, due: ContinuousClock.Instant)] = []
    private var parkedBytes = 0
    private var isClosed = false
    private var isAborted = false
    private var inWork = 0

    /// - Parameter limit: How many batches may be ready.
    init(limit: Int) {
        self.limit = max(1, limit)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(changed, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(changed)
        pthread_mutex_destroy(mutex)
        changed.deallocate()
        mutex.deallocate()
    }

    /// Hands over a batch once there is room; false if there never will be.
    func put(_ batch: Batch) -> Bool {
        locked {
            while ready.count >= limit, !isAborted { wait(until: nil) }
            if isAborted { return false }
            ready.append(batch)
            pthread_cond_broadcast(changed)
            return true
        }
    }

    /// Whether a batch that is put now is taken at once.
    var isIdle: Bool { locked { ready.isEmpty && inWork == 0 } }

    /// Takes the next batch, once there is one; nil when there will be no more.
    ///
    /// ``done()`` must follow.
    func next() -> Batch? {
        locked {
            while true {
                if isAborted { return nil }
                let now = ContinuousClock.now
                if let place = parked.firstIndex(where: { $0.due <= now }) {
                    let batch = parked.remove(at: place).batch
                    parkedBytes -= batch.byteCount
                    inWork += 1
                    return batch
                }
                if !ready.isEmpty {
                    inWork += 1
                    pthread_cond_broadcast(changed)
                    return ready.removeFirst()
                }
                if isClosed, parked.isEmpty, inWork == 0 { return nil }
                wait(until: parked.map(\.due).min())
            }
        }
    }

    /// Says that a batch that was taken is no more the taker's.
    func done() {
        locked {
            inWork -= 1
            pthread_cond_broadcast(changed)
        }
    }

    /// Keeps a batch for later.
    ///
    /// - Returns: Batches that must give way, because more than `limit` bytes would be kept.
    func park(_ batch: Batch, for duration: Duration, limit: Int) -> [Batch] {
        locked {
            parked.append((batch, .now + duration))
            parkedBytes += batch.byteCount
            var dropped: [Batch] = []
            while parkedBytes > limit, !parked.isEmpty {
                let oldest = parked.removeFirst().batch
                parkedBytes -= oldest.byteCount
                dropped.append(oldest)
            }
            pthread_cond_broadcast(changed)
            return dropped
        }
    }

    /// Says that no more will be put.
    func close() {
        locked {
            isClosed = true
            pthread_cond_broadcast(changed)
        }
    }

    /// Ends all waiting: what is left is not stored.
    func abort() {
        locked {
            isAborted = true
            pthread_cond_broadcast(changed)
        }
    }

    /// Sleeps; false if all is to end.
    func pause(for duration: Duration) -> Bool {
        let deadline = ContinuousClock.now + duration
        return locked {
            while !isAborted, ContinuousClock.now < deadline { wait(until: deadline) }
            return !isAborted
        }
    }

    private func locked<R>(_ body: () -> R) -> R {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return body()
    }

    private func wait(until deadline: ContinuousClock.Instant?) {
        guard let deadline else {
            pthread_cond_wait(changed, mutex)
            return
        }
        let (seconds, attoseconds) = max(.zero, deadline - .now).components
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        time.tv_sec += Int(min(seconds, 3600))
        time.tv_nsec += Int(attoseconds / 1_000_000_000) + 100_000
        if time.tv_nsec >= 1_000_000_000 {
            time.tv_nsec -= 1_000_000_000
            time.tv_sec += 1
        }
        pthread_cond_timedwait(changed, mutex, &time)
    }
}

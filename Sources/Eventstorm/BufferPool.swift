// Batch buffers that travel to libzmq and come back.
import Glibc

/// Recycles the buffers of full batches.
///
/// libzmq frees a handed-over payload on its I/O thread, so the pool belongs to the process and to all threads.
/// A fresh 64 KiB buffer costs sixteen page faults, more than encoding the events in it.
enum BufferPool {
    /// The size of a pooled buffer: that of a full batch.
    static let capacity = Limits.batchBytes
    /// Buffers kept at most: 2 MiB, so that an idle program stays small.
    private static let most = 32

    private static let lock = Lock()
    nonisolated(unsafe) private static let free: UnsafeMutablePointer<UnsafeMutableRawPointer?> = {
        let slots = UnsafeMutablePointer<UnsafeMutableRawPointer?>.allocate(capacity: most)
        slots.initialize(repeating: nil, count: most)
        return slots
    }()
    nonisolated(unsafe) private static var count = 0

    /// A buffer of ``capacity`` bytes, made with malloc, contents undefined.
    static func take() -> UnsafeMutableRawPointer {
        lock.lock()
        if count > 0 {
            count -= 1
            let buffer = free[count]
            lock.unlock()
            if let buffer { return buffer }
        } else {
            lock.unlock()
        }
        guard let buffer = malloc(capacity) else { fatalError("out of memory: \(capacity) bytes for a batch") }
        return buffer
    }

    /// Gives back a buffer from ``take()``.
    ///
    /// Callable from any thread.
    static func give(_ buffer: UnsafeMutableRawPointer) {
        lock.lock()
        if count < most {
            free[count] = buffer
            count += 1
            lock.unlock()
        } else {
            lock.unlock()
            Glibc.free(buffer)
        }
    }
}

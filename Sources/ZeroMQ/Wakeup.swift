// Wakeup: rouses a thread that waits in a poller.
internal import CSystem
internal import Glibc

/// An event descriptor: any thread signals, one thread polls and drains.
///
/// Signals between two drains are one; a poller that waits for ``fileDescriptor`` finds it readable.
public final class Wakeup: Sendable {
    /// Readable while a signal is pending.
    public let fileDescriptor: CInt

    /// Opens the descriptor.
    public init() throws(ZMQError) {
        fileDescriptor = eventfd(0, CInt(EFD_NONBLOCK) | CInt(EFD_CLOEXEC))
        if fileDescriptor < 0 { throw .last("eventfd") }
    }

    deinit { Glibc.close(fileDescriptor) }

    /// Makes the descriptor readable; from any thread, never waits.
    public func signal() {
        // It fails only when 2^64-2 signals are pending, and then it is readable anyway.
        _ = eventfd_write(fileDescriptor, 1)
    }

    /// Waits until a signal is pending, and leaves it so; false if none came within that time.
    public func wait(within time: Duration) -> Bool {
        let (seconds, attoseconds) = max(.zero, time).components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let nanoseconds = overflow ? Int64.max : whole.addingReportingOverflow(attoseconds / 1_000_000_000).partialValue
        return CSystem_wait_readable(fileDescriptor, nanoseconds) > 0
    }

    /// Takes all pending signals back; true if there was one.
    @discardableResult
    public func drain() -> Bool {
        var value: eventfd_t = 0
        return eventfd_read(fileDescriptor, &value) == 0
    }
}

// Shows on a terminal how far a query is.

internal import Glibc
internal import Synchronization

/// A line on stderr that tells how far a query is, if stderr is a terminal; else nothing.
public final class ProgressMeter: Sendable {
    private let totalBytes: Int
    private let isShown = isatty(STDERR_FILENO) == 1
    private let start = ContinuousClock.now
    private let last: Mutex<ContinuousClock.Instant>

    /// Creates a meter for so many bytes; 0 if that is not known.
    public init(of totalBytes: Int) {
        self.totalBytes = totalBytes
        last = Mutex(start)
    }

    /// Shows how far the query is, five times a second at most.
    public func show(_ progress: FileQuery.Progress) {
        guard isShown else { return }
        let now = ContinuousClock.now
        let isDue = last.withLock { last in
            if last.duration(to: now) < .milliseconds(200) { return false }
            last = now
            return true
        }
        if !isDue { return }
        let share = totalBytes > 0 ? "\(min(100, progress.bytes * 100 / totalBytes)) %  " : ""
        put("\r\(share)\(rates(progress, until: now))\u{1B}[K")
    }

    /// Replaces the line by what was done in all.
    public func finish(_ progress: FileQuery.Progress, found: Int) {
        guard isShown else { return }
        put("\r\u{1B}[K\(found) of \(rates(progress, until: .now))\n")
    }

    private func rates(_ progress: FileQuery.Progress, until now: ContinuousClock.Instant) -> String {
        let seconds = start.duration(to: now) / .seconds(1)
        let gigabytes = (Double(progress.bytes) / seconds / 1e9 * 100).rounded() / 100
        return "\(progress.documents) documents in \((seconds * 10).rounded() / 10) s, \(gigabytes) GB/s"
    }

    private func put(_ text: String) { _ = text.withCString { write(STDERR_FILENO, $0, strlen($0)) } }
}

// How long to wait before a program is started again.

/// How long to wait before a program is started again: 100 ms, doubling to 10 s, from the start again after 30 s of
/// work.
struct Backoff: Sendable {
    static let first: Duration = .milliseconds(100)
    static let longest: Duration = .seconds(10)
    /// A program that ran for so long had started well.
    static let proof: Duration = .seconds(30)

    private var next = Self.first

    /// The delay after a run that took `time`.
    mutating func delay(afterRunning time: Duration) -> Duration {
        if time >= Self.proof { next = Self.first }
        defer { next = min(next * 2, Self.longest) }
        return next
    }
}

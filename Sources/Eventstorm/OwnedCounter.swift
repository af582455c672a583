// A counter that is nearly free for the thread that uses it most.
import CSystem
import Synchronization

/// Counts from any thread, and exactly.
///
/// The first thread that counts owns one half of the counter and adds to it without a locked instruction, which would
/// be most of what an unwanted event costs; the other threads share the other half. A thread that ended leaves its half
/// to the one that gets its number.
struct OwnedCounter: ~Copyable {
    private let owner = Atomic<UInt>(0)
    private let ownersCount = Atomic<UInt64>(0)
    private let othersCount = Atomic<UInt64>(0)

    /// Adds one.
    @inline(__always)
    func increment() {
        let thread = UInt(CSystem_thread())
        if owner.load(ordering: .relaxed) == thread || own(thread) {
            ownersCount.store(ownersCount.load(ordering: .relaxed) &+ 1, ordering: .relaxed)
        } else {
            othersCount.wrappingAdd(1, ordering: .relaxed)
        }
    }

    /// The sum, which counts all that happened before.
    var value: UInt64 { ownersCount.load(ordering: .relaxed) &+ othersCount.load(ordering: .relaxed) }

    private func own(_ thread: UInt) -> Bool {
        guard owner.load(ordering: .relaxed) == 0 else { return false }
        return owner.compareExchange(expected: 0, desired: thread, ordering: .relaxed).exchanged
    }
}

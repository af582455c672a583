// Faults by chance, from a seed.

import Synchronization

@testable import MongoStorage

/// Numbers and faults that look as if they came by chance, the same for each seed.
final class Chance: Sendable {
    private let state: Mutex<UInt64>

    init(_ seed: UInt64) { state = Mutex(seed &* 0x9e37_79b9_7f4a_7c15 | 1) }

    func number(below limit: UInt64) -> UInt64 {
        state.withLock { state in
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return state % limit
        }
    }

    /// Something goes wrong with one insert of four.
    func next() -> FakeWorld.Event {
        switch number(below: 28) {
        case 0: .breaksBefore
        case 1: .breaksAfter
        case 2: .breaksWithin
        case 3: .isGone
        case 4: .says(10107)
        case 5: .says(189)
        case 6: .says(13)
        default: .works
        }
    }
}

// Loops of routers, in simulated fabrics whose routers hear each other's beats.
import BSON
import Eventstorm
import Testing

@testable import Routing

private final class Node {
    var ledger = Ledger()
}

/// Routers by number; each hears the beats of those above it.
private struct Fabric {
    var watches: [LoopWatch]
    let nodes: [Node]
    let above: [Int: [Int]]
    let origins: [UInt64]
    var cuts: [Int] = []
    var mended: [Int] = []
    var now: UInt64 = 1_000_000_000

    init(_ origins: [UInt64], above: [Int: [Int]]) {
        self.origins = origins
        self.above = above
        watches = origins.map { LoopWatch(own: $0) }
        nodes = origins.map { _ in Node() }
    }

    /// A second passes: each sends its beat, which those below it get.
    mutating func step(_ links: [Int: [Int]]? = nil) {
        now += 1_000_000_000
        let beats = origins.indices.map { number in
            var beat = Beat(
                origin: origins[number], process: ProcessIdentity(role: "router", name: "r\(number)"), at: .now(),
                full: true)
            beat.via = watches[number].via(nodes[number].ledger.originEntries(now: now))
            return beat
        }
        for (number, others) in links ?? above {
            for other in others { nodes[number].ledger.observe(beats[other], now: now) }
        }
        for number in origins.indices {
            let (cut, mended) = watches[number].look(at: nodes[number].ledger.originEntries(now: now), now: now)
            cuts += cut.map { _ in number }
            self.mended += mended.map { _ in number }
        }
    }
}

@Suite("Loops of routers")
struct LoopWatchTests {
    private static let cases: [(name: String, origins: [UInt64], above: [Int: [Int]], cuts: Int)] = [
        ("a chain", [3, 1, 2], [1: [0], 2: [1]], 0),
        ("two side by side", [1, 2, 3, 4], [1: [0], 2: [0], 3: [1, 2]], 0),
        ("one that feeds itself", [7], [0: [0]], 1),
        ("two that feed each other", [5, 9], [0: [1], 1: [0]], 1),
        ("a ring of three", [5, 9, 2], [0: [1], 1: [2], 2: [0]], 1),
        ("a ring of six", [6, 5, 4, 3, 2, 1], [0: [1], 1: [2], 2: [3], 3: [4], 4: [5], 5: [0]], 1),
        ("a ring below a router of a smaller origin", [5, 9, 1], [0: [1, 2], 1: [0]], 1),
        ("two rings that share nothing", [1, 2, 3, 4], [0: [1], 1: [0], 2: [3], 3: [2]], 2),
    ]

    @Test("a loop is cut at one place, a tree nowhere", arguments: cases)
    func cut(row: (name: String, origins: [UInt64], above: [Int: [Int]], cuts: Int)) {
        var fabric = Fabric(row.origins, above: row.above)
        for _ in 0..<40 { fabric.step() }
        #expect(fabric.cuts.count == row.cuts, "\(row.name): cut by \(fabric.cuts)")
        #expect(fabric.mended.isEmpty)
    }

    @Test("a loop that is gone is mended")
    func mended() {
        var fabric = Fabric([5, 9], above: [0: [1], 1: [0]])
        for _ in 0..<10 { fabric.step() }
        #expect(fabric.cuts == [0])
        // The second router no longer subscribes to the first.
        for _ in 0..<20 { fabric.step([0: [1]]) }
        #expect(fabric.mended == [0])
        #expect(fabric.watches[0].cut.isEmpty)
    }

    @Test("routers beyond the limit are not named")
    func limited() throws {
        var ledger = Ledger()
        for number in 1...200 as ClosedRange<UInt64> {
            ledger.observe(
                Beat(origin: number, process: ProcessIdentity(role: "router", name: "r"), at: .now(), full: true),
                now: 1)
        }
        #expect(LoopWatch(own: 1_000).via(ledger.originEntries(now: 2)).count == Limits.viaRouters)
    }
}

// The ledger in a world of its own: a lossy link with fences racing events, links that break, patterns that change.
//
// Every run is told by its seed. Whatever happens, in the end each row must agree with the truth to the document.
import Testing

@testable import Eventstorm

@Suite("Ledger: simulation")
struct LedgerSimulationTests {
    @Test("received, lost and absent agree with the truth, whatever races and breaks", arguments: 0..<8)
    func agrees(lot: Int) throws {
        var first = SystemRandomNumberGenerator()
        for _ in 0..<50 {
            let seed = first.next()
            let world = try run(seed: seed, steps: 600, lossy: lot % 2 == 0)
            #expect(world.findings.isEmpty, "seed \(seed)")
        }
    }

    @Test(
        "the seeds that once found something",
        arguments: zip(
            [1, 2, 3, 4, 5, 17_765_542_623_419_978_481, 4_947_975_271_804_375_876],
            [true, true, true, true, true, true, false]))
    func known(seed: UInt64, lossy: Bool) throws {
        let world = try run(seed: seed, steps: lossy ? 2000 : 600, lossy: lossy)
        #expect(world.findings.isEmpty)
    }

    private func run(seed: UInt64, steps: Int, lossy: Bool) throws -> LedgerWorld {
        let world = LedgerWorld(seed: seed)
        try world.subscribe(["a.*"])
        for _ in 0..<steps { try step(world, lossy: lossy) }
        try world.settle()
        return world
    }

    private func step(_ world: LedgerWorld, lossy: Bool) throws {
        switch Int.random(in: 0..<100, using: &world.random) {
        case 0..<30: world.emit()
        case 30..<50: world.transfer()
        case 50..<70: try world.receive()
        case 70..<80: world.takeControl()
        case 80..<86: world.beat()
        case 86..<90: world.connect()
        case 90..<92: if lossy { world.disconnect() }
        case 92..<94:
            let patterns = LedgerWorld.patternTexts.filter { _ in Int.random(in: 0..<3, using: &world.random) == 0 }
            try world.subscribe(Set(patterns))
        case 94..<97:
            guard let name = LedgerWorld.names.randomElement(using: &world.random) else { return }
            if world.wantedByOthers.remove(name) == nil { world.wantedByOthers.insert(name) }
        default:
            // The subscriber sleeps or the publisher hurries: queues fill.
            for _ in 0..<5 { world.emit() }
        }
    }
}

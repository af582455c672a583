// A router that filters, samples, dedupes and throttles, under load and in trouble: the books balance to the event.
import Foundation
@testable import Service
import Testing

@Suite("A router that leaves events out", .serialized, .timeLimit(.minutes(5)))
struct RouteBooksTests {
    private static let routes = """
        {from: 'load', match: {n: {$mod: [4, 0]}}, sample: 0.5, stop: true},
        {from: 'load', match: {n: {$mod: [4, 1]}}, dedupe: {by: 's', window: '5ms'}, stop: true},
        {from: 'load', match: {n: {$mod: [4, 2]}}, throttle: {per_second: 500}, set: {late: true}, stop: true},
        """

    private func check(_ world: RoutedWorld) throws -> RoutedWorld.Sums {
        let sums = try world.end()
        #expect(sums.missing == 0, "\(sums)")
        #expect(sums.unknown == 0 && sums.absent == sums.unwanted, "\(sums)")
        for fate in ["filtered", "sampled", "deduplicated", "throttled"] {
            #expect(sums.leftOut[fate] ?? 0 > 1_000, "\(fate): \(sums)")
        }
        #expect(sums.received > 1_000, "\(sums)")
        return sums
    }

    @Test("in peace, nothing is lost and everything has its fate")
    func peace() throws {
        let world = try RoutedWorld(routes: Self.routes)
        try world.run(for: .seconds(5))
        let sums = try check(world)
        #expect(sums.lost == 0, "\(sums)")
    }

    @Test("asked to end and started again")
    func restarted() throws {
        let world = try RoutedWorld(routes: Self.routes)
        try world.run(for: .seconds(2))
        world.router.signal(SIGTERM)
        try world.run(for: .milliseconds(500))
        try world.router.start()
        try world.run(for: .seconds(4))
        _ = try check(world)
    }

    @Test("stopped for six seconds")
    func stopped() throws {
        let world = try RoutedWorld(routes: Self.routes)
        try world.run(for: .seconds(2))
        world.router.signal(SIGSTOP)
        try world.run(for: .seconds(6))
        world.router.signal(SIGCONT)
        try world.run(for: .seconds(5))
        let sums = try check(world)
        #expect(sums.absent > 0, "\(sums)")
    }

    @Test("over links that are cut for four seconds")
    func cut() throws {
        let world = try RoutedWorld(isRelayed: true, routes: Self.routes)
        try world.run(for: .seconds(2))
        world.breakLinks(.cut)
        try world.run(for: .seconds(4))
        world.mendLinks()
        let before = world.received
        try world.run(for: .seconds(10)) { $0.received > before + 1_000 }
        try world.run(for: .seconds(3))
        _ = try check(world)
    }
}

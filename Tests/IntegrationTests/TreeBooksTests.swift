// A tree of routers that leave events out, under load and in every trouble there is: the books balance to the event.
//
// Each lasts ES_TREE_SECONDS seconds, 15 if that is not set.
import Foundation
@testable import Service
import Testing

@Suite("A tree of routers in trouble", .serialized, .timeLimit(.minutes(5)))
struct TreeBooksTests {
    private static let seconds = ProcessInfo.processInfo.environment["ES_TREE_SECONDS"].flatMap { Int($0) } ?? 15
    /// Events per second of both sources.
    private static let rate: Int64 = 20_000

    private static let leaves = [
        "{from: 'load', match: {n: {$mod: [2, 0]}}, sample: 0.5, stop: true}",
        "{from: 'load', match: {n: {$not: {$mod: [5, 0]}}}, set: {leaf: 1}}",
    ]
    private static let routes = """
        {from: 'load', match: {n: {$mod: [4, 2]}}, throttle: {per_second: 500}, stop: true},
        {from: 'load', dedupe: {by: 'n', window: '1s'}},
        """

    /// What befalls the fabric.
    private enum Trouble: CaseIterable {
        case restart, sleep, brokenLink, fullQueues, kill
    }

    private func meet(_ trouble: Trouble, _ world: RoutedWorld) throws {
        let router = try #require(world.routers.randomElement())
        switch trouble {
        case .restart, .kill:
            router.signal(trouble == .kill ? SIGKILL : SIGTERM)
            try world.run(for: .milliseconds(Int.random(in: 50...500)))
            _ = router.waitForEnd()
            try router.start()
        case .sleep:
            router.signal(SIGSTOP)
            try world.run(for: .milliseconds(Int.random(in: 500...4_000)))
            router.signal(SIGCONT)
        case .brokenLink:
            let fault = try #require(Relay.Fault.allCases.randomElement())
            world.breakLink(Int.random(in: 0..<world.linkCount), fault)
            try world.run(for: .milliseconds(Int.random(in: 500...4_000)))
            world.mendLinks()
        case .fullQueues:
            world.payload = String(repeating: "x", count: 5_000)
            usleep(2_000_000)  // the sink's thread is this one: it does not read
            world.payload = "x"
        }
        let before = world.received
        try world.run(for: .seconds(10)) { $0.received > before + 1_000 }
        #expect(world.received > before + 1_000, "events flow again after \(trouble)")
        try world.run(for: .milliseconds(Int.random(in: 100...1_500)))
    }

    /// Lives through troubles of these kinds in any order, each at least once; returns how many they were.
    private func live(_ world: RoutedWorld, _ kinds: [Trouble]) throws -> Int {
        let end = ContinuousClock.now + .seconds(Self.seconds)
        try world.run(for: .seconds(2))
        var left = kinds.shuffled()
        var count = 0
        while !left.isEmpty || ContinuousClock.now < end {
            let next = try #require(left.popLast() ?? kinds.randomElement())
            try meet(next, world)
            count += 1
        }
        return count
    }

    @Test(
        "stopped, restarted, cut off, behind full queues: each event of each source has a fate, and nothing is unknown")
    func clean() throws {
        let world = try RoutedWorld(isRelayed: true, routes: Self.routes, leaves: Self.leaves)
        _ = try live(world, [.restart, .sleep, .brokenLink, .fullQueues])
        let sums = try world.end()
        #expect(sums.missing == 0 && sums.unknown == 0 && sums.absent == sums.unwanted, "\(sums)")
        for fate in ["filtered", "sampled", "deduplicated", "throttled"] {
            #expect(sums.leftOut[fate] ?? 0 > 1_000, "\(fate): \(sums)")
        }
        #expect(sums.received > 10_000 && sums.lost + sums.absent > 1_000, "\(sums)")
        if Self.seconds > 15 { print("tree:", sums) }
    }

    @Test("killed at random: each row balances, and what is unknown is no more than lies between two words")
    func killed() throws {
        let world = try RoutedWorld(isRelayed: true, routes: Self.routes, leaves: Self.leaves)
        let kills = try live(world, [.kill])
        let sums = try world.end()
        // What a router left out after its last word is known to nobody, so the sum lacks it, but never more than that.
        #expect(sums.missing <= 0 && sums.missing + sums.unknown >= 0, "\(sums)")
        #expect(sums.unknown > 0, "\(sums)")
        // From the last word, a second old, to the first stamp of the next router, half a second and its start later.
        #expect(sums.unknown < Int64(kills) * Self.rate * 5 / 2, "\(kills) kills: \(sums)")
        #expect(sums.received > 10_000, "\(sums)")
        if Self.seconds > 15 { print("tree, \(kills) kills:", sums) }
    }
}

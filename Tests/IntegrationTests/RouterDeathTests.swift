// A fabric whose router dies, stops or is cut off, under load: the books must balance to the event.
//
// A source and a sink in this process, the real eventstorm-router between them, and every status that any of them
// publishes taken into the books. The source counts what it emits; that is the truth the books are held against:
// emitted = received by the sink + lost + absent + unknown, over both links.
import Foundation
@testable import Service
import Testing

@Suite("A router that dies under load", .serialized, .timeLimit(.minutes(5)))
struct RouterDeathTests {
    @Test("killed and started again, all flows within a second, and what cannot be known is confined")
    func killed() throws {
        let world = try RoutedWorld()
        try world.run(for: .seconds(3))
        world.router.signal(SIGKILL)
        try world.run(for: .milliseconds(500))
        try world.router.start()
        let before = world.received
        let began = ContinuousClock.now
        try world.run(for: .seconds(5)) { $0.received > before }
        #expect(began.duration(to: .now) < .seconds(2), "events flow again")
        try world.run(for: .seconds(4))
        let sums = try world.end()
        #expect(sums.missing == 0, "\(sums)")
        // The last status of the old router was at most a second and a bit old.
        #expect(sums.unknown < 25_000, "\(sums)")
        #expect(sums.received > 50_000, "\(sums)")
    }

    @Test("asked to end and started again, everything is known")
    func restarted() throws {
        let world = try RoutedWorld()
        try world.run(for: .seconds(2))
        world.router.signal(SIGTERM)
        try world.run(for: .milliseconds(500))
        try world.router.start()
        try world.run(for: .seconds(4))
        let sums = try world.end()
        #expect(sums.missing == 0, "\(sums)")
        #expect(sums.unknown == 0 && sums.absent == sums.unwanted, "\(sums)")
    }

    @Test("stopped for ten seconds, everything is known")
    func stopped() throws {
        let world = try RoutedWorld()
        try world.run(for: .seconds(2))
        world.router.signal(SIGSTOP)
        try world.run(for: .seconds(10))
        world.router.signal(SIGCONT)
        try world.run(for: .seconds(5))
        let sums = try world.end()
        #expect(sums.missing == 0, "\(sums)")
        #expect(sums.unknown == 0 && sums.absent == sums.unwanted, "\(sums)")
        #expect(sums.absent > 0, "\(sums)")
    }

    @Test(
        "over links that are cut, dead or refused for four seconds, everything is known",
        arguments: Relay.Fault.allCases)
    func cutLinks(fault: Relay.Fault) throws {
        let world = try RoutedWorld(isRelayed: true)
        try world.run(for: .seconds(2))
        #expect(world.received > 0)
        world.breakLinks(fault)
        try world.run(for: .seconds(4))
        world.mendLinks()
        let before = world.received
        let began = ContinuousClock.now
        try world.run(for: .seconds(10)) { $0.received > before + 1_000 }
        #expect(began.duration(to: .now) < .seconds(5), "events flow again")
        try world.run(for: .seconds(3))
        let sums = try world.end()
        #expect(sums.missing == 0, "\(sums)")
        #expect(sums.unknown == 0 && sums.absent == sums.unwanted, "\(sums)")
        #expect(sums.lost + sums.absent > 10_000, "\(sums)")
    }

    @Test("behind a sink that does not read for three seconds, everything is known")
    func fullQueues() throws {
        let world = try RoutedWorld()
        world.payload = String(repeating: "x", count: 5_000)
        try world.run(for: .seconds(2))
        usleep(3_000_000)  // the sink's thread is this one: it does not read
        try world.run(for: .seconds(4))
        let sums = try world.end()
        #expect(sums.missing == 0, "\(sums)")
        #expect(sums.unknown == 0 && sums.absent == sums.unwanted, "\(sums)")
    }
}

// The status of a program that only receives.

import BSON
import Eventstorm
import Service
import Testing

@Suite("The status of a sink", .timeLimit(.minutes(1)))
struct SinkReporterTests {
    @Test("tells what was received and what became of it")
    func status() throws {
        var subscriber = try Subscriber(
            "viewer", from: [Endpoint("bind:tcp://127.0.0.1:*", usual: .bind)], patterns: [Pattern("_es.status")])
        let place = try #require(subscriber.bound.first)
        let reporter = try SinkReporter("archive", to: [Endpoint(place, usual: .connect)])
        var counts = FateCounts()
        counts.add(5, to: .received)
        counts.add(3, to: .stored)
        counts.add(2, to: .queued)
        var refused = RefusedPeers()
        refused.unknown = 4
        reporter.update(
            subscriber.ledger, fates: [try Topic("a.b"): counts], queuedBytes: 77, refusedPeers: refused)

        var found: StatusDocument?
        while found == nil {
            _ = try subscriber.receive(within: .seconds(5)) { delivery in
                try delivery.forEachDocument { found = try StatusDocument($0) }
            }
        }
        let status = try #require(found)
        #expect(status.beat.process.role == "sink" && status.beat.process.name == "archive")
        #expect(status.fates == [StatusDocument.FateRow(try Topic("a.b"), counts)])
        #expect(status.usage.queuedBytes == 77 && status.refusedPeers == refused)

        // What became of the rest is the last that is said.
        counts[.queued] = 0
        counts.add(2, to: .failed)
        reporter.update(subscriber.ledger, fates: [try Topic("a.b"): counts], queuedBytes: 0, refusedPeers: refused)
        reporter.close(within: .seconds(1))
        let end = ContinuousClock.now + .seconds(5)
        while found?.beat.final != true, ContinuousClock.now < end {
            _ = try subscriber.receive(within: .seconds(1)) { delivery in
                try delivery.forEachDocument { found = try StatusDocument($0) }
            }
        }
        #expect(found?.beat.final == true && found?.fates.first?.counts == counts)
        subscriber.close()
    }
}

// The books of small fabrics, written down by hand.
import BSON
import Eventstorm
import Testing

@testable import Books

/// A fabric whose processes say what they are told to say.
struct Fabric {
    var books = Books()
    var now: UInt64 = 100_000_000_000
    var clock: Int64 = 0

    static let second: UInt64 = 1_000_000_000

    mutating func wait(seconds: UInt64) { now += seconds * Fabric.second }

    /// A process publishes its status.
    mutating func say(
        _ origin: UInt64, _ name: String, role: String = "router", host: String = "alpha", started: Int64 = 0,
        final: Bool = false,
        sends: [(String, SendCounts)] = [], receives: [StatusDocument.Upstream] = [],
        fates: [(String, [(Fate, UInt64)])] = []
    ) throws {
        clock += 1
        var status = StatusDocument(
            Beat(
                origin: origin,
                process: ProcessIdentity(
                    role: role, name: name, host: host, pid: Int64(origin),
                    started: Datetime(millisecondsSinceEpoch: started)),
                at: Datetime(millisecondsSinceEpoch: clock), full: true, final: final,
                topics: try sends.map { Beat.Row(try Topic($0.0), $0.1) }))
        status.upstream = receives
        status.fates = try fates.map { topic, pairs in
            var counts = FateCounts()
            for (fate, count) in pairs { counts.add(count, to: fate) }
            return StatusDocument.FateRow(try Topic(topic), counts)
        }
        let document = Document { status.write(into: &$0) }
        try books.observe(document.view, now: now)
    }

    func report() -> BooksReport { books.report(now: now) }

    /// The numbers of a row that are not zero.
    func row(_ kind: BooksReport.Kind, _ process: String, _ upstream: String? = nil) -> String {
        let row = report().rows.first { $0.kind == kind && $0.process == process && $0.upstream == upstream }
        guard let row else { return "none" }
        return row.numbers.filter { $0.value != 0 }.map { "\($0.name) \($0.value)" }.joined(separator: " ")
            + (row.isBalanced ? "" : " off by \(row.difference)")
    }
}

/// What a process received: `received`, `lost` and the others as given.
func from(
    _ origin: UInt64, _ topic: String = "t", from: Int64 = 0, next: UInt64, lost: UInt64 = 0, malformed: UInt64 = 0,
    absent: UInt64 = 0, unwanted: UInt64? = 0, missing: UInt64 = 0
) throws -> StatusDocument.Upstream {
    var counts = ReceiveCounts()
    counts.lost = lost
    counts.malformed = malformed
    counts.absent = absent
    counts.received = UInt64(Int64(next) - from) - lost - malformed - missing
    return StatusDocument.Upstream(
        origin: origin, topic: try Topic(topic), from: from, next: next, counts: counts, unwanted: unwanted)
}

func sent(_ next: UInt64, unwanted: UInt64 = 0) -> SendCounts {
    SendCounts(next: next, emitted: next + unwanted, unwanted: unwanted)
}

@Suite("Books")
struct BooksTests {
    @Test("a fabric whose numbers add up is balanced")
    func balanced() throws {
        var fabric = Fabric()
        try fabric.say(1, "shop", role: "source", sends: [("t", sent(100, unwanted: 5))])
        try fabric.say(
            2, "r", sends: [("t", sent(80))],
            receives: [from(1, from: 10, next: 100, lost: 4, malformed: 1, unwanted: 5)],
            fates: [("t", [(.received, 85), (.forwarded, 80), (.filtered, 5), (.copies, 80)])])
        try fabric.say(
            3, "disk", role: "sink", receives: [from(2, next: 80)],
            fates: [("t", [(.received, 80), (.stored, 78), (.queued, 2)])])
        let report = fabric.report()
        #expect(report.isBalanced && report.rows.count == 6, "\(report.table)")
        #expect(fabric.row(.source, "shop") == "emitted 105 unwanted 5 sent 100")
        #expect(fabric.row(.link, "r", "shop") == "sent 100 from 10 received 85 lost 4 malformed 1")
        #expect(fabric.row(.link, "disk", "r") == "sent 80 received 80")
        #expect(fabric.row(.inside, "disk") == "received 80 stored 78 queued 2")
    }

    @Test("each identity that does not hold is told, and by how much")
    func unbalanced() throws {
        var fabric = Fabric()
        try fabric.say(1, "shop", role: "source", sends: [("t", SendCounts(next: 3, emitted: 5, unwanted: 1))])
        try fabric.say(
            2, "r", receives: [from(1, next: 3, missing: 2)], fates: [("t", [(.received, 3), (.forwarded, 4)])])
        #expect(fabric.row(.source, "shop") == "emitted 5 unwanted 1 sent 3 off by 1")
        #expect(fabric.row(.link, "r", "shop") == "sent 3 received 1 off by 2")
        #expect(fabric.row(.inside, "r") == "received 3 forwarded 4 off by -1")
        let report = fabric.report()
        #expect(!report.isBalanced && report.table.contains("4 rows, 3 of them do not add up") == false)
        #expect(report.table.contains("3 rows, 3 of them do not add up"))
    }

    @Test("what is under way is pending; what should have arrived long ago does not add up")
    func pending() throws {
        var fabric = Fabric()
        try fabric.say(1, "shop", role: "source", sends: [("t", sent(50))])
        try fabric.say(2, "disk", role: "sink", receives: [from(1, next: 40)])
        #expect(fabric.row(.link, "disk", "shop") == "sent 50 received 40 pending 10")
        #expect(fabric.report().isBalanced)
        fabric.wait(seconds: 4)
        try fabric.say(1, "shop", role: "source", sends: [("t", sent(70))])
        try fabric.say(2, "disk", role: "sink", receives: [from(1, next: 45)])
        #expect(fabric.row(.link, "disk", "shop") == "sent 70 received 45 pending 25 off by 5")
        try fabric.say(2, "disk", role: "sink", receives: [from(1, next: 50, lost: 5)])
        #expect(fabric.row(.link, "disk", "shop") == "sent 70 received 45 lost 5 pending 20")
    }

    @Test("a status that was overtaken by a later one is passed over, and so is all behind the last words")
    func order() throws {
        var fabric = Fabric()
        try fabric.say(1, "shop", role: "source", sends: [("t", sent(50))])
        fabric.clock = -5
        try fabric.say(1, "shop", role: "source", sends: [("t", sent(40))])
        #expect(fabric.row(.source, "shop") == "emitted 50 sent 50")
        fabric.clock = 10
        try fabric.say(1, "shop", role: "source", final: true, sends: [("t", sent(60))])
        try fabric.say(1, "shop", role: "source", sends: [("t", sent(70))])
        #expect(fabric.row(.source, "shop") == "emitted 60 sent 60")
        #expect(fabric.report().members.map(\.state) == [.closed])
    }

    @Test("what strangers say never makes the books trap")
    func hostile() throws {
        var random = SystemRandomNumberGenerator()
        let values: [UInt64] = [0, 1, UInt64(Int64.max), UInt64(Int64.max) - 1, 1 << 62]
        for _ in 0..<300 {
            var fabric = Fabric()
            for origin: UInt64 in 1...4 {
                func any() -> UInt64 { values.randomElement(using: &random) ?? 0 }
                var row = try from(UInt64.random(in: 1...5, using: &random), next: 0, unwanted: any())
                row.next = any()
                row.from = Bool.random(using: &random) ? .min : Int64(clamping: any())
                row.counts.received = any()
                row.counts.lost = any()
                row.counts.absent = any()
                row.counts.unknown = any()
                fabric.wait(seconds: UInt64.random(in: 0...20, using: &random))
                try fabric.say(
                    origin, origin < 3 ? "x" : "y", final: Bool.random(using: &random),
                    sends: [
                        ("t", SendCounts(next: any(), emitted: any(), unwanted: any(), refused: any(), queued: any()))
                    ],
                    receives: [row, row], fates: [("t", [(.received, any()), (.forwarded, any()), (.failed, any())])])
            }
            #expect(!fabric.report().table.isEmpty)
            _ = Document { fabric.report().write(into: &$0) }
        }
    }

    @Test("the table is aligned, and the document says the same")
    func output() throws {
        var fabric = Fabric()
        #expect(fabric.report().table == "no status was heard\n")
        try fabric.say(1, "shop", role: "source", sends: [("shop.order", sent(1000, unwanted: 5))])
        try fabric.say(
            2, "disk", role: "sink", receives: [from(1, "shop.order", next: 999, unwanted: 5)],
            fates: [("shop.order", [(.received, 999), (.stored, 999)])])
        let expected = """
            process  role    host:pid  state
            disk     sink    alpha:2   alive
            shop     source  alpha:1   alive

            sources: emitted = unwanted + refused + queued + sent
            process  topic       emitted  unwanted  refused  queued  sent
            shop     shop.order     1005         5        0       0  1000

            links: sent - from = received + lost + malformed + unknown + pending; absent stands beside it
            process  upstream  topic       sent  from  received  lost  malformed  absent  unknown  pending
            disk     shop      shop.order  1000     0       999     0          0       0        0        1

            inside: received = what became of it
            process  topic       received  fates
            disk     shop.order       999  stored 999

            3 rows, all of them add up

            """
        #expect(fabric.report().table == expected)
        let document = Document { fabric.report().write(into: &$0) }
        let pending = document.view.find(path: "links.0.pending")?.integer
        let balanced = document.view["balanced"]?.bool
        let stored = document.view.find(path: "insides.0.stored")?.integer
        let name = document.view.find(path: "processes.1.name")?.string
        #expect(pending == 1 && balanced == true && stored == 999 && name == "shop")
    }
}

// The ledger's rules, one by one.
import BSON
import Testing

@testable import Eventstorm

@Suite("Ledger: stamps")
struct LedgerStampTests {
    @Test("what follows the sequence is received, a jump ahead is lost")
    func sequence() throws {
        let bench = try LedgerBench()
        #expect(try bench.stamp("a", 10, 5) == .deliver)
        #expect(try bench.stamp("a", 15) == .deliver)
        #expect(try bench.stamp("a", 20, 2) == .deliver)
        #expect(bench.row("a") == "from 10 next 22 received 8 lost 4")
    }

    @Test("what arrives late fills its gap once, then it is repeated")
    func late() throws {
        let bench = try LedgerBench()
        for sequence: UInt64 in [0, 10, 20] { try bench.stamp("a", sequence, 2) }
        #expect(bench.row("a") == "from 0 next 22 received 6 lost 16")
        #expect(try bench.stamp("a", 4, 3) == .deliver)
        #expect(bench.row("a") == "from 0 next 22 received 9 lost 13")
        #expect(try bench.stamp("a", 4, 3) == .repeated)
        #expect(try bench.stamp("a", 0, 2) == .repeated)
        #expect(bench.row("a") == "from 0 next 22 received 9 lost 13 repeated 5")
        #expect(try bench.stamp("a", 2, 2) == .deliver)
        #expect(try bench.stamp("a", 7, 3) == .deliver)
        #expect(try bench.stamp("a", 12, 8) == .deliver)
        #expect(bench.row("a") == "from 0 next 22 received 22 repeated 5")
    }

    @Test("a message that is partly new delivers only its new documents")
    func partly() throws {
        let bench = try LedgerBench()
        for sequence: UInt64 in [0, 4, 8] { try bench.stamp("a", sequence, 2) }  // 2,3 and 6,7 are missing
        #expect(try bench.stamp("a", 1, 11) == .partly)
        #expect(bench.ledger.newDocuments == [1..<3, 5..<7, 9..<11])
        #expect(bench.row("a") == "from 0 next 12 received 12 repeated 5")
    }

    @Test("sixty-four gaps are remembered, the oldest makes room")
    func gapLimit() throws {
        let bench = try LedgerBench()
        for index in 0..<66 { try bench.stamp("a", UInt64(index) * 2) }
        #expect(bench.row("a") == "from 0 next 131 received 66 lost 65")
        #expect(try bench.stamp("a", 1) == .repeated)
        for index in 1..<65 { #expect(try bench.stamp("a", UInt64(index) * 2 + 1) == .deliver) }
        #expect(bench.row("a") == "from 0 next 131 received 130 lost 1 repeated 1")
    }

    @Test("splitting a gap when all are in use forgets the oldest, but not what was lost")
    func gapSplit() throws {
        let bench = try LedgerBench()
        for index in 0..<65 { try bench.stamp("a", UInt64(index) * 4) }
        try bench.stamp("a", 4 * 64 - 2)  // the middle of the last gap
        #expect(try bench.stamp("a", 1, 3) == .repeated)
        #expect(try bench.stamp("a", 4 * 64 - 3) == .deliver)
        #expect(try bench.stamp("a", 4 * 64 - 1) == .deliver)
        #expect(bench.row("a") == "from 0 next 257 received 68 lost 189 repeated 3")
    }

    @Test("a bad payload under a good stamp advances the sequence")
    func malformed() throws {
        let bench = try LedgerBench()
        try bench.stamp("a", 0, 2)
        #expect(try bench.stamp("a", 2, 3, fault: .payload) == .malformed)
        #expect(try bench.stamp("a", 7, 1, fault: .size) == .malformed)
        #expect(try bench.stamp("a", 5, 2, fault: .payload) == .malformed)
        #expect(try bench.stamp("a", 0, 2, fault: .payload) == .malformed)
        #expect(bench.row("a") == "from 0 next 8 received 2 malformed 6 repeated 2")
        #expect(bench.ledger.malformed[.payload] == 3 && bench.ledger.malformed[.size] == 1)
        #expect(bench.ledger.malformed.total == 4)
    }

    @Test("a jump of more than 2^32 either way is a reset, not a loss, and the sum stays right")
    func reset() throws {
        let bench = try LedgerBench()
        try bench.stamp("a", 0, 5)
        try bench.stamp("a", 5 + (1 << 32))
        #expect(bench.row("a") == "from 0 next \(6 + (1 << 32)) received 6 lost \(1 << 32)")
        try bench.stamp("a", 1 << 40)
        try bench.stamp("a", 3)
        let entry = try #require(bench.ledger.entries.first)
        #expect(entry.counts.received == 8 && entry.next == 4 && entry.resets == 2)
        #expect(Int64(entry.next) - entry.from == 8 + (1 << 32))
        #expect(bench.ledger.resets == 2)
        #expect(try bench.stamp("a", 2) == .repeated)
    }

    @Test("what strangers send never makes a counter wrap or trap")
    func saturates() throws {
        let bench = try LedgerBench()
        let end = Limits.sequenceEnd
        for _ in 0..<10 {
            try bench.stamp("a", 0, 1)
            try bench.stamp("a", end - 65_535, 65_535)
            try bench.beat([("a", end, end), ("b", end, end)], full: true)
            try bench.beat([("a", 0, 0)])
        }
        #expect(bench.ledger.resets > 0)
        var counts = ReceiveCounts()
        counts.lost = .max
        counts.add(counts)
        #expect(counts.lost == UInt64(Int64.max))
    }

    @Test("rows are told apart by origin and topic, and only what is asked for has one")
    func rows() throws {
        let bench = try LedgerBench(patterns: ["shop.*"])
        try bench.stamp("shop.a", 0, origin: 1)
        try bench.stamp("shop.a", 5, origin: 2)
        try bench.stamp("shop.b", 7, origin: 1)
        #expect(try bench.stamp("shop", 0) == nil)
        #expect(try bench.stamp("_es.beat", 0) == nil)
        #expect(bench.row("shop.a", origin: 1) == "from 0 next 1 received 1")
        #expect(bench.row("shop.a", origin: 2) == "from 5 next 6 received 1")
        #expect(bench.row("shop.b") == "from 7 next 8 received 1")
        #expect(bench.ledger.rowCount == 3 && bench.ledger.originCount == 2)
    }
}

@Suite("Ledger: fences and beats")
struct LedgerFenceTests {
    @Test("the baseline is the first stamp when that comes before the fence")
    func stampFirst() throws {
        let bench = try LedgerBench()
        try bench.beat([("a", 90, 3)], full: true)  // came before the subscription to 'a' was in force: says nothing
        try bench.stamp("a", 95)
        try bench.answer([("a", 98, 3)])
        #expect(bench.row("a") == "from 95 next 98 received 1 lost 2")
    }

    @Test("else it is what the fence says, and 0 when the fence does not list the topic")
    func fenceFirst() throws {
        let bench = try LedgerBench()
        try bench.answer([("a", 50, 7)])
        #expect(bench.row("a") == "from 50 next 50")
        try bench.stamp("a", 52)
        try bench.stamp("b", 3)
        #expect(bench.row("a") == "from 50 next 53 received 1 lost 2")
        #expect(bench.row("b") == "from 0 next 4 received 1 lost 3")
    }

    @Test("a topic born while the subscriber was stalled is lost from its first event on")
    func bornWhileStalled() throws {
        let bench = try LedgerBench()
        try bench.answer([])
        try bench.beat([("b", 40, 0)])
        #expect(bench.row("b") == "from 0 next 40 lost 40")
        #expect(try bench.stamp("b", 38, 2) == .deliver)  // was only late
        #expect(bench.row("b") == "from 0 next 40 received 2 lost 38")
    }

    @Test("a beat makes the counts up to it exact, and one that comes late changes nothing")
    func beats() throws {
        let bench = try LedgerBench()
        try bench.answer([("a", 0, 0)])
        try bench.stamp("a", 0, 10)
        try bench.beat([("a", 15, 0)])
        try bench.beat([("a", 12, 0)])
        try bench.beat([("a", 20, 0)])
        #expect(bench.row("a") == "from 0 next 20 received 10 lost 10")
        #expect(try bench.stamp("a", 20) == .deliver)
    }

    @Test("after a reconnect the old expectation stays")
    func reconnect() throws {
        let bench = try LedgerBench()
        try bench.answer([("a", 5, 1)])
        try bench.stamp("a", 5)
        // Disconnected: ten are sent to others, four nobody wants. The same nonce is answered again.
        try bench.answer([("a", 16, 5), ("born", 3, 2)])
        try bench.stamp("a", 16)
        #expect(bench.row("a") == "from 5 next 17 received 2 lost 10 absent 4")
        #expect(bench.row("born") == "from 0 next 3 lost 3 absent 2")
    }

    @Test("absent begins with the first beat or fence behind the row's first stamp")
    func absentBaseline() throws {
        let bench = try LedgerBench()
        try bench.stamp("a", 4)
        try bench.beat([("a", 5, 100)])
        try bench.answer([("a", 5, 100)])
        try bench.beat([("a", 5, 103)])
        try bench.beat([("a", 5, 101)])
        #expect(bench.row("a") == "from 4 next 5 received 1 absent 3")
    }

    @Test("a changed pattern set keeps what is known and begins the rest anew")
    func changedPatterns() throws {
        let bench = try LedgerBench(patterns: ["a.*"])
        try bench.answer([("a.x", 5, 0), ("b.x", 5, 0)])
        #expect(bench.row("b.x") == "none")
        try bench.subscribe(["a.*", "b.*"])
        try bench.stamp("a.new", 3)  // born since the first fence: 'a.*' was in force all the time
        try bench.beat([("b.x", 8, 0)])  // 'b.*' may not be in force yet
        #expect(bench.row("b.x") == "none")
        try bench.answer([("a.x", 7, 0), ("a.new", 4, 0), ("b.x", 9, 2), ("a.newer", 2, 0)])
        #expect(bench.row("a.x") == "from 5 next 7 lost 2")
        #expect(bench.row("a.new") == "from 0 next 4 received 1 lost 3")
        #expect(bench.row("a.newer") == "from 0 next 2 lost 2")
        #expect(bench.row("b.x") == "from 9 next 9")
    }

    @Test("two changes in a row: the answer to the first still proves its own patterns")
    func twoChanges() throws {
        let bench = try LedgerBench(patterns: ["a"])
        let first = bench.nonce
        try bench.subscribe(["a", "b"])
        let second = bench.nonce
        try bench.subscribe(["b", "c"])
        try bench.answer([("a", 5, 0), ("b", 5, 0), ("c", 5, 0)], nonce: first)
        #expect(bench.row("a") == "none" && bench.row("b") == "none" && bench.row("c") == "none")
        try bench.answer([("b", 6, 0), ("c", 6, 0)], nonce: second)
        #expect(bench.row("b") == "from 6 next 6" && bench.row("c") == "none")
        try bench.answer([("b", 7, 0), ("c", 7, 0)])
        #expect(bench.row("b") == "from 6 next 7 lost 1" && bench.row("c") == "from 7 next 7")
    }

    @Test("a pattern taken away and added again begins its books anew")
    func removedAndAdded() throws {
        let bench = try LedgerBench(patterns: ["a", "b"])
        try bench.answer([("a", 5, 0), ("b", 5, 0)])
        try bench.subscribe(["b"])
        #expect(bench.row("a") == "none" && bench.row("b") == "from 5 next 5")
        try bench.subscribe(["a", "b"])
        try bench.answer([("a", 9, 4), ("b", 5, 0)])
        #expect(bench.row("a") == "from 9 next 9" && bench.row("b") == "from 5 next 5")
    }

    @Test("an answer in parts is complete with its last part, and only if none is missing")
    func parts() throws {
        let bench = try LedgerBench()
        try bench.answer([("a", 5, 0)], part: 0, more: true)
        try bench.stamp("z", 30)
        try bench.answer([("b", 6, 0)], part: 1)
        #expect(bench.row("a") == "from 5 next 5" && bench.row("b") == "from 6 next 6")
        #expect(bench.row("z") == "from 30 next 31 received 1")
        try bench.stamp("y", 4)
        #expect(bench.row("y") == "from 0 next 5 received 1 lost 4")

        let broken = try LedgerBench()
        try broken.answer([("b", 6, 0)], part: 1)
        try broken.stamp("y", 4)
        #expect(broken.row("b") == "from 6 next 6")
        #expect(broken.row("y") == "from 4 next 5 received 1")
        #expect(broken.fenced == [false])
    }

    @Test("the answer to another subscriber's fence is a beat like any other")
    func foreignFence() throws {
        let bench = try LedgerBench()
        try bench.stamp("a", 5)
        try bench.answer([("a", 7, 0), ("b", 3, 0)], nonce: FenceNonce(value: 999))
        #expect(bench.row("a") == "from 5 next 7 received 1 lost 1")
        #expect(bench.row("b") == "none")
    }

    @Test("a fence that an origin does not answer is renewed, less and less often")
    func overdue() throws {
        let bench = try LedgerBench()
        let second: UInt64 = 1_000_000_000
        try bench.beat([])
        #expect(!bench.isOverdue)
        func ages(seconds: UInt64) throws {
            bench.now += seconds * second
            try bench.beat([])
        }
        try ages(seconds: 3)
        #expect(bench.isOverdue)
        try bench.subscribe(["*"])
        try ages(seconds: 4)
        #expect(!bench.isOverdue)
        try ages(seconds: 2)
        #expect(bench.isOverdue)
        try bench.answer([])
        #expect(!bench.isOverdue)
    }
}

@Suite("Ledger: limits and origins")
struct LedgerLimitTests {
    @Test("the row silent for longest makes room, and its counts are kept together")
    func rowOverflow() throws {
        let bench = try LedgerBench(rows: 3)
        for topic in ["a", "b", "c"] { try bench.stamp(topic, 0) }
        try bench.stamp("a", 1)
        try bench.stamp("d", 0)  // 'b' makes room
        #expect(bench.row("b") == "none" && bench.ledger.overflow == 1)
        #expect(bench.ledger.forgotten.received == 1 && bench.ledger.total.received == 5)
        try bench.answer([])
        try bench.stamp("b", 1)  // known once: its books begin here, not at 0
        #expect(bench.row("b") == "from 1 next 2 received 1")
        #expect(bench.row("c") == "none" && bench.ledger.rowCount == 3)
    }

    @Test("the origin silent for longest makes room with all its rows")
    func originOverflow() throws {
        let bench = try LedgerBench(origins: 2)
        try bench.stamp("a", 0, origin: 1)
        try bench.stamp("b", 0, origin: 1)
        try bench.stamp("a", 0, origin: 2)
        try bench.stamp("a", 0, origin: 3)
        #expect(bench.row("a", origin: 1) == "none" && bench.row("b", origin: 1) == "none")
        #expect(bench.ledger.originCount == 2 && bench.ledger.rowCount == 2 && bench.ledger.overflow == 1)
    }

    @Test("many rows come and go, and each is found by its own name")
    func churn() throws {
        var generator = SystemRandomNumberGenerator()
        let seed = generator.next()
        print("churn seed \(seed)")
        var random = SeededGenerator(seed: seed)
        let bench = try LedgerBench(origins: 20, rows: 200)
        var expected: [String: UInt64] = [:]
        for _ in 0..<20_000 {
            let origin = UInt64.random(in: 1...30, using: &random)
            let topic = "t\(Int.random(in: 0..<20, using: &random))"
            let key = "\(origin) \(topic)"
            if !bench.knows(topic, origin: origin) { expected[key] = 0 }
            try bench.stamp(topic, expected[key, default: 0], origin: origin)
            expected[key, default: 0] += 1
        }
        for entry in bench.ledger.entries {
            #expect(entry.counts.lost == 0 && entry.next == expected["\(entry.origin) \(entry.topic)"])
        }
        #expect(bench.ledger.rowCount <= 200 && bench.ledger.originCount <= 20)
        #expect(bench.ledger.total.received == 20_000)
    }

    @Test("an origin is silent after three seconds without a beat, gone after ten, closed when it says so")
    func states() throws {
        let bench = try LedgerBench()
        let second: UInt64 = 1_000_000_000
        try bench.beat([])
        let start = bench.now
        let ages: [(UInt64, OriginState)] = [
            (0, .alive), (3 * second - 1, .alive), (3 * second, .silent), (10 * second, .gone),
        ]
        for (age, state) in ages { #expect(bench.states(at: start + age) == [state]) }
        bench.now += 11 * second
        try bench.stamp("a", 0)
        #expect(bench.states() == [.gone])  // its beats do not come
        try bench.beat([], final: true)
        #expect(bench.states() == [.closed])
    }

    @Test("an origin that never beats counts as alive while its messages come")
    func beatless() throws {
        let bench = try LedgerBench()
        try bench.stamp("a", 0)
        bench.now += 9_000_000_000
        try bench.stamp("a", 1)
        #expect(bench.states() == [.alive])
        #expect(!bench.isOverdue)
    }
}

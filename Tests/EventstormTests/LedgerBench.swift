// A ledger with a hand on it, and randomness that can be had again.
import BSON
import Testing

@testable import Eventstorm

/// A ledger with a hand on it: short words for what arrives, and one line of counts for what came of it.
final class LedgerBench {
    var ledger: Ledger
    var now: UInt64 = 1_000_000_000
    var nonce = FenceNonce(value: 0)
    private var nonces: UInt64 = 0

    init(patterns: [String]? = ["*"], origins: Int = Limits.ledgerOrigins, rows: Int = Limits.ledgerRows) throws {
        ledger = Ledger(originLimit: origins, rowLimit: rows)
        if let patterns { try subscribe(patterns) }
    }

    func subscribe(_ patterns: [String]) throws {
        nonces += 1
        nonce = FenceNonce(value: nonces)
        ledger.beginFence(nonce, patterns: try patterns.map(Pattern.init), now: now)
    }

    /// A message arrives; nil when nobody asked for the topic.
    @discardableResult
    func stamp(
        _ topic: String, _ sequence: UInt64, _ count: UInt16 = 1, origin: UInt64 = 1, fault: MalformedReason? = nil
    ) throws -> Ledger.Verdict? {
        now += 1
        let stamp = Stamp(origin: origin, sequence: sequence, count: count)
        let topic = try Topic(topic)
        guard
            let row = ledger.row(origin: origin, topic: topic.utf8.span.bytes)
                ?? ledger.addRow(origin: origin, topic: topic, now: now)
        else { return nil }
        return ledger.observe(stamp, row: row, fault: fault, now: now)
    }

    func beat(
        _ rows: [(String, next: UInt64, unwanted: UInt64)], origin: UInt64 = 1, full: Bool = false, final: Bool = false
    ) throws {
        try say(rows, origin: origin, full: full, final: final)
    }

    /// The origin answers the current fence, or the one of `nonce`.
    func answer(
        _ rows: [(String, next: UInt64, unwanted: UInt64)], origin: UInt64 = 1, nonce: FenceNonce? = nil,
        part: UInt64 = 0,
        more: Bool = false
    ) throws {
        try say(rows, origin: origin, full: true, more: more, nonce: nonce ?? self.nonce, part: part)
    }

    private func say(
        _ rows: [(String, next: UInt64, unwanted: UInt64)], origin: UInt64, full: Bool, final: Bool = false,
        more: Bool = false, nonce: FenceNonce? = nil, part: UInt64 = 0
    ) throws {
        now += 1
        let beat = Beat(
            origin: origin, process: ProcessIdentity(role: "source", name: "n"),
            at: Datetime(millisecondsSinceEpoch: 0),
            full: full, more: more, final: final,
            topics: try rows.map {
                Beat.Row(try Topic($0.0), SendCounts(next: $0.next, unwanted: $0.unwanted))
            })
        ledger.observe(beat, fence: nonce, part: part, now: now)
    }

    var isOverdue: Bool { ledger.isFenceOverdue(now: now) }
    var fenced: [Bool] { ledger.originEntries(now: now).map(\.isFenced) }
    func states(at time: UInt64? = nil) -> [OriginState] { ledger.originEntries(now: time ?? now).map(\.state) }

    func knows(_ topic: String, origin: UInt64) -> Bool {
        let bytes = [UInt8](topic.utf8)
        return ledger.row(origin: origin, topic: bytes.span.bytes) != nil
    }

    /// The counts of a row that are not zero, such as `from 3 next 9 received 6`.
    func row(_ topic: String, origin: UInt64 = 1) -> String {
        guard let entry = ledger.entries.first(where: { $0.origin == origin && $0.topic.name == topic }) else {
            return "none"
        }
        let counts = entry.counts
        let numbers: [(String, UInt64)] = [
            ("received", counts.received), ("lost", counts.lost), ("malformed", counts.malformed),
            ("absent", counts.absent), ("unknown", counts.unknown), ("repeated", counts.repeated),
        ]
        let shown = numbers.filter { $0.1 > 0 }.map { "\($0.0) \($0.1)" }
        return (["from \(entry.from)", "next \(entry.next)"] + shown).joined(separator: " ")
    }
}

/// A random generator whose run is told by its seed.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}

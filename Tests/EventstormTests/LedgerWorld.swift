// A small world in which the truth is known: a publisher, a lossy link with its races, and a subscriber with a ledger.
//
// The publisher counts sequences and unwanted events per topic, takes in subscriptions one by one, and has a bounded
// queue for the subscriber. A link that breaks loses part of what is under way; what the subscriber already has in
// its queue it still reads, mixed with what the next link brings. The ledger sees only what arrives.
import BSON
import Testing

@testable import Eventstorm

final class LedgerWorld {
    struct TopicState {
        var next: UInt64 = 0
        var unwanted: UInt64 = 0
        var changed = 0  // the beat before which it changed last
        var isCovered = false  // by our subscriptions, as the publisher knows them
        var period = 0  // how often that began or ended
    }

    enum Item {
        case event(topic: String, sequence: UInt64, count: UInt16, unwanted: UInt64, period: Int)
        case beat(Beat)
        case answer(Beat, nonce: UInt64, part: UInt64)
    }

    enum Control {
        case subscribe(String)
        case unsubscribe(String)
        case fence(UInt64)
    }

    /// What must be true of a row of the ledger.
    struct Truth {
        var from: UInt64
        var delivered: Set<UInt64> = []
        var unwantedAtStart: UInt64?  // as far as the subscriber can know; nil before the origin's first word
        var unwantedWhenSent: UInt64?  // when the first message left
        var periodWhenSent = 0
    }

    var random: SeededGenerator
    var topics: [String: TopicState] = [:]
    var wantedByOthers: Set<String> = []
    var beats = 0
    var emissions = 0

    // The link.
    var isConnected = false
    var inForce: Set<String> = []  // subscriptions that the publisher has taken in
    var controls: [Control] = []  // on their way to the publisher
    var outbound: [Item] = []  // the publisher's queue for us, bounded
    var inbound: [[Item]] = []  // our own queues, one for each link that was
    let outboundLimit = 6

    // The subscriber.
    var ledger = Ledger()
    var now: UInt64 = 0
    var patterns: Set<String> = []
    var nonce: UInt64 = 0
    var coveredSince: [String: UInt64] = [:]  // the nonce with which our patterns began to cover the topic
    var answered: Set<String> = []  // topics covered since a nonce that was answered completely
    var partsOfAnswer: [UInt64: UInt64] = [:]  // by nonce: how many parts came without a gap
    var truths: [String: Truth] = [:]
    var findings: [String] = []  // where the ledger and the truth disagree

    init(seed: UInt64) { random = SeededGenerator(seed: seed) }
}

// MARK: - The publisher

extension LedgerWorld {
    static let names = ["a", "a.x", "b", "b.x", "c.x.y"] + (0..<20).flatMap { ["a.t\($0)", "b.t\($0)"] }
    static let patternTexts = ["a", "a.*", "b", "b.*", "c.*", "*", "a.x"]

    static func covers(_ patterns: Set<String>, _ topic: String) -> Bool {
        patterns.contains { pattern in
            pattern == "*" || pattern == topic || (pattern.hasSuffix(".*") && topic.hasPrefix(pattern.dropLast()))
        }
    }

    func emit() {
        // One topic after another is born; the young ones are as busy as the old ones.
        emissions += 1
        guard let name = LedgerWorld.names.prefix(3 + emissions / 8).randomElement(using: &random) else { return }
        let count = UInt16.random(in: 1...3, using: &random)
        var state = topics[name, default: TopicState(changed: beats)]
        updateCoverage(name, &state)
        state.changed = beats
        if !state.isCovered && !wantedByOthers.contains(name) {
            state.unwanted += UInt64(count)
        } else {
            let item = Item.event(
                topic: name, sequence: state.next, count: count, unwanted: state.unwanted, period: state.period)
            state.next += UInt64(count)
            if state.isCovered { push(item) }
        }
        topics[name] = state
    }

    private func updateCoverage(_ name: String, _ state: inout TopicState) {
        let isCovered = isConnected && LedgerWorld.covers(inForce, name)
        if isCovered != state.isCovered { state.period += 1 }
        state.isCovered = isCovered
    }

    func updateCoverage() {
        for name in topics.keys {
            var state = topics[name] ?? TopicState()
            updateCoverage(name, &state)
            topics[name] = state
        }
    }

    func push(_ item: Item) {
        if outbound.count < outboundLimit { outbound.append(item) }
    }

    func listed(full: Bool) -> [Beat.Row] {
        topics.compactMap { name, state in
            guard full || state.changed + 3 >= beats, let topic = try? Topic(name) else { return nil }
            // `queued` means nothing to a ledger: here it carries the period, for the truth.
            return Beat.Row(
                topic, SendCounts(next: state.next, unwanted: state.unwanted, queued: UInt64(state.period)))
        }
    }

    func makeBeat(full: Bool, more: Bool = false, _ rows: [Beat.Row]) -> Beat {
        Beat(
            origin: 1, process: ProcessIdentity(role: "source", name: "s"), at: Datetime(millisecondsSinceEpoch: 0),
            full: full, more: more, topics: rows)
    }

    func beat() {
        beats += 1
        let full = beats % 10 == 0
        if isConnected && inForce.contains("_es.beat") { push(.beat(makeBeat(full: full, listed(full: full)))) }
    }

    /// The publisher takes in one subscription.
    func takeControl() {
        if controls.isEmpty { return }
        switch controls.removeFirst() {
        case .subscribe(let pattern): inForce.insert(pattern)
        case .unsubscribe(let pattern): inForce.remove(pattern)
        case .fence(let nonce):
            let rows = listed(full: true).sorted { $0.topic < $1.topic }
            if Bool.random(using: &random) {
                let cut = rows.count / 2
                push(.answer(makeBeat(full: true, more: true, Array(rows[..<cut])), nonce: nonce, part: 0))
                push(.answer(makeBeat(full: true, Array(rows[cut...])), nonce: nonce, part: 1))
            } else {
                push(.answer(makeBeat(full: true, rows), nonce: nonce, part: 0))
            }
        }
        updateCoverage()
    }
}

// MARK: - The link

extension LedgerWorld {
    func connect() {
        if isConnected { return }
        isConnected = true
        inbound.append([])
        controls = (patterns.union(["_es.beat"])).sorted().map(Control.subscribe) + [.fence(nonce)]
    }

    func disconnect() {
        if !isConnected { return }
        let arrived = Int.random(in: 0...outbound.count, using: &random)
        inbound[inbound.count - 1] += outbound[..<arrived]
        outbound = []
        controls = []
        inForce = []
        isConnected = false
        updateCoverage()
    }

    /// One message travels from the publisher's queue to ours.
    func transfer() {
        if isConnected && !outbound.isEmpty { inbound[inbound.count - 1].append(outbound.removeFirst()) }
    }
}

// MARK: - The subscriber

extension LedgerWorld {
    func subscribe(_ wanted: Set<String>) throws {
        let added = wanted.subtracting(patterns).sorted().map(Control.subscribe)
        let removed = patterns.subtracting(wanted).sorted().map(Control.unsubscribe)
        nonce += 1
        patterns = wanted
        if isConnected { controls += added + removed + [.fence(nonce)] }
        ledger.beginFence(FenceNonce(value: nonce), patterns: try wanted.map(Pattern.init), now: now)
        for name in LedgerWorld.names {
            if !LedgerWorld.covers(wanted, name) {
                coveredSince[name] = nil
                answered.remove(name)
                truths[name] = nil
            } else if coveredSince[name] == nil {
                coveredSince[name] = nonce
            }
        }
    }

    func receive() throws {
        let ready = inbound.indices.filter { !inbound[$0].isEmpty }
        guard let queue = ready.randomElement(using: &random) else { return }
        now += 1
        switch inbound[queue].removeFirst() {
        case .beat(let beat):
            noteTold(beat, nonce: nil)
            ledger.observe(beat, now: now)
        case .answer(let beat, let nonce, let part):
            // The socket's own filter: an old nonce passes only while everything is subscribed to.
            guard nonce == self.nonce || patterns.contains("*") else { return }
            // After many changes of the patterns, an answer to a forgotten fence is a beat like any other.
            let isRemembered = nonce + UInt64(Ledger.fenceMemory) > self.nonce
            noteTold(beat, nonce: isRemembered ? nonce : nil)
            if isRemembered { noteAnswer(beat, nonce: nonce, part: part) }
            ledger.observe(beat, fence: FenceNonce(value: nonce), part: part, now: now)
        case .event(let name, let sequence, let count, let unwanted, let period):
            guard LedgerWorld.covers(patterns, name) else { return }
            let stamp = Stamp(origin: 1, sequence: sequence, count: count)
            noteEvent(name, stamp, unwanted: unwanted, period: period)
            try take(name, stamp)
        }
    }

    private func take(_ name: String, _ stamp: Stamp) throws {
        guard let row = ledger.addRow(origin: 1, topic: try Topic(name), now: now) else {
            findings.append("no row for \(name), which \(patterns) ask for")
            return
        }
        let verdict = ledger.observe(stamp, row: row, now: now)
        let from = truths[name]?.from ?? .max
        // Nothing is sent twice here: only what lies before the baseline is refused.
        check(verdict == (stamp.sequence >= from ? .deliver : .repeated), "\(verdict) of \(name) at \(stamp.sequence)")
    }
}

// MARK: - The truth

extension LedgerWorld {
    private func noteEvent(_ name: String, _ stamp: Stamp, unwanted: UInt64, period: Int) {
        if truths[name] == nil {
            let isBorn = answered.contains(name)
            var truth = Truth(from: isBorn ? 0 : stamp.sequence)
            if isBorn { truth.unwantedAtStart = 0 } else { truth.unwantedWhenSent = unwanted }
            truth.periodWhenSent = period
            truths[name] = truth
        }
        if let from = truths[name]?.from, stamp.sequence >= from {
            truths[name]?.delivered.formUnion(stamp.sequence..<stamp.next)
        }
    }

    private func noteTold(_ beat: Beat, nonce: UInt64?) {
        for row in beat.topics where row.counts.next > 0 || row.counts.unwanted > 0 {
            let name = row.topic.name
            guard let since = coveredSince[name] else { continue }
            if truths[name] == nil {
                if answered.contains(name) {
                    truths[name] = Truth(from: 0, unwantedAtStart: 0)
                } else if let nonce, since <= nonce {
                    truths[name] = Truth(from: row.counts.next, unwantedAtStart: row.counts.unwanted)
                }
            } else if let truth = truths[name], truth.unwantedAtStart == nil {
                truths[name]?.unwantedAtStart = row.counts.unwanted
                // Without a break between that message and this word, nothing was unwanted between them.
                if truth.periodWhenSent == Int(row.counts.queued) {
                    check(truth.unwantedWhenSent == row.counts.unwanted, "unwanted of \(name)")
                }
            }
        }
    }

    private func noteAnswer(_ beat: Beat, nonce: UInt64, part: UInt64) {
        guard part == 0 || partsOfAnswer[nonce] == part else {
            partsOfAnswer[nonce] = nil
            return
        }
        partsOfAnswer[nonce] = beat.more ? part + 1 : nil
        if beat.more { return }
        // Topics that this very answer lists get their baseline from it, so they count as answered only behind it.
        for (name, since) in coveredSince where since <= nonce { answered.insert(name) }
    }

    /// Lets everything arrive, then compares each row with the truth.
    func settle() throws {
        connect()
        while !controls.isEmpty {
            while !outbound.isEmpty { transfer() }
            takeControl()
        }
        while !outbound.isEmpty { transfer() }
        while inbound.contains(where: { !$0.isEmpty }) { try receive() }
        push(.beat(makeBeat(full: true, listed(full: true))))
        transfer()
        try receive()

        let entries = ledger.entries
        check(Set(entries.map(\.topic.name)) == Set(truths.keys), "rows")
        for entry in entries {
            guard let truth = truths[entry.topic.name], let state = topics[entry.topic.name] else { continue }
            let delivered = UInt64(truth.delivered.count)
            check(entry.next == state.next && entry.from == Int64(truth.from), "span of \(entry)")
            check(entry.counts.received == delivered, "received of \(entry)")
            check(entry.counts.lost == state.next - truth.from - delivered, "lost of \(entry)")
            check(entry.counts.absent == state.unwanted - (truth.unwantedAtStart ?? 0), "absent of \(entry)")
            check(entry.counts.malformed == 0 && entry.counts.unknown == 0 && entry.resets == 0, "rest of \(entry)")
        }
    }

    private func check(_ isTrue: Bool, _ what: @autoclosure () -> String) {
        if !isTrue { findings.append(what()) }
    }
}

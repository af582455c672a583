// The threads that store.

internal import BSON
internal import Eventstorm
internal import Service
internal import Synchronization

/// Times between tries: half to all of a span that doubles, so that writers do not come all at once.
struct RetryDelay {
    static let first = Duration.milliseconds(20)
    /// Back up within a second of the server.
    static let longest = Duration.milliseconds(640)
    private var span = first

    mutating func next() -> Duration {
        defer { span = min(span * 2, RetryDelay.longest) }
        return span * Double.random(in: 0.5...1)
    }
}

/// What the writers have in common.
struct WriterWork: Sendable {
    let state: SinkState
    let outbox: Outbox
    let health: Health
    let deadLetters: DeadLetters?
    /// Bytes that may wait for collections that cannot be written at present.
    let parkingLimit: Int
    /// How long such a collection is left alone.
    let parkingTime: Duration
    /// When each writer began to wait for the server, in nanoseconds; 0 if it does not.
    let waits: WaitTimes
}

/// Stores batches, one after another, until there are no more.
struct WriterLoop {
    let number: Int
    let server: any Server
    let work: WriterWork

    func run() {
        defer { work.state.end() }
        while let batch = work.outbox.next() {
            store(batch)
            work.outbox.done()
        }
    }

    /// Stores a batch, however long it takes; what is left when all is to end stays queued.
    private func store(_ batch: Batch) {
        var pending = [batch]
        var delay = RetryDelay()
        while let next = pending.popLast() {
            switch attempt(next) {
            case .stored(let faults):
                work.health.works("")
                work.health.works(next.target.name)
                if let again = settle(next, faults) { pending.append(again) } else { delay = RetryDelay() }
            case .unconfirmed:
                work.health.works("")
                work.state.settle(next, .sentUnconfirmed)
            case .notSent(let trouble):
                work.health.fails("", trouble)
                pending.append(next)
                if !work.outbox.pause(for: delay.next()) { return }
            case .ambiguous(let trouble):
                work.health.fails("", trouble)
                next.wasSent = true
                pending.append(next)
                if !work.outbox.pause(for: delay.next()) { return }
            case .later(let trouble):
                work.health.works("")
                work.health.fails(next.target.name, trouble)
                park(next)
            case .refused(_, byOne: true) where next.count > 1:
                // Which of them it is can be found out by halves.
                let middle = next.count / 2
                pending.append(next.part(middle..<next.count))
                pending.append(next.part(0..<middle))
            case .refused(let trouble, _):
                work.health.works("")
                refuse(next, 0..<next.count, trouble)
            }
        }
    }

    private func attempt(_ batch: Batch) -> Verdict {
        work.waits.begin(number)
        defer { work.waits.end(number) }
        if !batch.target.isPrepared {
            if let verdict = Preparation(batch.target, server, work.health).run() { return verdict }
        }
        return Verdict(batch.withCommand { server.insert($0, database: batch.target.database) })
    }

    /// Gives the documents of a batch that was answered their fates; returns those that are to be tried again.
    private func settle(_ batch: Batch, _ faults: [DocumentFault]) -> Batch? {
        if batch.wasSent, batch.target.isTimeSeries {
            batch.forEachTopic { work.state.note($0, $1, .maybeRepeated) }
        }
        if faults.isEmpty {
            work.state.settle(batch, .stored)
            return nil
        }
        var fates = [Fate?](repeating: .stored, count: batch.count)
        var again: [Int] = []
        for fault in faults where batch.starts.indices.contains(fault.index) {
            if fault.code == ServerCode.duplicateKey {
                fates[fault.index] = batch.wasSent && fault.isSameID ? .stored : .duplicate
            } else if ServerCode.passing.contains(fault.code) || ServerCode.rights.contains(fault.code) {
                fates[fault.index] = nil
                again.append(fault.index)
            } else {
                fates[fault.index] = nil
                let reason = ServerCode.reason(fault.code, fault.message)
                refuse(
                    batch, fault.index..<fault.index + 1,
                    Trouble(reason: reason, message: fault.message, code: fault.code))
            }
        }
        settle(batch, fates)
        if again.isEmpty { return nil }
        if let fault = faults.first(where: { $0.index == again[0] }) {
            work.health.fails("", Trouble(reason: "error \(fault.code)", message: fault.message, code: fault.code))
        }
        // As many tries a second as for a whole batch.
        _ = work.outbox.pause(for: RetryDelay.longest / 4)
        return batch.part(again)
    }

    private func settle(_ batch: Batch, _ fates: [Fate?]) {
        var begin = 0
        for run in batch.runs {
            var counts: [Fate: Int] = [:]
            for index in begin..<run.end { if let fate = fates[index] { counts[fate, default: 0] += 1 } }
            for (fate, events) in counts { work.state.settle(run.topic, events, fate) }
            begin = run.end
        }
    }

    private func refuse(_ batch: Batch, _ indexes: Range<Int>, _ trouble: Trouble) {
        work.health.refuses(batch.target.name, indexes.count, trouble)
        for index in indexes {
            let topic = batch.topic(of: index)
            work.state.fail(topic, 1, reason: trouble.reason)
            work.deadLetters?.keep(batch, index, topic, trouble, server)
        }
    }

    private func park(_ batch: Batch) {
        let time = work.parkingTime * Double.random(in: 0.5...1)
        for dropped in work.outbox.park(batch, for: time, limit: work.parkingLimit) {
            work.state.settle(dropped, .dropped)
        }
    }
}

/// Since when each writer waits for the server.
final class WaitTimes: Sendable {
    private let times: Mutex<[ContinuousClock.Instant?]>

    init(_ writers: Int) { times = Mutex(Array(repeating: nil, count: writers)) }

    func begin(_ writer: Int) { times.withLock { $0[writer] = .now } }
    func end(_ writer: Int) { times.withLock { $0[writer] = nil } }

    /// How long the one waits that has waited longest.
    var longest: Duration {
        let since = times.withLock { $0.compactMap { $0 }.min() }
        return since.map { .now - $0 } ?? .zero
    }
}

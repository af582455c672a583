// What every process of the fabric last said about itself.

import BSON
import Eventstorm
import Glibc

/// The latest status of each process, and rates from the two latest.
struct StatusBook {
    /// A process.
    struct Process {
        var status: StatusDocument
        /// Milliseconds since 1970 at which the status came.
        var heardAt: Int64
        /// Events a second that it emitted, by topic.
        var rates: [Topic: Double] = [:]
    }

    /// Processes at most: the one silent for longest makes room.
    static let mostProcesses = 1_024
    /// Topics and links of one process at most.
    static let mostRows = 1_000
    /// Milliseconds of silence after which a process is forgotten.
    static let memory: Int64 = 3_600_000

    private(set) var processes: [UInt64: Process] = [:]

    /// Takes a status in; one that is none is left out.
    mutating func take(_ view: DocumentView, now: Int64) {
        guard var status = try? StatusDocument(view) else { return }
        status.beat.topics = Array(status.beat.topics.prefix(Self.mostRows))
        status.upstream = Array(status.upstream.prefix(Self.mostRows))
        status.fates = Array(status.fates.prefix(Self.mostRows))
        let origin = status.beat.origin
        var process = Process(status: status, heardAt: now)
        if let before = processes[origin] { process.rates = Self.rates(before, now, status) }
        processes[origin] = process
        guard processes.count > Self.mostProcesses else { return }
        if let oldest = processes.min(by: { $0.value.heardAt < $1.value.heardAt }) { processes[oldest.key] = nil }
    }

    /// Rates between two statuses; smoothed, since they come once a second.
    private static func rates(_ before: Process, _ now: Int64, _ status: StatusDocument) -> [Topic: Double] {
        let seconds = Double(now - before.heardAt) / 1_000
        guard seconds > 0.1 else { return before.rates }
        let emitted = Dictionary(
            before.status.beat.topics.map { ($0.topic, $0.counts.emitted) }, uniquingKeysWith: { max($0, $1) })
        var rates = before.rates
        for row in status.beat.topics {
            guard let earlier = emitted[row.topic], row.counts.emitted >= earlier else { continue }
            let rate = Double(row.counts.emitted - earlier) / seconds
            rates[row.topic] = rates[row.topic].map { $0 * 0.5 + rate * 0.5 } ?? rate
        }
        // What is not listed has not changed for five seconds.
        let listed = Set(status.beat.topics.map(\.topic))
        return rates.filter { listed.contains($0.key) }
    }

    /// Forgets processes that were not heard for an hour.
    mutating func forget(now: Int64) {
        processes = processes.filter { now - $0.value.heardAt < Self.memory }
    }

    /// Every topic that somebody publishes.
    var topics: Set<Topic> {
        var topics: Set<Topic> = []
        for process in processes.values { for row in process.status.beat.topics { topics.insert(row.topic) } }
        return topics
    }

    /// What receivers elsewhere missed; this process tells its own losses itself.
    var losses: [(topic: String, loss: LinkLoss)] {
        let own = Int64(getpid())
        return processes.filter { $0.value.status.beat.process.pid != own }.flatMap { origin, process in
            process.status.upstream.map { row in
                var loss = LinkLoss(
                    origin: row.origin, name: processes[row.origin]?.status.beat.process.name ?? "",
                    receiver: process.status.beat.process.name, receiverOrigin: origin)
                loss.take(row.counts)
                return (row.topic.name, loss)
            }
        }
    }
}

extension LinkLoss {
    mutating func take(_ counts: ReceiveCounts) {
        lost = Int64(clamping: counts.lost)
        malformed = Int64(clamping: counts.malformed)
        absent = Int64(clamping: counts.absent)
        unknown = Int64(clamping: counts.unknown)
    }
}

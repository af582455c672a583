// What the books say: rows of numbers that add up or do not.
public import Eventstorm

/// The identities of a fabric, a row for each process, or each link between two, and topic.
public struct BooksReport: Sendable {
    /// What a row is about.
    public enum Kind: String, Sendable, CaseIterable {
        /// `emitted = unwanted + refused + queued + sent`.
        case source
        /// `sent - from = received + lost + malformed + absent + unknown`, where the absent ones stand on both sides.
        case link
        /// `received` is the sum of the fates inside a router or sink.
        case inside
    }

    /// One identity.
    public struct Row: Sendable {
        /// What it is about.
        public let kind: Kind
        /// The name of the process.
        public let process: String
        /// The name of the process that sent, or its origin if that was never heard; nil unless this is a link.
        public let upstream: String?
        /// The topic.
        public let topic: Topic
        /// The numbers by their names, in the order of the identity.
        public let numbers: [(name: String, value: Int64)]
        /// What is missing on the right side; negative if there is too much.
        public let difference: Int64

        /// Whether the identity holds.
        public var isBalanced: Bool { difference == 0 }

        /// The number of a name.
        public subscript(name: String) -> Int64? { numbers.first { $0.name == name }?.value }
    }

    /// A process, or several of one name that followed each other.
    public struct Member: Sendable {
        /// Its name.
        public let name: String
        /// What it does.
        public let role: String
        /// The host of the last of them.
        public let host: String
        /// The number of the last of them.
        public let pid: Int64
        /// How long the last of them has not been heard.
        public let state: OriginState
        /// How many there were.
        public let generations: Int
        /// What stands outside of the identities: messages and documents by their names, none of them zero.
        public let remarks: [(name: String, count: UInt64)]
    }

    /// The processes.
    public let members: [Member]
    /// The identities.
    public let rows: [Row]

    /// Whether every identity holds.
    public var isBalanced: Bool { rows.allSatisfy(\.isBalanced) }
}

extension Books {
    /// Adds everything up.
    ///
    /// - Parameter now: Nanoseconds of the same clock as in ``observe(_:now:)-(StatusDocument,_)``.
    public func report(now: UInt64) -> BooksReport {
        let lines = Lineage.all(of: processes).sorted { ($0.role, $0.name) < ($1.role, $1.name) }
        let names = Dictionary(processes.map { ($0.origin, $0.identity.name) }) { first, _ in first }
        var rows: [BooksReport.Row] = []
        for line in lines { rows += sourceRows(line) }
        let succeeded = Set(lines.flatMap { $0.processes.dropLast().map(\.origin) })
        for line in lines { rows += linkRows(line, names: names, succeeded: succeeded, now: now) }
        for line in lines { rows += insideRows(line) }
        return BooksReport(members: lines.map { member($0, now: now) }, rows: rows)
    }

    private func member(_ line: Lineage, now: UInt64) -> BooksReport.Member {
        var remarks: [(name: String, count: UInt64)] = []
        func remark(_ name: String, _ count: (StatusDocument) -> UInt64) {
            let sum = line.processes.reduce(UInt64(0)) { sum, process in
                let (value, overflow) = sum.addingReportingOverflow(count(process.status))
                return overflow ? .max : value
            }
            if sum > 0 { remarks.append((name, sum)) }
        }
        for reason in MalformedReason.allCases { remark("malformed.\(reason)") { $0.malformed[reason] } }
        remark("unstamped") { $0.unstamped }
        remark("overflow") { $0.overflow }
        remark("resets") { $0.resets }
        remark("peers refused") { $0.refusedPeers.unknown }
        remark("handshakes failed") { $0.refusedPeers.failed }
        remark("keys forgotten") { $0.routes.forgotten }
        remark("overflowed") { $0.routes.overflowed }
        let latest = line.latest
        return BooksReport.Member(
            name: line.name, role: line.role, host: latest.identity.host, pid: latest.identity.pid,
            state: latest.state(now: now), generations: line.processes.count, remarks: remarks)
    }

    private func sourceRows(_ line: Lineage) -> [BooksReport.Row] {
        var sums: [Topic: SendCounts] = [:]
        for row in line.processes.flatMap(\.status.beat.topics) {
            sums[row.topic, default: SendCounts()].add(row.counts)
        }
        return sums.sorted { $0.key < $1.key }.compactMap { topic, counts in
            // A publisher that tells only what it sent makes no claim.
            if counts.emitted == 0 && counts.unwanted == 0 && counts.refused == 0 { return nil }
            let fates = Sum(counts.unwanted) + Sum(counts.refused) + Sum(counts.queued) + Sum(counts.next)
            return BooksReport.Row(
                kind: .source, process: line.name, upstream: nil, topic: topic,
                numbers: [
                    ("emitted", Int64(clamping: counts.emitted)), ("unwanted", Int64(clamping: counts.unwanted)),
                    ("refused", Int64(clamping: counts.refused)), ("queued", Int64(clamping: counts.queued)),
                    ("sent", Int64(clamping: counts.next)),
                ], difference: Sum(counts.emitted).minus(fates))
        }
    }

    private func insideRows(_ line: Lineage) -> [BooksReport.Row] {
        var sums: [Topic: FateCounts] = [:]
        for row in line.processes.flatMap(\.status.fates) {
            for fate in Fate.allCases { sums[row.topic, default: FateCounts()].add(row.counts[fate], to: fate) }
        }
        return sums.sorted { $0.key < $1.key }.map { topic, counts in
            let shown = Fate.allCases.filter { $0 == .received || counts[$0] > 0 }
            return BooksReport.Row(
                kind: .inside, process: line.name, upstream: nil, topic: topic,
                numbers: shown.map { ($0.rawValue, Int64(clamping: counts[$0])) },
                difference: Sum(counts[.received]).minus(Sum(counts.accounted)))
        }
    }
}

// MARK: - Links

extension Books {
    /// How far a receiver's knowledge may lie behind a sender's: a beat of the one, a status of the other, and their
    /// way.
    private static let settling: UInt64 = 3_000_000_000

    private func linkRows(
        _ line: Lineage, names: [UInt64: String], succeeded: Set<UInt64>, now: UInt64
    ) -> [BooksReport.Row] {
        let links = line.links(beyond: receivedBeyondLastStatus) { process($0)?.identity.started }
        return links.sorted { ($0.key.topic, $0.key.origin) < ($1.key.topic, $1.key.origin) }.map { link, sum in
            let upstream = process(link.origin)
            var counts = sum.counts
            var next = sum.next
            let sent = max(upstream?.sent(link.topic) ?? next, next)
            var difference: Int64 = 0
            if let upstream, !upstream.isFinal, upstream.state(now: now) == .gone || succeeded.contains(link.origin) {
                // It died: what it sent last, and could not tell in a beat any more, cannot be known.
                counts.unknown.saturatingAdd(sent - next)
                next = sent
            } else {
                difference = Int64(clamping: overdue(line.latest, link, next, upstream))
            }
            let fates = Sum(counts.received) + Sum(counts.lost) + Sum(counts.malformed) + Sum(counts.unknown)
            difference = difference.saturatingAdd(
                Sum(next).minus(Sum(signed: sum.from)).saturatingSubtract(fates.value))
            let upstreamName = names[link.origin].flatMap { $0.isEmpty ? nil : $0 } ?? hexadecimal(link.origin)
            return BooksReport.Row(
                kind: .link, process: line.name, upstream: upstreamName, topic: link.topic,
                numbers: [
                    ("sent", Int64(clamping: sent)), ("from", sum.from), ("received", Int64(clamping: counts.received)),
                    ("lost", Int64(clamping: counts.lost)), ("malformed", Int64(clamping: counts.malformed)),
                    ("absent", Int64(clamping: counts.absent)), ("unknown", Int64(clamping: counts.unknown)),
                    ("pending", Int64(clamping: sent - next)),
                ], difference: difference)
        }
    }

    /// Events that a sender had told of so long ago that the receiver should know, and does not.
    private func overdue(
        _ receiver: HeardProcess, _ link: Lineage.Link, _ next: UInt64, _ upstream: HeardProcess?
    ) -> UInt64 {
        guard let upstream, !receiver.isFinal, receiver.lastHeard >= Books.settling,
            let sent = upstream.sent(link.topic, heardBy: receiver.lastHeard - Books.settling), sent > next
        else { return 0 }
        return sent - next
    }

    /// How many events on a topic a process surely received beyond its last status, because they arrived further on.
    private func receivedBeyondLastStatus(_ process: HeardProcess, _ topic: Topic) -> UInt64 {
        let told = process.sent(topic) ?? 0
        guard process.sendsEachOnce(topic) else { return 0 }
        var most: UInt64 = 0
        for receiver in processes {
            for row in receiver.status.upstream where row.origin == process.origin && row.topic == topic {
                most = max(most, row.next > told ? row.next - told : 0)
            }
        }
        return most
    }
}

/// Adds without wrapping or trapping: strangers choose the numbers.
struct Sum {
    let value: Int64

    init(_ value: UInt64) { self.value = Int64(clamping: value) }
    init(signed value: Int64) { self.value = value }

    static func + (a: Sum, b: Sum) -> Sum { Sum(signed: a.value.saturatingAdd(b.value)) }

    func minus(_ other: Sum) -> Int64 { value.saturatingSubtract(other.value) }
}

extension Int64 {
    func saturatingSubtract(_ other: Int64) -> Int64 {
        let (difference, overflow) = subtractingReportingOverflow(other)
        return overflow ? (self < 0 ? .min : .max) : difference
    }

    func saturatingAdd(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? (self < 0 ? .min : .max) : sum
    }
}

// Processes of one name that follow each other.
import BSON
import Eventstorm

/// The processes that were called by one name, one after the other.
struct Lineage {
    var processes: [HeardProcess]

    var latest: HeardProcess { processes[processes.count - 1] }
    var name: String { latest.identity.name }
    var role: String { latest.identity.role }

    /// Sorts processes into lines of succession.
    ///
    /// One that is first heard after another of the same name and role was heard last is its successor. Those that
    /// were heard at the same time are not related, even if they share a name.
    static func all(of processes: [HeardProcess]) -> [Lineage] {
        var lines: [Lineage] = []
        for process in processes.sorted(by: { $0.firstHeard < $1.firstHeard }) {
            let identity = process.identity
            let candidates = lines.indices.filter {
                !identity.name.isEmpty && lines[$0].name == identity.name && lines[$0].role == identity.role
                    && lines[$0].latest.lastHeard <= process.firstHeard
            }
            let onSameHost = candidates.filter { lines[$0].latest.identity.host == identity.host }
            let line = (onSameHost.isEmpty ? candidates : onSameHost).max {
                lines[$0].latest.lastHeard < lines[$1].latest.lastHeard
            }
            if let line { lines[line].processes.append(process) } else { lines.append(Lineage(processes: [process])) }
        }
        return lines
    }
}

/// What a line of processes received from one origin on one topic.
struct LinkSum {
    var from: Int64
    var next: UInt64
    var unwanted: UInt64?  // what the origin last told
    var counts = ReceiveCounts()
}

extension Lineage {
    /// The key of a link: an origin and a topic.
    struct Link: Hashable {
        let origin: UInt64
        let topic: Topic
    }

    /// Adds up what the processes of this line received, and what lies between one and the next.
    ///
    /// - Parameters:
    ///   - beyond: How many events of a topic arrived from a process beyond its last status.
    ///   - began: When an origin began; nil if it was never heard.
    func links(
        beyond: (HeardProcess, Topic) -> UInt64, began: (UInt64) -> Datetime?
    ) -> [Link: LinkSum] {
        var sums: [Link: LinkSum] = [:]
        var previous: HeardProcess?
        for process in processes {
            var known: [Topic: UInt64] = [:]
            for row in process.status.upstream.sorted(by: { ($0.topic, $0.origin) < ($1.topic, $1.origin) }) {
                let link = Link(origin: row.origin, topic: row.topic)
                var sum = sums[link]
                if let previous {
                    if sum == nil {
                        // Known by the old process, but not with this topic, or begun since its last word: all that
                        // this origin ever sent on it lies between the two.
                        let isBornBetween =
                            previous.status.upstream.contains { $0.origin == row.origin }
                            || began(row.origin).map { $0 > previous.status.beat.at } ?? false
                        if isBornBetween { sum = LinkSum(from: 0, next: 0, unwanted: 0) }
                    }
                    var left = known[row.topic] ?? beyond(previous, row.topic)
                    sum?.addGap(before: row, isClosed: previous.isFinal, received: &left)
                    known[row.topic] = left
                }
                var total = sum ?? LinkSum(from: row.from, next: row.next)
                total.counts.add(row.counts)
                total.next = row.next
                total.unwanted = row.unwanted ?? total.unwanted
                sums[link] = total
            }
            previous = process
        }
        return sums
    }
}

extension LinkSum {
    /// Adds what lies between the last word of a process and the first that its successor heard.
    ///
    /// - Parameters:
    ///   - row: The successor's.
    ///   - isClosed: Whether the last word was a farewell: then the old books are complete, and what was sent to
    ///     others since is lost to this line.
    ///   - left: Events that are known to have been received beyond the last word; reduced by what is used here.
    fileprivate mutating func addGap(before row: StatusDocument.Upstream, isClosed: Bool, received left: inout UInt64) {
        let begin = UInt64(clamping: row.from)
        if begin >= next {
            let gap = begin - next
            let received = isClosed ? 0 : min(left, gap)
            left -= received
            counts.received.saturatingAdd(received)
            if isClosed { counts.lost.saturatingAdd(gap) } else { counts.unknown.saturatingAdd(gap - received) }
        } else {
            // Both received these.
            from = from.saturatingSubtract(Int64(clamping: next - begin))
        }
        // What was unwanted when the new books began: what it is now, less what they count as absent.
        if let now = row.unwanted, let before = unwanted {
            let base = now > row.counts.absent ? now - row.counts.absent : 0
            if base > before { counts.absent.saturatingAdd(base - before) }
        }
    }
}

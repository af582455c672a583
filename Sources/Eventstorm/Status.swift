// What a process tells the whole fabric about itself once a second.

public import BSON

/// The document that each process publishes on `_es.status`: its beat, its receiver's side and its own state.
///
/// An ordinary event, forwarded like any other, so that every tool sees the whole fabric.
public struct StatusDocument: Sendable {
    /// What this process received from one origin on one topic.
    public struct Upstream: Hashable, Sendable {
        /// The origin it came from.
        public var origin: UInt64
        /// The topic.
        public var topic: Topic
        /// The sequence at which the books begin; below zero only after a reset.
        public var from: Int64
        /// The sequence expected next.
        public var next: UInt64
        /// The fates.
        public var counts: ReceiveCounts
        /// What the origin last said that nobody wanted; nil if it has not said so yet.
        public var unwanted: UInt64?

        /// Makes a row.
        public init(
            origin: UInt64, topic: Topic, from: Int64, next: UInt64, counts: ReceiveCounts, unwanted: UInt64? = nil
        ) {
            self.origin = origin
            self.topic = topic
            self.from = from
            self.next = next
            self.counts = counts
            self.unwanted = unwanted
        }

        /// Makes the row of a ledger's entry.
        public init(_ entry: Ledger.Entry) {
            self.init(
                origin: entry.origin, topic: entry.topic, from: entry.from, next: entry.next, counts: entry.counts,
                unwanted: entry.unwanted)
        }

        /// Whether `next - from = received + lost + malformed`.
        public var isBalanced: Bool {
            let (span, overflow) = Int64(clamping: next).subtractingReportingOverflow(from)
            var sum = counts.received
            sum.saturatingAdd(counts.lost)
            sum.saturatingAdd(counts.malformed)
            return !overflow && span >= 0 && UInt64(span) == sum
        }
    }

    /// What became of the events of one topic inside this process.
    public struct FateRow: Hashable, Sendable {
        /// The topic.
        public var topic: Topic
        /// How many events had each fate.
        public var counts: FateCounts

        /// Makes a row.
        public init(_ topic: Topic, _ counts: FateCounts) {
            self.topic = topic
            self.counts = counts
        }
    }

    /// What the process uses of its machine.
    public struct Usage: Hashable, Sendable {
        /// Seconds of processor time since it began.
        public var cpuSeconds: Double
        /// Bytes of memory that are resident.
        public var residentBytes: UInt64
        /// Bytes that wait in its queues.
        public var queuedBytes: UInt64

        /// Makes a usage.
        public init(cpuSeconds: Double = 0, residentBytes: UInt64 = 0, queuedBytes: UInt64 = 0) {
            self.cpuSeconds = cpuSeconds
            self.residentBytes = residentBytes
            self.queuedBytes = queuedBytes
        }
    }

    /// What a router's routes had no room for.
    public struct RouteLimits: Hashable, Sendable {
        /// Events that went to an overflow topic, because their fields made too many topics or none.
        public var overflowed: UInt64
        /// Keys of `dedupe` and `throttle` that were forgotten before their time, because there were too many.
        public var forgotten: UInt64

        /// Makes counts.
        public init(overflowed: UInt64 = 0, forgotten: UInt64 = 0) {
            self.overflowed = overflowed
            self.forgotten = forgotten
        }
    }

    /// Who it is and what it sent.
    public var beat: Beat
    /// What it received.
    public var upstream: [Upstream] = []
    /// What became of that inside of it.
    public var fates: [FateRow] = []
    /// What it uses of its machine.
    public var usage = Usage()
    /// Messages it dropped as malformed, by reason.
    public var malformed = MalformedCounts()
    /// Documents it received from publishers that do not stamp.
    public var unstamped: UInt64 = 0
    /// Rows of its ledger that had to make room.
    public var overflow: UInt64 = 0
    /// Jumps too large to be losses.
    public var resets: UInt64 = 0
    /// Peers that did not come in through its encrypted endpoints.
    public var refusedPeers = RefusedPeers()
    /// What its routes had no room for.
    public var routes = RouteLimits()

    /// Makes a status of a beat; `final` in it says that the process closes.
    public init(_ beat: Beat) { self.beat = beat }

    /// Takes over what a ledger has counted.
    public mutating func takeUpstream(_ ledger: borrowing Ledger) {
        upstream = ledger.entries.map(Upstream.init)
        malformed = ledger.malformed
        unstamped = ledger.unstamped
        overflow = ledger.overflow
        resets = ledger.resets
    }
}

// MARK: - Writing

extension StatusDocument {
    /// Writes the fields into the open document.
    public func write(into writer: inout DocumentWriter) {
        beat.writeHeader(into: &writer, more: false)
        Beat.write(beat.topics[...], into: &writer)
        writer.array("upstream") { array in
            for row in upstream { array.document { StatusDocument.write(row, into: &$0) } }
        }
        writer.array("fates") { array in
            for row in fates {
                array.document { writer in
                    writer["topic"] = row.topic.name
                    for fate in Fate.allCases where row.counts[fate] > 0 {
                        writer[fate.rawValue] = Int64(clamping: row.counts[fate])
                    }
                }
            }
        }
        writer.document("process") {
            $0["cpu_s"] = usage.cpuSeconds
            $0["rss"] = Int64(clamping: usage.residentBytes)
            $0.writeCounter("queued_bytes", usage.queuedBytes)
        }
        if malformed.total > 0 {
            writer.document("malformed") { writer in
                for reason in MalformedReason.allCases where malformed[reason] > 0 {
                    writer[reason.description] = Int64(clamping: malformed[reason])
                }
            }
        }
        writer.writeCounter("unstamped", unstamped)
        writer.writeCounter("overflow", overflow)
        writer.writeCounter("resets", resets)
        if refusedPeers != RefusedPeers() {
            writer.document("refused_peers") {
                $0.writeCounter("unknown", refusedPeers.unknown)
                $0.writeCounter("failed", refusedPeers.failed)
            }
        }
        if routes != RouteLimits() {
            writer.document("routes") {
                $0.writeCounter("overflowed", routes.overflowed)
                $0.writeCounter("forgotten", routes.forgotten)
            }
        }
    }

    private static func write(_ row: Upstream, into writer: inout DocumentWriter) {
        writer["origin"] = hexadecimal(row.origin)
        writer["topic"] = row.topic.name
        writer["from"] = row.from
        writer.writeCounter("next", row.next)
        writer.writeCounter("received", row.counts.received)
        writer.writeCounter("lost", row.counts.lost)
        writer.writeCounter("malformed", row.counts.malformed)
        writer.writeCounter("absent", row.counts.absent)
        writer.writeCounter("unknown", row.counts.unknown)
        writer.writeCounter("repeated", row.counts.repeated)
        writer.writeCounter("duplicate", row.counts.duplicate)
        if let unwanted = row.unwanted { writer["unwanted"] = Int64(clamping: unwanted) }
    }
}

// MARK: - Reading

extension StatusDocument {
    /// Reads a status from a valid document; fields that are not known are passed over.
    public init(_ view: DocumentView) throws(RecordError) {
        beat = try Beat(view, requiresFull: false)
        try view.forEachRow("upstream", atMost: Limits.ledgerRows, isRequired: false) { row throws(RecordError) in
            upstream.append(try Upstream(row))
        }
        try view.forEachRow("fates", atMost: Limits.ledgerRows, isRequired: false) { row throws(RecordError) in
            var counts = FateCounts()
            for fate in Fate.allCases { counts[fate] = try row.counter(fate) }
            fates.append(FateRow(try row.topic("topic"), counts))
        }
        if let process = view["process"]?.document {
            usage = Usage(
                cpuSeconds: try process.quantity("cpu_s"), residentBytes: try process.counter("rss"),
                queuedBytes: try process.counter("queued_bytes"))
        }
        if let reasons = view["malformed"]?.document {
            for reason in MalformedReason.allCases { malformed[reason] = try reasons.counter(reason) }
        }
        unstamped = try view.counter("unstamped")
        overflow = try view.counter("overflow")
        resets = try view.counter("resets")
        if let peers = view["refused_peers"]?.document {
            refusedPeers.unknown = try peers.counter("unknown")
            refusedPeers.failed = try peers.counter("failed")
        }
        if let limits = view["routes"]?.document {
            routes = RouteLimits(
                overflowed: try limits.counter("overflowed"), forgotten: try limits.counter("forgotten"))
        }
    }
}

extension StatusDocument.Upstream {
    init(_ row: DocumentView) throws(RecordError) {
        var counts = ReceiveCounts()
        counts.received = try row.counter("received")
        counts.lost = try row.counter("lost")
        counts.malformed = try row.counter("malformed")
        counts.absent = try row.counter("absent")
        counts.unknown = try row.counter("unknown")
        counts.repeated = try row.counter("repeated")
        counts.duplicate = try row.counter("duplicate")
        let hasUnwanted = row["unwanted"] != nil
        self.init(
            origin: try row.origin("origin"), topic: try row.topic("topic"), from: try row.signed("from"),
            next: try row.counter("next"), counts: counts, unwanted: hasUnwanted ? try row.counter("unwanted") : nil)
    }
}

extension DocumentView {
    fileprivate func counter(_ fate: Fate) throws(RecordError) -> UInt64 {
        try counter(self[fate.rawValue], fate.rawValue)
    }

    fileprivate func counter(_ reason: MalformedReason) throws(RecordError) -> UInt64 {
        try counter(self[reason.description], reason.description)
    }
}

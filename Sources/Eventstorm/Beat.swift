// What a publisher says about itself once a second.

public import BSON

/// Who a process is; beats and status carry it.
public struct ProcessIdentity: Hashable, Sendable {
    /// What it does in the fabric: `source`, `router`, `sink`, or what a program calls itself.
    public var role: String
    /// The name it was given; a successor has the same.
    public var name: String
    /// The host it runs on.
    public var host: String
    /// Its process number there.
    public var pid: Int64
    /// The version of the program.
    public var version: String
    /// When it began.
    public var started: Datetime

    /// Makes an identity.
    public init(
        role: String, name: String, host: String = "", pid: Int64 = 0, version: String = "",
        started: Datetime = Datetime(millisecondsSinceEpoch: 0)
    ) {
        self.role = role
        self.name = name
        self.host = host
        self.pid = pid
        self.version = version
        self.started = started
    }
}

/// What a publisher counts for one topic.
///
/// `emitted = unwanted + refused + queued + next`: each event emitted has one of these fates, and `next` is how many
/// were sent.
public struct SendCounts: Hashable, Sendable {
    /// The sequence that follows the last document handed to the socket.
    public var next: UInt64
    /// Events that the program emitted.
    public var emitted: UInt64
    /// Events that nobody asked for.
    public var unwanted: UInt64
    /// Events that found the queue full or a limit reached.
    public var refused: UInt64
    /// Events that wait for the socket.
    public var queued: UInt64

    /// Makes counts.
    public init(next: UInt64 = 0, emitted: UInt64 = 0, unwanted: UInt64 = 0, refused: UInt64 = 0, queued: UInt64 = 0) {
        self.next = next
        self.emitted = emitted
        self.unwanted = unwanted
        self.refused = refused
        self.queued = queued
    }

    /// Whether the counts add up.
    public var isBalanced: Bool {
        let sum = [refused, queued, next].reduce((unwanted, false)) { sum, next in
            let (value, overflow) = sum.0.addingReportingOverflow(next)
            return (value, sum.1 || overflow)
        }
        return sum == (emitted, false)
    }
}

/// A publisher's counters, as it sends them once a second, on each fence and when it closes.
///
/// Ordered behind the events on the same socket, a beat tells a receiver how far it should have come.
public struct Beat: Hashable, Sendable {
    /// The version of the form.
    public static let version: Int32 = 1

    /// The counters of one topic.
    public struct Row: Hashable, Sendable {
        /// The topic.
        public var topic: Topic
        /// Its counters.
        public var counts: SendCounts

        /// Makes a row.
        public init(_ topic: Topic, _ counts: SendCounts) {
            self.topic = topic
            self.counts = counts
        }
    }

    /// The origin whose counters these are.
    public var origin: UInt64
    /// Who it is.
    public var process: ProcessIdentity
    /// When the beat was made, by the publisher's clock.
    public var at: Datetime
    /// How often the publisher's configuration was loaded.
    public var generation: UInt64
    /// Whether all topics are listed, not only those that changed in the last 5 s.
    public var full: Bool
    /// Whether the list goes on in the next document.
    public var more: Bool
    /// Whether this is the publisher's last beat: it closes.
    public var final: Bool
    /// The topics that the beat is about, where its receiver may know of no others; nil for all.
    public var only: [Pattern]?
    /// The routers that its events came through, those of a router only: how loops are found.
    public var via: [UInt64] = []
    /// The counters.
    public var topics: [Row]

    /// Makes a beat.
    public init(
        origin: UInt64, process: ProcessIdentity, at: Datetime, generation: UInt64 = 0, full: Bool = false,
        more: Bool = false, final: Bool = false, topics: [Row] = []
    ) {
        self.origin = origin
        self.process = process
        self.at = at
        self.generation = generation
        self.full = full
        self.more = more
        self.final = final
        self.topics = topics
    }
}

// MARK: - Writing

extension Beat {
    /// Appends the beat to `writer`, as several documents if it is large; returns how many.
    ///
    /// All but the last say `more`. They belong into one message, so that they arrive together or not at all.
    ///
    /// - Parameters:
    ///   - writer: Gets the documents.
    ///   - part: Bytes of rows after which another document begins.
    @discardableResult
    public func write(into writer: inout DocumentWriter, splittingAt part: Int = Limits.beatBytes) -> Int {
        var documents = 0
        var rest = topics[...]
        repeat {
            var size = 0
            let taken = rest.prefix {
                size += Beat.rowBytes + $0.topic.utf8.count
                return size <= part
            }
            let rows = taken.isEmpty ? rest.prefix(1) : taken
            rest = rest.dropFirst(rows.count)
            writer.beginDocument()
            writeHeader(into: &writer, more: !rest.isEmpty || more)
            Beat.write(rows, into: &writer)
            writer.endDocument()
            documents += 1
        } while !rest.isEmpty
        return documents
    }

    /// Bytes a row takes at most besides its topic: keys, types and five counters.
    private static let rowBytes = 110

    /// Writes the fields before `topics`.
    func writeHeader(into writer: inout DocumentWriter, more: Bool) {
        writer["v"] = Beat.version
        writer["origin"] = hexadecimal(origin)
        writer["role"] = process.role
        writer["name"] = process.name
        writer["host"] = process.host
        writer["pid"] = process.pid
        writer["version"] = process.version
        writer["started"] = process.started
        writer["at"] = at
        writer["generation"] = Int64(clamping: generation)
        writer["full"] = full
        if more { writer["more"] = true }
        if final { writer["final"] = true }
        if let only {
            writer.array("only") { array in for pattern in only { array.append(pattern.description) } }
        }
        if !via.isEmpty { writer.array("via") { array in for router in via { array.append(hexadecimal(router)) } } }
    }

    /// Writes `topics`.
    static func write(_ rows: ArraySlice<Row>, into writer: inout DocumentWriter) {
        writer.array("topics") { array in
            for row in rows {
                array.document { $0.write(row) }
            }
        }
    }
}

extension DocumentWriter {
    /// Writes the fields of a beat's row; counters that are zero are left out.
    fileprivate mutating func write(_ row: Beat.Row) {
        self["topic"] = row.topic.name
        writeCounter("next", row.counts.next)
        writeCounter("emitted", row.counts.emitted)
        writeCounter("unwanted", row.counts.unwanted)
        writeCounter("refused", row.counts.refused)
        writeCounter("queued", row.counts.queued)
    }

    /// Writes a counter unless it is zero.
    mutating func writeCounter(_ key: StaticString, _ value: UInt64) {
        if value > 0 { self[key] = Int64(clamping: value) }
    }
}

// MARK: - Reading

extension Beat {
    /// Reads a beat from a valid document; fields that are not known are passed over.
    ///
    /// `v`, `origin`, `full` and `topics` must be there; whatever is there must have its type and range.
    public init(_ view: DocumentView) throws(RecordError) {
        try self.init(view, requiresFull: true)
    }

    init(_ view: DocumentView, requiresFull: Bool) throws(RecordError) {
        if try view.counter("v") != UInt64(Beat.version) { throw RecordError("v", "1") }
        origin = try view.origin("origin")
        process = ProcessIdentity(
            role: try view.text("role"), name: try view.text("name"), host: try view.text("host"),
            pid: Int64(clamping: try view.counter("pid")), version: try view.text("version"),
            started: try view.time("started"))
        at = try view.time("at")
        generation = try view.counter("generation")
        guard let isFull = try view.flag("full") ?? (requiresFull ? nil : true) else {
            throw RecordError("full", "a Boolean")
        }
        full = isFull
        more = try view.flag("more") ?? false
        final = try view.flag("final") ?? false
        only = try view.patterns("only")
        via = try view.origins("via", atMost: Limits.viaRouters)
        topics = []
        try view.forEachRow("topics", atMost: Limits.topicsPerOrigin) { row throws(RecordError) in
            topics.append(Row(try row.topic("topic"), try SendCounts(row)))
        }
    }
}

extension SendCounts {
    init(_ row: DocumentView) throws(RecordError) {
        self.init(
            next: try row.counter("next"), emitted: try row.counter("emitted"), unwanted: try row.counter("unwanted"),
            refused: try row.counter("refused"), queued: try row.counter("queued"))
    }
}

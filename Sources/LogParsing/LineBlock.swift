// A number of whole lines, and what a thread made of them while others were busy with the lines before.
public import BSON

/// Where blocks of events go that several threads parsed.
public protocol BlockOutput: AnyObject {
    /// Events of before this time are left out.
    var start: Datetime? { get }

    /// Takes the events of a block.
    ///
    /// - Parameters:
    ///   - documents: The events, one after another.
    ///   - leftOut: How many were of before ``start``.
    func append(_ documents: RawSpan, leftOut: UInt64)
}

/// Whole lines of one input, which a thread parses on its own.
///
/// One thread at a time has it: the reader, then a worker, then the reader again.
final class LineBlock: @unchecked Sendable {
    /// Bytes that a block usually has: they and their events fit a processor's second cache.
    private static let usualSize = 256 << 10
    /// Bytes of events that are kept of one block; of more, which only lines made for it give, nothing is kept.
    private static let eventLimit = 8 << 20

    /// The number of the parser in its plan.
    private(set) var parser = 0
    private var buffer = UnsafeMutableRawBufferPointer(start: nil, count: 0)
    private var count = 0
    private var base: UInt64 = 0
    private var splitter = LineSplitter(maximumLine: 0, file: FileIdentity(seed: 0), input: 0)
    private let events: GatheredEvents
    private let start: Datetime?
    private var since: SinceOutput?
    /// What became of the lines.
    private(set) var tally = LineTally()
    /// The context in which the lines were parsed.
    private(set) var context = LineContext()
    /// The time that the parsers know.
    private(set) var now: Int64 = 0
    /// The context that they left; nil if they must be parsed again.
    private(set) var contextBehind: LineContext?
    /// The first time that was guessed from the context.
    private var firstGuess: Int64?
    /// Bytes of lines that only those before them can explain; they were not parsed.
    private var countBefore = 0
    /// Whether a worker is done with it; under the lock of the queue.
    var isParsed = false

    /// Makes a block without lines, whose events are of `start` or later.
    init(start: Datetime?) {
        self.start = start
        events = GatheredEvents(limit: Self.eventLimit)
    }

    deinit { buffer.deallocate() }

    /// Takes other lines, of which the first begins at `base` in its file.
    func fill(
        _ lines: RawSpan, at base: UInt64, of splitter: LineSplitter, parser: Int, in context: LineContext,
        at now: Int64
    ) {
        if buffer.count < lines.byteCount {
            buffer.deallocate()
            buffer = .allocate(byteCount: max(lines.byteCount, Self.usualSize), alignment: 8)
        }
        lines.withUnsafeBytes { buffer.copyMemory(from: $0) }
        (count, self.base, self.splitter, self.parser) = (lines.byteCount, base, splitter, parser)
        events.removeAll()
        since = start.map { SinceOutput($0, before: events) }
        (self.context, self.now) = (context, now)
        (contextBehind, firstGuess, countBefore, isParsed) = (nil, nil, 0, false)
    }

    /// All lines.
    var lines: Range<Int> { 0..<count }
    /// Those that only the lines before them can explain.
    var linesBefore: Range<Int> { 0..<countBefore }

    /// Hands lines out, one by one.
    func split<Handler: LineHandler & ~Copyable>(_ lines: Range<Int>, to handler: inout Handler) {
        var isSkipping = false
        let bytes = UnsafeRawBufferPointer(rebasing: buffer[lines]).bytes
        _ = splitter.split(
            bytes, from: 0, base: base + UInt64(lines.lowerBound), isSkipping: &isSkipping, isLast: true, to: &handler)
    }

    /// Whether the lines were parsed as they are to be behind lines that left a context.
    func isRight(in context: LineContext) -> Bool {
        contextBehind != nil && self.context.agrees(with: context, first: firstGuess)
    }

    /// Where the events go that a worker finds.
    var output: any EventOutput { since ?? events }

    /// Lines about mails.
    var mails: MailLines { events.mailLines }

    /// Keeps what a worker found.
    ///
    /// - Parameters:
    ///   - parser: The one that has parsed the lines.
    ///   - start: Where the first line stands in its file that was parsed; nil if none was.
    func keep(_ tally: LineTally, _ parser: any LineParser, from start: UInt64?) {
        self.tally = tally
        contextBehind = events.isWhole ? parser.context : nil
        firstGuess = parser.firstGuess
        countBefore = start.map { Int($0 - base) } ?? count
    }

    /// Hands some of the events on.
    func append(_ range: Range<Int>, to output: any BlockOutput) {
        if !range.isEmpty { events.withBytes { output.append($0.extracting(range), leftOut: 0) } }
    }

    /// Hands the last events on, and says how many were left out of all.
    func appendRest(from start: Int, to output: any BlockOutput) {
        events.withBytes { output.append($0.extracting(start..<$0.byteCount), leftOut: since?.leftOut ?? 0) }
    }
}

/// Gathers the events of a block in memory.
private final class GatheredEvents: EventOutput {
    /// Whether every event had room.
    private(set) var isWhole = true
    let isWanted = true
    let mailLines = MailLines()
    var mails: (lines: MailLines, events: Int)? { (mailLines, events.pointee.count) }
    // Behind a pointer, because a stored property would be checked for exclusive use at every event.
    private let events: UnsafeMutablePointer<DocumentWriter>

    init(limit: Int) {
        events = .allocate(capacity: 1)
        events.initialize(to: DocumentWriter(capacity: 512 << 10, limit: limit))
    }

    deinit {
        events.deinitialize(count: 1)
        events.deallocate()
    }

    func wants(topic: Int) -> Bool { true }

    func emit(topic: Int, _ build: (inout DocumentWriter) -> Void) {
        events.pointee.beginDocument()
        build(&events.pointee)
        if !events.pointee.endDocument() { isWhole = false }
    }

    func report(_ unparsed: Unparsed, path: String) {}

    func removeAll() {
        events.pointee.removeAll()
        mailLines.removeAll()
        isWhole = true
    }

    func withBytes(_ body: (RawSpan) -> Void) { events.pointee.withBytes { body($0) } }
}

/// Parses the lines of one block after another, with parsers of its own.
struct BlockParser: LineHandler {
    private let fresh: LogPlan
    private var plan: LogPlan
    private var parser = 0
    private var output: any EventOutput
    private var tally = LineTally()
    /// Where the first line stands that was parsed.
    private var start: UInt64?

    /// Begins with the parsers of a plan as they are.
    init(_ plan: LogPlan) {
        fresh = plan
        self.plan = plan
        output = GatheredEvents(limit: 0)
    }

    /// Parses all lines of a block.
    mutating func parse(_ block: LineBlock) {
        parser = block.parser
        output = block.output
        tally = LineTally()
        // One that holds on to a line knows too much to go on elsewhere.
        if plan.parsers[parser].context == nil { plan.parsers[parser] = fresh.parsers[parser] }
        plan.parsers[parser].begin(in: block.context)
        plan.parsers[parser].pass(to: block.now, output)
        start = nil
        block.split(block.lines, to: &self)
        block.keep(tally, plan.parsers[parser], from: start)
    }

    /// Parses a line.
    mutating func take(_ line: RawSpan, at place: LinePlace) -> Bool {
        if start == nil {
            guard plan.parsers[parser].isBeginning(line) else { return true }
            start = place.offset
        }
        tally.count(plan.parsers[parser].take(line, at: place, to: output), place)
        return true
    }

    /// Counts a line that was too long.
    mutating func skip(at place: LinePlace) { if start != nil { tally.count(.refused(.tooLong), place) } }
}

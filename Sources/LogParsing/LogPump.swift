// From lines to events: parses, counts, samples what it could not parse.
public import BSON

/// Where the events of a reader go.
public protocol EventOutput: AnyObject {
    /// Whether to read on now; `false` makes an unread file wait.
    var isWanted: Bool { get }

    /// Whether anybody wants the events of a topic.
    ///
    /// Those of other topics need not be built.
    func wants(topic: Int) -> Bool

    /// Takes one event, which `build` writes into an open document.
    ///
    /// - Parameters:
    ///   - topic: Number of the topic among those of the parser.
    ///   - build: Writes the event. It need not be called when nobody wants it.
    func emit(topic: Int, _ build: (inout DocumentWriter) -> Void)

    /// Remembers which events came so far.
    func note()

    /// Whether all events that came before ``note()`` have left this process.
    var isNotedGone: Bool { get }

    /// Lets go of events that were gathered; called about once a second.
    func letGo()

    /// Hears of a line that could not be parsed; `_es.unparsed` is its topic.
    func report(_ unparsed: Unparsed, path: String)

    /// Takes events that other threads made, if it can.
    var blocks: (any BlockOutput)? { get }

    /// Where lines about mails are kept because those before them are not known yet, and how many bytes of events came
    /// before; nil if mails can be emitted at once.
    var mails: (lines: MailLines, events: Int)? { get }
}

extension EventOutput {
    /// Does nothing: events are gone at once.
    public func note() {}

    /// Events are gone at once.
    public var isNotedGone: Bool { true }

    /// Does nothing: nothing is gathered.
    public func letGo() {}

    /// Takes no events that other threads made.
    public var blocks: (any BlockOutput)? { nil }

    /// Mails can be emitted.
    public var mails: (lines: MailLines, events: Int)? { nil }
}

/// A line that became no event.
///
/// Its text stays where it is.
public struct Unparsed: Hashable, Sendable {
    /// Why.
    public let reason: Refusal
    /// Where the line stands.
    public let place: LinePlace
}

/// Parses the lines of a reader and hands the events on.
public struct LogPump: LineHandler {
    /// Unparsed lines that are reported each time ``reportUnparsed(paths:)`` is called.
    public static let samplesAtOnce = 10

    /// Where the events go.
    public let output: any EventOutput
    var tally = LineTally()
    var plan: LogPlan
    /// The parser of each input.
    private(set) var parserOfInput: [Int] = []
    /// Inputs whose lines are taken though nobody wants them, since whoever sends them cannot wait.
    private(set) var live: Set<Int> = []
    /// Those who parse blocks of lines, if there are several threads.
    let workers: BlockWorkers?
    /// The time of the clock on the wall that the parsers know.
    var now = Datetime.now().millisecondsSinceEpoch
    /// Whether blocks may be with them.
    var hasBlocks = false
    /// Whether the lines of a block are parsed again.
    var isParsingAgain = false

    /// Joins the parsers of a plan and an output.
    ///
    /// - Parameter threads: Threads that parse, if the output takes blocks of events.
    public init(_ plan: LogPlan, to output: any EventOutput, threads: Int = 1) {
        self.plan = plan
        self.output = output
        let blocks = threads > 1 ? output.blocks : nil
        workers = blocks.flatMap { BlockWorkers(plan, threads: threads, start: $0.start) }
    }

    /// How many lines were read and what became of them.
    public var counts: LineCounts { tally.counts }

    /// Reads one piece from the files and hands its events on.
    public mutating func read(from tail: inout Tail) -> Tail.Progress {
        learn(tail.inputs)
        live = tail.liveInputs
        let progress = tail.read(into: &self)
        if progress != .more { settle() }
        // Reading may have found a new file, at whose first line it stopped.
        if progress == .stopped && parserOfInput.count < tail.inputs.count { return .more }
        return progress
    }

    /// Chooses the parsers of inputs that are new.
    private mutating func learn(_ paths: [String]) {
        for index in parserOfInput.count..<max(parserOfInput.count, paths.count) {
            parserOfInput.append(plan.parser(for: paths[index]))
        }
    }

    /// Lets the parsers emit what has waited long enough.
    ///
    /// - Parameter milliseconds: The time of the clock on the wall, since 1970 in UTC.
    public mutating func pass(to milliseconds: Int64) {
        settle()
        now = milliseconds
        for index in plan.parsers.indices { plan.parsers[index].pass(to: milliseconds, output) }
    }

    /// Lines that were taken and must be read again after a restart.
    public var held: [LinePlace] { plan.parsers.compactMap(\.held) }

    /// What the parsers remember of the lines so far and is to be kept with the positions.
    ///
    /// - Parameter isLast: Whether they forget it, so that ``finish()`` does not emit it.
    mutating func state(isLast: Bool = false) -> [UInt8] {
        settle()
        var state = KeptState(isLast: isLast)
        code(&state)
        return state.bytes
    }

    /// Gives the parsers back what they remembered, if it is of the same formats.
    mutating func restore(_ bytes: [UInt8]) {
        if bytes.isEmpty { return }
        let fresh = plan
        var state = KeptState(reading: bytes)
        code(&state)
        if !state.isComplete { plan = fresh }
    }

    private mutating func code(_ state: inout KeptState) {
        for index in plan.parsers.indices where !state.isDamaged {
            state.check(plan.parsers[index].format)
            plan.parsers[index].code(&state)
        }
    }

    /// Lets the parsers emit all that waits, because nothing follows.
    public mutating func finish() {
        settle()
        for index in plan.parsers.indices { plan.parsers[index].finish(output) }
    }

    /// Turns a line into an event.
    public mutating func take(_ line: RawSpan, at place: LinePlace) -> Bool {
        guard place.input < parserOfInput.count, output.isWanted || live.contains(place.input) else { return false }
        if hasBlocks { settle() }
        tally.count(plan.parsers[parserOfInput[place.input]].take(line, at: place, to: output), place)
        return true
    }

    /// Counts a line that was too long to read.
    public mutating func skip(at place: LinePlace) {
        if hasBlocks { settle() }
        tally.count(.refused(.tooLong), place)
    }

    /// Reports the first few lines that could not be parsed since the last call.
    ///
    /// Calling it at a bounded rate bounds the rate of reports.
    ///
    /// - Parameter path: The name of an input.
    public mutating func reportUnparsed(path: (_ input: Int) -> String) {
        for sample in tally.samples { output.report(sample, path: path(sample.place.input)) }
        tally.samples.removeAll(keepingCapacity: true)
    }
}

/// What became of lines, and the first few that could not be parsed.
struct LineTally: Sendable {
    private(set) var counts = LineCounts()
    var samples: [Unparsed] = []

    /// Counts one line.
    mutating func count(_ outcome: LineOutcome, _ place: LinePlace) {
        counts.count(outcome)
        guard case .refused(let reason) = outcome, reason != .empty else { return }
        sample(Unparsed(reason: reason, place: place))
    }

    private mutating func sample(_ line: Unparsed) {
        if samples.count < LogPump.samplesAtOnce { samples.append(line) }
    }

    /// Adds the lines that came behind.
    mutating func add(_ other: LineTally) {
        counts.add(other.counts)
        for line in other.samples { sample(line) }
    }
}

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
}

extension EventOutput {
    /// Does nothing: events are gone at once.
    public func note() {}

    /// Events are gone at once.
    public var isNotedGone: Bool { true }

    /// Does nothing: nothing is gathered.
    public func letGo() {}
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
    /// How many lines were read and what became of them.
    public private(set) var counts = LineCounts()
    private var plan: LogPlan
    /// The parser of each input.
    private var parserOfInput: [Int] = []
    private var samples: [Unparsed] = []
    /// Inputs whose lines are taken though nobody wants them, since whoever sends them cannot wait.
    private var live: Set<Int> = []

    /// Joins the parsers of a plan and an output.
    public init(_ plan: LogPlan, to output: any EventOutput) {
        self.plan = plan
        self.output = output
        samples.reserveCapacity(Self.samplesAtOnce)
    }

    /// Reads one piece from the files and hands its events on.
    public mutating func read(from tail: inout Tail) -> Tail.Progress {
        learn(tail.inputs)
        live = tail.liveInputs
        let progress = tail.read(into: &self)
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
        for index in plan.parsers.indices { plan.parsers[index].pass(to: milliseconds, output) }
    }

    /// Lines that were taken and must be read again after a restart.
    public var held: [LinePlace] { plan.parsers.compactMap(\.held) }

    /// Lets the parsers emit all that waits, because nothing follows.
    public mutating func finish() {
        for index in plan.parsers.indices { plan.parsers[index].finish(output) }
    }

    /// Turns a line into an event.
    public mutating func take(_ line: RawSpan, at place: LinePlace) -> Bool {
        guard place.input < parserOfInput.count, output.isWanted || live.contains(place.input) else { return false }
        let outcome = plan.parsers[parserOfInput[place.input]].take(line, at: place, to: output)
        counts.count(outcome)
        if case .refused(let reason) = outcome { sample(reason, place) }
        return true
    }

    /// Counts a line that was too long to read.
    public mutating func skip(at place: LinePlace) {
        counts.count(.refused(.tooLong))
        sample(.tooLong, place)
    }

    private mutating func sample(_ reason: Refusal, _ place: LinePlace) {
        guard samples.count < Self.samplesAtOnce, reason != .empty else { return }
        samples.append(Unparsed(reason: reason, place: place))
    }

    /// Reports the first few lines that could not be parsed since the last call.
    ///
    /// Calling it at a bounded rate bounds the rate of reports.
    ///
    /// - Parameter path: The name of an input.
    public mutating func reportUnparsed(path: (_ input: Int) -> String) {
        for sample in samples { output.report(sample, path: path(sample.place.input)) }
        samples.removeAll(keepingCapacity: true)
    }
}

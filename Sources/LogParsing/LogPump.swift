// From lines to events: parses, counts, samples what it could not parse.
public import BSON

/// Where the events of a reader go.
public protocol EventOutput: AnyObject {
    /// Whether to read on now; `false` makes an unread file wait.
    var isWanted: Bool { get }

    /// Takes one event, which `build` writes into an open document.
    ///
    /// - Parameters:
    ///   - topic: Number of the topic among those of the parser.
    ///   - build: Writes the event. It need not be called when nobody wants it.
    func emit(topic: Int, _ build: (inout DocumentWriter) -> Void)

    /// Hears of a line that could not be parsed; `_es.unparsed` is its topic.
    func report(_ unparsed: Unparsed, path: String)
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
    private var parser: any LineParser
    private var samples: [Unparsed] = []

    /// Joins a parser and an output.
    public init(_ parser: any LineParser, to output: any EventOutput) {
        self.parser = parser
        self.output = output
        samples.reserveCapacity(Self.samplesAtOnce)
    }

    /// Reads one piece from the files and hands its events on.
    public mutating func read(from tail: inout Tail) -> Tail.Progress { tail.read(into: &self) }

    /// Turns a line into an event.
    public mutating func take(_ line: RawSpan, at place: LinePlace) -> Bool {
        guard output.isWanted else { return false }
        let outcome = parser.find(in: line)
        counts.count(outcome)
        switch outcome {
        case .event(let topic, _):
            output.emit(topic: topic) { parser.write(line, at: place, into: &$0) }
        case .refused(let reason): sample(reason, place)
        }
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

// What lines decide about those that follow, so that several threads can parse one log.
public import BSON

/// What the lines before decide about those that follow.
///
/// A thread that parses lines from the middle of a log begins with a guess of it. Whether what it made of the lines is
/// right is known when the lines before are parsed.
public struct LineContext: Sendable {
    /// Two times that are nearer to each other than this are in the same year, or at its two ends.
    private static let near: UInt64 = 100 * 86_400_000

    /// Which of several formats is tried first.
    var choice = 0
    /// The time that the next one without a year is near to, in milliseconds since 1970; nil if nothing is known of it.
    var time: Int64?
    /// A message that goes on with the next line, if that does not begin another, and where it began.
    var waiting: (text: [UInt8], place: LinePlace)?

    /// Whether lines are the same events behind this context as behind another.
    ///
    /// - Parameter first: The first time of the lines that was guessed from this context; nil if there is none.
    func agrees(with other: LineContext, first: Int64?) -> Bool {
        guard choice == other.choice else { return false }
        guard time != other.time, let first else { return true }
        guard let time, let otherTime = other.time else { return false }
        // Of all years that the time may be of, one at most is so near.
        return time.distance(first) < Self.near && otherTime.distance(first) < Self.near
    }
}

extension Int64 {
    fileprivate func distance(_ other: Int64) -> UInt64 {
        self > other ? (self &- other).magnitude : (other &- self).magnitude
    }
}

/// Lines about mails, kept until those before them were parsed as well.
///
/// A line is parsed by any thread; what it means for its mail is known when all lines before it are.
public final class MailLines {
    /// One line.
    struct Line {
        let found: PostfixLine
        let message: LogMessage
        let place: LinePlace
        /// Bytes of events that come before those that it brings about.
        let events: Int
        /// Where its keys and values are among those of all lines, and its text among theirs.
        let pairs: Range<Int>
        let text: Range<Int>
    }

    private(set) var lines: [Line] = []
    private(set) var pairs: [PostfixPair] = []
    private(set) var text: [UInt8] = []

    /// Keeps a line.
    func add(
        _ found: inout PostfixLine, _ message: LogMessage, _ line: RawSpan, at place: LinePlace, events: Int
    ) {
        let isOfMail = found.isOfMail
        // All others only tell the time.
        if !isOfMail, lines.last?.message.milliseconds == message.milliseconds { return }
        let starts = (pairs.count, text.count)
        if isOfMail {
            pairs.append(contentsOf: found.pairs)
            line.withUnsafeBytes { text.append(contentsOf: $0) }
        }
        // Without its pairs a line is numbers alone, and a copy shares no memory with it.
        let kept = found.takePairs()
        lines.append(
            Line(
                found: found, message: message, place: place, events: events, pairs: starts.0..<pairs.count,
                text: starts.1..<text.count))
        found.pairs = kept
    }

    /// Forgets all.
    func removeAll() {
        lines.removeAll(keepingCapacity: true)
        pairs.removeAll(keepingCapacity: true)
        text.removeAll(keepingCapacity: true)
    }
}

/// The events of a block, between which come those that are made of the lines of many blocks.
public final class SplicedOutput: EventOutput {
    private let output: any EventOutput
    private let blocks: any BlockOutput
    private let block: LineBlock
    /// Bytes of the block's events that come before the next one.
    var position = 0
    private var appended = 0

    init(_ block: LineBlock, into blocks: any BlockOutput, _ output: any EventOutput) {
        (self.block, self.blocks, self.output) = (block, blocks, output)
    }

    /// As the output.
    public var isWanted: Bool { output.isWanted }

    /// As the output.
    public func wants(topic: Int) -> Bool { output.wants(topic: topic) }

    /// Hands on the events of the block that come before, then this one.
    public func emit(topic: Int, _ build: (inout DocumentWriter) -> Void) {
        block.append(appended..<position, to: blocks)
        appended = position
        output.emit(topic: topic, build)
    }

    /// As the output.
    public func report(_ unparsed: Unparsed, path: String) { output.report(unparsed, path: path) }

    /// Hands on what is left.
    func finish() { block.appendRest(from: appended, to: blocks) }
}

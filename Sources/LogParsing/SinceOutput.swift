// Events of before a time are left out.
public import BSON

/// Hands on the events of a time and later, and counts the others.
///
/// Lines stand in the order of time only mostly, so each event is looked at.
public final class SinceOutput: EventOutput, BlockOutput {
    /// Events that were left out.
    public private(set) var leftOut: UInt64 = 0
    private let output: any EventOutput
    private let earliest: Datetime
    private var event = DocumentWriter()

    /// Stands before another output.
    public init(_ start: Datetime, before output: any EventOutput) {
        earliest = start
        self.output = output
    }

    /// Whether to read on now.
    public var isWanted: Bool { output.isWanted }

    /// Whether anybody wants the events of a topic.
    public func wants(topic: Int) -> Bool { output.wants(topic: topic) }

    /// Builds an event, and hands it on if it is late enough; one without a time is.
    public func emit(topic: Int, _ build: (inout DocumentWriter) -> Void) {
        guard output.wants(topic: topic) else { return output.emit(topic: topic, build) }
        event.removeAll()
        event.beginDocument()
        build(&event)
        guard event.endDocument() else { return output.emit(topic: topic, build) }
        let isEarly = event.withBytes { bytes in
            let time = DocumentView(unchecked: bytes)["timestamp"]?.datetime
            return time.map { $0.millisecondsSinceEpoch < earliest.millisecondsSinceEpoch } ?? false
        }
        if isEarly {
            leftOut += 1
            return
        }
        output.emit(topic: topic) { writer in
            event.withBytes { writer.append(contentsOf: DocumentView(unchecked: $0)) }
        }
    }

    /// Remembers which events came so far.
    public func note() { output.note() }

    /// Whether all events that came before ``note()`` have left this process.
    public var isNotedGone: Bool { output.isNotedGone }

    /// Lets go of events that were gathered.
    public func letGo() { output.letGo() }

    /// Those of the other output.
    public var mails: (lines: MailLines, events: Int)? { output.mails }

    /// The time before which events are left out.
    public var start: Datetime? { earliest }

    /// Itself, if the other output takes events that other threads made.
    public var blocks: (any BlockOutput)? { output.blocks == nil ? nil : self }

    /// Hands events on of which none is too early any more.
    public func append(_ documents: RawSpan, leftOut: UInt64) {
        self.leftOut += leftOut
        output.blocks?.append(documents, leftOut: 0)
    }

    /// Hears of a line that could not be parsed.
    public func report(_ unparsed: Unparsed, path: String) { output.report(unparsed, path: path) }
}

// Events of before a time are left out.
public import BSON

/// Hands on the events of a time and later, and counts the others.
///
/// Lines stand in the order of time only mostly, so each event is looked at.
public final class SinceOutput: EventOutput {
    /// Events that were left out.
    public private(set) var leftOut: UInt64 = 0
    private let output: any EventOutput
    private let start: Datetime
    private var event = DocumentWriter()

    /// Stands before another output.
    public init(_ start: Datetime, before output: any EventOutput) {
        self.start = start
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
            return time.map { $0.millisecondsSinceEpoch < start.millisecondsSinceEpoch } ?? false
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

    /// Hears of a line that could not be parsed.
    public func report(_ unparsed: Unparsed, path: String) { output.report(unparsed, path: path) }
}

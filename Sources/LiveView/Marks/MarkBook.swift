// Events that are marks on every graph: deploys, incidents, alerts.

import BSON
import Eventstorm

/// A mark.
struct Mark: Hashable, Sendable {
    /// Whether something begins or ends with it.
    enum State: String, Hashable, Sendable {
        case begun, ended
    }

    /// Bytes of a text at most: what is longer is cut.
    static let textBytes = 500

    /// Marks are numbered as they come, from 1.
    var number: UInt64 = 0
    var topic: Topic
    /// Milliseconds since 1970.
    var time: Int64
    var message = ""
    /// An address that a browser may follow: http or https.
    var link: String?
    var severity: String?
    var state: State?

    init(topic: Topic, time: Int64) {
        self.topic = topic
        self.time = time
    }

    /// Reads the fields with a fixed meaning out of an event.
    init(_ topic: Topic, _ event: DocumentView, now: Int64) {
        self.topic = topic
        time = event["timestamp"]?.datetime?.millisecondsSinceEpoch ?? now
        message = Self.text(event["message"]) ?? Self.text(event["kind"]) ?? topic.name
        if let link = Self.text(event["view_link"]), link.hasPrefix("https://") || link.hasPrefix("http://") {
            self.link = link
        }
        severity = Self.text(event["severity"])
        state = event["state"]?.string.flatMap { State(rawValue: $0) }
    }

    private static func text(_ element: ElementView?) -> String? {
        guard let element else { return nil }
        if let number = element.integer { return "\(number)" }
        guard let text = element.string else { return nil }
        let bytes = Array(text.utf8)
        return bytes.count <= textBytes ? text : cut(bytes.span.bytes, to: textBytes)
    }

    /// Appends it as JSON, without what somebody may not see.
    func append(to text: inout [UInt8], _ rights: UserRights) {
        text.json("{\"time\":")
        text.json(time)
        text.json(",\"topic\":")
        text.json(string: topic.name)
        text.json(",\"message\":")
        text.json(string: rights.hides("message") ? "" : message)
        for (word, value) in [
            ("link", rights.hides("view_link") ? nil : link), ("severity", rights.hides("severity") ? nil : severity),
            ("state", state?.rawValue),
        ] {
            guard let value else { continue }
            text.json(",")
            text.json(string: word)
            text.json(":")
            text.json(string: value)
        }
        text.json("}")
    }
}

/// Keeps the newest marks.
struct MarkBook: Sendable {
    /// Marks that are kept.
    static let most = 1_000

    /// Topics whose events are marks.
    let patterns: Set<Pattern>
    private(set) var last: UInt64 = 0
    /// In the order in which they came.
    private var marks: [Mark] = []

    init(patterns: Set<Pattern> = []) { self.patterns = patterns }

    /// Adds a mark; the oldest one makes room.
    mutating func add(_ mark: Mark) {
        last += 1
        var mark = mark
        mark.number = last
        marks.append(mark)
        // Not one by one: that would move all of them each time.
        if marks.count > Self.most + Self.most / 4 { marks.removeFirst(marks.count - Self.most) }
    }

    /// Adds the events of one message, if its topic is one of marks.
    mutating func ingest(_ topic: Topic, payload: RawSpan, now: Int64) {
        guard patterns.contains(where: { $0.matches(topic) }) else { return }
        var offset = 0
        while let length = Columns.documentLength(payload, at: offset) {
            add(Mark(topic, DocumentView(unchecked: payload.extracting(offset..<offset + length)), now: now))
            offset += length
        }
    }

    /// The marks behind a number, those that are kept.
    func marks(since number: UInt64) -> ArraySlice<Mark> { marks.suffix(Self.most).drop { $0.number <= number } }
}

// Where the events go: to subscribers, or into a file.
import BSON
import Eventstorm
import LogParsing
import Service

/// Where the events go: to subscribers, or into a file.
enum LogOutput {
    case source(SourceOutput)
    case file(BSONFileOutput)

    /// Opens what `--to` says.
    init(_ options: Options, topics: [String]) throws {
        let files = options.bsonFiles("to")
        let endpoints = try options.links("to")
        switch (files.count, endpoints.isEmpty) {
        case (0, false):
            self = .source(
                try SourceOutput(
                    name: options.textIfGiven("name") ?? "source-log", to: endpoints, topics: topics,
                    wait: options.duration("wait"),
                    skips: options.text("on-unwanted") == "skip"))
        case (1, true): self = .file(try BSONFileOutput(path: files[0]))
        default: throw options.failure("to", "either endpoints or one bson:FILE")
        }
    }

    var events: any EventOutput {
        switch self {
        case .source(let output): output
        case .file(let output): output
        }
    }

    /// Whether going on makes no sense.
    var isBroken: Bool { if case .file(let output) = self { output.problem != nil } else { false } }

    /// Sends or writes what waits.
    ///
    /// - Parameter isDone: Whether there is time for it, because everything was read and nobody asked to stop.
    /// - Returns: Whether nothing was left over.
    func close(isDone: Bool) throws -> Bool {
        switch self {
        case .source(let output): return output.close(isDone: isDone)
        case .file(let output):
            output.flush()
            if let problem = output.problem { throw problem }
            return true
        }
    }

    /// What became of the events, where that is not said by the lines alone.
    var summary: String { if case .source(let output) = self { output.summary } else { "" } }
}

/// Publishes events.
final class SourceOutput: EventOutput {
    /// How long the end of the program may take.
    ///
    /// A subscriber that is slower loses what it has not taken.
    private static let closing: Duration = .seconds(1)

    private let source: Source
    private let topics: [OpenTopic]
    private let unparsed: OpenTopic
    private let skips: Bool
    private let wait: Duration
    /// The events of each topic that were emitted by the last note.
    private var noted: [UInt64] = []

    init(name: String, to endpoints: [Endpoint], topics: [String], wait: Duration, skips: Bool) throws {
        // Files that nobody wants are only skipped by those who do not mind losing events.
        source = try Source(name, to: endpoints, pacing: skips ? .never : .paced(wait: wait))
        self.skips = skips
        self.wait = wait
        var opened: [OpenTopic] = []
        for topic in topics { opened.append(try source.topic(topic, filling: [])) }
        self.topics = opened
        unparsed = try source.reservedTopic(.unparsed)
    }

    var isWanted: Bool { skips || topics.contains { $0.wanted } }

    func wants(topic: Int) -> Bool { topics[topic].wanted }

    func emit(topic: Int, _ build: (inout DocumentWriter) -> Void) { topics[topic].emit(build) }

    func note() { noted = topics.map { $0.counts.emitted } }

    var isNotedGone: Bool {
        zip(topics, noted).allSatisfy { topic, noted in
            let counts = topic.counts
            return counts.emitted - counts.queued >= noted
        }
    }

    func report(_ line: Unparsed, path: String) {
        unparsed.emit { event in
            event["reason"] = line.reason.rawValue
            event["file"] = path
            event["offset"] = Int64(clamping: line.place.offset)
        }
    }

    func close(isDone: Bool) -> Bool {
        if isDone { _ = source.flush(within: wait) }
        return source.close(within: Self.closing)
    }

    var summary: String {
        var text = ""
        for topic in topics {
            let counts = topic.counts
            text += "; \(topic.topic): sent \(counts.sent)"
            if counts.unwanted > 0 { text += ", unwanted \(counts.unwanted)" }
            if counts.refused > 0 { text += ", refused \(counts.refused)" }
        }
        return text
    }
}

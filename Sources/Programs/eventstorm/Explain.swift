// eventstorm explain: which routes take an event, why not, and what leaves.
import BSON
import BSONText
import Eventstorm
import Glibc
import Routing
import Service
import ZeroMQ

/// Reads events from stdin and shows what a configuration's routes make of each.
func explain(_ options: Options, _ signals: Signals) throws {
    let path = options.text("file")
    let configuration = try Configuration.load(path)
    guard let section = configuration.sections.first(where: { $0.stage == .router }) else {
        throw Failure.configuration("\(path) has no router, and so no routes")
    }
    let isBSON = options.text("input") == "bson"
    if isBSON && !options.has("topic") { throw options.failure("input", "BSON documents need --topic TOPIC") }
    let format = options.textIfGiven("format") ?? (isatty(STDOUT_FILENO) == 1 ? "pretty" : "json")
    var explainer = Explainer(
        try RouteTable(section.options), options.topicIfGiven("topic"), isPretty: format == "pretty")
    if isBSON {
        try explainer.readDocuments(signals)
    } else {
        explainer.readLines(signals)
    }
    if explainer.failed > 0 { throw Failure.failed("\(explainer.failed) lines are no events") }
}

/// Routes events one by one and shows what became of them.
private struct Explainer: ~Copyable {
    private var trial: RouteTrial
    private let topic: Topic?
    private let isPretty: Bool
    private var output: [UInt8] = []
    private var number = 0
    /// Lines that could not be read.
    private(set) var failed = 0

    init(_ table: RouteTable, _ topic: Topic?, isPretty: Bool) {
        trial = RouteTrial(table)
        self.topic = topic
        self.isPretty = isPretty
    }

    // MARK: Reading

    /// Reads JSON lines until the end.
    mutating func readLines(_ signals: Signals) {
        var reader = LineReader(dialect: .query)
        var events: [(document: Document, line: Int)] = []
        var errors: [TextError] = []
        func keep(_ event: DocumentView, _ line: Int) { events.append((Document(copying: event), line)) }
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        var isOver = false
        while !isOver && signals.next() == nil {
            let count = read(STDIN_FILENO, &chunk, chunk.count)
            if count < 0 && errno == EINTR { continue }
            isOver = count <= 0
            if isOver {
                reader.finish(document: keep, failed: { errors.append($0) })
            } else {
                let bytes = chunk.span.bytes.extracting(first: count)
                reader.read(bytes, document: keep, failed: { errors.append($0) })
            }
            for error in errors { fail("stdin:\(error)") }
            for event in events { take(event.document, line: event.line) }
            events = []
            errors = []
            flush()
        }
    }

    /// Reads BSON documents that stand one after another.
    mutating func readDocuments(_ signals: Signals) throws {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while signals.next() == nil {
            let count = read(STDIN_FILENO, &chunk, chunk.count)
            if count < 0 && errno == EINTR { continue }
            if count <= 0 { break }
            bytes += chunk[..<count]
            try takeDocuments(&bytes)
            flush()
        }
        if !bytes.isEmpty { throw Failure.failed("stdin ends within a document") }
    }

    /// Takes the whole documents that `bytes` begins with.
    private mutating func takeDocuments(_ bytes: inout [UInt8]) throws {
        var offset = 0
        while bytes.count - offset >= 4 {
            let length = bytes[offset..<offset + 4].reversed().reduce(0) { $0 << 8 | Int($1) }
            if length > Limits.payloadBytes { throw Failure.failed("stdin holds no BSON documents of usual size") }
            if bytes.count - offset < length { break }
            do throws(BSONError) {
                let document = try Document(validating: Array(bytes[offset..<offset + max(length, 4)]))
                run(document, on: topic)
            } catch {
                throw Failure.failed("stdin: \(error)")
            }
            offset += length
        }
        bytes.removeFirst(offset)
    }

    private mutating func fail(_ message: String) {
        failed += 1
        Log.error(message)
    }

    /// Takes `{topic: …, event: {…}}`, or an event where the topic is known.
    private mutating func take(_ document: Document, line: Int) {
        if topic != nil { return run(document, on: topic) }
        let view = document.view
        guard let name = view["topic"]?.string, let event = view["event"]?.document, view.count == 2 else {
            return fail("stdin:\(line):1: found another document, expected {topic: …, event: {…}}, or --topic TOPIC")
        }
        do throws(TopicError) {
            let topic = try Topic(name)
            run(Document(copying: event), on: topic)
        } catch {
            fail("stdin:\(line): \(error)")
        }
    }

    // MARK: Showing

    private mutating func run(_ event: Document, on topic: Topic?) {
        guard let topic else { return }
        number += 1
        let result = trial.run(event, on: topic, now: monotonicNanoseconds())
        if isPretty { showText(event, topic, result) } else { showJSON(topic, result) }
        if output.count > 1 << 16 { flush() }
    }

    private mutating func showText(_ event: Document, _ topic: Topic, _ result: RouteTrial.Result) {
        var text = "\(topic) \(BSONText.string(event.view))\n"
        for step in result.steps {
            let why = step.reasons.isEmpty ? "" : ": " + step.reasons.joined(separator: " and ")
            let fate = step.fate.map { $0 == .forwarded ? "yes" : "yes, and it is \($0.rawValue)" } ?? "no"
            text += "  route \(step.place + 1): \(fate)\(why)\n"
        }
        if result.isUnmatched { text += "  no route took it: \(result.fate.rawValue)\n" }
        for output in result.outputs { text += "  → \(output.topic) \(BSONText.string(output.event.view))\n" }
        if result.outputs.isEmpty { text += "  nothing leaves: \(result.fate.rawValue)\n" }
        output += Array((text + "\n").utf8)
    }

    private mutating func showJSON(_ topic: Topic, _ result: RouteTrial.Result) {
        let document = Document { (writer: inout DocumentWriter) in
            writer["topic"] = topic.name
            writer["fate"] = result.fate.rawValue
            if result.isUnmatched { writer["unmatched"] = true }
            writer.array("routes") { array in
                for step in result.steps {
                    array.document { writer in
                        writer["route"] = Int32(step.place + 1)
                        writer["taken"] = step.isTaken
                        if let fate = step.fate { writer["fate"] = fate.rawValue }
                        if step.reasons.isEmpty { return }
                        writer.array("because") { array in for reason in step.reasons { array.append(reason) } }
                    }
                }
            }
            writer.array("out") { array in
                for output in result.outputs {
                    array.document { writer in
                        writer["topic"] = output.topic.name
                        writer.document("event", copying: output.event.view)
                    }
                }
            }
        }
        BSONText.write(document.view, to: &output)
        output.append(0x0A)
    }

    private mutating func flush() {
        _ = writeAll(STDOUT_FILENO, output)
        output.removeAll(keepingCapacity: true)
    }
}

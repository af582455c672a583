// eventstorm emit: one event from the command line, or many from stdin.
import BSON
import BSONText
import Eventstorm
import Glibc
import Service

extension Command {
    static let emit = Command(
        "eventstorm emit", "emits events: FIELD=VALUE words, one JSON document, or - for JSON lines on stdin",
        settings: [
            .connecting("to", "where to publish", usual: Command.routerInput),
            .text(
                "event", "TOPIC [FIELD=VALUE ...]", "the topic, and what to emit on it", required: true,
                repeatable: true),
            .flag("bare", "add neither _id nor timestamp"),
            .wait, .programName, .keys, .clients, .serverKey, .insecure,
        ],
        words: "event",
        examples: [
            "eventstorm emit deploy message='version 7 is out' version=7",
            #"eventstorm emit shop.order '{"total": 129.9, "items": [{"sku": "a1"}]}'"#,
            "eventstorm emit shop.order - < orders.jsonl",
        ])
}

/// What to emit, as the words of the command line say it.
enum Emission {
    case document(Document)
    case lines

    init(_ words: ArraySlice<String>) throws {
        if words.count == 1, let word = words.first {
            if word == "-" {
                self = .lines
                return
            }
            if word.hasPrefix("{") {
                do throws(TextError) {
                    self = .document(try BSONText.parse(word, dialect: .json5).document)
                    return
                } catch {
                    throw Failure.usage("the document: \(error)")
                }
            }
        }
        self = .document(try Emission.fields(words))
    }

    /// `status=200 path=/a tags=["x"]`: a value that reads as JSON5 is that, any other is text.
    private static func fields(_ words: ArraySlice<String>) throws -> Document {
        try Document { (writer: inout DocumentWriter) throws in
            for word in words {
                guard let equals = word.firstIndex(of: "="), equals != word.startIndex else {
                    throw Failure.usage("'\(word)' is not FIELD=VALUE, a JSON document or -")
                }
                let key = String(word[..<equals])
                let text = String(word[word.index(after: equals)...])
                if let value = try? BSONText.parseValue(text, dialect: .json5).document, let element = value.view[""] {
                    writer.append(element, key: key)
                } else {
                    writer[key] = text
                }
            }
        }
    }
}

/// Emits, and waits until everything has left.
func emit(_ options: Options, _ signals: Signals) throws {
    let words = options.texts("event")
    guard let name = words.first else { throw Failure.usage("a topic is missing") }
    let emission = try Emission(words.dropFirst())
    let wait = options.duration("wait")
    let source = try Source(
        options.textIfGiven("name") ?? "emit", to: options.links("to"), pacing: .paced(wait: wait))
    let topic = try source.topic(name, filling: options.flag("bare") ? [] : .all)
    let isWanted = source.waitUntilWanted(topic, within: wait)
    var failed = 0
    switch emission {
    case .document(let document): topic.emit(document)
    case .lines: if isWanted { failed = emitLines(on: topic, until: signals) }
    }
    let isFlushed = source.flush(within: wait)
    let subscribers = source.subscriberCount
    source.close(within: .seconds(1))
    let counts = topic.counts
    if !isWanted {
        throw Failure.failed("nobody subscribes to \(name) (peers: \(subscribers)); nothing was emitted")
    }
    if !isFlushed || counts.queued > 0 { throw Failure.failed("\(counts.queued) events could not be sent in time") }
    if counts.refused > 0 { throw Failure.failed("\(counts.refused) of \(counts.emitted) events were refused") }
    if counts.unwanted > 0 {
        throw Failure.failed("\(counts.unwanted) of \(counts.emitted) events were unwanted: the subscribers went away")
    }
    if failed > 0 { throw Failure.failed("\(failed) lines are no JSON documents; \(counts.sent) events were sent") }
}

/// Emits each line of stdin; returns how many could not be read.
private func emitLines(on topic: OpenTopic, until signals: Signals) -> Int {
    var reader = LineReader(dialect: .json)
    var failed = 0
    let complain = Repeats(every: .seconds(1))
    func report(_ error: TextError) {
        failed += 1
        complain.write(.error, "stdin:\(error)")
    }
    withUnsafeTemporaryAllocation(byteCount: 1 << 16, alignment: 16) { buffer in
        while signals.next() == nil {
            let count = read(STDIN_FILENO, buffer.baseAddress, buffer.count)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { break }
            let chunk = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<count]).bytes
            reader.read(chunk, document: { event, _ in topic.emit(Document(copying: event)) }, failed: report)
        }
        reader.finish(document: { event, _ in topic.emit(Document(copying: event)) }, failed: report)
    }
    return failed
}

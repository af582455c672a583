// eventstorm tap: shows the events of some topics as they pass.
import BSON
import BSONText
import Eventstorm
import Glibc
import Service

extension Command {
    static let tap = Command(
        "eventstorm tap", "shows events as they pass, and at the end what was lost",
        settings: [
            .from, .subscribe,
            .integer("count", in: 1...Int.max, "end after so many events"),
            .choice("format", ["json", "bson", "pretty"], "how to show them; usually pretty on a terminal, else json"),
            .programName,
        ],
        words: "subscribe",
        examples: [
            "eventstorm tap 'http.*'",
            "eventstorm tap --from tcp://127.0.0.1:5571 --count 10 --format bson '*' > ten.bson",
        ])
}

/// Shows events until interrupted, or until as many as asked for have passed.
func tap(_ options: Options, _ signals: Signals) throws {
    let endpoints = options.endpoints("from")
    var subscriber = try Subscriber(
        options.textIfGiven("name") ?? "tap", from: endpoints, patterns: options.patterns("subscribe"), role: .tool)
    var printer = EventPrinter(format: options.textIfGiven("format"))
    var left = options.integerIfGiven("count") ?? .max
    var isOver = false
    var greeting = Greeting(endpoints)
    while !isOver && left > 0 && !printer.isClosed {
        _ = subscriber.receive(within: .milliseconds(250), watching: [signals.fileDescriptor]) { delivery in
            delivery.forEachDocument { event in
                if left > 0 { printer.print(delivery.topic, event) }
                left -= 1
            }
        }
        printer.flush()
        greeting.look(at: subscriber.ledger)
        if case .stop = signals.next() { isOver = true }
    }
    printSummary(of: subscriber.ledger)
    subscriber.close()
}

/// Says after a second that nothing answers.
private struct Greeting {
    private let endpoints: [Endpoint]
    private let start = ContinuousClock.now
    private var isDone = false

    init(_ endpoints: [Endpoint]) { self.endpoints = endpoints }

    mutating func look(at ledger: borrowing Ledger) {
        if isDone || start.duration(to: .now) < .seconds(1) { return }
        isDone = true
        if ledger.originCount > 0 || ledger.unstamped > 0 { return }
        let places = endpoints.map(\.address).joined(separator: ", ")
        Log.warning("nothing answers at \(places) yet; waiting. Is a router or a source running there?")
    }
}

/// Writes events to stdout.
private struct EventPrinter {
    private enum Format { case json, bson, pretty }

    private let format: Format
    private var buffer: [UInt8] = []
    /// Whether the reader of our output has gone.
    private(set) var isClosed = false

    init(format: String?) {
        switch format {
        case "bson": self.format = .bson
        case "json": self.format = .json
        case "pretty": self.format = .pretty
        default: self.format = isatty(STDOUT_FILENO) == 1 ? .pretty : .json
        }
    }

    mutating func print(_ topic: Topic, _ event: DocumentView) {
        switch format {
        case .bson: event.bytes.withUnsafeBytes { buffer.append(contentsOf: $0) }
        case .json:
            BSONText.write(event, to: &buffer)
            buffer.append(0x0A)
        case .pretty:
            buffer.append(contentsOf: "\u{1B}[1m\(topic)\u{1B}[0m ".utf8)
            BSONText.write(event, layout: .pretty(indent: 2), to: &buffer)
            buffer.append(0x0A)
        }
        if buffer.count > 1 << 16 { flush() }
    }

    mutating func flush() {
        var rest = buffer[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(STDOUT_FILENO, $0.baseAddress, $0.count) }
            if count < 0 {
                if errno == EINTR { continue }
                isClosed = true
                break
            }
            rest = rest.dropFirst(count)
        }
        buffer.removeAll(keepingCapacity: true)
    }
}

/// Tells per origin and topic what was received and what was not, on stderr.
private func printSummary(of ledger: borrowing Ledger) {
    let columns = ["origin", "topic", "received", "lost", "malformed", "absent", "unknown"]
    var rows = [columns]
    for entry in ledger.entries {
        let counts = entry.counts
        rows.append(
            [String(entry.origin, radix: 16), entry.topic.name]
                + [counts.received, counts.lost, counts.malformed, counts.absent, counts.unknown].map { "\($0)" })
    }
    if ledger.unstamped > 0 { rows.append(["-", "(unstamped)", "\(ledger.unstamped)", "", "", "", ""]) }
    var text = ""
    let widths = columns.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    for row in rows where rows.count > 1 {
        for (column, cell) in row.enumerated() {
            let gap = String(repeating: " ", count: widths[column] - cell.count)
            text += (column < 2 ? cell + gap : gap + cell) + (column == row.count - 1 ? "\n" : "  ")
        }
    }
    if ledger.malformed.total > 0 {
        let reasons = MalformedReason.allCases.filter { ledger.malformed[$0] > 0 }
        text += "malformed messages: " + reasons.map { "\($0) \(ledger.malformed[$0])" }.joined(separator: ", ") + "\n"
    }
    _ = text.withCString { write(STDERR_FILENO, $0, strlen($0)) }
}

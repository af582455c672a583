// eventstorm tap: shows the events of some topics as they pass.
import BSON
import BSONText
import Eventstorm
import Glibc
import Query
import Service

extension Command {
    static let tap = Command(
        "eventstorm tap", "shows events as they pass, and at the end what was lost",
        settings: [
            .from, .subscribe, .dedupe, .match,
            Setting("project", .query, "FIELDS", "which fields to show, e.g. '{path: 1, status: 1, _id: 0}'"),
            .integer("count", in: 1...Int.max, "end after so many events"),
            .choice("format", ["json", "bson", "pretty"], "how to show them; usually pretty on a terminal, else json"),
            .programName, .keys, .clients, .serverKey,
        ],
        words: "subscribe",
        examples: [
            "eventstorm tap 'http.*'",
            "eventstorm tap http.hit --match '{status: {$gte: 500}}' --project '{path: 1, status: 1}'",
            "eventstorm tap --from tcp://127.0.0.1:5571 --count 10 --format bson '*' > ten.bson",
        ])
}

/// Shows events until interrupted, or until as many as asked for have passed.
func tap(_ options: Options, _ signals: Signals) throws {
    let endpoints = try options.links("from")
    let selection = try Selection(options)
    var subscriber = try Subscriber(
        options.textIfGiven("name") ?? "tap", from: endpoints, patterns: options.patterns("subscribe"), role: .tool)
    if let window = options.durationIfGiven("dedupe") { subscriber.deduplicate(within: window) }
    var printer = EventPrinter(format: options.textIfGiven("format"))
    var left = options.integerIfGiven("count") ?? .max
    var isOver = false
    var greeting = Greeting(endpoints)
    while !isOver && left > 0 && !printer.isClosed {
        _ = subscriber.receive(within: .milliseconds(250), watching: [signals.fileDescriptor]) { delivery in
            delivery.forEachDocument { event in
                if left > 0, selection.show(event, { printer.print(delivery.topic, $0) }) { left -= 1 }
            }
        }
        printer.flush()
        greeting.look(at: subscriber.ledger)
        if case .stop = signals.next() { isOver = true }
    }
    printSummary(of: subscriber.ledger)
    subscriber.close()
    if let failure = selection.failure {
        Log.warning("\(selection.failures) events are not shown because the query failed on them, first: \(failure)")
    }
}

/// What `--match` and `--project` leave of the events.
private final class Selection {
    private let match: Match?
    private let projection: Projection?
    private var writer = DocumentWriter(limit: 32 << 20)
    /// Events on which the query failed.
    private(set) var failures = 0
    /// Why it failed first.
    private(set) var failure: QueryError?

    init(_ options: Options) throws {
        do throws(QueryError) {
            match = try options.textIfGiven("match").map { text throws(QueryError) in try Match(text) }
        } catch {
            throw options.failure("match", "\(error)")
        }
        do throws(QueryError) {
            projection = try options.textIfGiven("project").map { text throws(QueryError) in try Projection(text) }
        } catch {
            throw options.failure("project", "\(error)")
        }
    }

    /// Calls `body` with the event, or with what the projection makes of it; `false` if the event is not selected.
    func show(_ event: DocumentView, _ body: (DocumentView) -> Void) -> Bool {
        do throws(QueryError) {
            if let match, try !match.matches(event) { return false }
            guard let projection else {
                body(event)
                return true
            }
            writer.removeAll()
            try projection.apply(event, now: .now(), to: &writer)
            writer.withBytes { body(DocumentView(unchecked: $0)) }
            return true
        } catch {
            failures += 1
            failure = failure ?? error
            return false
        }
    }
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
        if !writeAll(STDOUT_FILENO, buffer) { isClosed = true }
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

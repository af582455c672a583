// eventstorm books: whether every event of the fabric has exactly one fate.
import BSON
import BSONText
import Books
import Eventstorm
import Glibc
import Service
import ZeroMQ

extension Command {
    static let books = Command(
        "eventstorm books", "adds up what every program of the fabric says, and shows what does not add up",
        settings: [
            .from,
            .duration("for", in: .milliseconds(100) ... .seconds(86_400 * 365), "how long to listen", usual: "10s"),
            .flag("json", "print JSON instead of a table"),
            .keys, .clients, .serverKey,
        ],
        examples: [
            "eventstorm books",
            "eventstorm books --for 1m --json",
        ])
}

/// Listens to the programs' status, then shows the books; fails if a row does not add up.
func books(_ options: Options, _ signals: Signals) throws {
    let heard = try listen(to: options.links("from"), for: options.duration("for"), until: signals)
    guard heard.books.processCount > 0 else {
        let places = options.endpoints("from").map(\.address).joined(separator: ", ")
        throw Failure.failed(
            heard.anything
                ? "no program said anything in that time; each does once a second, so listen longer"
                : "nothing answers at \(places); is a router running there?")
    }
    let report = heard.books.report(now: monotonicNanoseconds())
    if options.flag("json") {
        let document = Document { report.write(into: &$0) }
        print(BSONText.string(document.view))
    } else {
        print(report.table, terminator: "")
    }
    if heard.faults > 0 { Log.warning("\(heard.faults) events on _es.status were no status and were passed over") }
    if !report.isBalanced { throw Failure.failed("the books do not add up: see the rows with a difference") }
}

/// What was heard on `_es.status`.
private struct Heard {
    var books = Books()
    /// Events that were no status.
    var faults = 0
    /// Whether any publisher answered.
    var anything = false

    mutating func take(_ event: DocumentView) {
        do throws(RecordError) {
            try books.observe(event, now: monotonicNanoseconds())
        } catch {
            faults += 1
        }
    }
}

private func listen(to endpoints: [Endpoint], for time: Duration, until signals: Signals) throws -> Heard {
    var subscriber = try Subscriber("books", from: endpoints, patterns: [Pattern(.status)], role: .tool)
    var heard = Heard()
    let end = ContinuousClock.now + time
    var isOver = false
    while !isOver && ContinuousClock.now < end {
        let rest = min(end - ContinuousClock.now, .milliseconds(500))
        let count = subscriber.receive(within: rest, watching: [signals.fileDescriptor]) { delivery in
            delivery.forEachDocument { heard.take($0) }
        }
        if count > 0 { heard.anything = true }
        if case .stop = signals.next() { isOver = true }
    }
    if subscriber.ledger.originCount > 0 { heard.anything = true }
    return heard
}

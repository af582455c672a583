// The subscriber's ledger as rows of the page.

public import Eventstorm
import ZeroMQ

extension LiveBook {
    /// The rows of a ledger, with the names that its origins gave themselves.
    ///
    /// What has no origin, messages without a stamp and broken envelopes, is one row of its own if there is any.
    public static func rows(of ledger: borrowing Ledger) -> [LiveBook] {
        var names: [UInt64: String] = [:]
        var states: [UInt64: String] = [:]
        for origin in ledger.originEntries(now: monotonicNanoseconds()) {
            names[origin.origin] = origin.process?.name
            states[origin.origin] = origin.state.rawValue
        }
        var rows = ledger.entries.map {
            LiveBook(
                origin: $0.origin, name: names[$0.origin] ?? "", topic: $0.topic.name, received: $0.counts.received,
                lost: $0.counts.lost, malformed: $0.counts.malformed, absent: $0.counts.absent,
                unknown: $0.counts.unknown, state: states[$0.origin] ?? "alive")
        }
        // Payloads that are bad or not permitted are in the rows of their topics already.
        let envelopes =
            ledger.malformed.total &- ledger.malformed[.payload] &- ledger.malformed[.size]
            &- ledger.malformed[.forbidden]
        if ledger.unstamped > 0 || envelopes > 0 {
            rows.append(
                LiveBook(origin: 0, name: "without stamp", topic: "", received: ledger.unstamped, malformed: envelopes))
        }
        return rows
    }
}

extension LiveFeed {
    /// Replaces the books by those of a ledger.
    public func record(_ ledger: borrowing Ledger) { record(books: LiveBook.rows(of: ledger)) }
}

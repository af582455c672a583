// What is wrong at present, said once and not per event.

internal import Eventstorm
internal import Service
internal import Synchronization

/// What is wrong at present: says so once when it begins, once when it ends, and nothing in between.
final class Health: Sendable {
    private struct State {
        var troubles: [String: (reason: String, since: ContinuousClock.Instant)] = [:]
        var faults: [String: Repeats] = [:]
    }

    private let state = Mutex(State())
    private let secrets: Secrets
    private let report: @Sendable (Log.Level, String) -> Void

    init(hiding secrets: Secrets, report: @escaping @Sendable (Log.Level, String) -> Void) {
        self.secrets = secrets
        self.report = report
    }

    /// Something cannot be done and will be tried again.
    ///
    /// - Parameters:
    ///   - what: A collection; empty if it is all of the server.
    ///   - trouble: Why.
    func fails(_ what: String, _ trouble: Trouble, at now: ContinuousClock.Instant = .now) {
        let isNew = state.withLock { state in
            defer { state.troubles[what] = (trouble.reason, state.troubles[what]?.since ?? now) }
            return state.troubles[what]?.reason != trouble.reason
        }
        if !isNew { return }
        let subject = what.isEmpty ? "cannot store" : "cannot store in \(what)"
        report(.error, "\(subject), trying again until it can: \(text(of: trouble))")
    }

    /// It can be done again.
    func works(_ what: String, at now: ContinuousClock.Instant = .now) {
        let since = state.withLock { $0.troubles.isEmpty ? nil : $0.troubles.removeValue(forKey: what)?.since }
        guard let since else { return }
        let tenths = Int(((now - since) / .seconds(1) * 10).rounded())
        report(.info, "storing\(what.isEmpty ? "" : " in \(what)") again, after \(tenths / 10).\(tenths % 10) s")
    }

    /// Something will never be done; said once in a while for each reason.
    func refuses(_ what: String, _ events: Int, _ trouble: Trouble) {
        let gate = state.withLock { state in
            let known = state.faults[trouble.reason] ?? Repeats(every: .seconds(60))
            state.faults[trouble.reason] = known
            return known
        }
        guard let held = gate.pass(at: .now) else { return }
        let more = held > 0 ? " (\(held) more such refusals were not shown)" : ""
        let number = events == 1 ? "1 event was" : "\(events) events were"
        report(.error, "\(number) refused by \(what), \(trouble.reason): \(text(of: trouble))\(more)")
    }

    func say(_ level: Log.Level, _ message: String) { report(level, secrets.hidden(in: message)) }

    private func text(of trouble: Trouble) -> String {
        let advice = Advice.line(for: trouble).map { "; \($0)" } ?? ""
        return secrets.hidden(in: trouble.message) + advice
    }
}

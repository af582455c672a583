// Telling others of alerts: on the fabric, by webhooks, by programs.

import BSON
import BSONText
import Eventstorm
import Glibc
public import Service
import ZeroMQ

/// Emits alerts, posts them and runs programs for them, without ever keeping its caller waiting.
///
///     let actions = try AlertActions(rules, reporter: reporter)
///     …
///     actions.tell(feed.takeAlertChanges())
///     actions.close()
///
/// Which addresses and programs that are is written in the configuration only.
public final class AlertActions: Sendable {
    private let errands: Errands?
    private let reporter: SinkReporter?
    /// The path of curl(1), if there is one.
    private let curl: String?

    /// Prepares what the rules need.
    ///
    /// - Parameters:
    ///   - path: The directories that programs are looked for in, as in the environment variable PATH.
    ///   - reporter: Emits the events.
    /// - Throws: ``LiveError`` if there is no curl(1) and a rule has a webhook.
    public init(_ rules: [AlertRule], path: String = environmentPath, reporter: SinkReporter?) throws {
        self.reporter = reporter
        // Opened now, so that it is known who wants them when the first one comes.
        for topic in rules.compactMap(\.topic) { try reporter?.open(topic) }
        let needsErrands = rules.contains { $0.webhook != nil || !$0.command.isEmpty }
        errands = needsErrands ? try Errands() : nil
        curl = Errands.program("curl", in: path)
        if let rule = rules.first(where: { $0.webhook != nil }), curl == nil {
            throw LiveError("use the webhook of the alert \(rule.name)", "there is no curl(1): install it")
        }
    }

    /// The environment variable PATH.
    public static var environmentPath: String { getenv("PATH").map { String(cString: $0) } ?? "" }

    /// Tells of alerts that began or ended.
    public func tell(_ changes: [AlertChange]) {
        for change in changes {
            do throws(TopicError) {
                try reporter?.emit(change.event, on: change.topic)
            } catch {
                Log.error("the alert \(change.rule.name) is not emitted: \(error)")
            }
            for errand in errands(for: change) { errands?.run(errand) }
        }
    }

    /// What is run for an alert.
    func errands(for change: AlertChange) -> [Errands.Errand] {
        var json: [UInt8] = []
        BSONText.write(change.event.view, style: .relaxed, layout: .compact, to: &json)
        var errands: [Errands.Errand] = []
        if let url = change.rule.webhook, let curl {
            // Its settings come by stdin: an address may hold a secret, and words are seen by all on the machine.
            var settings = "url = \(Self.quoted(url))\n"
            settings += "header = \"Content-Type: application/json\"\n"
            settings += "data-binary = \(Self.quoted(String(decoding: json, as: UTF8.self)))\n"
            let words = [
                curl, "--silent", "--fail", "--max-time", "10", "--retry", "2", "--proto", "=http,https", "--config",
                "-",
            ]
            errands.append(
                Errands.Errand("webhook of \(change.rule.name)", command: words, input: Array(settings.utf8)))
        }
        if !change.rule.command.isEmpty {
            errands.append(
                Errands.Errand("command of \(change.rule.name)", command: change.rule.command, input: json + [10]))
        }
        return errands
    }

    /// A value as curl's settings have it (curl(1), --config).
    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for character in text.unicodeScalars {
            switch character {
            case "\"", "\\": quoted += "\\\(character)"
            case "\n": quoted += "\\n"
            case "\r": quoted += "\\r"
            case "\t": quoted += "\\t"
            default: quoted.unicodeScalars.append(character)
            }
        }
        return quoted + "\""
    }

    /// Runs nothing more.
    public func close() { errands?.close() }
}

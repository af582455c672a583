// eventstorm-sink-archive: writes events to BSON files, by topic and time.
import Archive
import BSON
import Eventstorm
import Service

Program.run(.sinkArchive) { options, signals in
    let name = options.textIfGiven("name") ?? "archive"
    let archive = try ArchiveSink(
        directory: options.text("dir"), queueLimit: options.size("queue"),
        onFull: OnFull(rawValue: options.text("on-full")) ?? .dropOldest)
    var subscriber = try Subscriber(
        name, from: options.links("from"), patterns: options.patterns("subscribe"))
    if let window = options.durationIfGiven("dedupe") { subscriber.deduplicate(within: window) }
    let reporter = try SinkReporter(name, to: options.links("report"))
    Log.info("from \(options.text("from")) into \(options.text("dir"))")
    var reported = ContinuousClock.now
    while true {
        _ = subscriber.receive(within: .milliseconds(500), watching: [signals.fileDescriptor]) { delivery in
            let arrival = Datetime.now().millisecondsSinceEpoch
            archive.receive(delivery.topic, delivery.payload, events: delivery.count, arrival: arrival)
        }
        if case .stop = signals.next() { break }
        if .now - reported >= .milliseconds(500) {
            reporter.update(
                subscriber.ledger, fates: archive.countsByTopic, queuedBytes: archive.queuedBytes,
                refusedPeers: subscriber.refusedPeers)
            reported = .now
        }
    }
    archive.close(within: .milliseconds(1_500))
    reporter.update(
        subscriber.ledger, fates: archive.countsByTopic, queuedBytes: 0, refusedPeers: subscriber.refusedPeers)
    reporter.close(within: .milliseconds(300))
    subscriber.close()
}

// eventstorm-sink-mongo: stores events in MongoDB.
import Eventstorm
import MongoStorage
import Service

Program.run(.sinkMongo) { options, signals in
    let name = options.textIfGiven("name") ?? "mongo"
    let sink = try MongoSink(options)
    var subscriber = try Subscriber(name, from: options.links("from"), patterns: options.patterns("subscribe"))
    if let window = options.durationIfGiven("dedupe") { subscriber.deduplicate(within: window) }
    let reporter = try SinkReporter(name, to: options.links("report"))
    Log.info("from \(options.text("from")) into \(sink.place)")
    var reported = ContinuousClock.now
    while true {
        _ = subscriber.receive(within: .milliseconds(500), watching: [signals.fileDescriptor]) { delivery in
            sink.receive(delivery)
        }
        if case .stop = signals.next() { break }
        if .now - reported >= .milliseconds(500) {
            reporter.update(
                subscriber.ledger, fates: sink.countsByTopic, queuedBytes: sink.queuedBytes,
                refusedPeers: subscriber.refusedPeers)
            sink.tend()
            reported = .now
        }
    }
    // A tenth of the time is for the last status, so that all of it is over in time.
    let left = sink.close(within: options.duration("drain") * 0.85)
    reporter.update(subscriber.ledger, fates: sink.countsByTopic, queuedBytes: 0, refusedPeers: subscriber.refusedPeers)
    reporter.close(within: .milliseconds(250))
    subscriber.close()
    if left > 0 { throw Failure.failed("\(left) events were not stored") }
}

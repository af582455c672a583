// eventstorm-sink-live: shows events as moving graphs in a browser.
import Eventstorm
import Glibc
import LiveView
import Service
import ZeroMQ

Program.run(.sinkLive) { options, signals in
    let name = options.textIfGiven("name") ?? "live"
    let patterns = Set(options.patterns("subscribe"))
    let past = options.textIfGiven("history").map { historySource($0) }
    let rules = try AlertRule.rules(options)
    let feed = try LiveFeed(settings: LiveSettings(options), hasHistory: past != nil, alerts: rules)
    let history = try past.map { try HistoryReader($0, for: feed) }
    // Subscribed to nothing until somebody asks.
    var subscriber = try Subscriber(name, from: options.links("from"), patterns: [])
    if let window = options.durationIfGiven("dedupe") { subscriber.deduplicate(within: window) }
    let reporter = try SinkReporter(name, to: options.links("report"))
    let actions = try AlertActions(rules, reporter: reporter)
    let server = try LiveServer(feed: feed, options: LiveServer.Options(options))
    print(server.address)
    fflush(nil)
    var reported = ContinuousClock.now
    while true {
        try subscriber.subscribe(to: feed.interest(within: patterns).union([Pattern(.status)]))
        let descriptors = [signals.fileDescriptor, feed.change.fileDescriptor]
        _ = subscriber.receive(within: .milliseconds(500), watching: descriptors) { delivery in
            feed.ingest(delivery.topic, count: delivery.count, payload: delivery.payload)
        }
        _ = feed.change.drain()
        actions.tell(feed.takeAlertChanges())
        let request = signals.next()
        if case .stop = request { break }
        if request == .reload { server.reload() }
        if .now - reported >= .milliseconds(500) {
            feed.record(subscriber.ledger)
            reporter.update(subscriber.ledger, fates: feed.fates, queuedBytes: 0, refusedPeers: subscriber.refusedPeers)
            reported = .now
        }
    }
    server.close()
    history?.close()
    actions.close()
    reporter.update(subscriber.ledger, fates: feed.fates, queuedBytes: 0, refusedPeers: subscriber.refusedPeers)
    reporter.close(within: .milliseconds(300))
    subscriber.close()
}

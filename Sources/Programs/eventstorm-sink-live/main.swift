// eventstorm-sink-live: shows events as moving graphs in a browser.
import Eventstorm
import Glibc
import LiveView
import Service
import ZeroMQ

Program.run(.sinkLive) { options, signals in
    let name = options.textIfGiven("name") ?? "live"
    let patterns = Set(options.patterns("subscribe"))
    let feed = try LiveFeed()
    // Subscribed to nothing until somebody opens the page.
    var subscriber = try Subscriber(name, from: options.endpoints("from"), patterns: [])
    let reporter = try SinkReporter(name, to: options.endpoints("report"))
    var serving = LiveServer.Options(listen: options.listen("listen"))
    serving.names = options.texts("host")
    serving.accessLog = options.textIfGiven("access-log")
    serving.isInsecure = options.flag("insecure")
    let server = try LiveServer(feed: feed, options: serving)
    print(server.address)
    fflush(nil)
    let descriptors = [signals.fileDescriptor, feed.change.fileDescriptor]
    var reported = ContinuousClock.now
    loop: while true {
        try subscriber.subscribe(to: feed.isWatched ? patterns : [])
        _ = subscriber.receive(within: .milliseconds(500), watching: descriptors) { delivery in
            feed.ingest(delivery.topic, count: delivery.count, payload: delivery.payload)
        }
        _ = feed.change.drain()
        switch signals.next() {
        case .stop: break loop
        case .reload: server.reopenAccessLog()
        case nil: break
        }
        if .now - reported >= .milliseconds(500) {
            feed.record(subscriber.ledger)
            reporter.update(subscriber.ledger, fates: feed.fates, queuedBytes: 0)
            reported = .now
        }
    }
    server.close()
    reporter.update(subscriber.ledger, fates: feed.fates, queuedBytes: 0)
    reporter.close(within: .milliseconds(300))
    subscriber.close()
}

// A source, a router and an archive in one process, joined by links in memory that nobody else sees.
import Archive
import BSON
import Eventstorm
import Routing
import ZeroMQ

struct Order: Encodable {
    struct Item: Encodable {
        var sku: String
        var count: Int
    }

    var customer: String
    var total: Double
    var items: [Item]
}

/// Routes on a thread of its own until it is told to stop.
func startRouter(in context: Context, until stop: Wakeup) throws -> OSThread {
    let into = try Endpoint.list("inproc://into", usual: .bind)
    let outOf = try Endpoint.list("inproc://out-of", usual: .bind)
    let routes = RouteTable([try Route(from: "shop.order", to: "orders.new")], unmatched: .drop)
    return try OSThread(name: "router") {
        do {
            var router = try Router("router", in: into, out: outOf, routes: routes, context: context)
            try router.run(watching: stop.fileDescriptor) { stop.drain() }
            try router.close()
        } catch {
            print("router: \(error)")
        }
    }
}

/// Emits three orders, and archives what comes out of the router.
func run(directory: String) throws {
    let context = try Context()
    let stop = try Wakeup()
    let router = try startRouter(in: context, until: stop)
    var subscriber = try Subscriber(
        "archive", from: Endpoint.list("inproc://out-of", usual: .connect), patterns: [Pattern("*")], context: context)
    let archive = try ArchiveSink(directory: directory)

    let source = try Source("shop", to: Endpoint.list("inproc://into", usual: .connect), context: context)
    let orders = try source.topic("shop.order")
    _ = source.waitUntilWanted(orders, within: .seconds(5))
    for (customer, total) in [("Ada", 129.9), ("Grace", 9.5), ("Edsger", 35)] {
        try orders.emit(Order(customer: customer, total: total, items: [.init(sku: "a1", count: 2)]))
    }
    source.close()

    var left = 3
    let end = ContinuousClock.now + .seconds(5)
    while left > 0 && ContinuousClock.now < end {
        _ = subscriber.receive(within: .milliseconds(100)) { delivery in
            let arrival = Datetime.now().millisecondsSinceEpoch
            archive.receive(delivery.topic, delivery.payload, events: delivery.count, arrival: arrival)
            left -= delivery.count
        }
    }
    archive.close()
    print("\(archive.counts[.stored]) orders are stored, \(left) are missing")
    subscriber.close()
    stop.signal()
    router.join()
}

try run(directory: CommandLine.arguments.dropFirst().first ?? "archive")

// eventstorm-router: subscribes to sources, chooses and renames topics, publishes again.
import Eventstorm
import Routing
import Service

Program.run(.router) { options, signals in
    let routes = try options.table("routes").flatMap { route in
        try route.texts("from").map { try Route(from: $0, to: route.textIfGiven("to")) }
    }
    let table = RouteTable(routes, unmatched: options.text("unmatched") == "drop" ? .drop : .forward)
    var router = try Router(
        options.textIfGiven("name") ?? "router", in: options.endpoints("in"), out: options.endpoints("out"),
        routes: table)
    Log.info("in \(router.boundIn.joined(separator: ",")), out \(router.boundOut.joined(separator: ","))")
    try router.run(watching: signals.fileDescriptor) {
        switch signals.next() {
        case .stop: return true
        case .reload: Log.warning("a router does not reload yet: restart it")
        case nil: break
        }
        return false
    }
    try router.close()
}

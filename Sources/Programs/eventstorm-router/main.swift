// eventstorm-router: subscribes to sources, filters and reshapes events, publishes again.
import Eventstorm
import Routing
import Service

Program.run(.router) { options, signals in
    var router = try Router(
        options.textIfGiven("name") ?? "router", in: options.links("in"), out: options.links("out"),
        routes: RouteTable(options), fillsIDs: options.flag("ids"))
    Log.info("in \(router.boundIn.joined(separator: ",")), out \(router.boundOut.joined(separator: ","))")
    var reload = Reload(options)
    try router.run(watching: signals.fileDescriptor) { reload.next(signals, news: $0) }
    try router.close()
}

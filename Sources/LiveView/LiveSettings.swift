// What an administrator may set of the live view's limits.

public import Eventstorm
public import Service

/// The bounds that depend on the machine and on who uses it.
public struct LiveSettings: Sendable {
    /// Clients at most: beyond, the upgrade is answered with 503.
    public var clients = 256
    /// Watches of one client.
    public var watchesPerClient = 64
    /// Groups that one watch tells apart.
    public var groups = 1_000
    /// Bytes of all that watches keep.
    public var bytes = 256 << 20

    /// The directory where dashboards are stored; nil if there are none.
    public var dashboards: String?
    /// Topics whose events are marks on every graph.
    public var marks: Set<Pattern> = []

    /// The usual.
    public init() {}

    /// What the command line or the configuration of `eventstorm-sink-live` says.
    public init(_ options: Options) {
        clients = options.integer("max-clients")
        bytes = options.size("memory")
        dashboards = options.textIfGiven("dashboards")
        marks = Set(options.patterns("mark"))
    }

    /// Connections at most: the clients, and some that fetch the page meanwhile.
    var connections: Int { clients + LiveLimits.otherConnections }

    var watchLimits: WatchLimits {
        var limits = WatchLimits()
        limits.groups = groups
        return limits
    }

    var engineLimits: EngineLimits { EngineLimits(bytes: bytes) }
}

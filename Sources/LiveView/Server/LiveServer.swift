// The live view's HTTP and WebSocket server.

public import Service

/// Serves the page and the feed on a thread of its own.
///
///     let server = try LiveServer(feed: feed, options: .init(listen: listen))
///     print(server.address)
///     server.close()
public final class LiveServer: Sendable {
    /// What a server is told at its start.
    public struct Options: Sendable {
        /// Where it listens.
        public var listen: Listen
        /// Names under which others reach it, as browsers write them in Host: `live.example.com`, `pi:8080`.
        public var names: [String] = []
        /// The file that its own hits are appended to, or nil.
        public var accessLog: String?
        /// Whether it may listen on an address that other machines reach.
        public var isInsecure = false
        /// How much it does for its clients.
        public var settings = LiveSettings()
        /// The file that names users; nil lets everybody who reaches the address in.
        public var users: String?
        /// The file with certificate and key; nil serves without encryption.
        public var tls: String?
        /// Whether there is an endpoint that sends back what it is sent.
        var echoes = false
        /// Shorter in tests.
        var patience = Patience()

        /// The usual: this machine only, no log.
        public init(listen: Listen) { self.listen = listen }

        /// What the command line or the configuration of `eventstorm-sink-live` says.
        public init(_ options: Service.Options) {
            listen = options.listen("listen")
            names = options.texts("host")
            accessLog = options.textIfGiven("access-log")
            isInsecure = options.flag("insecure")
            settings = LiveSettings(options)
            users = options.textIfGiven("users")
            tls = options.textIfGiven("tls")
        }
    }

    /// The port that was bound.
    public let port: UInt16
    /// The page's address for people.
    public let address: String

    private let shared: ServerThread

    /// Binds and begins to serve.
    ///
    /// Throws if the address is taken, the log cannot be opened, or other machines could reach the address and
    /// `isInsecure` is not set.
    public init(feed: LiveFeed, options: Options) throws(LiveError) {
        let listen = options.listen
        if !listen.isLoopback { try Self.check(options) }
        let gate = try Gate(path: options.users, isSecure: options.tls != nil)
        let log: AccessLog? = if let path = options.accessLog { try AccessLog(path: path) } else { nil }
        shared = try ServerThread(feed: feed, options: options, gate: gate, log: log)
        port = shared.port
        var shown = listen
        if shown.host == "*" { shown.host = "127.0.0.1" }
        shown.port = port
        address = "\(options.tls == nil ? "http" : "https")://\(shown)/"
        try shared.start()
    }

    /// What other machines reach needs users, and encryption unless that is waived.
    private static func check(_ options: Options) throws(LiveError) {
        guard options.users != nil else {
            throw LiveError(
                "listen on \(options.listen)", "other machines could reach it: use 127.0.0.1, or name --users")
        }
        guard options.tls != nil || options.isInsecure else {
            throw LiveError(
                "listen on \(options.listen)",
                "passwords would be readable on the way: use --tls, or --insecure behind a proxy")
        }
    }

    /// Reads the users again, and opens the access log again, after a rotation.
    public func reload() { shared.reopenLog() }

    /// Says goodbye to the clients and ends the thread.
    ///
    /// Returns when both are done.
    public func close() { shared.stop() }

    deinit { shared.stop() }
}

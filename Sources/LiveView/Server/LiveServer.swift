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
        guard listen.isLoopback || options.isInsecure else {
            throw LiveError(
                "listen on \(listen)",
                "other machines could reach it and there are no users yet: use 127.0.0.1, or --insecure")
        }
        let log: AccessLog? = if let path = options.accessLog { try AccessLog(path: path) } else { nil }
        shared = try ServerThread(feed: feed, options: options, log: log)
        port = shared.port
        var shown = listen
        if shown.host == "*" { shown.host = "127.0.0.1" }
        shown.port = port
        address = "http://\(shown)/"
        try shared.start()
    }

    /// Opens the access log again, after a rotation.
    public func reopenAccessLog() { shared.reopenLog() }

    /// Says goodbye to the clients and ends the thread.
    ///
    /// Returns when both are done.
    public func close() { shared.stop() }

    deinit { shared.stop() }
}
